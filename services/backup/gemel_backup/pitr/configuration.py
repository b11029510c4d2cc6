"""Barman's configuration, as Gemel's settings have it."""

from pathlib import Path
from typing import Final

from psycopg import conninfo

from gemel_backup.postgresql import Address

SERVER: Final = "gemel"
"""Name of the database server in Barman."""
SLOT: Final = "gemel_barman"
"""Name of the replication slot: the database keeps what was not received by way of it."""
NOT_FOR_BARMAN: Final = frozenset({"application_name", "connect_timeout"})
STREAMING: Final = ("host", "hostaddr", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey")

# https://docs.pgbarman.org/release/3.19.1/user_guide/configuration.html
TEXT: Final = """\
# Written by Gemel at each start: changes are lost.
[barman]
barman_user = {user}
barman_home = {home}
configuration_files_directory = {home}/conf.d
log_file = {home}/barman.log
log_level = WARNING

[{server}]
description = {database}
conninfo = {conninfo}
streaming_conninfo = {streaming}
backup_method = postgres
streaming_archiver = on
archiver = off
slot_name = {slot}
create_slot = auto
path_prefix = {programs}
"""


def configuration(home: Path, address: Address, programs: Path, user: str) -> str:
    """Text of ``barman.conf``. It holds no password: Barman's programs take that from the environment.

    What is kept for how long is not said: Gemel deletes what it does not need, since it knows what is proven.

    :param home: folder of all that Barman keeps.
    :param programs: folder of PostgreSQL's programs, of the server's major version.
    :param user: who runs Barman.
    """
    parameters = {key: value for key, value in address.parameters.items() if key not in NOT_FOR_BARMAN}
    streaming = {key: value for key, value in parameters.items() if key in STREAMING}
    return TEXT.format(
        user=user,
        home=home,
        server=SERVER,
        database=str(address),
        conninfo=conninfo.make_conninfo("", **parameters),
        streaming=conninfo.make_conninfo("", **streaming),
        slot=SLOT,
        programs=programs,
    )
