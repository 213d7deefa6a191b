"""The object model of a kind of meter: immutable, and shared by all meters of that kind.

One dict from the nine octets of a descriptor to a cell, which says who may do what and how it
is done. Behaviour is attached by the names of the object table (`meters.objects`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wire.cosem.dsmr.push import SETUP_NAMES
from wire.cosem.events import Event
from wire.cosem.rows import Attribute, Client, Method, Right, Row, Standard
from wire.cosem.table import objects
from wire.cosem.types import Fit, Type, type_of
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import INTEGER_BOUNDS, Data, Tag
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from wire.dlms.initiate import Conformance
from wire.dlms.scalars import PACK
from wire.errors import ConfigError, LocalError, WireError

if TYPE_CHECKING:
    from meters.meter import Meter


class Link(Protocol):
    """What an object may want to know of the association that it is reached through."""

    client: Client
    client_title: bytes
    context: int
    mechanism: int
    conformance: int
    client_max_receive_pdu_size: int

    @property
    def readings(self) -> Mapping[Event, int]:
        """What the association has read so far, by the codes of the session log."""


Number = Callable[["Meter"], int]
Reader = Callable[["Meter", Link], bytes]
Writer = Callable[["Meter", Link, Data], DataAccessResult]
Selector = Callable[["Meter", Selection], GetResult]
Doer = Callable[["Meter", Link, Data], ActionOutcome]
Check = Callable[["Meter", Data], bool]
Effect = Callable[["Meter"], None]
Name = tuple[str, str]

# What the main document calls a logical error (a message too long, a date that does not
# apply) has this result (P3, 4.2.3).
LOGICAL_ERROR = DataAccessResult.OTHER_REASON
_MISFITS = {
    Fit.WRONG_TYPE: DataAccessResult.TYPE_UNMATCHED,
    Fit.TOO_LONG: LOGICAL_ERROR,
}
_SELECTIVE_ACCESS = int(Conformance.SELECTIVE_ACCESS)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Functions for objects' members, by object name and member name.

    A setting, an attribute that the table gives a default, needs none: it is read, written and
    kept by the model. `checks` says of a new value whether it can be, beyond its type and
    bounds; `effects` is called once a setting has changed.
    """

    numbers: dict[Name, Number] = field(default_factory=dict)
    readers: dict[Name, Reader] = field(default_factory=dict)
    writers: dict[Name, Writer] = field(default_factory=dict)
    selectors: dict[Name, Selector] = field(default_factory=dict)
    doers: dict[Name, Doer] = field(default_factory=dict)
    checks: dict[Name, Check] = field(default_factory=dict)
    effects: dict[Name, Effect] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Behaviour:
        """No functions yet."""
        return cls()

    def add(self, other: Behaviour) -> None:
        """Takes over another's functions."""
        for part in fields(self):
            getattr(self, part.name).update(getattr(other, part.name))


class Cell(NamedTuple):
    """One attribute: which clients may, and what reads, writes and selects from it."""

    readable: frozenset[Client]
    writable: frozenset[Client]
    type: Type
    read: Reader | None
    write: Writer | None
    select: Selector | None


class Action(NamedTuple):
    """One method: which clients may, the type of its parameter, and what carries it out."""

    callable: frozenset[Client]
    type: Type
    do: Doer | None


class _Setting:
    """An attribute that the model itself reads, writes and keeps."""

    __slots__ = ("type", "_name", "_bounds", "_check", "_effect")

    def __init__(self, name: Name, attribute: Attribute, behaviour: Behaviour) -> None:
        self.type = type_of(attribute.type)
        self._name = name
        self._bounds = attribute.bounds
        self._check = behaviour.checks.get(name)
        self._effect = behaviour.effects.get(name)

    def bounded(self, data: Data) -> bool:
        """Whether a value of the right type is within the bounds."""
        if self._bounds is None:
            return True
        low, high = self._bounds
        return bool(low <= data.value <= high)

    def accepts(self, meter: Meter, data: Data) -> bool:
        """Whether a value of the right type can be one."""
        return self.bounded(data) and (self._check is None or self._check(meter, data))

    def read(self, meter: Meter, link: Link) -> bytes:
        return axdr.encode(meter.setting(*self._name))

    def write(self, meter: Meter, link: Link, data: Data) -> DataAccessResult:
        return self.keep(meter, data)

    def keep(self, meter: Meter, data: Data) -> DataAccessResult:
        """Takes a value of the right type, or says why it cannot be one."""
        if not self.accepts(meter, data):
            return LOGICAL_ERROR
        meter.set_setting(*self._name, data)
        if self._effect is not None:
            self._effect(meter)
            meter.changed()
        return DataAccessResult.SUCCESS


class Model:
    """All cells of one kind of meter, by descriptor; see `model_for`."""

    __slots__ = (
        "standard",
        "phases",
        "rows",
        "cells",
        "actions",
        "defaults",
        "numbers",
        "_settings",
        "_objects",
        "_codes",
    )

    def __init__(self, standard: Standard, phases: int, behaviour: Behaviour) -> None:
        self.standard = standard
        self.phases = phases
        self.rows = objects(standard, phases)
        self.cells: dict[bytes, Cell] = {}
        self.actions: dict[bytes, Action] = {}
        self.defaults: dict[Name, Data] = {}
        # What a profile can capture: the whole numbers that management may read.
        self.numbers: dict[bytes, tuple[Tag, Number]] = {}
        self._settings: dict[Name, _Setting] = {}
        self._objects: set[bytes] = set()
        self._codes: set[bytes] = set()
        for row in self.rows:
            self._add(row, behaviour)

    def get(
        self, meter: Meter, link: Link, descriptor: bytes, selection: Selection | None
    ) -> GetResult:
        """The A-XDR octets of an attribute, or why there are none."""
        cell = self.cells.get(descriptor)
        if cell is None:
            return self._absent(descriptor)
        if cell.read is None or link.client not in cell.readable:
            return DataAccessResult.READ_WRITE_DENIED
        if selection is None:
            return cell.read(meter, link)
        if cell.select is None or not link.conformance & _SELECTIVE_ACCESS:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        return cell.select(meter, selection)

    def set(
        self,
        meter: Meter,
        link: Link,
        descriptor: bytes,
        selection: Selection | None,
        octets: bytes,
    ) -> DataAccessResult:
        """Writes an attribute from A-XDR octets; says what became of it."""
        cell = self.cells.get(descriptor)
        if cell is None:
            return self._absent(descriptor)
        if cell.write is None or link.client not in cell.writable:
            return DataAccessResult.READ_WRITE_DENIED
        if selection is not None:
            return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        try:
            data = axdr.decode(octets)
        except WireError:
            return DataAccessResult.TYPE_UNMATCHED
        fit = cell.type.fit(data)
        if fit is not Fit.GOOD:
            return _MISFITS[fit]
        return cell.write(meter, link, data)

    def keep(self, meter: Meter, name: Name, data: Data) -> DataAccessResult:
        """Gives a setting a value of its type, if it can be; what a writer of its own calls."""
        return self._settings[name].keep(meter, data)

    def act(
        self, meter: Meter, link: Link, descriptor: bytes, parameters: bytes | None
    ) -> ActionOutcome:
        """Invokes a method; says what became of it."""
        action = self.actions.get(descriptor)
        if action is None:
            return ActionOutcome(ActionResult(self._absent(descriptor)))
        if action.do is None or link.client not in action.callable:
            return ActionOutcome(ActionResult.READ_WRITE_DENIED)
        try:
            data = axdr.decode(parameters) if parameters else axdr.null_data()
        except WireError:
            return ActionOutcome(ActionResult.TYPE_UNMATCHED)
        fit = action.type.fit(data)
        if fit is not Fit.GOOD:
            return ActionOutcome(ActionResult(_MISFITS[fit]))
        return action.do(meter, link, data)

    def judge(self, meter: Meter) -> None:
        """Raises `ConfigError` when a setting of a restored meter is none, or cannot be."""
        if meter.state.breaker is not None and not meter.has_breaker:
            raise ConfigError(f"a meter of {self.standard} has no breaker")
        pushing = meter.state.pushing
        for setup in pushing.plans if pushing is not None else ():
            if (SETUP_NAMES[setup], "push_object_list") not in self.defaults:
                raise ConfigError(f"{self.standard} has no {SETUP_NAMES[setup]}")
        settings = (meter.state.settings or {}).items()
        # Whether one can be may hang on another, which must be a value at all by then.
        known = self._settings
        untyped = (
            (name, data)
            for name, data in settings
            if name not in known
            or known[name].type.fit(data) is not Fit.GOOD
            or not known[name].bounded(data)
        )
        unfit = (
            (name, data)
            for name, data in settings
            if not known[name].accepts(meter, data)
        )
        for name, data in chain(untyped, unfit):
            raise ConfigError(f"{'.'.join(name)} cannot be {str(data.value)[:40]}")

    def _absent(self, descriptor: bytes) -> DataAccessResult:
        """Why there is no such member: the object is there, its code is, or neither.

        A member that an object does not have is one that nobody has a right on.
        """
        if descriptor[:8] in self._objects:
            return DataAccessResult.READ_WRITE_DENIED
        if descriptor[2:8] in self._codes:
            return DataAccessResult.OBJECT_CLASS_INCONSISTENT
        return DataAccessResult.OBJECT_UNDEFINED

    def _add(self, row: Row, behaviour: Behaviour) -> None:
        for attribute in row.attributes:
            name = row.name, attribute.name
            readable, writable = _granted(attribute, Right.R), _granted(
                attribute, Right.W
            )
            kind = type_of(attribute.type)
            number = behaviour.numbers.get(name)
            read = behaviour.readers.get(name) or (
                _number(kind, number) if number else _constant(kind, attribute)
            )
            write = behaviour.writers.get(name)
            if attribute.given is not None:
                self.defaults[name] = kind.data(attribute.given)
            if attribute.default is not None:
                setting = self._settings[name] = _Setting(name, attribute, behaviour)
                read, write = read or setting.read, write or setting.write
            if readable and read is None or writable and write is None:
                raise LocalError(f"nothing carries out {row.name}.{attribute.name}")
            key = AttributeDescriptor(row.class_id, row.obis, attribute.number).encode()
            if Client.MANAGEMENT in readable and kind.tag in INTEGER_BOUNDS:
                if number := number or self._given(name):
                    self.numbers[key] = kind.tag, number
            select = behaviour.selectors.get(name)
            self.cells[key] = Cell(readable, writable, kind, read, write, select)
            self._objects.add(key[:8])
            self._codes.add(key[2:8])
        for item in row.methods:
            do = behaviour.doers.get((row.name, item.name))
            granted = _granted(item, Right.X)
            if do is None and granted:
                raise LocalError(f"nothing carries out {row.name}.{item.name}()")
            key = MethodDescriptor(row.class_id, row.obis, item.number).encode()
            self.actions[key] = Action(granted, type_of(item.type), do)

    def _given(self, name: Name) -> Number | None:
        """A setting or a constant as a number; None for an attribute that is neither."""
        if name not in self.defaults:
            return None
        return lambda meter: int(meter.setting(*name).value)


def encoded(value: bytes) -> bytes:
    """Octets as a `Reader` gives them: an A-XDR octet-string."""
    return axdr.encode(axdr.octet_string(value))


def _granted(member: Attribute | Method, right: Right) -> frozenset[Client]:
    return frozenset(client for client in Client if member.right(client) & right)


def _number(kind: Type, number: Number) -> Reader:
    """A reader for a whole number, held within what its type can show."""
    low, high = INTEGER_BOUNDS[kind.tag]
    pack, tag = PACK[kind.tag], int(kind.tag)

    def read(meter: Meter, link: Link) -> bytes:
        return pack(tag, max(low, min(high, number(meter))))

    return read


def _constant(kind: Type, attribute: Attribute) -> Reader | None:
    """A reader for an attribute that is the same in every meter of the standard."""
    if attribute.value is None:
        return None
    octets = kind.encode(attribute.value)
    return lambda meter, link: octets
