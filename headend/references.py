"""What people write for a COSEM object: `clock`, `1-0:1.8.1:2`, `3/1-0:1.8.1:scaler_unit`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from wire.cosem.rows import Attribute, Method, Row, Standard
from wire.cosem.table import find
from wire.cosem.types import Type, type_of
from wire.dlms import axdr
from wire.dlms.axdr import Data, Tag
from wire.dlms.data import TAGS, from_json
from wire.dlms.descriptors import AttributeDescriptor, MethodDescriptor
from wire.errors import ConfigError

_CODE = r"\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3}(?:[.*]\d{1,3})?"
_WRITTEN = re.compile(rf"((?:[^:/]*/)?{_CODE}|[^:]+)(?::([^:]+))?", re.ASCII)
_VALUE = 2
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class AttributeReference:
    """An attribute that was asked for; `known` is None when it stands in no table."""

    row: Row
    descriptor: AttributeDescriptor
    known: Attribute | None


@dataclass(frozen=True, slots=True)
class MethodReference:
    """A method that is to be invoked; `known` is None when it stands in no table."""

    row: Row
    descriptor: MethodDescriptor
    known: Method | None


def attribute(
    text: str, standard: Standard | str, default: int | None = _VALUE
) -> AttributeReference:
    """The attribute that `OBJECT[:ATTR]` means; ATTR is a number or the standard's name.

    Raises `ConfigError` when there is no such object, or none of its attributes is so called;
    an object with its class before it may have attributes that we do not know.
    """
    row, member = _split(text, standard, default)
    known = None
    if not (isinstance(member, int) and "/" in text and _unknown(row, member)):
        known = row.attribute(member)
        member = known.number
    descriptor = AttributeDescriptor(row.class_id, row.obis, _index(member))
    return AttributeReference(row, descriptor, known)


def method(text: str, standard: Standard | str) -> MethodReference:
    """The method that `OBJECT:METHOD` means; as `attribute`."""
    row, member = _split(text, standard, None)
    known = None
    numbers = [item.number for item in row.methods]
    if not (isinstance(member, int) and "/" in text and member not in numbers):
        known = row.method(member)
        member = known.number
    descriptor = MethodDescriptor(row.class_id, row.obis, _index(member))
    return MethodReference(row, descriptor, known)


def value_of(written: Any, type_name: str | None) -> Data:
    """A JSON value in the type that the table names, item by item in arrays and structures.

    Without a type the value must name its own: {"long-unsigned": 5}. Raises `ConfigError`
    when it does not fit.
    """
    try:
        return _value_of(written, type_name)
    except RecursionError:
        raise ConfigError("the value is nested too deep") from None


def _value_of(written: Any, type_name: str | None) -> Data:
    if type_name is not None:
        return _typed(written, type_of(type_name))
    if isinstance(written, dict) and len(written) == 1:
        [(own_type, bare)] = written.items()
        if own_type in TAGS:
            return from_json(bare, own_type)
    raise ConfigError(
        "this object is in no table, so its value must name its type:"
        ' {"long-unsigned": 5}'
    )


def named_type(name: str) -> str:
    """The name of a type that a person chose; raises `ConfigError` for no COSEM type."""
    if name not in TAGS:
        raise ConfigError(f"{name!r} is not a COSEM type such as long-unsigned")
    return name


def _split(
    text: str, standard: Standard | str, default: int | None
) -> tuple[Row, int | str]:
    if len(text) > _LONGEST:
        raise ConfigError(f"{text[:40]!r}... is not an object: it is too long")
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is not an object such as 1-0:1.8.1 or clock:2")
    row = find(match[1], standard)
    member = match[2]
    if member is None:
        if default is None:
            raise ConfigError(f"which method of {text}? Write {text}:1")
        return row, default
    return row, int(member) if member.isdecimal() and member.isascii() else member


def _unknown(row: Row, number: int) -> bool:
    return all(item.number != number for item in row.attributes)


def _index(member: int | str) -> int:
    if isinstance(member, int) and 1 <= member <= 127:
        return member
    raise ConfigError(f"{member} is not the number of an attribute or method")


def _typed(written: Any, wanted: Type) -> Data:
    if wanted.parts or wanted.element is not None:
        if not isinstance(written, list):
            raise ConfigError(f"{wanted.name} is written as a list")
        kinds = wanted.parts or (wanted.element,) * len(written)
        if len(kinds) != len(written):
            raise ConfigError(f"{wanted.name} has {len(kinds)} parts")
        items = tuple(
            _typed(item, kind) for item, kind in zip(written, kinds) if kind is not None
        )
        return axdr.array(items) if wanted.tag is Tag.ARRAY else axdr.structure(*items)
    return from_json(written, wanted.tag.type_name)
