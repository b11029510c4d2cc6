"""Settings: what they are, where they are read, and how a wrong one is told.

Order of precedence: ``GEMEL_<KEY>`` in the environment, then section ``[gemel]`` of ``settings.ini`` (or of the file
that ``GEMEL_SETTINGS`` names), then the default. Every key is described in ``docs/settings.md``.
"""

import configparser
import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from gemel.errors import SettingsError

PREFIX = "GEMEL_"
SECTION = "gemel"
EXAMPLE_SECRET = "change-me"  # noqa: S105 - it is what a real one must not be
NOT_KEYS = frozenset({"settings", "test_database_uri"})


class Settings(BaseSettings):
    """All settings, checked. Addresses are plain (``postgresql://…``, ``sqlite:///…``): the driver is ours."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True)

    app: str = Field("chinook", min_length=1, description="import name of the app package to serve")
    debug: bool = Field(False, description="GraphiQL, internal details in errors for the admin role, human log lines")
    host: str = Field("127.0.0.1", description="address that main.py and the services listen on")
    port: int = Field(5000, ge=0, le=65535, description="port of main.py (5000); the services use 8001 and 8002")
    admin_port: int = Field(0, ge=0, le=65535, description="port of /livez, /readyz, /metrics; 0 is the main port")
    data_dir: Path = Field(Path("var"), description="folder for the SQLite database and local backups")
    database_uri: SecretStr = Field(SecretStr(""), description="postgresql:// or sqlite:/// address; empty is SQLite")
    database_direct_uri: SecretStr = Field(
        SecretStr(""), description="address that goes past a connection pooler, for migrations and backups"
    )
    scratch_database_uri: SecretStr = Field(
        SecretStr(""), description="PostgreSQL server on which backups are proven, in databases made for it"
    )
    redis_uri: SecretStr = Field(SecretStr("redis://127.0.0.1:6379/0"), description="Celery's broker")
    backup_uri: str = Field(
        "", description="folder or s3://bucket/prefix that backups are kept in; empty is <data_dir>/backups"
    )
    backup_recipients: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="age recipients that backups are encrypted to, separated by commas; empty encrypts nothing"
    )
    backup_identity: SecretStr = Field(
        SecretStr(""), description="age identity that opens encrypted backups, or a file of it; only where it is needed"
    )
    backup_sign_key: SecretStr = Field(
        SecretStr(""), description="Ed25519 private key that manifests and proofs are signed with: 64 hex digits"
    )
    backup_trust_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Ed25519 public keys that are believed besides one's own: 64 hex digits each, with commas"
    )
    work_dir: str = Field("", description="folder for what a backup or restore has under way; empty is <data_dir>/work")
    backup_schedule: str = Field("0 3 * * *", description="cron expression (UTC) of the backups; off takes none")
    backup_jobs: int = Field(
        1, ge=1, le=64, description="processes of pg_dump and pg_restore, and connections for evidence, at a time"
    )
    backup_share: int = Field(
        100, ge=1, le=100, description="percent of the time in which a backup of PostgreSQL works; otherwise it rests"
    )
    backup_keep: str = Field(
        "last 3, daily 7, weekly 4, monthly 12, yearly 3",
        description="proven backups that are kept: last, hourly, daily, weekly, monthly, yearly; all keeps all",
    )
    pitr_dir: str = Field(
        "",
        description="folder of Barman's base backups and changes, for recovery to a time; empty is none (PostgreSQL)",
    )
    pitr_schedule: str = Field("0 1 * * 0", description="cron expression (UTC) of the base backups; off takes none")
    pitr_days: int = Field(7, ge=1, le=3650, description="days back to any time of which the database can be recovered")
    alert_uri: SecretStr = Field(
        SecretStr(""), description="http(s) address that is told in JSON what goes wrong with backups and tasks"
    )
    alert_after: float = Field(
        36.0, gt=0, description="hours without a newer proven backup after which alert_uri is told"
    )
    admin_secret: SecretStr = Field(SecretStr(""), description="value of x-hasura-admin-secret that makes an admin")
    jwt_secret_key: SecretStr = Field(SecretStr(""), description="HS256 secret of bearer tokens, 32 characters or more")
    jwt_secrets: SecretStr = Field(
        SecretStr(""), description="signers of bearer tokens: JSON in the form of Hasura's JWT secrets, or a file of it"
    )
    anonymous_role: str = Field("", description="role of requests without credentials; empty refuses them")
    frontend_uri: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins allowed by CORS, separated by commas"
    )
    database_roles: bool = Field(
        False, description="PostgreSQL: run requests as the database role of who asks, with request.jwt.claims"
    )
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        (), description="networks of gateways whose X-Forwarded-For tells callers apart, separated by commas"
    )
    rates_uri: SecretStr = Field(SecretStr(""), description="redis:// address to count rates in; empty is each worker")
    pool_size: int = Field(10, ge=1, le=1000, description="connections to PostgreSQL per service process")
    readers: int = Field(4, ge=1, le=64, description="threads that read from SQLite")
    statement_timeout: float = Field(10.0, gt=0, le=3600, description="seconds a statement may take")
    max_connections: int = Field(
        1000,
        ge=16,
        le=32_768,
        description="open connections of clients per service process; the longest idle makes room",
    )
    body_limit: int = Field(4_194_304, ge=1024, description="bytes a request body may have")
    max_rows: int = Field(0, ge=0, description="most rows of any one list in REST; 0 is no limit")
    rest_aggregates: bool = Field(False, description="allow aggregate functions in the select of REST")
    naming_convention: Literal["hasura-default", "graphql-default"] = Field(
        "hasura-default", description="names in GraphQL: album_by_pk, or albumByPk and types like AlbumBoolExp"
    )
    live_interval: float = Field(1.0, gt=0, le=3600, description="seconds between two looks of a live query of GraphQL")
    stringify_numerics: bool = Field(False, description="GraphQL gives bigint, numeric and double precision as texts")
    safe_writes: bool = Field(True, description="refuse a REST update or delete without a filter")
    hook_rows: int = Field(10_000, ge=1, description="most rows that one write may take through the app's hooks")
    rest_document: bool = Field(True, description="serve the OpenAPI document of REST, and the page for it")
    rest_tx_end: Literal["commit", "commit-allow-override", "rollback", "rollback-allow-override"] = Field(
        "commit", description="how a REST change ends; with -allow-override a request may choose (Prefer: tx)"
    )
    audit_admin: bool = Field(
        False, description="write what the admin role changes through the APIs to the audit table"
    )
    migrate_wait: float = Field(600.0, ge=0, description="seconds a migration waits for the lock")
    state: bool = Field(True, description="keep Gemel's own tables in the database")

    @field_validator("database_uri", "database_direct_uri", "scratch_database_uri")
    @classmethod
    def _database_address(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and not text.startswith(("postgresql://", "sqlite:///")):
            raise ValueError("must begin with postgresql:// or sqlite:/// (the driver is chosen by Gemel)")
        if ":memory:" in text:
            raise ValueError("names a database in memory, which each connection would have for itself: name a file")
        if text.startswith("postgresql://") and not urlsplit(text).path.strip("/"):
            raise ValueError("names no database: postgresql://user:password@host:5432/DATABASE")
        return value

    @field_validator("frontend_uri", "trusted_proxies", "backup_recipients", "backup_trust_keys", mode="before")
    @classmethod
    def _several(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        parts = (part.strip() for part in value.split(",") if part.strip())
        return tuple(part.rstrip("/") if info.field_name == "frontend_uri" else part for part in parts)

    @field_validator("alert_uri")
    @classmethod
    def _over_http(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("backup_sign_key", "backup_trust_keys")
    @classmethod
    def _ed25519(cls, value: SecretStr | tuple[str, ...]) -> SecretStr | tuple[str, ...]:
        for key in value if isinstance(value, tuple) else (value.get_secret_value(),):
            if key and not re.fullmatch("[0-9a-f]{64}", key):
                raise ValueError("must be 64 hexadecimal digits in lower case, as of: openssl rand -hex 32")
        return value

    @field_validator("rates_uri")
    @classmethod
    def _of_redis(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss://")
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters (RFC 7518 section 3.2)")
        return value

    @field_validator("admin_secret", "jwt_secret_key")
    @classmethod
    def _own_secret(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().startswith(EXAMPLE_SECRET):
            raise ValueError("is still the value of the example file: choose your own")
        return value

    @model_validator(mode="after")
    def _secret_if_open(self) -> Self:
        if not self.is_loopback and not self.has_secret:
            raise ValueError(
                f"host {self.host!r} can be reached from other machines, and none of admin_secret, jwt_secret_key and"
                " jwt_secrets is set: everybody would be admin. Set one of them, or listen on 127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _a_table_to_write_to(self) -> Self:
        if self.audit_admin and not self.state:
            raise ValueError("audit_admin writes to one of Gemel's own tables, which state keeps out: set state = true")
        return self

    @model_validator(mode="after")
    def _roles_of_postgresql(self) -> Self:
        if self.database_roles and not self.is_postgresql:
            raise ValueError(
                "database_roles is for PostgreSQL: SQLite knows no roles. Set database_uri, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _barman_of_postgresql(self) -> Self:
        if self.pitr_dir and not self.is_postgresql:
            raise ValueError(
                "pitr_dir is for PostgreSQL: Barman knows no other database. Set database_uri, or leave it out"
            )
        return self

    @property
    def has_secret(self) -> bool:
        """Whether anything can prove who asks."""
        given = (self.admin_secret, self.jwt_secret_key, self.jwt_secrets)
        return any(secret.get_secret_value() for secret in given)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    @property
    def database(self) -> str:
        """Address of the database; SQLite under ``data_dir`` when none is set."""
        return self.database_uri.get_secret_value() or f"sqlite:///{(self.data_dir / 'gemel.sqlite3').resolve()}"

    @property
    def database_direct(self) -> str:
        """Address for work that needs a session of its own (migrations, advisory locks, pg_dump)."""
        return self.database_direct_uri.get_secret_value() or self.database

    @property
    def is_postgresql(self) -> bool:
        """PostgreSQL, else SQLite."""
        return self.database.startswith("postgresql://")

    @property
    def sqlite_path(self) -> Path:
        """File of the SQLite database."""
        return Path(self.database.removeprefix("sqlite:///"))

    @property
    def backups(self) -> Path:
        """Folder of the backup store."""
        return Path(self.backup_uri.removeprefix("file://")) if self.backup_uri else self.data_dir / "backups"

    @property
    def work(self) -> Path:
        """Folder for what a backup, proof or restore has under way."""
        return Path(self.work_dir) if self.work_dir else self.data_dir / "work"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # ``load`` merges environment and file itself, so that it knows where each came from


def load(
    environ: Mapping[str, str] | None = None, path: Path | None = None, *, defaults: Mapping[str, object] | None = None
) -> Settings:
    """The settings alone; see :func:`read`."""
    return read(environ, path, defaults=defaults)[0]


def read(
    environ: Mapping[str, str] | None = None, path: Path | None = None, *, defaults: Mapping[str, object] | None = None
) -> tuple[Settings, Mapping[str, str]]:
    """Read the settings, and tell of each key that is not at its default where it was read.

    :param environ: the environment (default: the process's own).
    :param path: the ini file (default: ``GEMEL_SETTINGS``, else ``settings.ini``, which may be missing).
    :param defaults: what a key is where nobody set it, in place of its own default (a service's port).
    :raises SettingsError: with the key, what is wrong with it, and where it was read.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ[PREFIX + "SETTINGS"]) if PREFIX + "SETTINGS" in environ else None)
    found = {
        key: (value, f"{file} line {line}") for key, value, line, file in _ini(named or Path("settings.ini"), named)
    }
    for key in Settings.model_fields:
        name = PREFIX + key.upper()
        if environ.get(name, "") != "":
            found[key] = (environ[name], f"environment variable {name}")
    for key, (_, where) in found.items():
        if key not in Settings.model_fields:
            near = difflib.get_close_matches(key, Settings.model_fields, 1)
            raise SettingsError(
                f"{key} ({where}): there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
            )
    try:
        settings = Settings(**{**(defaults or {}), **{key: value for key, (value, _) in found.items()}})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(item, found) for item in error.errors())) from None
    return settings, {key: where for key, (_, where) in found.items()}


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Names of ``GEMEL_…`` environment variables that are no setting: to be warned of, since another program's
    environment (Kubernetes' service links) may put them there."""
    names = (name for name in (os.environ if environ is None else environ) if name.startswith(PREFIX))
    known = set(Settings.model_fields) | NOT_KEYS
    return sorted(name for name in names if name.removeprefix(PREFIX).lower() not in known)


def _explain(item: Any, found: Mapping[str, tuple[str, str]]) -> str:
    text = item["msg"].removeprefix("Value error, ")
    if not item["loc"]:
        return str(text)
    key = str(item["loc"][0])
    where = found[key][1] if key in found else "default"
    return f"{key} ({where}): {text}"


def _ini(path: Path, named: Path | None) -> list[tuple[str, str, int, Path]]:
    if not path.is_file():
        if named is not None:
            raise SettingsError(f"{named}: there is no such file (named by {PREFIX}SETTINGS)")
        return []
    text = path.read_text(encoding="utf-8")
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=None)
    try:
        parser.read_string(text, str(path))
    except configparser.Error as error:
        raise SettingsError(f"{path}: {error.message}") from None
    for section in parser.sections():
        if section != SECTION:
            raise SettingsError(f"{path}: section [{section}] is not known; all settings stand in [{SECTION}]")
    if not parser.has_section(SECTION):
        return []
    lines = {
        line.split("=")[0].split(":")[0].strip().lower(): number for number, line in enumerate(text.splitlines(), 1)
    }
    return [(key, value, lines.get(key, 0), path) for key, value in parser.items(SECTION) if value != ""]
