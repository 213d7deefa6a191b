"""What a person is told about octets of P2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import binary

from tests.wire.mbus.samples import DEFAULT_KEY, GAS, RADIO, USER_KEY, WIRED, octets_of
from tests.wire.mbus.test_vectors import vector
from wire.mbus import rows, wireless
from wire.mbus.application import Ci, compose
from wire.mbus.explain import DeviceKeys, explain
from wire.mbus.frames import Long
from wire.mbus.headers import DeviceType, ShortId
from wire.mbus.messages import ReadOutList, TransferKey
from wire.mbus.security import TransferredKey, encode_key_transfer
from wire.mbus.wireless import Format
from wire.node import Node

KEYS = [DeviceKeys(GAS, USER_KEY, DEFAULT_KEY)]
OTHERS = [
    DeviceKeys(GAS, bytes(16)),
    DeviceKeys(ShortId("1" * 8, "NET", 64, GAS.device_type), USER_KEY),
]
HOURLY = octets_of("hourly data, enciphered")
SND_NR = bytes.fromhex(RADIO["SND_NR"]["octets"])

READ = [
    "status: nothing set",
    'equipment-identifier: "XXXXX110123456789"',
    "timestamp: 2009-06-18T11:00:00Z, storage 1",
    "volume: 0.391 m3, storage 1",
    "valve-status: open, unit 1",
    "meter-configuration: clock, valve, temperature converted",
]


def tree(octets: bytes, keys: list[DeviceKeys] | None = None) -> Node:
    node = explain(octets, keys or [])
    assert node is not None
    return node


def said(node: Node) -> list[str]:
    """The lines, without the octets that they come from."""
    return [text.split("  [")[0] for _, text in node.lines()]


def test_the_standards_hourly_data() -> None:
    assert said(tree(HOURLY, KEYS)) == [
        "m-bus long frame: 86 octets",
        "service: RSP_UD, data of the slave (C 08 with CI 72)",
        "address: 1",
        "device: NET 23456789, gas, version DSMR 4.0",
        "access-number: 246",
        "status: 0x00",
        "configuration-word: mode 15, 4 blocks",
        "frame-counter: 1",
        "deciphered: NET 23456789, gas, version DSMR 4.0",
        "data",
        *READ,
    ]


@pytest.mark.parametrize("format", Format)
def test_the_same_by_radio(format: Format) -> None:
    octets = wireless.decode(SND_NR).encode(format)
    assert said(tree(octets, KEYS)) == [
        "wireless m-bus telegram: %d octets" % octets[0],
        "service: SND_NR, meter data, not answered (C 44 with CI 7A)",
        f"format: {format.value}",
        "link-address: NET 23456789, gas, version DSMR 4.0",
        "access-number: 90",
        "status: 0x00",
        "configuration-word: mode 15, 4 blocks, bidirectional, synchronous",
        "frame-counter: 1",
        "deciphered: NET 23456789, gas, version DSMR 4.0",
        "data",
        *READ,
    ]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("SND_NKE to an unconfigured device", "address: 0, unconfigured"),
        ("REQ_UD2", "address: 1"),
        ("the acknowledgement", "m-bus acknowledgement"),
        ("set address 1", "address: 1"),
        ("set clock, enciphered", "set-clock: 2013-07-16T13:00:00Z"),
        ("open the valve, enciphered", "valve-command: open"),
    ],
)
def test_the_worked_frames(name: str, last: str) -> None:
    text = said(tree(octets_of(name), KEYS))
    assert text[-1] == last and not any("error" in line for line in text)


def test_every_worked_frame_is_read_whole() -> None:
    for row in (*WIRED.values(), *RADIO.values()):
        text = str(tree(bytes.fromhex(row["octets"]), KEYS))
        assert "error" not in text and "ciphered: no" not in text


def test_an_installation_by_radio() -> None:
    request, answer = (
        said(tree(bytes.fromhex(RADIO[name]["octets"])))
        for name in ("SND_IR", "CNF_IR")
    )
    assert request[1].startswith("service: SND_IR, a request to be installed")
    assert "link-address: LGB 12082058, gas, version DSMR 4.0" in request
    assert answer[1].startswith("service: CNF_IR, the device is installed")
    assert "device: LGB 12082058, gas, version DSMR 4.0" in answer


def test_a_conversation() -> None:
    names = ("set address 1", "the acknowledgement", "REQ_UD2")
    node = tree(b"".join(map(octets_of, names)))
    assert [child.name for child in node.children] == [
        "m-bus long frame",
        "m-bus acknowledgement",
        "m-bus short frame",
    ]


def test_a_key_that_is_given_is_recognised_and_not_shown() -> None:
    frame = octets_of("key change")
    for keys, told in (
        (KEYS, "the user key given for NET 23456789, gas, version DSMR 4.0"),
        (OTHERS, "a user key, enciphered under the default key"),
        ([], "a user key, enciphered under the default key"),
    ):
        (told_node,) = tree(frame, keys).children[-1:]
        assert told_node.value == told
        text = str(told_node).replace(" ", "")
        for key in (USER_KEY, DEFAULT_KEY, frame[11:19], frame[22:30]):
            assert key.hex() not in text


def test_a_key_of_smr_5() -> None:
    device = ShortId("99310014", "FLO", 0x50, DeviceType.GAS)
    octets = encode_key_transfer(DEFAULT_KEY, device, TransferredKey(1, USER_KEY, 7))
    frame = Long(
        0x53, 1, Ci.SET_UP, rows.encode(TransferKey(octets).records())
    ).encode()
    known = DeviceKeys(device, None, DEFAULT_KEY)
    text = str(tree(frame, [*OTHERS, known]).children[-1])
    assert "the key of firmware of FLO 99310014" in text and "change counter 7" in text
    assert USER_KEY.hex(" ") not in text and octets.hex(" ") not in text
    assert "a key, enciphered" in str(tree(frame, OTHERS))


def test_a_read_out_list() -> None:
    wanted = ReadOutList((rows.METROLOGY_FIRMWARE_VERSION, rows.METER_CONFIGURATION))
    asked = compose(Ci.COMMAND_SHORT, wanted, access_number=2)
    frame = Long(0x53, 1, asked.ci, asked.encode()).encode()
    assert said(tree(frame))[-3:] == [
        "read-out-list",
        "selection: metrology-firmware-version",
        "selection: meter-configuration",
    ]


@pytest.mark.parametrize("octets", [HOURLY, SND_NR])
def test_what_is_closed_says_why(octets: bytes) -> None:
    no_key = "ciphered: no keys were given"
    assert no_key in said(tree(octets))
    assert f"{no_key} for NET 23456789, gas, version DSMR 4.0" in said(
        tree(octets, OTHERS[1:])
    )
    assert "ciphered: it does not verify under any key given" in said(
        tree(octets, OTHERS)
    )


def test_a_short_header_on_the_bus_is_opened_by_whichever_key_verifies() -> None:
    frame = octets_of("open the valve, enciphered")
    assert said(tree(frame, [*OTHERS, *KEYS]))[-1] == "valve-command: open"


def test_gas_of_oms() -> None:
    clear = str(tree(bytes.fromhex(vector("OMS gas clear")["raw"])))
    row = vector("annex P gas wireless mode 5")
    device = ShortId("12345678", "ELS", 0x33, DeviceType.GAS)
    keys = [DeviceKeys(device, bytes.fromhex(row["key"]))]
    for text in (clear, str(tree(bytes.fromhex(row["raw"]), keys))):
        assert "volume: 28504.27 m3" in text
        assert "timestamp: 2008-05-31T23:50:00Z" in text
        assert "record: 0  [02 fd 17 00 00]" in text, "a status that DSMR does not have"


def test_an_apator_and_its_cut_record() -> None:
    row = vector("Apator")
    device = ShortId("00043094", "AMX", 1, DeviceType.GAS)
    text = said(
        tree(bytes.fromhex(row["raw"]), [DeviceKeys(device, bytes.fromhex(row["key"]))])
    )
    assert "unconverted-volume: 917.00 m3" in text
    assert "timestamp: 2021-09-15T13:18:30Z" in text
    assert text[-1] == "error: a data record is cut short"


def test_a_cyble_with_texts_for_units() -> None:
    text = said(tree(bytes.fromhex(vector("Itron Cyble")["raw"])))
    assert "device: ACW 10020387, gas, version 14" in text
    assert "volume: 0.26 m3" in text and "volume: 0.25 m3, storage 1" in text


@pytest.mark.parametrize(
    ("name", "volume"),
    [("Elster gas converter", "3223.470 m3"), ("GWF gas", "101.886 m3")],
)
def test_what_is_not_of_dsmr_is_told_all_the_same(name: str, volume: str) -> None:
    """Both were deciphered where they stand, and still have the header of mode 5."""
    text = said(tree(bytes.fromhex(vector(name)["raw"])))
    assert "error: C 44 with CI 72 is not of DSMR" in text
    assert f"volume: {volume}" in text


@pytest.mark.parametrize(
    ("damaged", "why"),
    [
        (HOURLY[:-2] + b"\0\x16", "the checksum is wrong"),
        (HOURLY[:-1] + b"\x17", "no stop octet where the frame ends"),
        (b"\x68\x57" + HOURLY[2:], "the two lengths of a long frame differ"),
        (HOURLY[:60], "a frame is cut short"),
        (b"\x10\x5b\x01\x5d\x16", "the checksum is wrong"),
        (b"\x10\x5c\x01\x5d\x16", "C 5C is not of DSMR"),
        (HOURLY + b"\xff\xff", "outside a frame"),
        (SND_NR[:-1] + b"\0", "the CRC of block 6 is wrong"),
        (SND_NR[:3] + b"\0" + SND_NR[4:], "the CRC of block 1 is wrong"),
        (SND_NR[:50], "octets follow an L of 85"),
        (SND_NR[:12], "a telegram is cut short"),
        (HOURLY[:4], "a frame is cut short"),
    ],
)
def test_a_damaged_one_is_told_as_far_as_it_goes(damaged: bytes, why: str) -> None:
    text = said(tree(damaged, KEYS))
    assert any(line.startswith("error: ") and why in line for line in text)


def test_the_device_of_a_damaged_one_is_told() -> None:
    for damaged in (
        HOURLY[:60],
        HOURLY[:-2] + bytes(2),
        SND_NR[:50],
        SND_NR[:-1] + b"a",
    ):
        assert "NET 23456789, gas, version DSMR 4.0" in str(tree(damaged))


def test_records_before_and_behind_a_wrong_one() -> None:
    volume = rows.VOLUME.record(5).encode()
    body = bytes(4) + volume + b"\x4c\x13\xff\xff\xff\xff" + volume + b"\x0c"
    telegram = wireless.Telegram(0x44, GAS.link_address(), Ci.RESPONSE_SHORT, body)
    assert said(tree(telegram.encode()))[-4:] == [
        "volume: 0.005 m3, storage 1",
        "error: volume: ffffffff are not decimal digits",
        "volume: 0.005 m3, storage 1",
        "error: the head of a data record is cut short",
    ]


def test_a_message_that_its_ci_does_not_bring() -> None:
    frame = Long(0x53, 1, Ci.SET_UP, rows.VOLUME.record(5).encode()).encode()
    assert said(tree(frame))[-2:] == [
        "volume: 0.005 m3, storage 1",
        "error: these records are not a command of DSMR",
    ]


def test_octets_of_other_wires_are_none() -> None:
    for octets in ("c001c1000301000108 00ff0200", "0001000100010002c001", "e500", "68"):
        assert explain(bytes.fromhex(octets)) is None


@given(octets=binary(max_size=60))
def test_no_octets_are_a_defect(octets: bytes) -> None:
    for start in (b"", HOURLY[:4], HOURLY[:20], SND_NR[:12]):
        node = explain(start + octets, KEYS)
        assert (node is not None) or not start


@given(at=binary(min_size=2, max_size=2))
def test_no_flipped_bit_is_a_defect(at: bytes) -> None:
    for sample in (HOURLY, SND_NR, octets_of("set clock, enciphered")):
        octets = bytearray(sample)
        octets[at[0] % len(octets)] ^= 1 << at[1] % 8
        node = explain(bytes(octets), KEYS)
        assert node is None or "error" in str(node) or "ciphered" in str(node)
