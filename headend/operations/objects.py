"""What a meter says that it has: its object list, and every attribute in it (P3, 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headend import rendering
from headend.dlms.engine import Engine
from headend.operations import together
from headend.operations.plan import Operation, Plan, only
from wire.cosem.rows import Standard
from wire.cosem.table import find
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.descriptors import AttributeDescriptor, DataAccessResult, words
from wire.errors import WireError
from wire.obis import Obis

ASSOCIATION = "0-0:40.0.0"
_OBJECT_LIST = 2
_PROFILE_GENERIC, _BUFFER = 7, 2
# Access modes of Blue Book 4.4.3: those that let read, plain or authenticated.
_WORDS = {
    0: "none",
    1: "read",
    2: "write",
    3: "read-write",
    4: "authenticated-read",
    5: "authenticated-write",
    6: "authenticated-read-write",
}
_READABLE = (1, 3, 4, 6)
_MOST_OBJECTS = 2000


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as the association lists it; what may be done with its attributes, by number."""

    class_id: int
    version: int
    obis: Obis
    attributes: Mapping[int, int]
    methods: tuple[int, ...]


def prepare_objects(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. Each object with its class, version, attributes and methods."""
    only(arguments, set(), set())
    wanted = together.attribute(ASSOCIATION, _OBJECT_LIST, standard)

    async def run(meter: Engine) -> Any:
        listed = _listed(await meter.get(wanted))
        return {
            "objects": [
                {
                    "object": str(each.obis),
                    "class_id": each.class_id,
                    "version": each.version,
                    "name": _name(each, standard),
                    "attributes": {
                        str(number): _WORDS.get(mode, f"mode {mode}")
                        for number, mode in each.attributes.items()
                    },
                    "methods": list(each.methods),
                }
                for each in listed
            ]
        }

    return run


def prepare_all(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. The value of every attribute that the object list lets read.

    A profile's buffer is left out: it is read by range. What is refused has the reason.
    """
    only(arguments, set(), set())
    wanted = together.attribute(ASSOCIATION, _OBJECT_LIST, standard)

    async def run(meter: Engine) -> Any:
        readable = [
            (each, number, AttributeDescriptor(each.class_id, each.obis, number))
            for each in _listed(await meter.get(wanted))
            for number, mode in each.attributes.items()
            if mode in _READABLE
            and (each.class_id, number) != (_PROFILE_GENERIC, _BUFFER)
        ]
        answers = await meter.get_list([(item, None) for *_, item in readable])
        return {
            "attributes": [
                {
                    "object": str(each.obis),
                    "class_id": each.class_id,
                    "attribute": number,
                    "name": _name(each, standard),
                }
                | _shown(answer)
                for (each, number, _), answer in zip(readable, answers, strict=True)
            ]
        }

    return run


def _listed(data: Data) -> list[Listed]:
    """The objects of an object list (Blue Book 4.4.3)."""
    items = axdr.plain(data)
    if not isinstance(items, list) or len(items) > _MOST_OBJECTS:
        raise WireError("the object list is none")
    return [_object(item) for item in items]


def _object(item: Any) -> Listed:
    match item:
        case [
            int(class_id),
            int(version),
            bytes(code),
            [list(attributes), list(methods)],
        ]:
            if len(code) == 6:
                return Listed(
                    class_id,
                    version,
                    Obis(code),
                    dict(_access(each) for each in attributes),
                    tuple(number for number, mode in map(_access, methods) if mode),
                )
    raise WireError("an item of the object list is none")


def _access(item: Any) -> tuple[int, int]:
    match item:
        case [int(number), int(mode), *_]:
            return number, int(mode)
    raise WireError("an access right in the object list is none")


def _name(listed: Listed, standard: Standard | str) -> str | None:
    row = find(f"{listed.class_id}/{listed.obis}", standard)
    return row.name if row.attributes else None


def _shown(answer: Data | DataAccessResult) -> dict[str, Any]:
    if isinstance(answer, DataAccessResult):
        return {"refused": words(answer)}
    return rendering.value(answer, None, None)


ROWS = {
    "objects": Operation(prepare_objects, "the object list", "5.1", (ASSOCIATION,)),
    "all": Operation(
        prepare_all, "every attribute that may be read", "5.1", (ASSOCIATION,)
    ),
}
