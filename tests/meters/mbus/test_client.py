"""Class 72, 77 and clear status as the central system meets them (P3 4.0.7, 7.1)."""

from __future__ import annotations

import pytest

from meters.mbus.channels import KeyStatus
from meters.meter import Meter
from tests.meters.access import act, get, put
from tests.meters.mbus.household import (
    DEFAULT_KEY,
    OTHER_KEY,
    USER_KEY,
    ListenedBus,
    gas,
    give_key,
    household,
    installed,
    newest,
    pass_s,
    shown,
    until,
    wrapped,
)
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.instants import DateTime
from wire.mbus.headers import DsmrVersion
from wire.mbus.security import TransferredKey, encode_key_transfer
from wire.zones import DUTCH

CLIENT = (72, "0-1:24.1.0")
GOOD, REFUSED = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
NOTHING = axdr.integer(0)
ATTRIBUTES = range(5, 15)
WRITERS = {
    5: axdr.unsigned,
    6: axdr.double_long_unsigned,
    7: axdr.long_unsigned,
    8: axdr.unsigned,
    9: axdr.unsigned,
}
SHORT_ID = {6: 0x12345678, 7: 0x126C, 8: 0x40, 9: 3}


def values(meter: Meter) -> list[int]:
    """Attributes 5 to 14."""
    return [get(meter, CLIENT, attribute).value for attribute in ATTRIBUTES]


def write(meter: Meter, attribute: int, value: int) -> DataAccessResult:
    return put(meter, CLIENT, attribute, WRITERS[attribute](value))


def test_an_empty_channel_shows_that_nothing_is_known() -> None:
    assert values(household()) == [0, 0, 0, 0, 0, 0, 0, 0, 99, 0]


@pytest.mark.parametrize(
    ("standard", "identification"),
    (
        (Standard.DSMR_4_0_6, 0x12345678),
        (Standard.DSMR_4_2_2, 0x12345678),
        (Standard.SMR_5_0, 12_345_678),
    ),
)
def test_what_was_bound_stands_in_the_attributes(
    standard: Standard, identification: int
) -> None:
    known = gas(version=newest(standard))
    meter = household(known, standard=standard)
    assert act(meter, CLIENT, 1, NOTHING) is ActionResult.SUCCESS
    pass_s(meter, 2)
    version = int(known.identity.version)
    assert values(meter)[:5] == [1, identification, 0x126C, version, 3]
    give_key(meter, 1, known)
    access_number, status, alarm, configuration, key_status = values(meter)[5:]
    assert access_number == known.state.access_number - 1 & 0xFF
    assert (status, alarm, configuration, key_status) == (0, 0, 15, KeyStatus.IN_USE)


def test_the_capture_definition_has_the_blocks_of_each_record() -> None:
    pairs = axdr.plain(get(installed(gas()), CLIENT, 3))
    assert [b"\x4c", b"\x13"] in pairs and [b"\x46", b"\x6d"] in pairs
    assert [b"\x01", b"\xfd\x17"] in pairs


def test_the_short_id_is_written_part_by_part() -> None:
    meter = household()
    for attribute, value in SHORT_ID.items():
        assert write(meter, attribute, value) is GOOD
        assert get(meter, CLIENT, attribute).value == value
    assert shown(meter).identification == 12_345_678 and shown(meter).named


def test_another_name_forgets_what_was_known_of_the_former() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    assert write(meter, 6, 0x12345679) is GOOD
    assert values(meter)[5:] == [0, 0, 0, 99, 0]
    assert not shown(meter).user_key and not shown(meter).equipment_id
    assert write(meter, 6, 0x12345679) is GOOD


@pytest.mark.parametrize("value", (0x1234567A, 0xFFFFFFFF, 0xA))
def test_what_is_no_bcd_is_no_identification(value: int) -> None:
    meter = household()
    assert write(meter, 6, value) is REFUSED
    assert meter.state.mbus is None


def test_smr_5_has_no_more_than_eight_digits() -> None:
    meter = household(standard=Standard.SMR_5_0)
    assert write(meter, 6, 100_000_000) is REFUSED
    assert write(meter, 6, 99_999_999) is GOOD
    assert get(meter, CLIENT, 6).value == 99_999_999


def test_an_address_is_1_to_250_and_on_one_channel() -> None:
    meter = household(gas())
    assert write(meter, 5, 251) is REFUSED
    assert write(meter, 5, 250) is GOOD
    other = put(meter, (72, "0-2:24.1.0"), 5, axdr.unsigned(250))
    assert other is REFUSED
    assert write(meter, 5, 0) is GOOD
    pass_s(meter, 600)
    assert values(meter)[:2] == [0, 0]


def test_the_methods_of_an_empty_channel_are_a_logical_error() -> None:
    meter = household()
    for method in (2, 3, 5):
        assert act(meter, CLIENT, method, NOTHING) is ActionResult.OTHER_REASON
    for method in (7, 8):
        key = axdr.octet_string(USER_KEY)
        assert act(meter, CLIENT, method, key) is ActionResult.OTHER_REASON
    assert act(meter, CLIENT, 4, NOTHING) is ActionResult.SUCCESS


def test_the_keys_come_by_methods_7_and_8() -> None:
    meter = installed(known := gas())
    key = axdr.octet_string(wrapped(known, USER_KEY))
    assert act(meter, CLIENT, 8, key) is ActionResult.SUCCESS
    assert get(meter, CLIENT, 14).value == 2
    assert act(meter, CLIENT, 7, axdr.octet_string(USER_KEY)) is ActionResult.SUCCESS
    assert get(meter, CLIENT, 14).value == 3
    pass_s(meter, 2)
    assert get(meter, CLIENT, 14).value == 4


def element(dib: str, vib: str, value: axdr.Data) -> axdr.Data:
    return axdr.structure(
        axdr.octet_string(bytes.fromhex(dib)),
        axdr.octet_string(bytes.fromhex(vib)),
        value,
    )


def test_data_send_brings_the_commands_of_dsmr() -> None:
    meter = installed(known := gas())
    give_key(meter, 1, known)
    known.fail(permanent=False)
    clear = axdr.array((element("01", "FD9706", axdr.unsigned(0x73)),))
    assert act(meter, CLIENT, 6, clear) is ActionResult.SUCCESS
    pass_s(meter, 1)
    assert int(known.status) == 0


@pytest.mark.parametrize("key_id", (1, 2))
def test_data_send_brings_the_further_keys_of_smr_5(key_id: int) -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = installed(known, standard=Standard.SMR_5_0)
    give_key(meter, 1, known)
    bus = ListenedBus(meter)
    sealed = encode_key_transfer(
        DEFAULT_KEY, known.identity.short_id, TransferredKey(key_id, OTHER_KEY, 9)
    )
    key = axdr.array((element("0D", "FD19", axdr.octet_string(sealed)),))
    assert act(meter, CLIENT, 6, key) is ActionResult.SUCCESS
    pass_s(meter, 1)
    ((sent, answer),) = bus.exchanges
    assert answer == b"\xe5" and sent[6] == 0x51 and sealed in sent
    assert known.state.user_key == USER_KEY
    assert known.state.transfer_counter == 9


@pytest.mark.parametrize(
    "elements",
    (
        (),
        (axdr.integer(0),),
        (axdr.structure(axdr.integer(0), axdr.integer(0), axdr.integer(0)),),
        (element("01", "FD1801", axdr.unsigned(1)),),
        (element("01", "7A", axdr.unsigned(9)),),
        (element("01", "FD9706", axdr.long_unsigned(0x100)),),
        (element("", "FD9706", axdr.unsigned(1)),),
        (element("01", "FD", axdr.unsigned(1)),),
        (element("0D", "FD19", axdr.octet_string(bytes(192))),),
        (element("0D", "FD19", axdr.octet_string(b"")),),
        (element("07", "FD19", axdr.octet_string(bytes(7))),),
        (element("01", "FD9706", axdr.array(())),),
        (
            element("08", "FD0C", axdr.null_data()),
            element("01", "7A", axdr.unsigned(1)),
        ),
    ),
)
def test_data_send_refuses_what_is_no_command(elements: tuple[axdr.Data, ...]) -> None:
    meter = installed(gas())
    bus = ListenedBus(meter)
    outcome = act(meter, CLIENT, 6, axdr.array(elements))
    assert outcome is ActionResult.OTHER_REASON
    pass_s(meter, 1)
    assert not bus.exchanges and not shown(meter).records


def test_the_diagnostic_counts_and_tells_of_the_link() -> None:
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = household(known, standard=Standard.SMR_5_0)
    place = (77, "0-1:24.9.0")
    assert get(meter, place, 4).value == 0
    act(meter, CLIENT, 1, NOTHING)
    until(meter, 130)
    assert get(meter, place, 4).value == 1
    sent, good = get(meter, place, 6).value, get(meter, place, 7).value
    bus = ListenedBus(meter)
    until(meter, 130)
    assert get(meter, place, 6).value == sent + len(bus.exchanges)
    assert get(meter, place, 7).value == good + len(bus.exchanges)
    attribute, stamp = axdr.plain(get(meter, place, 9))
    last_s = int(DUTCH.instant(DateTime.decode(stamp)).timestamp())
    assert (attribute, last_s) == (7, shown(meter).read_s)
    bus.instead = lambda asked, answer: b""
    until(meter, 700)
    assert get(meter, place, 4).value == 2


def test_clear_status_takes_a_mask_where_a_device_is() -> None:
    place = (1, "0-1:94.31.10")
    known = gas(version=DsmrVersion.SMR_5_0)
    meter = household(known, standard=Standard.SMR_5_2)
    assert put(meter, place, 2, axdr.double_long_unsigned(0x40)) is REFUSED
    act(meter, CLIENT, 1, NOTHING)
    pass_s(meter, 2)
    known.break_seal()
    known.fail(permanent=False)
    assert put(meter, place, 2, axdr.double_long_unsigned(0x40)) is GOOD
    assert get(meter, place, 2).value == 0x40
    pass_s(meter, 1)
    assert int(known.status) == 0x10 and get(meter, place, 2).value == 0
