"""The compose stack, as far as it can be judged without starting it (tests/e2e does)."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gemel.settings import Settings
from gemel_cli import root

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
STACK = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
EXAMPLE = (ROOT / "docker.example.env").read_text(encoding="utf-8")
OURS = {"migrator", "graphql", "rest", "worker", "beat", "pitr"}
SECRETS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "GEMEL_ADMIN_SECRET"}
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)")


def offered() -> dict[str, str]:
    """What docker.example.env lists, commented or not."""
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))


def image_settings(name: str) -> set[str]:
    """Settings that the image of a service fixes."""
    text = (ROOT / SERVICES[name]["build"]["dockerfile"]).read_text(encoding="utf-8")
    return set(re.findall(r"(GEMEL_[A-Z_]+)=", text))


def test_the_stack_is_whole() -> None:
    assert set(SERVICES) == OURS | {"gateway", "postgres", "scratch", "redis"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "gateway" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}
    assert service["logging"]["options"]["max-size"]
    assert service["stop_grace_period"]
    assert service["restart"] == ("no" if name == "migrator" else "unless-stopped")
    assert "privileged" not in service
    assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_watched(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name == "migrator":  # one shot: its exit code is waited for
        assert check == {"disable": True}
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert {"interval", "timeout", "retries", "start_period"} <= set(check)


def test_only_the_gateway_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["gateway"]
    assert not any("network_mode" in service for service in SERVICES.values())


def test_databases_are_out_of_reach() -> None:
    assert STACK["networks"]["data"] == {"internal": True}
    assert SERVICES["gateway"]["networks"] == ["edge"]
    for name in ("postgres", "scratch", "redis"):
        assert SERVICES[name]["networks"] == ["data"]


def test_what_is_served_waits_for_the_migrator() -> None:
    for name in OURS - {"migrator"}:
        assert SERVICES[name]["depends_on"]["migrator"] == {"condition": "service_completed_successfully"}, name


def test_volumes_and_networks_are_declared_and_used() -> None:
    named = {v.partition(":")[0] for s in SERVICES.values() for v in s.get("volumes", []) if not v.startswith(".")}
    assert named == set(STACK["volumes"])
    assert {network for service in SERVICES.values() for network in service["networks"]} == set(STACK["networks"])


MAY_BE_ANOTHER = {"GEMEL_BACKUP_URI"}
"""Set by the image, and not for good."""


@pytest.mark.parametrize("name", sorted(OURS))
def test_environment_is_settings_alone(name: str) -> None:
    for key in SERVICES[name]["environment"]:
        if key.startswith("AWS_"):
            assert name in {"worker", "pitr"}, f"{name} needs no {key}"
            continue
        assert key.startswith("GEMEL_"), f"{name} needs no {key}"
        assert key.removeprefix("GEMEL_").lower() in Settings.model_fields, key
    assert image_settings(name) & set(SERVICES[name]["environment"]) <= MAY_BE_ANOTHER
    assert ("GEMEL_ADMIN_SECRET" in SERVICES[name]["environment"]) == (name in {"graphql", "rest"})


def test_every_setting_can_be_set_or_is_the_images() -> None:
    passed = {key for name in OURS for key in SERVICES[name]["environment"] if key.startswith("GEMEL_")}
    fixed = {key for name in OURS for key in image_settings(name)}
    keys = {f"GEMEL_{key.upper()}" for key in Settings.model_fields}
    assert passed | fixed == keys
    assert passed == {key for key in offered() if key.startswith("GEMEL_")}


def test_example_lists_what_the_stack_reads() -> None:
    read = set(VARIABLE.findall(TEXT)) | {key for name in OURS for key in SERVICES[name]["environment"]}
    assert set(offered()) == read | {"COMPOSE_PROFILES"}


def test_example_starts_nothing_until_the_secrets_are_filled_in() -> None:
    uncommented = dict(re.findall(r"^([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))
    assert uncommented == dict.fromkeys(SECRETS, "")
    for key in SECRETS:
        assert f"${{{key}:?" in TEXT, f"{key} is not required"
        assert f"${{{key}:-" not in TEXT, f"{key} has a default"


def test_example_shows_the_defaults() -> None:
    """A value shown in a comment is the setting's own default, but for the examples of what has none."""
    for key, shown in offered().items():
        field = Settings.model_fields.get(key.removeprefix("GEMEL_").lower()) if key.startswith("GEMEL_") else None
        default = getattr(field, "default", None)
        if isinstance(default, bool):
            assert shown == str(default).lower(), key
        elif isinstance(default, int | float):
            assert float(shown) == default, key


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_named_exactly(name: str) -> None:
    repository, _, tag = SERVICES[name]["image"].partition(":")
    assert repository
    if name in OURS:
        assert tag == "${IMAGE_TAG:-latest}"
        assert (ROOT / SERVICES[name]["build"]["dockerfile"]).is_file()
    else:
        assert re.match(r"\d+(-|$)", tag), "the major version of what is bought is fixed"


def test_recovery_runs_on_the_image_of_the_database() -> None:
    """Another one could sort texts otherwise, and would find every index of them damaged."""
    text = (ROOT / SERVICES["pitr"]["build"]["dockerfile"]).read_text(encoding="utf-8")
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == [SERVICES["postgres"]["image"]]
    assert SERVICES["pitr"]["profiles"] == ["pitr"]
    assert not any("profiles" in service for name, service in SERVICES.items() if name != "pitr")


def test_gateway_routes_the_public_ports_only() -> None:
    text = (ROOT / "deploy/Caddyfile").read_text(encoding="utf-8")
    assert set(re.findall(r"reverse_proxy (\S+)", text)) == {"graphql:8001", "rest:8002"}
    routed = {path.removesuffix("/*") for line in re.findall(r"path (.*)", text) for path in line.split()}
    assert routed == {*root.GRAPHQL, *root.REST, "/api"}, "as main.py does, and the app's own routes"
    assert 'respond "Not Found" 404' in text
