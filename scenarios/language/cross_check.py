"""What no part of a scenario sees by itself: meters that are not there, names that nothing has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from chargepoint.registers import BY_NAME
from headend import operations, references
from scenarios.acting.devices import named_in
from scenarios.acting.jobs import gives_name, wants_name
from scenarios.acting.steps import Step
from scenarios.language.complaints import Found
from scenarios.language.settings import WorldSettings
from scenarios.language.yaml_tree import Node
from scenarios.playing.kpis import KPIS
from wire.cosem.rows import Standard
from wire.errors import ConfigError, LocalError
from wire.spelling import meant, unknown

Path = tuple[str, ...]

# What a step asks of the head-end: operations by name, and objects.
_OPERATIONS = ("operate", "answer", "hand_in", "add_schedule")
# What stands below these a head-end is given, or answers, whatever it is.
_FREE = {"arguments", "value", "equals", "not", "one_of", "fields"}
_COMMANDS = (*_OPERATIONS, "read", "write", "act")


def check_devices(world: WorldSettings, node: Node, found: Found) -> None:
    """Devices that cannot be, are there twice, or hang on meters that are not there."""
    seen: set[object] = set()
    rows = node.value["devices"].value if world.devices else ()
    for device, row in zip(world.devices, rows):
        why = ""
        try:
            short_id = device.entry(world.standard).identity().short_id
            if short_id in seen:
                why = f"another device has the number {short_id.identification} on P2"
            seen.add(short_id)
        except LocalError as error:
            why = str(error)
        if device.equipment_id in seen:
            why = f"device {device.equipment_id} is there twice"
        if device.meter > world.stations:
            why = f"there is no meter {device.meter}: the last is {world.stations}"
        if why:
            found.append(row.fault(why))
        seen.add(device.equipment_id)


def check_steps(
    world: WorldSettings | None,
    steps: Sequence[tuple[Step, Node]],
    found: Found,
    *,
    varied: bool = False,
) -> None:
    """Each step against the world (as far as there is one) and the tables of names.

    In a matrix a controller may be played in other variants only.
    """
    given: list[str] = []
    for _, node in steps:
        for path, value in _walk(node, ()):
            if gives_name(path):
                given.append(str(value.value))
            why = _name_fault(path, value, given)
            if not why and world is not None:
                why = _world_fault(path, value, world, varied)
            if why:
                found.append(value.fault(why))
        if world is not None:
            _check_commands(node, world.standard, found)
    earliest = None if world is None else world.start
    for step, node in steps:
        if isinstance(until := step.run_until, datetime) and earliest is not None:
            if until < earliest:
                why = f"run_until: {until.isoformat()} has passed by then"
                found.append(node.value["run_until"].fault(why))
            earliest = max(until, earliest)


def _name_fault(path: Path, node: Node, given: Sequence[str]) -> str:
    """What is wrong with a name of a table, or of what steps before it have named."""
    name = str(node.value)
    match path:
        case path if wants_name(path) and name not in given:
            near = "" if given else "; a step before it names one with as"
            return unknown("job or schedule", name, given) + near
        case (*_, "job" | "jobs", "operation") if name not in operations.OPERATIONS:
            return unknown("operation", name, operations.OPERATIONS)
        case (*_, "kpi", "name") if name not in KPIS:
            return unknown("key figure", name, KPIS)
        case (*_, "register", "name") if name not in BY_NAME:
            return unknown("register", name, BY_NAME)
    return ""


def _world_fault(path: Path, node: Node, world: WorldSettings, varied: bool) -> str:
    name = str(node.value)
    devices = [device.equipment_id for device in world.devices]
    match path:
        case (*_, "meter" | "station" as what) if _beyond(node, world.stations):
            return f"there is no {what} {name}: the last is {world.stations}"
        case (*_, "kpi", "run") if varied:
            return ""
        case (*_, "kpi", "run" | "below_run") if node.value not in world.controllers:
            near = meant(name, world.controllers)
            return f"no run with controller {name!r} is played{near}"
        case path if named_in(path) and node.value not in devices:
            return unknown("device", name, devices)
    return ""


def _beyond(node: Node, last: int) -> bool:
    """Whether it is a number, and there are not so many."""
    return isinstance(node.value, int) and node.value > last


def _check_commands(step: Node, own: Standard, found: Found) -> None:
    """Objects and arguments as the head-end will take them; unless it is to refuse them.

    What another standard has is a matter of the play: it fails at meters of this one.
    """
    for kind, node in _commands(step):
        place = node.value.get("object") or node.value["operation"]
        if place.value in operations.OPERATIONS:
            place = node.value.get("arguments") or place
        whys = [_refusal(kind, node, standard) for standard in (own, *Standard)]
        if all(whys):
            words = re.findall(r"\w+", whys[0])
            named = [key for key in place.keys or () if key in words]
            found.append((place.key(named[0]) if named else place).fault(whys[0]))


def _refusal(kind: str, node: Node, standard: Standard) -> str:
    """Why the head-end does not take it; empty when it does."""
    try:
        if kind in _OPERATIONS:
            arguments = node.value.get("arguments")
            given = {} if arguments is None else arguments.plain()
            operations.prepare(node.value["operation"].value, standard, given)
        elif kind == "act":
            references.method(node.value["object"].value, standard)
        else:
            references.attribute(node.value["object"].value, standard)
    except ConfigError as error:
        return error.why
    return ""


def _commands(step: Node) -> Iterator[tuple[str, Node]]:
    """What a step asks of the head-end, by its kind."""
    [(kind, node)] = step.value.items()
    if kind in _COMMANDS:
        yield kind, node
    elif kind == "expect":
        for inner, body in node.value.items():
            if inner in ("object", "answer"):
                yield inner, body
            elif inner == "refused":
                by = body.value.get("by")
                if by is None or by.value != "head-end":
                    yield from (
                        item for item in body.value.items() if item[0] in _COMMANDS
                    )


def _walk(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """The single values of a tree that may name something, each with the keys to it."""
    if _FREE.intersection(path):
        return
    if isinstance(node.value, dict):
        for name, inner in node.value.items():
            yield from _walk(inner, (*path, name))
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from _walk(inner, path)
    else:
        yield path, node
