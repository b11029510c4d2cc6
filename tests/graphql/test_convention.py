"""The other naming convention: its names everywhere, and the same answers (docs/dialects/graphql.md, 1.2)."""

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from graphql import GraphQLSchema, build_client_schema, get_introspection_query, get_named_type
from graphql_client import GraphQL, serving
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from gemel.app import App
from gemel.catalog import read_catalog
from gemel.settings import Settings
from gemel_graphql.schema.build import generate
from gemel_graphql.schema.names import CONVENTIONS

GRAPHQL = {"naming_convention": "graphql-default"}


OWN = {
    "StoreStatistics.best_customer", "StoreStatistics.first_sale", "query_root.store_statistics",
    "query_root.top_customers", "mutation_root.add_artist", "mutation_root.transfer_customer",
}  # fmt: skip
"""What resolvers of the sample app name with an underscore."""


@pytest.fixture(scope="module")
def camel(chinook_read: Settings, chinook_app: App) -> Iterator[GraphQL]:
    with serving(chinook_read.model_copy(update=GRAPHQL), chinook_app) as client:
        yield client


@pytest.fixture
def camel_write(chinook: Settings, chinook_app: App) -> Iterator[GraphQL]:
    with serving(chinook.model_copy(update=GRAPHQL), chinook_app) as client:
        yield client


@pytest.fixture(scope="module")
def schema(camel: GraphQL) -> GraphQLSchema:
    return build_client_schema(camel(get_introspection_query()))


def test_names_of_the_other_convention_are_refused(camel: GraphQL) -> None:
    """G1.2-1, G1.2-2, G1.2-4, G1.2-5: and what is told bears the names of this one."""
    answers = [
        camel.refused("{ invoice_line { id } }"),
        camel.refused("{ invoiceLine { invoice_id } }"),
        camel.refused("{ invoiceLine(order_by: {id: ASC}) { id } }"),
        camel.refused("{ invoiceLine(orderBy: {id: desc_nulls_last}) { id } }"),
        camel.refused("{ track(where: {composer: {_is_null: true}}) { id } }"),
        camel.refused("{ track(where: {albumId: {_eq: 1.5}}) { id } }"),
        camel.refused("query q($w: track_bool_exp) { track(where: $w) { id } }", w={}),
        camel.refused("{ trackByPk { id } }"),
    ]
    values = "'ASC', 'ASC_NULLS_FIRST', 'ASC_NULLS_LAST', 'DESC', 'DESC_NULLS_FIRST', 'DESC_NULLS_LAST'"
    assert [(path, text) for _, path, text in answers[:5]] == [
        ("$.selectionSet.invoice_line", "field 'invoice_line' not found in type: 'query_root'"),
        ("$.selectionSet.invoiceLine.selectionSet.invoice_id", "field 'invoice_id' not found in type: 'InvoiceLine'"),
        ("$.selectionSet.invoiceLine", "'invoiceLine' has no argument named 'order_by'"),
        (
            "$.selectionSet.invoiceLine.args.orderBy.id",
            f"expected one of the values [{values}] for type 'OrderBy', but found 'desc_nulls_last'",
        ),
        (
            "$.selectionSet.track.args.where.composer._is_null",
            "field '_is_null' not found in type: 'StringComparisonExp'",
        ),
    ]
    assert [path for _, path, _ in answers[5:]] == [
        "$.selectionSet.track.args.where.albumId._eq",
        "$.selectionSet.track.args.where",
        "$.selectionSet.trackByPk.args.id",
    ]
    assert "used where 'TrackBoolExp' is expected" in answers[6][2]


def test_the_whole_schema(schema: GraphQLSchema) -> None:
    """G1.2-1, G1.2-2, G1.2-3, G1.2-6, G1.2-7: no name of it has the form of the other convention."""
    types = {name: type_ for name, type_ in schema.type_map.items() if not name.startswith("__")}
    assert {name for name in types if "_" in name} == {"query_root", "mutation_root", "subscription_root"}
    odd = {
        f"{name}.{member}"
        for name, type_ in types.items()
        for member, field in getattr(type_, "fields", {}).items()
        if not all(re.fullmatch("_?[a-zA-Z0-9]+", word) for word in (member, *getattr(field, "args", {})))
    }
    assert odd == OWN, "what the app's resolvers name is named by them"
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert {"invoiceLine", "invoiceLineByPk", "invoiceLineAggregate"} <= schema.query_type.fields.keys()
    changes = schema.mutation_type.fields
    assert {"insertInvoiceLine", "insertInvoiceLineOne", "updateInvoiceLineByPk", "deleteInvoiceLine"} <= changes.keys()
    assert str(changes["updateAlbumByPk"].args["pkColumns"].type) == "AlbumPkColumnsInput!"
    assert str(schema.query_type.fields["album"].args["distinctOn"].type) == "[AlbumSelectColumn!]"
    for scalar in ("numeric", "timestamp", "String"):
        assert scalar in schema.type_map


HASURA = """query q($where: track_bool_exp, $key: Int!) {
  album(order_by: [{artist: {name: desc_nulls_last}}, {tracks_aggregate: {sum: {unit_price: desc}}}, {id: asc}],
        limit: 3, where: {tracks_aggregate: {count: {predicate: {_gt: 2}}}}) {
    artist { name __typename } tracks(where: $where, order_by: {id: asc}) { unit_price media_type { name } }
    tracks_aggregate { aggregate { count(columns: media_type_id, distinct: true) stddev_pop { unit_price } } }
  }
  track(distinct_on: album_id, order_by: [{album_id: asc}, {id: desc}], limit: 2) { album_id id }
  playlist_track_by_pk(playlist_id: 1, track_id: $key) { playlist_id }
}"""
"""A question in the first convention, of which the tests know that it is right."""


def test_the_same_answers(graphql: GraphQL, camel: GraphQL) -> None:
    """G1.2-1, G1.2-2, G1.2-4, G1.2-5, G1.2-7: the words are put in place of each other, in question and answer."""
    types = {"track_bool_exp": "TrackBoolExp", "desc_nulls_last": "DESC_NULLS_LAST", " asc": " ASC", " desc": " DESC"}
    question = HASURA
    for word, other in types.items():
        question = question.replace(word, other)
    asked = {"where": {"media_type_id": {"_is_null": False}, "album": {"artist_id": {"_gt": "1"}}}, "key": 1}
    other = {"where": {"mediaTypeId": {"_isNull": False}, "album": {"artistId": {"_gt": "1"}}}, "key": 1}
    expected = graphql.text(HASURA, **asked)
    assert '"stddev_pop":{"unit_price":' in expected
    assert camel.text(_camel(question), **other) == _camel(expected).replace(
        '"__typename":"artist"', '"__typename":"Artist"'
    )


def _camel(text: str) -> str:
    """What lies between underscores, by a rule of its own."""
    return re.sub(r"(?<=[a-z])_([a-z])", lambda found: found[1].upper(), text)


def test_typenames(camel: GraphQL) -> None:
    """G1.2-2"""
    found = camel("{ __typename invoiceLine(limit: 1) { __typename } trackAggregate { __typename aggregate { "
                  "__typename sum { __typename } } } }")  # fmt: skip
    assert found == {
        "__typename": "query_root",
        "invoiceLine": [{"__typename": "InvoiceLine"}],
        "trackAggregate": {
            "__typename": "TrackAggregate",
            "aggregate": {"__typename": "TrackAggregateFields", "sum": {"__typename": "TrackSumFields"}},
        },
    }


def test_writes(camel_write: GraphQL) -> None:
    """G1.2-3, G1.2-6, G1.2-7"""
    answer = camel_write(
        "mutation m($row: AlbumInsertInput!, $key: AlbumPkColumnsInput!) {"
        "  insertAlbumOne(object: $row) { id artistId }"
        "  updateAlbumByPk(pkColumns: $key, _set: {artistId: 2}, _inc: {}) { artistId }"
        "  deletePlaylistTrackByPk(playlistId: 1, trackId: 1) { trackId }"
        "  deletePlaylistTrack(where: {trackId: {_eq: 2}, playlistId: {_eq: 1}}) { affectedRows returning { trackId } }"
        "}",
        row={"title": "new", "artistId": 1, "id": 9000},
        key={"id": 9000},
    )
    assert answer == {
        "insertAlbumOne": {"id": 9000, "artistId": 1},
        "updateAlbumByPk": {"artistId": 2},
        "deletePlaylistTrackByPk": {"trackId": 1},
        "deletePlaylistTrack": {"affectedRows": 1, "returning": [{"trackId": 2}]},
    }


def test_nested_writes_and_upserts(camel_write: GraphQL) -> None:
    """G1.2-1, G1.2-2, G1.2-3, G1.2-6, G9.2-5, G21-1: constraints are called as the database calls them."""
    answer = camel_write(
        "mutation m($rows: [AlbumInsertInput!]!, $do: AlbumOnConflict, $nested: AlbumNestedInput, "
        "           $many: [AlbumUpdates!]!) {"
        "  insertAlbum(objects: $rows, onConflict: $do) { affectedRows returning { id artistId } }"
        '  insertArtistOne(object: {id: 9000, name: "n", albums: {data: [{id: 9001, title: "t"}],'
        "    onConflict: {constraint: album_pkey, updateColumns: [artistId]}}}) { albums { id } }"
        "  updateAlbumByPk(pkColumns: {id: 9001}, _nested: $nested) { tracks { mediaTypeId unitPrice } }"
        "  updateAlbumMany(updates: $many) { affectedRows } }",
        rows=[{"id": 1, "title": "x", "artistId": 7}],
        do={"constraint": "album_pkey", "updateColumns": ["artistId"], "where": {"artistId": {"_eq": 1}}},
        nested={"tracks": {"insert": {"data": {"name": "n", "mediaTypeId": 2, "milliseconds": 1, "unitPrice": 1}}}},
        many=[{"where": {"artistId": {"_eq": 9000}}, "_inc": {"artistId": 0}, "_set": {"title": "y"}}],
    )
    assert answer == {
        "insertAlbum": {"affectedRows": 1, "returning": [{"id": 1, "artistId": 7}]},
        "insertArtistOne": {"albums": [{"id": 9001}]},
        "updateAlbumByPk": {"tracks": [{"mediaTypeId": 2, "unitPrice": 1}]},
        "updateAlbumMany": [{"affectedRows": 1}],
    }
    path = "$.selectionSet.insertTrackOne.args.object.mediaTypeId"
    row = "mutation m($row: TrackInsertInput!) { insertTrackOne(object: $row) { id } }"
    assert camel_write.refused(row, row={"name": "n", "mediaTypeId": None})[1] == path


def test_names_that_become_one() -> None:
    """G1.2-1, G1.2-2: the second is left out and warned of, as under the first convention."""

    class Base(DeclarativeBase):
        pass

    class One(Base):
        __tablename__ = "a_b"
        id = sa.Column(sa.Integer, primary_key=True)
        first_name = sa.Column(sa.Text)
        again = sa.Column("firstName", sa.Text)

    class Other(Base):
        __tablename__ = "aB"
        id = sa.Column(sa.Integer, primary_key=True)

    catalog = read_catalog((sa.inspect(One), sa.inspect(Other)))
    assert generate(catalog, CONVENTIONS["hasura-default"]).warnings == ()
    generated = generate(catalog, CONVENTIONS["graphql-default"])
    told = "\n".join(generated.warnings)
    assert "table 'a_b' is not served by GraphQL: its names are taken (AB" in told
    assert set(generated.query) == {"aB", "aBAggregate", "aBByPk"}


def test_changes_of_documents() -> None:
    """G1.1-16, G1.2-2, G1.2-6, G9.3-7: of columns of jsonb alone."""

    class Base(DeclarativeBase):
        pass

    class Box(Base):
        __tablename__ = "a_box"
        id = sa.Column(sa.Integer, primary_key=True)
        big_label = sa.Column(sa.JSON().with_variant(JSONB(), "postgresql"))
        plain = sa.Column(sa.JSON)

    changes = generate(read_catalog((sa.inspect(Box),)), CONVENTIONS["graphql-default"]).mutation
    edits = {
        "_append": "ABoxAppendInput", "_prepend": "ABoxPrependInput", "_deleteKey": "ABoxDeleteKeyInput",
        "_deleteElem": "ABoxDeleteElemInput", "_deleteAtPath": "ABoxDeleteAtPathInput",
    }  # fmt: skip
    for update in ("updateABox", "updateABoxByPk"):
        found = {name: argument.type for name, argument in changes[update].args.items()}
        assert edits.items() <= {name: str(type_) for name, type_ in found.items()}.items()
        for name in edits:
            assert set(getattr(found[name], "fields", {})) == {"bigLabel"}
    updates = get_named_type(changes["updateABoxMany"].args["updates"].type)
    assert edits.keys() <= getattr(updates, "fields", {}).keys()


@pytest.mark.parametrize(
    ("name", "field", "type_"),
    [
        ("invoice_line", "invoiceLine", "InvoiceLine"),
        ("invoiceLine", "invoiceLine", "InvoiceLine"),
        ("_is_null", "_isNull", "_IsNull"),
        ("Album", "album", "Album"),
        ("ID", "ID", "ID"),
        ("X", "X", "X"),
        ("a__b_", "aB", "AB"),
        ("address_2", "address2", "Address2"),
        ("_", "_", "_"),
    ],
)
def test_forms(name: str, field: str, type_: str) -> None:
    """G1.2-1, G1.2-2"""
    names = CONVENTIONS["graphql-default"]
    assert (names.field(name), names.type(name)) == (field, type_)
    assert (names.field(field), names.type(type_)) == (field, type_)
