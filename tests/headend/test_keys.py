"""Keys at rest: what is stored does not open without the master key, nor in another place."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from headend.keys import VARIABLE, KeyStore
from headend.store import Store, keys, open_store
from headend.store.keys import KeyKind, KeyState
from headend.store.meters import Meter
from tests.headend.store.rows import add_meters
from wire.errors import ConfigError, SurroundingsError

SECRET = bytes(range(0x41, 0x51))
MASTER = bytes(32)


@pytest.fixture
def memory() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.fixture
def meter(memory: Store) -> Meter:
    return add_meters(memory)[0]


def put(memory: Store, meter: Meter, keystore: KeyStore, octets: bytes = SECRET) -> int:
    with memory.begin() as connection:
        key = keystore.put(connection, meter, KeyKind.ENCRYPTION, octets, 1.0)
        if key.state is KeyState.NEW:
            keys.move(connection, key.id, KeyState.ACTIVE)
    return key.id


def active(memory: Store, meter: Meter, keystore: KeyStore) -> bytes:
    with memory.read() as connection:
        return keystore.active(connection, meter, KeyKind.ENCRYPTION).octets


def test_a_key_comes_back_and_is_not_stored_in_the_clear(
    memory: Store, meter: Meter
) -> None:
    keystore = KeyStore(MASTER, "here")
    put(memory, meter, keystore)
    assert active(memory, meter, keystore) == SECRET
    with memory.read() as connection:
        [row] = keys.of_meter(connection, meter.id)
        assert SECRET not in row.sealed and len(row.sealed) == 12 + 16 + 16


def test_sealing_matches_aes_gcm_of_the_nist_vectors(
    memory: Store, meter: Meter
) -> None:
    # McGrew and Viega, test case 14: AES-256, key, nonce and plaintext of zeros. Our binding
    # to meter and kind changes the tag alone.
    keystore = KeyStore(MASTER, "here", random_bytes=bytes)
    put(memory, meter, keystore, bytes(16))
    with memory.read() as connection:
        [row] = keys.of_meter(connection, meter.id)
    assert row.sealed[12:28].hex() == "cea7403d4d606b6e074ec5d3baf39d18"
    assert row.sealed[28:].hex() != "d0d1c8a799996bf0265b98b5d48ab919"


def test_the_same_key_is_sealed_differently_each_time(memory: Store) -> None:
    first, second = add_meters(memory, 2)
    keystore = KeyStore(MASTER, "here")
    put(memory, first, keystore)
    put(memory, second, keystore)
    with memory.read() as connection:
        [one] = keys.of_meter(connection, first.id)
        [other] = keys.of_meter(connection, second.id)
    assert one.sealed[:12] != other.sealed[:12]


def test_a_wrong_master_key_is_said_to_be_wrong(memory: Store, meter: Meter) -> None:
    put(memory, meter, KeyStore(MASTER, "first.key"))
    wrong = KeyStore(b"\1" * 32, "second.key")
    with pytest.raises(
        ConfigError,
        match=f"cannot decrypt keys of {meter.equipment_id}: wrong master key"
        r" \(second.key\)",
    ):
        active(memory, meter, wrong)


@pytest.mark.parametrize("at", [0, 12, -1])
def test_a_changed_row_does_not_open(memory: Store, meter: Meter, at: int) -> None:
    keystore = KeyStore(MASTER, "here")
    put(memory, meter, keystore)
    with memory.begin() as connection:
        [row] = keys.of_meter(connection, meter.id)
        sealed = bytearray(row.sealed)
        sealed[at] ^= 1
        connection.execute(text("UPDATE keys SET sealed = :it"), {"it": bytes(sealed)})
    with pytest.raises(SurroundingsError, match="database was changed"):
        active(memory, meter, keystore)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(27)])
def test_a_cut_row_does_not_open(memory: Store, meter: Meter, sealed: bytes) -> None:
    keystore = KeyStore(MASTER, "here")
    put(memory, meter, keystore)
    with memory.begin() as connection:
        connection.execute(text("UPDATE keys SET sealed = :it"), {"it": sealed})
    with pytest.raises(SurroundingsError, match="database was changed"):
        active(memory, meter, keystore)


def test_a_row_moved_to_another_meter_or_kind_does_not_open(memory: Store) -> None:
    first, second = add_meters(memory, 2)
    keystore = KeyStore(MASTER, "here")
    put(memory, first, keystore)
    with memory.begin() as connection:
        connection.execute(text("UPDATE keys SET meter_id = :id"), {"id": second.id})
    with pytest.raises(SurroundingsError):
        active(memory, second, keystore)
    with memory.begin() as connection:
        connection.execute(
            text("UPDATE keys SET meter_id = :id, kind = 'master'"), {"id": first.id}
        )
        with pytest.raises(SurroundingsError):
            keystore.active(connection, first, KeyKind.MASTER)


def test_a_key_that_comes_back_keeps_its_row(memory: Store, meter: Meter) -> None:
    keystore = KeyStore(MASTER, "here")
    first = put(memory, meter, keystore)
    second = put(memory, meter, keystore, b"\2" * 16)
    assert put(memory, meter, keystore) == first != second
    with memory.read() as connection:
        found = keystore.every(connection, meter, KeyKind.ENCRYPTION)
    assert [(key.octets, key.state) for key in found] == [
        (SECRET, KeyState.EXPIRED),
        (b"\2" * 16, KeyState.ACTIVE),
    ]


def test_a_withdrawn_key_never_comes_back(memory: Store, meter: Meter) -> None:
    keystore = KeyStore(MASTER, "here")
    key_id = put(memory, meter, keystore)
    with memory.begin() as connection:
        keys.move(connection, key_id, KeyState.WITHDRAWN)
        assert keystore.every(connection, meter, KeyKind.ENCRYPTION) == []
    with pytest.raises(ConfigError, match="was withdrawn"):
        put(memory, meter, keystore)


def test_a_meter_without_keys(memory: Store, meter: Meter) -> None:
    with pytest.raises(ConfigError, match="no encryption key of E0.*import"):
        active(memory, meter, KeyStore(MASTER, "here"))


def test_nothing_prints_a_key(memory: Store, meter: Meter) -> None:
    keystore = KeyStore(SECRET * 2, "here")
    put(memory, meter, keystore)
    with memory.read() as connection:
        printed = repr(keystore) + repr(
            keystore.active(connection, meter, KeyKind.ENCRYPTION)
        )
    assert SECRET.hex() not in printed and "ABCDEF" not in printed


def test_the_master_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = KeyStore.open(home, {})
    path = home / "master.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(bytes.fromhex(path.read_text())) == 32
    assert KeyStore.open(home, {}).wrapping_key_id == first.wrapping_key_id
    assert [each.name for each in home.iterdir()] == ["master.key"]


def test_many_first_uses_at_the_same_time_agree(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(KeyStore.open(tmp_path, {}).wrapping_key_id)
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


@pytest.mark.parametrize(
    "given", [SECRET.hex() * 2, base64.b64encode(SECRET * 2).decode() + "\n"]
)
def test_the_environment_goes_first(tmp_path: Path, given: str) -> None:
    keystore = KeyStore.open(tmp_path, {VARIABLE: given})
    assert keystore.wrapping_key_id == KeyStore(SECRET * 2, "").wrapping_key_id
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["secret-passphrase", "00" * 31, "zz" * 32, "é" * 64])
def test_what_is_no_master_key(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="DSMRLAB_KEY: a master key is 32") as caught:
        KeyStore.open(tmp_path, {VARIABLE: given})
    assert given not in str(caught.value)
    (tmp_path / "master.key").write_text(given)
    with pytest.raises(ConfigError, match="master.key: a master key is 32"):
        KeyStore.open(tmp_path, {})


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SurroundingsError, match="master.key"):
        KeyStore.open(tmp_path / "file", {})
