"""The manifests: each overlay as our own renderer and, where it is installed, as kubectl renders it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gemel.settings import Settings
from gemel_cli import root
from kustomize import Resource, render, render_with_kubectl

ROOT = Path(__file__).parents[2]
OVERLAYS = ("development", "production")
RENDERERS = {"own": render} | ({"kubectl": render_with_kubectl} if shutil.which("kubectl") else {})
OURS = {"migrator", "graphql", "rest", "worker", "beat"}
PARTS = {"development": OURS | {"postgres", "scratch", "redis"}, "production": OURS}
SERVERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "PGDATA", "REDIS_PASSWORD", "REDISCLI_AUTH"}
SECRET_FIELDS = {name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)}


@pytest.fixture(params=[f"{overlay}-{by}" for overlay in OVERLAYS for by in RENDERERS], scope="module")
def rendered(request: pytest.FixtureRequest) -> tuple[str, list[Resource]]:
    overlay, _, by = request.param.partition("-")
    return overlay, RENDERERS[by](ROOT / "k8s/overlays" / overlay)


@pytest.fixture
def resources(rendered: tuple[str, list[Resource]]) -> list[Resource]:
    return rendered[1]


def of_kind(resources: list[Resource], *kinds: str) -> list[Resource]:
    return [resource for resource in resources if resource["kind"] in kinds]


def workloads(resources: list[Resource]) -> list[Resource]:
    return of_kind(resources, "Deployment", "StatefulSet", "Job")


def pod(workload: Resource) -> dict[str, Any]:
    return dict(workload["spec"]["template"]["spec"])


def containers(resources: list[Resource]) -> list[tuple[Resource, dict[str, Any]]]:
    return [(w, c) for w in workloads(resources) for c in [*pod(w)["containers"], *pod(w).get("initContainers", [])]]


def selected(resources: list[Resource], selector: dict[str, Any]) -> list[Resource]:
    """Workloads whose pods the selector takes."""
    exact: dict[str, str] = selector.get("matchLabels", {} if "matchExpressions" in selector else selector)
    expressions = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in expressions)

    def takes(labels: dict[str, str]) -> bool:
        return all(labels.get(key) == value for key, value in exact.items()) and all(
            labels.get(e["key"]) in e["values"] for e in expressions
        )

    return [w for w in workloads(resources) if takes(w["spec"]["template"]["metadata"]["labels"])]


def port_names(workload: Resource) -> set[str]:
    return {port["name"] for container in pod(workload)["containers"] for port in container.get("ports", [])}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_own_renderer_says_the_same_as_kubectl(overlay: str) -> None:
    def listed(found: list[Resource]) -> list[str]:
        return sorted(re.sub(r'"settings-[a-z0-9]{10}"', '"settings"', json.dumps(r, sort_keys=True)) for r in found)

    ours = render(ROOT / "k8s/overlays" / overlay)
    for other in RENDERERS.values():
        assert listed(other(ROOT / "k8s/overlays" / overlay)) == listed(ours)


def test_whole(rendered: tuple[str, list[Resource]]) -> None:
    overlay, resources = rendered
    names = [(resource["kind"], resource["metadata"]["name"]) for resource in resources]
    assert len(names) == len(set(names))
    assert {workload["metadata"]["name"] for workload in workloads(resources)} == PARTS[overlay]
    assert {r["metadata"].get("namespace") for r in resources if r["kind"] != "Namespace"} == {
        item["metadata"]["name"] for item in of_kind(resources, "Namespace")
    }


def test_every_file_of_k8s_is_used() -> None:
    folders = [ROOT / "k8s/base", *(ROOT / "k8s/overlays" / overlay for overlay in OVERLAYS)]
    for folder in folders:
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
        assert {path.name for path in folder.iterdir()} == {n for n in listed if ".." not in n} | {"kustomization.yaml"}


def test_containers_are_confined(resources: list[Resource]) -> None:
    for workload, container in containers(resources):
        inside, around = container["securityContext"], pod(workload)["securityContext"]
        assert around["runAsNonRoot"] is True, container["name"]
        assert around["runAsUser"] > 0
        assert around["seccompProfile"] == {"type": "RuntimeDefault"}
        assert inside["allowPrivilegeEscalation"] is False
        assert inside["readOnlyRootFilesystem"] is True
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert pod(workload)["automountServiceAccountToken"] is False
        assert pod(workload)["enableServiceLinks"] is False
        assert pod(workload)["terminationGracePeriodSeconds"] > 0


def test_containers_have_requests_limits_and_probes(resources: list[Resource]) -> None:
    for workload, container in containers(resources):
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}, container["name"]
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}, container["name"]
        if workload["kind"] != "Job":  # a Job is judged by its exit code
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert probe in container, container["name"]
                assert container[probe]["timeoutSeconds"] > 1
                port = container[probe].get("httpGet", {}).get("port")
                assert port is None or port == "admin"


def test_volumes_are_there(resources: list[Resource]) -> None:
    claims = {item["metadata"]["name"] for item in of_kind(resources, "PersistentVolumeClaim")}
    used = set()
    for workload, container in containers(resources):
        templates = {item["metadata"]["name"] for item in workload["spec"].get("volumeClaimTemplates", [])}
        volumes = {volume["name"]: volume for volume in pod(workload).get("volumes", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes) | templates
        used |= {v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v}
    assert used == claims


def test_selectors_take_what_they_mean(resources: list[Resource]) -> None:
    for workload in workloads(resources):
        if workload["kind"] != "Job":
            assert selected(resources, workload["spec"]["selector"]) == [workload]
    for service in of_kind(resources, "Service"):
        taken = selected(resources, service["spec"]["selector"])
        assert [item["metadata"]["name"] for item in taken] == [service["metadata"]["name"]]
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in port_names(taken[0])
    for budget in of_kind(resources, "PodDisruptionBudget"):
        assert len(selected(resources, budget["spec"]["selector"])) == 1


def test_network_is_closed_and_opened_by_ports_that_exist(resources: list[Resource]) -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(resources, "NetworkPolicy")}
    assert selected(resources, policies["closed"]["podSelector"]) == workloads(resources)
    assert set(policies["closed"]) == {"podSelector", "policyTypes"}
    assert policies["closed"]["policyTypes"] == ["Ingress", "Egress"]
    for name, policy in policies.items():
        taken = selected(resources, policy["podSelector"])
        assert taken, name
        for rule in policy.get("ingress", []):
            assert rule["from"], f"{name} opens its pods to everybody"
            named = {port["port"] for port in rule["ports"] if isinstance(port["port"], str)}
            assert all(named <= port_names(workload) for workload in taken), name


def test_ingress_leads_to_the_public_ports_only(resources: list[Resource]) -> None:
    ports = {item["metadata"]["name"]: item["spec"]["ports"] for item in of_kind(resources, "Service")}
    paths: dict[str, set[str]] = {}
    for rule in of_kind(resources, "Ingress")[0]["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            backend = path["backend"]["service"]
            assert backend["port"] == {"name": "http"}
            assert "http" in [port["name"] for port in ports[backend["name"]]]
            paths.setdefault(backend["name"], set()).add(path["path"])
    # As main.py does, and the app's own routes.
    assert paths == {"graphql": set(root.GRAPHQL), "rest": {*root.REST, "/api"}}
    assert not any(port["name"] == "admin" for found in ports.values() for port in found)


OF_THE_STORE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_environment_is_settings_and_holds_no_secret(resources: list[Resource]) -> None:
    assert not of_kind(resources, "Secret")
    config = {item["metadata"]["name"]: item["data"] for item in of_kind(resources, "ConfigMap")}
    for _, container in containers(resources):
        for source in container.get("envFrom", []):
            assert_settings(config[source["configMapRef"]["name"]])
        for variable in container.get("env", []):
            secret = variable.get("valueFrom", {}).get("secretKeyRef")
            assert (secret is None) == ("value" in variable)
            assert secret is None or secret["name"] == "gemel"
            assert secret is None or secret["key"] == variable["name"] or variable["name"] == "REDISCLI_AUTH"
            if secret is None:
                assert_settings({variable["name"]: variable["value"]})
                assert "PASSWORD" not in variable["name"]
            else:
                known = variable["name"] in SERVERS | OF_THE_STORE
                assert known or variable["name"].removeprefix("GEMEL_").lower() in SECRET_FIELDS


def assert_settings(values: dict[str, str]) -> None:
    for key in values:
        if key not in SERVERS:
            assert key.startswith("GEMEL_")
            assert key.removeprefix("GEMEL_").lower() in Settings.model_fields, key
            assert key.removeprefix("GEMEL_").lower() not in SECRET_FIELDS, f"{key} belongs into the Secret"


def test_printed_secret_has_every_key_that_development_needs() -> None:
    command = [sys.executable, str(ROOT / "deploy/new_secrets.py"), "--kubernetes"]
    printed = [
        yaml.safe_load(subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout)
        for _ in range(2)
    ]
    needed = {
        variable["valueFrom"]["secretKeyRef"]["key"]
        for _, container in containers(render(ROOT / "k8s/overlays/development"))
        for variable in container.get("env", [])
        if "valueFrom" in variable and not variable["valueFrom"]["secretKeyRef"].get("optional")
    }
    assert printed[0]["kind"] == "Secret"
    assert printed[0]["metadata"]["name"] == "gemel"
    assert set(printed[0]["stringData"]) == needed
    assert not set(printed[0]["stringData"].values()) & set(printed[1]["stringData"].values())


def test_images_are_those_of_compose() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    built = {compose[name]["image"].partition(":")[0] for name in OURS}
    bought = {compose[name]["image"] for name in ("postgres", "scratch", "redis")}
    images = {c["image"] for _, c in containers(render(ROOT / "k8s/overlays/development"))}
    assert images == {f"{name}:latest" for name in built} | bought
    tags = {c["image"].rpartition(":")[2] for _, c in containers(render(ROOT / "k8s/overlays/production"))}
    assert len(tags) == 1
    assert "latest" not in tags


def test_ports_are_those_of_the_images() -> None:
    for _, container in containers(render(ROOT / "k8s/base")):
        text = (ROOT / "services" / container["image"].removeprefix("gemel-") / "Dockerfile").read_text()
        exposed = {int(port) for line in re.findall(r"^EXPOSE (.*)$", text, re.MULTILINE) for port in line.split()}
        if container["name"] in {"graphql", "rest", "worker"}:
            assert {port["containerPort"] for port in container["ports"]} == exposed
