"""The JSON Schema of the scenario language, for editors that help while writing."""

from __future__ import annotations

from typing import Any

from scenarios.language.document import ScenarioFile
from scenarios.language.parameters import NAME
from scenarios.language.parts import PART_KEYS

_REFERENCE = {
    "type": "string",
    "pattern": rf"^\$\{{{NAME[1:-1]}\}}$",
    "description": "a parameter's value",
}
_NARROW = {"pattern", "format", "enum"}
_PLAIN = ("string", "integer", "number", "boolean")


def json_schema(part: bool = False) -> dict[str, Any]:
    """JSON Schema 2020-12 of a scenario file, or of a part that one includes.

    It allows a `${name}` wherever a single value stands, and the short form of a parameter.
    """
    schema = _tidy(ScenarioFile.model_json_schema(by_alias=True))
    for name, definition in schema["$defs"].items():
        if "enum" in definition and name != "Kind":
            schema["$defs"][name] = {"anyOf": [definition, _REFERENCE]}
    for name in ("Step", "WorldSettings"):
        inside = schema["$defs"][name]["properties"]
        inside["include"] = {"anyOf": [inside["include"], {"type": "string"}]}
    # A feeder's file, or the world that is included, may have the start.
    del schema["$defs"]["WorldSettings"]["required"]
    schema["properties"]["matrix"]["additionalProperties"] = {
        "type": "array",
        "minItems": 1,
        "items": {"type": list(_PLAIN)},
    }
    schema["properties"]["parameters"] = {
        "type": "object",
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {
            "anyOf": [
                {"$ref": "#/$defs/Parameter"},
                *({"type": kind} for kind in _PLAIN),
            ]
        },
    }
    if part:
        for key in schema["properties"].keys() - PART_KEYS:
            del schema["properties"][key]
        schema["required"] = []
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "part of a dsmrlab scenario" if part else "dsmrlab scenario",
    }


def _tidy(node: Any) -> Any:
    """Drops titles and the null of what may be left out; lets references stand for values."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        key: (
            {name: _value(_tidy(item)) for name, item in value.items()}
            if key == "properties"
            else _tidy(value)
        )
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }
    choices = [item for item in tidy.get("anyOf", []) if item != {"type": "null"}]
    if len(choices) == 1:
        tidy.pop("anyOf")
        return {**choices[0], **tidy}
    if choices:
        tidy["anyOf"] = choices
    return tidy


def _value(schema: dict[str, Any]) -> dict[str, Any]:
    """A property's schema, or a reference to a parameter where it is a single value."""
    if schema.get("type") not in ("integer", "number", "boolean") and not (
        schema.get("type") == "string" and schema.keys() & _NARROW
    ):
        return schema
    described = {key: schema.pop(key) for key in ("description",) if key in schema}
    return {"anyOf": [schema, _REFERENCE], **described}
