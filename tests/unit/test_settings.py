"""Settings: where they are read, how a wrong one is told, and that all are documented."""

import configparser
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from gemel.errors import SettingsError
from gemel.settings import Settings, load, read, unknown_variables

ROOT = Path(__file__).parents[2]
LONG = "a-secret-of-thirty-two-characters-or-more"


def ini(folder: Path, text: str) -> Path:
    path = folder / "settings.ini"
    path.write_text(text, encoding="utf-8")
    return path


def shown_default(key: str) -> str:
    value = Settings.model_fields[key].default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value == () else str(value)


@pytest.mark.parametrize("key", Settings.model_fields)
def test_key_is_in_the_example_with_its_default(key: str) -> None:
    text = (ROOT / "settings.example.ini").read_text(encoding="utf-8")
    assert re.findall(rf"^#{key} =[ \t]*(.*)$", text, re.MULTILINE) == [shown_default(key)]


@pytest.mark.parametrize("key", Settings.model_fields)
def test_key_is_documented_with_its_default(key: str) -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    default = f"`{shown_default(key)}`" if shown_default(key) else ""
    assert re.findall(rf"^\| `{key}` \| ?(.*?) ?\| .{{10,}} \|$", text, re.MULTILINE) == [default]


def test_documents_name_no_other_key() -> None:
    example = (ROOT / "settings.example.ini").read_text(encoding="utf-8")
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^#(\w+) =", example, re.MULTILINE)) == set(Settings.model_fields)
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(Settings.model_fields)


def test_copied_example_changes_nothing() -> None:
    assert load({}, ROOT / "settings.example.ini") == Settings()


def test_uncommented_example_is_valid_and_the_default(tmp_path: Path) -> None:
    text = (ROOT / "settings.example.ini").read_text(encoding="utf-8")
    path = ini(tmp_path, re.sub(r"^#(\w+ =)", r"\1", text, flags=re.MULTILINE))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path)
    assert len(parser["gemel"]) == len(Settings.model_fields)
    assert load({}, path) == Settings()


def test_environment_wins_over_file_wins_over_default(tmp_path: Path) -> None:
    path = ini(tmp_path, "[gemel]\n\nport = 7001\napp = shop\n")
    settings, sources = read({"GEMEL_PORT": "7002"}, path)
    assert (settings.port, settings.app, settings.readers) == (7002, "shop", 4)
    assert sources == {"port": "environment variable GEMEL_PORT", "app": f"{path} line 4"}


def test_empty_means_not_set(tmp_path: Path) -> None:
    assert load({"GEMEL_PORT": ""}, ini(tmp_path, "[gemel]\nport =\nreaders = 2\n")) == Settings(readers=2)


def test_file_is_found_by_name_and_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ini(tmp_path, "[gemel]\nport = 7001\n")
    assert load({"GEMEL_SETTINGS": str(path)}).port == 7001
    monkeypatch.chdir(tmp_path)
    assert load({}).port == 7001
    path.unlink()
    assert load({}).port == 5000


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("port = many", "port ({path} line 2): Input should be a valid integer"),
        ("port = 65536", "port ({path} line 2): Input should be less than or equal to 65535"),
        ("debug = perhaps", "debug ({path} line 2): Input should be a valid boolean"),
        ("statement_timeout = 0", "statement_timeout ({path} line 2): Input should be greater than 0"),
        ("database_uri = mysql://h/d", "database_uri ({path} line 2): must begin with postgresql:// or sqlite:///"),
        ("database_uri = postgresql+asyncpg://h/d", "database_uri ({path} line 2): must begin with postgresql://"),
        ("database_uri = postgresql://host", "database_uri ({path} line 2): names no database"),
        ("jwt_secret_key = short", "jwt_secret_key ({path} line 2): must have at least 32 characters"),
        ("admin_secret = change-me", "admin_secret ({path} line 2): is still the value of the example file"),
        ("prot = 1", "prot ({path} line 2): there is no such setting; did you mean port?"),
        ("zzzzzz = 1", "zzzzzz ({path} line 2): there is no such setting"),
        ("host = 0.0.0.0", "host '0.0.0.0' can be reached from other machines"),
        ("port = 1\nport = 2", "option 'port' in section 'gemel' already exists"),
        ("[other]", "{path}: section [other] is not known"),
        ("port", "{path}: "),
    ],
)
def test_wrong_setting_is_told_with_key_reason_and_place(tmp_path: Path, line: str, says: str) -> None:
    path = ini(tmp_path, f"[gemel]\n{line}\n")
    with pytest.raises(SettingsError) as caught:
        load({}, path)
    assert says.format(path=path) in caught.value.message


def test_wrong_variable_is_told_with_its_name() -> None:
    with pytest.raises(SettingsError, match=r"^readers \(environment variable GEMEL_READERS\): .*at least|greater"):
        load({"GEMEL_READERS": "0"})


def test_secret_is_not_shown_when_it_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"GEMEL_JWT_SECRET_KEY": "hunter2", "GEMEL_DATABASE_URI": "mysql://u:hunter2@h/d"})
    assert "hunter2" not in caught.value.message
    assert caught.value.message.count("\n") == 1  # both are told at once


def test_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such file \(named by GEMEL_SETTINGS\)"):
        load({"GEMEL_SETTINGS": str(tmp_path / "missing.ini")})


def test_values_keep_percent_signs_and_comment_characters(tmp_path: Path) -> None:
    path = ini(tmp_path, "[gemel]\ndatabase_uri = postgresql://u:p%40;x@h/d\n")
    assert load({}, path).database == "postgresql://u:p%40;x@h/d"


def test_open_host_needs_a_secret() -> None:
    assert load({"GEMEL_HOST": "0.0.0.0", "GEMEL_JWT_SECRET_KEY": LONG}).has_secret  # noqa: S104
    assert load({"GEMEL_HOST": "::1"}).is_loopback


def test_unknown_variables_are_named() -> None:
    environ = {"GEMEL_PORT": "1", "GEMEL_SETTINGS": "x", "GEMEL_TEST_DATABASE_URI": "y", "GEMEL_REST_PORT_80_TCP": "z"}
    assert unknown_variables(environ) == ["GEMEL_REST_PORT_80_TCP"]


def test_addresses_that_follow_from_others(tmp_path: Path) -> None:
    settings = load({"GEMEL_DATA_DIR": str(tmp_path)})
    assert settings.sqlite_path == tmp_path / "gemel.sqlite3"
    assert (settings.database_direct, settings.backups) == (settings.database, tmp_path / "backups")
    pooled = load({"GEMEL_DATABASE_URI": "postgresql://pool/d", "GEMEL_DATABASE_DIRECT_URI": "postgresql://db/d"})
    assert (pooled.is_postgresql, pooled.database, pooled.database_direct) == (
        True,
        "postgresql://pool/d",
        "postgresql://db/d",
    )


def test_origins_are_split() -> None:
    assert load({"GEMEL_FRONTEND_URI": "https://a.example/, https://b.example"}).frontend_uri == (
        "https://a.example",
        "https://b.example",
    )
