"""The states of keys."""

from __future__ import annotations

from itertools import product

import pytest

from headend.store import Store, keys, open_store
from headend.store.keys import MOVES, KeyKind, KeyState, NewKey
from tests.headend.store.rows import add_key, add_meters
from wire.errors import LocalError, SurroundingsError


def test_activating_a_key_expires_the_one_before(store: Store) -> None:
    [meter] = add_meters(store)
    old, new = add_key(store, meter), add_key(store, meter)
    with store.begin() as connection:
        assert keys.active(connection, meter.id, KeyKind.ENCRYPTION) is None
        keys.move(connection, old, KeyState.ACTIVE)
        keys.move(connection, new, KeyState.ACTIVE)
        found = keys.active(connection, meter.id, KeyKind.ENCRYPTION)
        assert found is not None and found.id == new
        states = [key.state for key in keys.of_meter(connection, meter.id)]
    assert states == [KeyState.EXPIRED, KeyState.ACTIVE]


@pytest.mark.parametrize(("before", "after"), list(product(KeyState, KeyState)))
def test_every_move_of_the_table_and_no_other(
    before: KeyState, after: KeyState
) -> None:
    store = open_store("sqlite://")
    [meter] = add_meters(store)
    with store.begin() as connection:
        [key_id] = keys.add(
            connection, [NewKey(meter.id, KeyKind.MASTER, before, b"", "", 0.0)]
        )
        if after in MOVES[before]:
            keys.move(connection, key_id, after)
        else:
            with pytest.raises(
                LocalError, match=f"is {before}; it cannot become {after}"
            ):
                keys.move(connection, key_id, after)
    store.close()


def test_kinds_and_meters_are_kept_apart(store: Store) -> None:
    first, second = add_meters(store, 2)
    with store.begin() as connection:
        numbers = keys.add(
            connection,
            [
                NewKey(first.id, KeyKind.ENCRYPTION, KeyState.ACTIVE, b"1", "w", 1.5),
                NewKey(
                    first.id, KeyKind.AUTHENTICATION, KeyState.ACTIVE, b"2", "w", 2.5
                ),
                NewKey(second.id, KeyKind.ENCRYPTION, KeyState.ACTIVE, b"3", "w", 3.5),
            ],
        )
        found = keys.of_meter(connection, first.id, KeyKind.AUTHENTICATION)
        assert [(key.id, key.sealed, key.created_s) for key in found] == [
            (numbers[1], b"2", 2.5)
        ]
        other = keys.active(connection, second.id, KeyKind.ENCRYPTION)
        assert other is not None and (other.id, other.sealed) == (numbers[2], b"3")


def test_the_database_itself_allows_one_active_key_of_a_kind(store: Store) -> None:
    [meter] = add_meters(store)
    active = NewKey(meter.id, KeyKind.ENCRYPTION, KeyState.ACTIVE, b"", "", 0.0)
    with pytest.raises(SurroundingsError):
        with store.begin() as connection:
            keys.add(connection, [active, active])


def test_a_sealed_key_does_not_print_itself(store: Store) -> None:
    [meter] = add_meters(store)
    add_key(store, meter)
    with store.read() as connection:
        assert "sealed" not in repr(keys.of_meter(connection, meter.id)).replace(
            "SealedKey", ""
        )


def test_a_key_that_is_not_there(store: Store) -> None:
    with store.begin() as connection, pytest.raises(LocalError, match="no key 3"):
        keys.move(connection, 3, KeyState.ACTIVE)
