"""What an operation is given, as a person writes it: by name, in files, or as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsmrlab.edge import json_argument, read_file, read_text
from wire.cosem.image import MAX_IMAGE_OCTETS
from wire.errors import ConfigError

METAVAR = "[NAME=VALUE]..."
_DOCUMENTS = (".json", ".yaml", ".yml")


def arguments_of(written: Sequence[str]) -> dict[str, Any]:
    """The arguments by name: each NAME=VALUE, NAME=@FILE, or all that a @FILE or {…} holds.

    VALUE is JSON where it can be, else a text. Of two with one name the later counts.
    """
    given: dict[str, Any] = {}
    for argument in written:
        given |= _argument(argument)
    return given


def _argument(written: str) -> Mapping[str, Any]:
    if written.lstrip().startswith(("{", "[")):
        document = json_argument(written, "ARGUMENTS")
        if not isinstance(document, dict):
            raise ConfigError("ARGUMENTS is a JSON object, or NAME=VALUE")
        return document
    name, equals, value = written.partition("=")
    if not equals and name.startswith("@"):
        document = _document(name[1:])
        if not isinstance(document, dict):
            raise ConfigError("holds no arguments by name", name[1:])
        return document
    if not equals or not name:
        raise ConfigError(f"{written!r} is not NAME=VALUE, @FILE or a JSON object")
    if value.startswith("@"):
        return {name: _document(value[1:])}
    try:
        return {name: json_argument(value, name)}
    except ConfigError:
        return {name: value}


def _document(path: str) -> Any:
    """The value in a file of JSON or YAML; the octets of any other file."""
    if not path.endswith(_DOCUMENTS):
        return {"hex": read_file(path, MAX_IMAGE_OCTETS).hex()}
    from scenarios.language.yaml_tree import read_yaml

    # JSON is YAML, and a mistake in it has a line and a column all the same.
    return read_yaml(read_text(path), path).plain()
