"""Load the app package: the models, and whatever else lies beside them."""

import difflib
import importlib
import importlib.util
import json
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from sqlalchemy import MetaData
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, DeclarativeBaseNoMeta, Mapper, registry

from gemel.errors import AppError
from gemel.functions import Function, read_functions
from gemel.hooks import Hooks, read_hooks
from gemel.periodic.declare import Periodic, read_periodic
from gemel.policy import Policies, read_policies


@dataclass(frozen=True)
class App:
    """An app package, imported and checked."""

    name: str
    """Import name."""
    folder: Path
    """Folder of the package."""
    mappers: tuple[Mapper[object], ...]
    """Mappers of all mapped classes, in the order of their class names."""
    metadata: tuple[MetaData, ...]
    """What Alembic compares: one per declarative base."""

    @property
    def resolvers(self) -> ModuleType | None:
        """``resolvers.py``: Strawberry ``Query`` and ``Mutation``; ``None`` if the app has none.

        Imported when it is asked for: only the GraphQL service has what it imports.

        :raises AppError: it cannot be imported.
        """
        return _optional(f"{self.name}.resolvers")

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """What ``functions.py`` registers; nothing if the app has none.

        :raises AppError: it cannot be imported, or a signature cannot be served.
        """
        return read_functions(_optional(f"{self.name}.functions"))

    @cached_property
    def hooks(self) -> Hooks:
        """What ``hooks.py`` declares; nothing if the app has none.

        :raises AppError: it cannot be imported, or a function cannot be a hook.
        """
        return read_hooks(_optional(f"{self.name}.hooks"))

    @cached_property
    def policies(self) -> Policies:
        """What ``policies.py`` declares; nothing if the app has none.

        :raises AppError: it cannot be imported, or contradicts itself.
        """
        return read_policies(_optional(f"{self.name}.policies"))

    @cached_property
    def periodic(self) -> Mapping[str, Periodic]:
        """What ``tasks.py`` declares, by name; nothing if the app has none.

        :raises AppError: it cannot be imported, or a function cannot be called so.
        """
        return read_periodic(_optional(f"{self.name}.tasks"))

    @property
    def operations_file(self) -> Path:
        """The list of GraphQL operations; may be missing."""
        return self.folder / "operations.json"

    @cached_property
    def operations(self) -> Mapping[str, str]:
        """GraphQL documents by id, as ``operations.json`` lists them; nothing if the app has none.

        The form is that of Relay's and GraphQL Code Generator's persisted documents.

        :raises AppError: it is no JSON object of texts.
        """
        if not self.operations_file.is_file():
            return {}
        text = self.operations_file.read_text(encoding="utf-8")
        return read_operations(text, f"{self.operations_file.name} of {self.name!r}")

    @property
    def migrations(self) -> Path:
        """Folder of the Alembic revisions; may be missing."""
        return self.folder / "migrations"

    @property
    def data(self) -> Path:
        """Folder of the CSV files that ``seed`` loads; may be missing."""
        return self.folder / "data"

    @property
    def head(self) -> str | None:
        """Revision that this code was written for (``migrations/HEAD``); ``None`` if the app has no migrations."""
        path = self.migrations / "HEAD"
        return path.read_text(encoding="ascii").strip() or None if path.is_file() else None


def read_operations(text: str, where: str) -> dict[str, str]:
    """GraphQL documents by id, out of JSON.

    :param where: what the text is called.
    :raises AppError: it is no JSON object of texts.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise AppError(f"{where} is no JSON: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(item, str) for item in found.values()):
        raise AppError(f"{where} has to be an object of documents by id")
    return found


def load_app(name: str) -> App:
    """Import the app package ``name`` and configure its mappers.

    :raises AppError: the package or its models cannot be imported, or map nothing.
    """
    package = _import(name, "the settings name it as app")
    if package.__file__ is None or not hasattr(package, "__path__"):
        raise AppError(f"app {name!r} is not a package: make a folder {name}/ with __init__.py and models.py")
    models = _import(f"{name}.models", "every app needs it: that is where the SQLAlchemy models are")
    registries = _registries(models)
    try:
        for item in registries:
            item.configure(cascade=True)
    except SQLAlchemyError as error:
        raise AppError(f"the models of {name!r} are not consistent: {error}") from error
    mappers = sorted((mapper for item in registries for mapper in item.mappers), key=lambda m: m.class_.__name__)
    if not mappers:
        raise AppError(f"{name}.models maps no class: derive your models from a DeclarativeBase")
    return App(
        name=name,
        folder=Path(package.__file__).parent,
        mappers=tuple(mappers),
        metadata=tuple(dict.fromkeys(item.metadata for item in registries)),
    )


def _import(name: str, why: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(error.name + ".")):
            raise AppError(f"{name} imports {error.name!r}, which is not installed") from error
        top = name.partition(".")[0]
        near = difflib.get_close_matches(top, (item.name for item in pkgutil.iter_modules()), 1)
        hint = f"; did you mean {near[0]!r}?" if near and near[0] != top else ""
        raise AppError(f"there is no module {name!r} on the import path ({why}){hint}") from error
    except Exception as error:
        raise AppError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def _optional(name: str) -> ModuleType | None:
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # an App that was put together without a package
        return None
    return _import(name, "") if found is not None else None


def _registries(models: ModuleType) -> list[registry]:
    found: dict[int, registry] = {}
    for value in vars(models).values():
        item = value if isinstance(value, registry) else getattr(value, "registry", None) if _is_base(value) else None
        if isinstance(item, registry):
            found[id(item)] = item
    return list(found.values())


def _is_base(value: object) -> bool:
    return isinstance(value, type) and (
        issubclass(value, DeclarativeBase | DeclarativeBaseNoMeta) or hasattr(value, "__mapper__")
    )
