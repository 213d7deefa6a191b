"""Published messages, and real ones when the shared folder is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.wire.mbus.samples import SHARED, VECTORS, utc
from wire.errors import SecurityError, WireError
from wire.mbus import application, frames, rows, wireless
from wire.mbus.application import Application, Opening, interpret
from wire.mbus.headers import DeviceType, LongHeader, ShortHeader, ShortId
from wire.mbus.messages import Data
from wire.mbus.records import Record
from wire.mbus.security import (
    TransferredKey,
    decode_key_transfer,
    encode_key_transfer,
    open_mode_5,
    seal_mode_5,
    unwrap_user_key,
    wrap_user_key,
)
from wire.mbus.wireless import Format

Vector = dict[str, Any]
PUBLISHED: list[Vector] = json.loads((VECTORS / "published.json").read_text())[
    "vectors"
]
_SHARED_FILE = SHARED / "p2" / "p2_vectors.json"


def vector(part: str) -> Vector:
    """The one vector with this in its name; skips when it is shared, and that folder away."""
    found = [row for row in PUBLISHED if part in row["name"]]
    if not found:
        if not _SHARED_FILE.exists():
            pytest.skip("the shared vectors are not beside the project")
        rows = json.loads(_SHARED_FILE.read_text())
        found = [row for row in rows if part in row["name"]]
    (row,) = found
    return row


def wired(row: Vector) -> Application:
    """What a frame on the bus carries; the frame is written back to the same octets."""
    octets = bytes.fromhex(row["raw"])
    frame = frames.decode(octets)
    assert isinstance(frame, frames.Long) and frame.encode() == octets
    received = application.decode(frame.ci, frame.body)
    assert received.encode() == frame.body
    return received


def heard(row: Vector) -> tuple[ShortId, Application]:
    """Who sends a telegram, and what; it is written back, and read, in each format."""
    octets = bytes.fromhex(row["raw"])
    telegram = wireless.decode(octets, format=Format.BARE)
    assert telegram.encode(Format.BARE) == octets
    for format in Format:
        assert wireless.decode(telegram.encode(format), None, format) == telegram
    return telegram.sender(), application.decode(telegram.ci, telegram.body)


def volume_m3(record: Record) -> Decimal:
    assert record.row and record.row.scaler_unit and isinstance(record.value, int)
    return record.row.scaler_unit.decimal(record.value)


def data_of(received: Application, opening: Opening | None = None) -> Data:
    message = interpret(received, None, opening).message
    assert isinstance(message, Data)
    return message


def found(data: Data, name: str) -> Record:
    record = data.find(name)
    assert record is not None
    return record


def test_the_standards_enciphered_data() -> None:
    row = vector("appendix B1.5")
    data = data_of(wired(row), Opening(bytes.fromhex(row["key"]), 0))
    assert volume_m3(found(data, "volume")) == Decimal(str(row["expected"]["gas_m3"]))
    assert found(data, "timestamp").value == utc(2009, 6, 18, 11)
    assert found(data, "equipment_identifier").value == row["expected"]["equipment"]


def test_gas_of_oms_in_clear() -> None:
    row = vector("OMS gas clear")
    received = wired(row)
    assert isinstance(received.header, LongHeader)
    device = received.header.device
    assert device == ShortId("12345678", "ELS", 0x33, DeviceType.GAS)
    volume, time, status = data_of(received).content
    assert volume_m3(volume) == Decimal(str(row["expected"]["volume_m3"]))
    assert time.value == utc(2008, 5, 31, 23, 50)
    # A status of two octets is not that of DSMR, and keeps its place all the same.
    assert status.name == "" and status.head == b"\x02\xfd\x17" and status.value == 0


def test_a_cyble_with_texts_for_units() -> None:
    row = vector("Itron Cyble")
    received = wired(row)
    assert isinstance(received.header, LongHeader)
    assert received.header.device.identification == row["expected"]["id"]
    assert received.header.device.manufacturer == row["expected"]["man"]
    records = data_of(received).content
    assert [record.head.hex() for record in records] == [
        "0c78",
        "0d7c084449202e74737563",
        "046d",
        "027c09656d6974202e746162",
        "0414",
        "04947f",
        "4414",
        "0f",
    ]
    assert records[2].value == utc(2011, 10, 25, 15, 43)
    assert records[4].value == 26, "of 0.01 m3"
    assert records[7].data == bytes.fromhex("00021F")


def open_5(row: Vector) -> bytes:
    """The plaintext of a telegram in mode 5, enciphered again to what it was."""
    device, received = heard(row)
    header = received.header
    assert isinstance(header, ShortHeader) and header.configuration.mode == 5
    key, blocks = bytes.fromhex(row["key"]), header.configuration.blocks
    number = header.access_number
    plaintext = open_mode_5(key, device, number, blocks, received.body)
    sealed = plaintext[: 16 * blocks]
    assert (
        seal_mode_5(key, device, number, sealed) + plaintext[16 * blocks :]
        == received.body
    )
    # DSMR has no mode 5: its E-meter must not take this.
    with pytest.raises(SecurityError, match="mode 5 is not of DSMR"):
        interpret(received, device, Opening(key, None))
    return plaintext


def test_gas_of_annex_p_in_mode_5() -> None:
    row = vector("annex P gas wireless mode 5")
    data = Data(rows.decode(open_5(row)))
    assert volume_m3(found(data, "volume")) == Decimal(
        str(row["expected"]["volume_m3"])
    )
    assert found(data, "timestamp").value == utc(2008, 5, 31, 23, 50)


def test_an_apator_in_mode_5() -> None:
    row = vector("Apator")
    plaintext = open_5(row)
    enciphered = rows.decode(plaintext[:80])
    fabrication, _, total, _, target, *_ = enciphered
    assert fabrication.value == int(row["expected"]["fabrication"])
    assert total.name == "unconverted_volume" and total.storage == 0
    assert volume_m3(total) == row["expected"]["total_m3"]
    assert target.head == b"\x4c\x94\x3a" and target.storage == 1
    assert target.value == row["expected"]["target_m3"] * 100
    # Two octets in clear behind them begin a record and do not end it.
    with pytest.raises(WireError, match="cut short") as caught:
        rows.decode(plaintext)
    assert caught.value.offset == 80


@pytest.mark.parametrize("name", ["Elster gas converter", "GWF gas"])
def test_radio_with_a_long_header_is_not_of_dsmr(name: str) -> None:
    octets = bytes.fromhex(vector(name)["raw"])
    with pytest.raises(WireError, match="C 44 with CI 72 is not allowed"):
        wireless.decode(octets, format=Format.BARE)


def test_a_user_key_wrapped_by_a_central_system() -> None:
    row = vector("User key wrap DSMR4")
    default, user, wrapped = (
        bytes.fromhex(row[name]) for name in ("default_key", "user_key", "wrapped")
    )
    assert wrap_user_key(default, user) == wrapped
    assert unwrap_user_key(default, wrapped) == user


def test_a_key_of_smr_5_sealed_by_a_central_system() -> None:
    row = vector("User key wrap SMR5")
    default, user, octets = (
        bytes.fromhex(row[name]) for name in ("default_key", "user_key", "output")
    )
    device = ShortId(row["id"], row["man"], 0x50, DeviceType.GAS)
    key = TransferredKey(row["keyId"], user, row["kcc"])
    assert encode_key_transfer(default, device, key) == octets
    assert decode_key_transfer(default, device, octets, 0) == key
    assert device.encode() + octets[:4] == bytes.fromhex(row["iv"])


def test_every_vector_has_its_test() -> None:
    """A new one in either file wants a test of its own."""
    tested: list[str] = [
        "Itron Cyble gas",
        "OMS gas clear (EN 13757-3 annex P, wired)",
        "EN13757-3 annex P gas wireless mode 5",
        "Apator/unismart gas T1 mode 5",
        "Elster gas converter clear",
        "GWF gas mode 5 decrypted-in-place",
        "DSMR P2 4.0.7 appendix B1.5 encrypted RSP_UD (L corrected)",
        "User key wrap DSMR4",
        "User key wrap SMR5 P0",
    ]
    assert {row["name"] for row in PUBLISHED} <= set(tested)
    if _SHARED_FILE.exists():
        shared: list[Vector] = json.loads(_SHARED_FILE.read_text())
        assert [row["name"] for row in shared] == tested
        allowed = [row for row in shared if row["may_commit"]]
        assert PUBLISHED == allowed


Damage = Callable[[bytearray], None]


def _flip(at: int) -> Damage:
    def damage(octets: bytearray) -> None:
        octets[at] ^= 1

    return damage


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_flip(0), "outside a frame"),
        (_flip(1), "lengths"),
        (_flip(-1), "stop"),
        (_flip(-2), "checksum"),
        (_flip(20), "checksum"),
    ],
)
def test_a_damaged_frame_is_refused_for_its_reason(damage: Damage, says: str) -> None:
    octets = bytearray(bytes.fromhex(vector("appendix B1.5")["raw"]))
    damage(octets)
    with pytest.raises(WireError, match=says):
        frames.decode(bytes(octets))
