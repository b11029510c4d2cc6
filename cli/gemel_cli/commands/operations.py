"""``operations``: the GraphQL operations that the app lists (docs/limits.md)."""

import asyncio
import importlib
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer

from gemel.app import App, load_app, read_operations
from gemel.errors import AppError, SettingsError
from gemel.serve import open_engine
from gemel.settings import Settings, load

operations = typer.Typer(
    help="GraphQL operations that the app lists (docs/limits.md).", no_args_is_help=True, rich_markup_mode=None
)


@operations.command()
def add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="A document of GraphQL, or a JSON object of them by id.")
    ],
) -> None:
    """Add documents to operations.json; the id of one is its SHA-256, unless the file says another."""
    app = _app()
    new: dict[str, str] = {}
    for path in files:
        new |= _documents(path)
    _graphql("listed").Listed(new)
    _write(app, {**app.operations, **new})
    for name in new:
        print(name)


@operations.command("list")
def list_() -> None:
    """List the documents: id, and how they begin."""
    found = _app().operations
    if not found:
        print("there are none")
    for name, text in found.items():
        print(f"{name}  {' '.join(text.split())[:60]}")


@operations.command()
def remove(name: Annotated[str, typer.Argument(metavar="ID", help="As list shows it.")]) -> None:
    """Take a document off the list. Services know of it once they are started anew."""
    app = _app()
    if name not in app.operations:
        raise SettingsError(f"there is no operation {name!r} on the list")
    _write(app, {key: text for key, text in app.operations.items() if key != name})


@operations.command()
def check(role: Annotated[str, typer.Argument(metavar="ROLE", help="Who is to run them.")]) -> None:
    """Tell which documents are not valid for ROLE, such as after a change of the models or the policies."""
    settings = load()
    app = load_app(settings.app)
    wrong = asyncio.run(_wrong(settings, app, role))
    for name, text in wrong.items():
        print(f"{name}  {text}")
    if wrong:
        raise AppError(f"{len(wrong)} of {len(app.operations)} operations are not valid for {role}")
    print(f"all {len(app.operations)} operations are valid for {role}")


async def _wrong(settings: Settings, app: App, role: str) -> Mapping[str, str]:
    service, listed = _graphql("app"), _graphql("listed")
    async with open_engine(settings, app) as engine:
        if role not in engine.access.roles:
            raise SettingsError(f"no policy speaks of {role!r}; there are {', '.join(engine.access.roles)}")
        interface = await service.interfaces_of(engine).complete()
        wrong: Mapping[str, str] = listed.Listed(app.operations).wrong(interface.schema(role).whole())
        return wrong


def _app() -> App:
    return load_app(load().app)


def _documents(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    if path.suffix != ".json":
        return {sha256(text.encode()).hexdigest(): text}
    return read_operations(text, str(path))


def _graphql(module: str) -> Any:
    """A module of the GraphQL service, which is not in the worker's container."""
    try:
        return importlib.import_module(f"gemel_graphql.{module}")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{error.name} is not installed here: run this where the whole of Gemel is, such as in a checkout"
        ) from None


def _write(app: App, found: Mapping[str, str]) -> None:
    """Write the file whole, or not at all."""
    path = app.operations_file
    beside = path.with_suffix(".json.new")
    try:
        beside.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
