"""The eleven tables of the Chinook music store.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _catalogue()
    _playlists()
    _people()
    _sales()


def downgrade() -> None:
    for table in (
        "invoice_line",
        "invoice",
        "customer",
        "employee",
        "playlist_track",
        "playlist",
        "track",
        "media_type",
        "genre",
        "album",
        "artist",
    ):
        op.drop_table(table)


def _catalogue() -> None:
    op.create_table(
        "artist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="artist_pkey"),
    )
    op.create_table(
        "album",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("artist_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="album_pkey"),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name="album_artist_id_fkey"),
    )
    op.create_index("album_artist_id_idx", "album", ["artist_id"])
    op.create_table(
        "genre",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="genre_pkey"),
        sa.UniqueConstraint("name", name="genre_name_key"),
    )
    op.create_table(
        "media_type",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="media_type_pkey"),
        sa.UniqueConstraint("name", name="media_type_name_key"),
    )
    op.create_table(
        "track",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("album_id", sa.Integer()),
        sa.Column("media_type_id", sa.Integer(), nullable=False),
        sa.Column("genre_id", sa.Integer()),
        sa.Column("composer", sa.String(220)),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer()),
        sa.Column("unit_price", sa.Numeric(10, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="track_pkey"),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name="track_album_id_fkey"),
        sa.ForeignKeyConstraint(["media_type_id"], ["media_type.id"], name="track_media_type_id_fkey"),
        sa.ForeignKeyConstraint(["genre_id"], ["genre.id"], name="track_genre_id_fkey"),
    )
    op.create_index("track_album_id_idx", "track", ["album_id"])
    op.create_index("track_media_type_id_idx", "track", ["media_type_id"])
    op.create_index("track_genre_id_idx", "track", ["genre_id"])


def _playlists() -> None:
    op.create_table(
        "playlist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("id", name="playlist_pkey"),
    )
    op.create_table(
        "playlist_track",
        sa.Column("playlist_id", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("playlist_id", "track_id", name="playlist_track_pkey"),
        sa.ForeignKeyConstraint(["playlist_id"], ["playlist.id"], name="playlist_track_playlist_id_fkey"),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name="playlist_track_track_id_fkey"),
    )
    op.create_index("playlist_track_track_id_idx", "playlist_track", ["track_id"])


def _people() -> None:
    op.create_table(
        "employee",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("last_name", sa.String(20), nullable=False),
        sa.Column("first_name", sa.String(20), nullable=False),
        sa.Column("title", sa.String(30)),
        sa.Column("reports_to", sa.Integer()),
        sa.Column("birth_date", sa.DateTime()),
        sa.Column("hire_date", sa.DateTime()),
        sa.Column("address", sa.String(70)),
        sa.Column("city", sa.String(40)),
        sa.Column("state", sa.String(40)),
        sa.Column("country", sa.String(40)),
        sa.Column("postal_code", sa.String(10)),
        sa.Column("phone", sa.String(24)),
        sa.Column("fax", sa.String(24)),
        sa.Column("email", sa.String(60)),
        sa.PrimaryKeyConstraint("id", name="employee_pkey"),
        sa.ForeignKeyConstraint(["reports_to"], ["employee.id"], name="employee_reports_to_fkey"),
    )
    op.create_index("employee_reports_to_idx", "employee", ["reports_to"])
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(40), nullable=False),
        sa.Column("last_name", sa.String(20), nullable=False),
        sa.Column("company", sa.String(80)),
        sa.Column("address", sa.String(70)),
        sa.Column("city", sa.String(40)),
        sa.Column("state", sa.String(40)),
        sa.Column("country", sa.String(40)),
        sa.Column("postal_code", sa.String(10)),
        sa.Column("phone", sa.String(24)),
        sa.Column("fax", sa.String(24)),
        sa.Column("email", sa.String(60), nullable=False),
        sa.Column("support_rep_id", sa.Integer()),
        sa.PrimaryKeyConstraint("id", name="customer_pkey"),
        sa.UniqueConstraint("email", name="customer_email_key"),
        sa.ForeignKeyConstraint(["support_rep_id"], ["employee.id"], name="customer_support_rep_id_fkey"),
    )
    op.create_index("customer_support_rep_id_idx", "customer", ["support_rep_id"])


def _sales() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("invoice_date", sa.DateTime(), nullable=False),
        sa.Column("billing_address", sa.String(70)),
        sa.Column("billing_city", sa.String(40)),
        sa.Column("billing_state", sa.String(40)),
        sa.Column("billing_country", sa.String(40)),
        sa.Column("billing_postal_code", sa.String(10)),
        sa.Column("total", sa.Numeric(10, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name="invoice_pkey"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="invoice_customer_id_fkey"),
    )
    op.create_index("invoice_customer_id_idx", "invoice", ["customer_id"])
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("track_id", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(10, 2), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="invoice_line_pkey"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name="invoice_line_invoice_id_fkey"),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name="invoice_line_track_id_fkey"),
    )
    op.create_index("invoice_line_invoice_id_idx", "invoice_line", ["invoice_id"])
    op.create_index("invoice_line_track_id_idx", "invoice_line", ["track_id"])
