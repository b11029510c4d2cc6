"""What ``kubectl kustomize`` makes of an overlay of ours, without kubectl.

Only what our overlays use is understood, and anything else is an error. Where kubectl is installed a test compares the
two. Names of generated ConfigMaps get no hash here.
"""

import copy
import subprocess
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]

CLUSTER_WIDE = {"Namespace"}
UNDERSTOOD = {"apiVersion", "kind", "resources", "namespace", "images", "replicas", "patches", "configMapGenerator"}


def render(folder: Path) -> list[Resource]:
    """All resources of the kustomization in ``folder``."""
    wanted = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    unknown = set(wanted) - UNDERSTOOD
    if unknown:
        raise NotImplementedError(f"{folder}: {sorted(unknown)}")
    resources = [item for name in wanted.get("resources", []) for item in _read(folder / name)]
    resources += [_config_map(item) for item in wanted.get("configMapGenerator", [])]
    for patch in wanted.get("patches", []):
        _patch(_find(resources, patch["target"]), yaml.safe_load(patch["patch"]))
    for item in wanted.get("replicas", []):
        _find(resources, {"kind": "Deployment", "name": item["name"]})["spec"]["replicas"] = item["count"]
    for resource in resources:
        _images(resource, {item["name"]: item for item in wanted.get("images", [])})
        if "namespace" in wanted and resource["kind"] not in CLUSTER_WIDE:
            resource["metadata"]["namespace"] = wanted["namespace"]
    return resources


def render_with_kubectl(folder: Path) -> list[Resource]:
    """The same by kubectl."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, timeout=120, check=True
    )
    return list(yaml.safe_load_all(done.stdout))


def _read(path: Path) -> list[Resource]:
    if path.is_dir():
        return render(path)
    # deep copies, since YAML's aliases are one object in several places
    return [copy.deepcopy(item) for item in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def _config_map(item: dict[str, Any]) -> Resource:
    data = dict(literal.split("=", 1) for literal in item["literals"])
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": item["name"]}, "data": data}


def _find(resources: list[Resource], target: dict[str, str]) -> Resource:
    found = [r for r in resources if r["kind"] == target["kind"] and r["metadata"]["name"] == target["name"]]
    if len(found) != 1:
        raise ValueError(f"{target} is there {len(found)} times")
    return found[0]


def _patch(resource: Resource, operations: list[dict[str, Any]]) -> None:
    """JSON Patch (RFC 6902), ``add`` and ``replace``."""
    for operation in operations:
        *way, last = [int(part) if part.isdigit() else part for part in operation["path"].split("/")[1:]]
        place: Any = resource
        for part in way:
            place = place[part]
        if operation["op"] == "replace":
            place[last]  # must be there
        elif operation["op"] != "add" or not isinstance(place, dict):
            raise NotImplementedError(operation)
        place[last] = operation["value"]


def _images(resource: Resource, wanted: dict[str, dict[str, str]]) -> None:
    pod = resource.get("spec", {}).get("template", {}).get("spec", {})
    for container in [*pod.get("containers", []), *pod.get("initContainers", [])]:
        name, _, tag = container["image"].partition(":")
        if name in wanted:
            tag = wanted[name].get("newTag", tag)
            container["image"] = wanted[name].get("newName", name) + (f":{tag}" if tag else "")
