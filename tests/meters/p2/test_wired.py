"""A wired device: what it answers, what it lets pass, and what it does (P2 4.0.7, 4.3, 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.p2.identity import NO_KEY
from meters.p2.state import MAX_COUNTER, DeviceState
from tests.meters.builders import NOW_S
from tests.meters.p2.builders import (
    ACKNOWLEDGED,
    DEFAULT_KEY,
    EQUIPMENT_ID,
    REQ_UD2,
    SND_NKE,
    USER_KEY,
    Master,
    key_records,
    make_device,
)
from wire.instants import from_epoch
from wire.mbus import rows
from wire.mbus.frames import Long, Short
from wire.mbus.headers import Configuration, DsmrVersion, ShortHeader
from wire.mbus.records import Row
from wire.mbus.security import (
    TransferredKey,
    encode_key_transfer,
    filled,
    seal_mode_15,
    wrap_user_key,
)
from wire.mbus.times import encode_set_clock
from wire.mbus.values import MeterConfiguration, Status, ValveCommand

OTHER_KEY = bytes(range(0x51, 0x61))
FULL_HOUR_S = NOW_S + 3600


def frozen(state: DeviceState) -> tuple[object, ...]:
    """All of a state, to see that nothing has changed."""
    return tuple(getattr(state, name) for name in state.__slots__)


# What is answered.


def test_a_new_device_answers_at_address_0_and_no_other(master: Master) -> None:
    assert master.send(bytes.fromhex("1040004016")) == ACKNOWLEDGED
    assert master.send(bytes.fromhex("1040014116")) == b""
    assert master.send(bytes.fromhex("1040FD3D16")) == b""


@pytest.mark.parametrize(
    ("c", "answer"),
    [
        (0x40, "e5"),
        (0x5A, "e5"),
        (0x7A, "e5"),
        (0x59, "100b000b16"),
        (0x79, "100b000b16"),
    ],
)
def test_short_frames_have_their_answers(master: Master, c: int, answer: str) -> None:
    assert master.short(c).hex() == answer


@pytest.mark.parametrize("c", [0x5B, 0x7B])
def test_the_frame_count_bit_does_not_matter(master: Master, c: int) -> None:
    assert len({master.short(c), master.short(c)}) == 2


def test_the_standard_list_is_what_6_3_says(master: Master) -> None:
    master.device.set_flow(1000)
    master.now_s = FULL_HOUR_S + 1800
    records = master.records()
    assert [record.head.hex() for record in records] == [
        *("01fd17", "0d78", "466d", "4c13", "01fd67")
    ]
    assert master.read() == {
        "status": 0,
        "equipment_identifier": EQUIPMENT_ID,
        "timestamp": from_epoch(FULL_HOUR_S),
        "volume": 1000,
        "meter_configuration": MeterConfiguration.CLOCK
        | MeterConfiguration.TEMPERATURE_CONVERTED,
    }


def test_each_message_has_the_next_access_number(master: Master) -> None:
    master.device.state.access_number = 0xFE
    numbers = [master.short(REQ_UD2)[15] for _ in range(3)]
    assert numbers == [0xFE, 0xFF, 0x00]


def test_a_wireless_device_is_not_on_the_bus() -> None:
    assert Master(make_device(wireless=True)).short(SND_NKE) == b""


# Addresses.


@pytest.mark.parametrize(("address", "taken"), [(1, True), (250, True)])
def test_the_address_is_set(master: Master, address: int, taken: bool) -> None:
    assert master.plain(rows.ADDRESS.record(address)) == ACKNOWLEDGED
    assert master.device.state.address == address
    assert master.device.mode == "customer"
    assert master.send(Short(SND_NKE, 0).encode()) == b""
    assert master.short(SND_NKE) == ACKNOWLEDGED


def test_a_device_that_is_deinstalled_takes_address_0_again(master: Master) -> None:
    master.plain(rows.ADDRESS.record(7))
    assert master.plain(rows.ADDRESS.record(0)) == ACKNOWLEDGED
    assert (master.device.state.address, master.device.mode) == (0, "installation")


@pytest.mark.parametrize("address", [251, 253, 255])
def test_an_address_outside_1_to_250_is_ignored(master: Master, address: int) -> None:
    assert master.plain(rows.ADDRESS.record(address)) == b""
    assert master.device.state.address == 0


def test_with_a_user_key_the_address_stays(keyed: Master) -> None:
    assert keyed.plain(rows.ADDRESS.record(2)) == b""
    assert keyed.device.state.address == 1
    assert keyed.set_key(NO_KEY) == ACKNOWLEDGED
    assert keyed.plain(rows.ADDRESS.record(2)) == ACKNOWLEDGED
    assert keyed.device.state.address == 2


# Keys.


def test_a_user_key_is_in_use_from_then_on(master: Master) -> None:
    assert master.set_key() == ACKNOWLEDGED
    assert master.device.state.user_key == USER_KEY
    assert master.read()["equipment_identifier"] == EQUIPMENT_ID
    assert master.set_key(OTHER_KEY) == ACKNOWLEDGED
    assert master.read()["equipment_identifier"] == EQUIPMENT_ID


def test_the_frame_counter_goes_on_under_another_key(keyed: Master) -> None:
    keyed.read()
    keyed.read()
    assert keyed.device.state.frame_counter == 2
    keyed.set_key(OTHER_KEY)
    keyed.read()
    assert keyed.device.state.frame_counter == 3


def test_half_a_key_is_no_key(master: Master) -> None:
    low, high = key_records(wrap_user_key(DEFAULT_KEY, USER_KEY))
    for records in ((low,), (high,), (low, low), (low, high, high)):
        assert master.plain(*records) == b""
    assert master.device.state.user_key == NO_KEY


def test_a_key_of_smr_5_is_transferred_once_and_by_its_tag() -> None:
    master = Master(make_device(version=DsmrVersion.SMR_5_0))
    device = master.device.identity.short_id

    def transfer(key: bytes, counter: int, key_id: int = 0, changed: int = 0) -> bytes:
        octets = bytearray(
            encode_key_transfer(
                DEFAULT_KEY, device, TransferredKey(key_id, key, counter)
            )
        )
        octets[-1] ^= changed
        return master.plain(rows.KEY_TRANSFER.record(bytes(octets)))

    assert transfer(USER_KEY, 5, changed=1) == b""
    assert master.device.state.user_key == NO_KEY
    assert transfer(USER_KEY, 5) == ACKNOWLEDGED
    assert master.device.state.user_key == USER_KEY
    for counter in (4, 5):
        assert transfer(OTHER_KEY, counter) == b""
    assert transfer(OTHER_KEY, 6, key_id=1) == ACKNOWLEDGED
    assert master.device.state.user_key == USER_KEY


def test_each_standard_takes_only_its_own_kind_of_key(master: Master) -> None:
    later = Master(make_device(version=DsmrVersion.SMR_5_0))
    assert later.set_key() == b""
    transferred = encode_key_transfer(
        DEFAULT_KEY, master.device.identity.short_id, TransferredKey(0, USER_KEY, 1)
    )
    assert master.plain(rows.KEY_TRANSFER.record(transferred)) == b""
    assert master.device.state.user_key == later.device.state.user_key == NO_KEY


# Mode 15.


def test_with_a_user_key_nothing_in_clear_is_taken(keyed: Master) -> None:
    before = frozen(keyed.device.state)
    clear = ShortHeader(1).encode() + rows.CLEAR_STATUS.record(0x73).encode()
    assert keyed.tell(0x5A, clear) == b""
    keyed.user_key = None
    assert keyed.clock(encode_set_clock(from_epoch(NOW_S))) == b""
    assert frozen(keyed.device.state) == before


def test_without_a_user_key_nothing_enciphered_is_taken(master: Master) -> None:
    assert master.control(rows.CLEAR_STATUS.record(0x73), key=USER_KEY) == b""
    assert master.control(rows.CLEAR_STATUS.record(0x73)) == ACKNOWLEDGED


@pytest.mark.parametrize("ahead", [0, -1])
def test_a_counter_that_is_not_higher_is_ignored(keyed: Master, ahead: int) -> None:
    keyed.read()
    keyed.device.tamper()
    before = frozen(keyed.device.state)
    assert keyed.control(rows.CLEAR_STATUS.record(0x73), ahead=ahead) == b""
    assert frozen(keyed.device.state) == before


def test_one_counter_serves_both_directions(keyed: Master) -> None:
    assert keyed.control(rows.CLEAR_STATUS.record(0x73), ahead=500) == ACKNOWLEDGED
    assert keyed.device.state.frame_counter == 500
    keyed.read()
    assert keyed.device.state.frame_counter == 501


def test_another_key_or_fillers_that_lack_change_nothing(keyed: Master) -> None:
    before = frozen(keyed.device.state)
    clear_status = rows.CLEAR_STATUS.record(0x73)
    assert keyed.control(clear_status, key=OTHER_KEY) == b""
    plaintext = filled(clear_status.encode())
    for wrong in (b"\x2f\x2e" + plaintext[2:], plaintext[:-1] + b"\x2e"):
        body = seal_mode_15(USER_KEY, keyed.device.identity.short_id, 1, wrong)
        header = ShortHeader(1, 0, Configuration(15, 1))
        assert keyed.tell(0x5A, header.encode() + body) == b""
    assert frozen(keyed.device.state) == before


@pytest.mark.parametrize("mode", [1, 5, 9, 13])
def test_modes_that_dsmr_lacks_are_ignored(keyed: Master, mode: int) -> None:
    body = bytearray(keyed.control_body(rows.CLEAR_STATUS.record(0x73)))
    body[3] = mode
    assert keyed.tell(0x5A, bytes(body)) == b""
    assert keyed.device.state.frame_counter == 0


def test_a_device_whose_counter_has_run_out_falls_silent(keyed: Master) -> None:
    assert keyed.control(rows.STATUS.selection(), ahead=MAX_COUNTER) == ACKNOWLEDGED
    assert keyed.short(REQ_UD2) == b""
    assert keyed.short(SND_NKE) == ACKNOWLEDGED


def test_a_command_that_comes_twice_is_done_once(keyed: Master) -> None:
    body = keyed.control_body(rows.CLEAR_STATUS.record(0x73))
    assert keyed.tell(0x5A, body) == ACKNOWLEDGED
    keyed.device.tamper()
    assert keyed.tell(0x5A, body) == ACKNOWLEDGED
    assert keyed.device.status == Status.FRAUD
    # With another frame between them it is a replay.
    keyed.short(SND_NKE)
    assert keyed.tell(0x5A, body) == b""


# Status.


def test_the_e_meter_clears_what_does_not_stay(keyed: Master) -> None:
    keyed.device.tamper()
    keyed.device.fail(permanent=False)
    keyed.device.fail(permanent=True)
    keyed.device.battery_low()
    stays = Status.PERMANENT_ERROR | Status.LOW_BATTERY
    assert keyed.read()["status"] == stays | Status.FRAUD | Status.TEMPORARY_ERROR
    assert keyed.control(rows.CLEAR_STATUS.record(Status(0xFF))) == ACKNOWLEDGED
    assert keyed.read()["status"] == stays


def test_what_cannot_be_done_is_an_application_error(keyed: Master) -> None:
    assert keyed.control(rows.VALVE_COMMAND.record(ValveCommand.CLOSE)) == ACKNOWLEDGED
    assert keyed.read()["status"] == Status(0x02)


# The read-out list.


def test_what_is_selected_is_told_until_the_link_is_normalised(keyed: Master) -> None:
    selection = (rows.MODEL_VERSION.selection(), rows.actual(rows.VOLUME).selection())
    assert keyed.control(*selection) == ACKNOWLEDGED
    keyed.device.set_flow(3600)
    keyed.now_s += 5
    assert keyed.read() == {"model_version": "dsmr=4.0\r\n", "volume": 5}
    assert keyed.read()["model_version"] == "dsmr=4.0\r\n"
    assert keyed.short(SND_NKE) == ACKNOWLEDGED
    assert "equipment_identifier" in keyed.read()


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (rows.HARDWARE_VERSION, ("met", "com")),
        (rows.METROLOGY_FIRMWARE_VERSION, ("met",)),
        (rows.OTHER_SOFTWARE_VERSION, ("com", "apl", "cfg")),
    ],
)
def test_versions_are_properties(
    keyed: Master, row: Row, names: tuple[str, ...]
) -> None:
    keyed.control(row.selection())
    (text,) = keyed.read().values()
    assert text.endswith("\r\n")
    assert tuple(line.partition("=")[0] for line in text.splitlines()) == names


def test_a_selection_that_it_does_not_know_is_left_out(keyed: Master) -> None:
    assert keyed.control(rows.HEAT.selection(), rows.STATUS.selection()) == ACKNOWLEDGED
    assert keyed.read() == {"status": 0}


def test_more_than_fits_a_message_is_left_out(keyed: Master) -> None:
    selection = [rows.OTHER_SOFTWARE_VERSION.selection()] * 20
    assert keyed.control(*selection) == ACKNOWLEDGED
    assert 1 < len(keyed.records()) < 20


# What must not hurt.


@given(st.binary(max_size=40))
def test_no_octets_hurt(octets: bytes) -> None:
    master = Master(make_device())
    assert isinstance(master.send(octets), bytes)
    for ci in (0x51, 0x5A, 0x6C):
        master.tell(ci, octets)
        master.tell(ci, master.device.identity.short_id.encode() + octets)
        master.tell(ci, bytes(4) + octets)
    master.device.state.address = 0
    assert master.short(SND_NKE) == ACKNOWLEDGED


@given(st.binary(max_size=60))
def test_no_deciphered_octets_hurt(octets: bytes) -> None:
    master = Master(make_device())
    master.set_key()
    body = seal_mode_15(
        USER_KEY, master.device.identity.short_id, 1, plaintext := filled(octets)
    )
    header = ShortHeader(1, 0, Configuration(15, len(plaintext) // 16))
    master.tell(0x5A, header.encode() + body)
    master.short(SND_NKE)
    assert master.read()["equipment_identifier"] == EQUIPMENT_ID


def test_a_frame_for_the_master_is_not_answered(master: Master) -> None:
    answer = master.short(REQ_UD2)
    assert master.send(answer) == b""
    assert master.send(Long(0x08, 0, 0x72, b"").encode()) == b""
