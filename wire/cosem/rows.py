"""The rows of a COSEM object table: what one object is, and who may do what with it.

A row is one object of a companion standard. The head-end reads its types, the meter its
access rights, the documentation its source; none of them keeps a list of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag, StrEnum

from wire.errors import ConfigError
from wire.obis import Obis
from wire.quantities import ScalerUnit, Unit
from wire.spelling import meant


class Standard(StrEnum):
    """The companion standards whose tables we have, as commands and files name them."""

    DSMR_4_0_6 = "dsmr-4.0.6"
    DSMR_4_2_2 = "dsmr-4.2.2"
    SMR_5_0 = "smr-5.0"
    SMR_5_2 = "smr-5.2"
    SMR_5_5 = "smr-5.5"


DSMR4 = frozenset({Standard.DSMR_4_0_6, Standard.DSMR_4_2_2})
SMR55 = frozenset({Standard.SMR_5_5})
SMR52 = SMR55 | {Standard.SMR_5_2}
SMR5 = SMR52 | {Standard.SMR_5_0}
ALL = DSMR4 | SMR5
"""Each release of SMR 5 has what the one before it has; 5.2 has the objects of 5.1 too."""


class Client(IntEnum):
    """The clients of P3, by the SAP (the wrapper's source port) that they use (P3, 2.1)."""

    MANAGEMENT = 1
    PUBLIC = 16
    PRE_ESTABLISHED = 102


class Right(IntFlag):
    """What a client may do: get, set, act. R and W are also the Blue Book's access modes."""

    NONE = 0
    R = 1
    W = 2
    RW = 3
    X = 4


R, W, RW, X = Right.R, Right.W, Right.RW, Right.X


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its number in the class, the standard's name for it, its A-XDR type.

    `type` is a name that `wire.cosem.types.type_of` knows, a maximum length or count in
    brackets. `value` is set when every meter of the standard has the same one, `default` when
    it is a setting that leaves the factory so; `bounds` are the least and the most that a
    setting which is a number may be.
    """

    number: int
    name: str
    type: str
    management: Right = Right.NONE
    public: Right = Right.NONE
    value: object = None
    default: object = None
    bounds: tuple[int, int] | None = None

    @property
    def given(self) -> object:
        """What the table says of its value: the only one, or the first; else None."""
        return self.default if self.value is None else self.value

    def right(self, client: Client) -> Right:
        """What this client may do with the attribute."""
        if client is Client.MANAGEMENT:
            return self.management
        return self.public if client is Client.PUBLIC else Right.NONE


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its number in the class, its name and the A-XDR type of its parameter."""

    number: int
    name: str
    type: str = "integer"
    management: Right = Right.NONE
    public: Right = Right.NONE

    def right(self, client: Client) -> Right:
        """What this client may do with the method."""
        if client is Client.MANAGEMENT:
            return self.management
        return self.public if client is Client.PUBLIC else Right.NONE


@dataclass(frozen=True, slots=True)
class Row:
    """One object: class and version, logical name, the name people type, and its members."""

    class_id: int
    version: int
    obis: Obis
    name: str
    source: str
    attributes: tuple[Attribute, ...]
    methods: tuple[Method, ...] = ()
    standards: frozenset[Standard] = ALL
    polyphase_only: bool = False
    _members: dict[int | str, Attribute] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        members: dict[int | str, Attribute] = {}
        for attribute in self.attributes:
            members[attribute.number] = members[attribute.name] = attribute
        object.__setattr__(self, "_members", members)

    def attribute(self, number_or_name: int | str) -> Attribute:
        """The attribute of this number or name; raises `ConfigError` if there is none."""
        try:
            return self._members[number_or_name]
        except KeyError:
            raise ConfigError(
                self._has_no("attribute", number_or_name, self.attributes)
            ) from None

    def method(self, number_or_name: int | str) -> Method:
        """The method of this number or name; raises `ConfigError` if there is none."""
        for item in self.methods:
            if number_or_name in (item.number, item.name):
                return item
        raise ConfigError(self._has_no("method", number_or_name, self.methods))

    def _has_no(
        self, what: str, wanted: int | str, there: Sequence[Attribute | Method]
    ) -> str:
        known = ", ".join(f"{item.number} {item.name}" for item in there) or "none"
        near = meant(wanted, [item.name for item in there])
        return (
            f"{self.name} ({self.obis.short}) has no {what} {wanted}{near};"
            f" it has {known}"
        )

    def applies(self, standard: Standard, phases: int) -> bool:
        """Whether a meter of this standard, with 1 or 3 phases, has the object."""
        return standard in self.standards and (phases == 3 or not self.polyphase_only)

    def visible(self, client: Client) -> bool:
        """Whether the client may do anything at all with the object."""
        members: tuple[Attribute | Method, ...] = (*self.attributes, *self.methods)
        return any(item.right(client) for item in members)


def attr(
    number: int,
    name: str,
    type_name: str,
    mgmt: Right = R,
    public: Right = Right.NONE,
    value: object = None,
    default: object = None,
    bounds: tuple[int, int] | None = None,
) -> Attribute:
    """An attribute that management may read, unless said otherwise."""
    return Attribute(number, name, type_name, mgmt, public, value, default, bounds)


def method(
    number: int, name: str, type_name: str = "integer", mgmt: Right = Right.NONE
) -> Method:
    """A method that nobody may call, unless said otherwise."""
    return Method(number, name, type_name, mgmt)


def row(
    class_id: int,
    obis: str,
    name: str,
    source: str,
    *members: Attribute | Method,
    version: int = 0,
    standards: frozenset[Standard] = ALL,
    polyphase_only: bool = False,
) -> Row:
    """An object; attribute 1, the logical name, is added, readable by who can do more."""
    attributes = [item for item in members if isinstance(item, Attribute)]
    code = Obis.parse(obis)
    management = R if any(item.management for item in members) else Right.NONE
    public = R if any(item.public for item in attributes) else Right.NONE
    logical_name = Attribute(
        1, "logical_name", "octet-string[6]", management, public, code.octets
    )
    return Row(
        class_id,
        version,
        code,
        name,
        source,
        (logical_name, *attributes),
        tuple(item for item in members if isinstance(item, Method)),
        standards,
        polyphase_only,
    )


def data(
    obis: str,
    name: str,
    source: str,
    type_name: str,
    mgmt: Right = R,
    public: Right = Right.NONE,
    standards: frozenset[Standard] = ALL,
    polyphase_only: bool = False,
) -> Row:
    """An object of class 1, Data: one value."""
    value = attr(2, "value", type_name, mgmt, public)
    return row(
        1,
        obis,
        name,
        source,
        value,
        standards=standards,
        polyphase_only=polyphase_only,
    )


def register(
    obis: str,
    name: str,
    source: str,
    type_name: str,
    unit: Unit,
    scaler: int = 0,
    *,
    scaler_access: Right = R,
    standards: frozenset[Standard] = ALL,
    polyphase_only: bool = False,
) -> Row:
    """An object of class 3, Register: a value with its scaler and unit.

    A scaler that a client may write is the meter's own, so it is no constant of the table.
    """
    scaler_unit = ScalerUnit(scaler, unit)
    own = scaler_access & W
    return row(
        3,
        obis,
        name,
        source,
        attr(2, "value", type_name),
        attr(
            3,
            "scaler_unit",
            "scal_unit_type",
            scaler_access,
            value=None if own else scaler_unit,
            default=scaler_unit if own else None,
        ),
        method(1, "reset"),
        standards=standards,
        polyphase_only=polyphase_only,
    )


def per_phase(make: Callable[[int, str, bool], Row]) -> tuple[Row, ...]:
    """Three rows from one: for phase p the C group moves by 20 (IEC 62056-6-1, 5.5.2).

    `make` is called with that offset, the phase's name and whether only a polyphase meter
    has it.
    """
    return tuple(make(20 * phase, f"l{phase + 1}", phase > 0) for phase in range(3))
