"""Keys as the database holds them: encrypted, each with a state (see `headend.keys`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from headend.store import tables
from wire.errors import LocalError

_KEYS = tables.keys


class KeyKind(StrEnum):
    """What a key is for (DSMR-M 4.4.24)."""

    MASTER = "master"
    ENCRYPTION = "encryption"
    AUTHENTICATION = "authentication"
    HLS_SECRET = "hls_secret"


class KeyState(StrEnum):
    """Where a key is in its life.

    NEW is stored but perhaps not yet with the meter: it is stored before it is sent. ACTIVE
    is in use, at most one of a kind. EXPIRED was in use. WITHDRAWN never will be again.
    """

    NEW = "new"
    ACTIVE = "active"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


# From EXPIRED back to ACTIVE: a change of keys turned out not to have reached the meter.
MOVES = {
    KeyState.NEW: {KeyState.ACTIVE, KeyState.WITHDRAWN},
    KeyState.ACTIVE: {KeyState.EXPIRED, KeyState.WITHDRAWN},
    KeyState.EXPIRED: {KeyState.ACTIVE, KeyState.WITHDRAWN},
    KeyState.WITHDRAWN: set(),
}

# Made once, for it is asked twice per job: making it takes longer than the answer.
_ACTIVE = select(_KEYS).where(
    _KEYS.c.meter_id == bindparam("of_meter"),
    _KEYS.c.kind == bindparam("of_kind"),
    _KEYS.c.state == KeyState.ACTIVE.value,
)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key that only its wrapping key opens; `wrapping_key_id` names that one."""

    id: int
    meter_id: int
    kind: KeyKind
    state: KeyState
    sealed: bytes = field(repr=False)
    wrapping_key_id: str
    created_s: float


class NewKey(NamedTuple):
    """A key to be stored, already encrypted."""

    meter_id: int
    kind: KeyKind
    state: KeyState
    sealed: bytes
    wrapping_key_id: str
    created_s: float


def add(connection: Connection, keys: Sequence[NewKey]) -> list[int]:
    """Stores keys and returns their numbers, in order."""
    if not keys:
        return []
    statement = insert(_KEYS).returning(_KEYS.c.id, sort_by_parameter_order=True)
    numbers = connection.execute(statement, [key._asdict() for key in keys])
    return [int(number) for number in numbers.scalars()]


def active(connection: Connection, meter_id: int, kind: KeyKind) -> SealedKey | None:
    """The key of that kind that is in use, if there is one."""
    row = connection.execute(
        _ACTIVE, {"of_meter": meter_id, "of_kind": kind.value}
    ).first()
    return None if row is None else _key(row)


def of_meter(
    connection: Connection, meter_id: int, kind: KeyKind | None = None
) -> list[SealedKey]:
    """Every key of a meter, of one kind or of all, oldest first."""
    statement = select(_KEYS).where(_KEYS.c.meter_id == meter_id).order_by(_KEYS.c.id)
    if kind is not None:
        statement = statement.where(_KEYS.c.kind == kind.value)
    return [_key(row) for row in connection.execute(statement)]


def get(connection: Connection, key_id: int) -> SealedKey:
    """The key of a row; `LocalError` when there is none."""
    row = connection.execute(select(_KEYS).where(_KEYS.c.id == key_id)).first()
    if row is None:
        raise LocalError(f"there is no key {key_id}")
    return _key(row)


def move(connection: Connection, key_id: int, state: KeyState) -> None:
    """Brings a key to a state; what it replaces as ACTIVE becomes EXPIRED.

    Raises `LocalError` for a move that a key cannot make.
    """
    key = get(connection, key_id)
    if state not in MOVES[key.state]:
        raise LocalError(f"key {key_id} is {key.state}; it cannot become {state}")
    if state is KeyState.ACTIVE:
        replaced = active(connection, key.meter_id, key.kind)
        if replaced is not None:
            _set(connection, replaced.id, KeyState.EXPIRED)
    _set(connection, key_id, state)


def _set(connection: Connection, key_id: int, state: KeyState) -> None:
    connection.execute(
        update(_KEYS).where(_KEYS.c.id == key_id).values(state=state.value)
    )


def _key(row: Row[tuple[object, ...]]) -> SealedKey:
    fields = dict(row._mapping)
    fields["kind"] = KeyKind(fields["kind"])
    fields["state"] = KeyState(fields["state"])
    return SealedKey(**fields)
