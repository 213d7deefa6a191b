"""Taking shipments over: all or nothing, and every mistake with its line and column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headend.keys import KeyStore
from headend.shipment import Imported, import_shipment
from headend.store import Store, counters, keys, meters, open_store
from headend.store.keys import KeyKind, KeyState
from wire.errors import ConfigError


def entry(number: int = 1) -> dict[str, Any]:
    return {
        "equipment_id": f"E{number:016}",
        "standard": "dsmr-4.2.2",
        "host": "127.0.0.1",
        "port": 4059 + number,
        "logical_device": 1,
        "system_title": f"44534d{number:010x}",
        "master_key": f"{number:02x}" * 16,
        "encryption_key": f"{number + 1:02x}" * 16,
        "authentication_key": f"{number + 2:02x}" * 16,
        "hls_secret": f"{number + 3:02x}" * 16,
        "p1": {"host": "127.0.0.1", "port": 14059 + number},
    }


@pytest.fixture
def memory() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shipment.json"


KEYSTORE = KeyStore(bytes(32), "here")


def take_over(memory: Store, path: Path, document: object) -> Imported:
    path.write_text(
        document if isinstance(document, str) else json.dumps(document, indent=1)
    )
    path.chmod(0o600)
    with memory.begin() as connection:
        return import_shipment(connection, KEYSTORE, path, now_s=5.0)


def test_addresses_and_keys_are_taken_over(store: Store, path: Path) -> None:
    second = entry(2) | {"p1": None, "hls_secret": "ab" * 24}
    done = take_over(store, path, [entry(1), second])
    assert done == Imported(2, 2, 0, ())
    with store.read() as connection:
        meter = meters.find(connection, "E0000000000000001")
        assert (meter.host, meter.port, meter.logical_device) == ("127.0.0.1", 4060, 1)
        assert meter.system_title == bytes.fromhex("44534d0000000001")
        assert (meter.p1_host, meter.p1_port) == ("127.0.0.1", 14060)
        assert {
            kind: KEYSTORE.active(connection, meter, kind).octets for kind in KeyKind
        } == {
            KeyKind.MASTER: b"\1" * 16,
            KeyKind.ENCRYPTION: b"\2" * 16,
            KeyKind.AUTHENTICATION: b"\3" * 16,
            KeyKind.HLS_SECRET: b"\4" * 16,
        }
        other = meters.find(connection, "E0000000000000002")
        assert (other.p1_host, other.p1_port) == (None, None)
        secret = KEYSTORE.active(connection, other, KeyKind.HLS_SECRET)
        assert secret.octets == b"\xab" * 24


def test_once_more_changes_nothing(store: Store, path: Path) -> None:
    take_over(store, path, [entry(1), entry(2)])
    with store.read() as connection:
        before = meters.every(connection), keys.of_meter(connection, 1)
    assert take_over(store, path, [entry(1), entry(2)]) == Imported(2, 0, 0, ())
    with store.read() as connection:
        assert (meters.every(connection), keys.of_meter(connection, 1)) == before


def test_a_new_address_or_key_is_taken_over(memory: Store, path: Path) -> None:
    take_over(memory, path, [entry(1), entry(2)])
    moved = entry(1) | {"host": "meter.example", "p1": None, "cell": "204-08-1/7"}
    rekeyed = entry(2) | {"encryption_key": "99" * 16}
    assert take_over(memory, path, [moved, rekeyed, entry(3)]) == Imported(3, 1, 2, ())
    with memory.read() as connection:
        meter = meters.find(connection, "E0000000000000001")
        assert (meter.host, meter.p1_host) == ("meter.example", None)
        assert meter.cell == "204-08-1/7"
        meter = meters.find(connection, "E0000000000000002")
        key = KEYSTORE.active(connection, meter, KeyKind.ENCRYPTION)
        assert key.octets == b"\x99" * 16


def test_an_old_shipment_does_not_bring_replaced_keys_back(
    memory: Store, path: Path
) -> None:
    take_over(memory, path, [entry()])
    with memory.begin() as connection:
        meter = meters.find(connection, "E0000000000000001")
        first = KEYSTORE.active(connection, meter, KeyKind.ENCRYPTION)
        counters.reserve(connection, meter.id, first.id)
        new = KEYSTORE.put(connection, meter, KeyKind.ENCRYPTION, b"\7" * 16, 6.0)
        keys.move(connection, new.id, KeyState.ACTIVE)
    assert take_over(memory, path, [entry()]) == Imported(1, 0, 0, ())
    with memory.read() as connection:
        key = KEYSTORE.active(connection, meter, KeyKind.ENCRYPTION)
        assert key.octets == b"\7" * 16


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"equipment_id": "E1"}, "equipment_id", "17 letters and digits"),
    ({"equipment_id": 17}, "equipment_id", "17 letters and digits"),
    ({"equipment_id": "E" * 16 + "\n"}, "equipment_id", "17 letters and digits"),
    ({"standard": "dsmr-5"}, "standard", "dsmr-4.2.2"),
    ({"host": ""}, "host", "at least 1"),
    ({"host": "http://x"}, "host", "pattern"),
    ({"port": 0}, "port", "greater than or equal to 1"),
    ({"port": "4059"}, "port", "integer"),
    ({"port": True}, "port", "integer"),
    ({"logical_device": 0x4000}, "logical_device", "less than"),
    ({"system_title": "44534d"}, "system_title", "8 octets, so 16 hex.* not 6"),
    ({"master_key": "0" * 31}, "master_key", "16 octets, so 32 hex.* not 31"),
    ({"encryption_key": "0" * 34}, "encryption_key", "not 34"),
    ({"authentication_key": "SECRETSECRET" + "0" * 20}, "authentication_key", "hexa"),
    ({"encryption_key": "٣" * 32}, "encryption_key", "hexadecimal"),
    ({"hls_secret": None}, "hls_secret", "16 to 64"),
    ({"hls_secret": "00" * 65}, "hls_secret", "16 to 64"),
    ({"p1": {"host": "h"}}, "p1", r"p1\.port is missing"),
    ({"p1": {"host": "h", "port": 70000}}, "p1", r"p1\.port"),
    ({"cell": ""}, "cell", "pattern"),
    ({"cell": "c" * 65}, "cell", "pattern"),
    ({"cell": 7}, "cell", "string"),
    ({"colour": "red"}, "colour", "colour is not known here"),
]


@pytest.mark.parametrize(("change", "name", "said"), WRONG)
def test_a_wrong_field_is_named_with_its_place(
    memory: Store, path: Path, change: dict[str, Any], name: str, said: str
) -> None:
    text = json.dumps([entry(1), entry(2) | change], indent=1)
    lines = text.splitlines()
    line = max(n for n, each in enumerate(lines, 1) if each.startswith(f'  "{name}":'))
    with pytest.raises(ConfigError, match=said) as caught:
        take_over(memory, path, text)
    error = caught.value
    assert error.file == str(path)
    if name == "p1":
        assert error.line is not None and error.line >= line
    else:
        assert (error.line, error.column) == (
            line,
            lines[line - 1].index(":") + 3,
        )
    assert "SECRET" not in str(error) and "\n" not in str(error)


def test_a_missing_field_is_named_with_the_place_of_its_meter(
    memory: Store, path: Path
) -> None:
    short = entry(2)
    del short["master_key"], short["host"]
    with pytest.raises(ConfigError, match=r"host is missing \(and 1 more\)") as caught:
        take_over(memory, path, [entry(1), short])
    lines = path.read_text().splitlines()
    assert (
        caught.value.line == [n for n, each in enumerate(lines, 1) if each == " {"][1]
    )


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ('[{"port": }]', (1, 11), "not JSON"),
        ("", (1, 1), "not JSON"),
        ("[\n]]", (2, 2), "not JSON"),
        ("{}", (1, 1), "a shipment is a list of meters"),
        ('[\n "meter"]', (2, 2), "a meter is an object"),
        ('[{"port": 1,\n "port": 2}]', (2, 2), "port stands twice"),
        ("[" * 100_000, (None, None), "nested too deep"),
        ("[" + "9" * 5000 + "]", (None, None), "number too long"),
    ],
)
def test_what_is_no_shipment(
    memory: Store,
    path: Path,
    text: str,
    where: tuple[int | None, int | None],
    said: str,
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        take_over(memory, path, text)
    assert (caught.value.line, caught.value.column) == where
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"equipment_id": "E0000000000000001"}, "equipment_id"),
        ({"system_title": "44534D0000000001"}, "system_title"),
        ({"port": 4060}, "port"),
    ],
)
def test_what_two_meters_cannot_share(
    memory: Store, path: Path, change: dict[str, Any], name: str
) -> None:
    with pytest.raises(
        ConfigError, match=f"{name} is that of the meter at line"
    ) as got:
        take_over(memory, path, [entry(1), entry(2) | change])
    assert got.value.line is not None and got.value.line > len(entry())


def test_a_system_title_of_a_meter_that_is_known(memory: Store, path: Path) -> None:
    take_over(memory, path, [entry(1)])
    stolen = entry(2) | {"system_title": entry(1)["system_title"]}
    with pytest.raises(ConfigError, match="meter E0000000000000001 has this"):
        take_over(memory, path, [stolen])


def test_all_or_nothing(memory: Store, path: Path) -> None:
    take_over(memory, path, [entry(1)])
    stolen = entry(3) | {"system_title": entry(1)["system_title"]}
    moved = entry(1) | {"port": 9}
    with pytest.raises(ConfigError):
        take_over(memory, path, [moved, entry(2), stolen])
    with memory.read() as connection:
        assert [meter.port for meter in meters.every(connection)] == [4060]


def test_a_file_that_others_can_read_is_warned_about(memory: Store, path: Path) -> None:
    take_over(memory, path, [entry()])
    path.chmod(0o644)
    with memory.begin() as connection:
        done = import_shipment(connection, KEYSTORE, path, now_s=5.0)
    [warning] = done.warnings
    assert "mode 0644" in warning and "chmod 600" in warning


def test_shared_encryption_keys_are_warned_about(memory: Store, path: Path) -> None:
    same = {"encryption_key": "55" * 16}
    done = take_over(memory, path, [entry(n) | same for n in (1, 2, 3)])
    [warning] = done.warnings
    assert warning.startswith("2 meters, E0000000000000002 first")
    assert "55" not in warning


def test_files_that_cannot_be_read(memory: Store, tmp_path: Path) -> None:
    with memory.begin() as connection:
        for path in (tmp_path, tmp_path / "missing.json"):
            with pytest.raises(ConfigError, match=str(path)):
                import_shipment(connection, KEYSTORE, path, now_s=0.0)
        octets = tmp_path / "octets"
        octets.write_bytes(b"[\n\xff\xfe]")
        with pytest.raises(ConfigError, match=r"octets:2: not UTF-8"):
            import_shipment(connection, KEYSTORE, octets, now_s=0.0)


def test_an_empty_shipment_and_a_byte_order_mark(memory: Store, path: Path) -> None:
    assert take_over(memory, path, []) == Imported(0, 0, 0, ())
    assert take_over(memory, path, "\ufeff" + json.dumps([entry()])).count == 1
