"""Whole messages: CI, header and body both ways, and what each CI does not bring."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.mbus.samples import (
    DEFAULT_KEY,
    GAS,
    USER_KEY,
    WIRED,
    WORKED,
    octets_of,
    utc,
)
from wire.errors import LocalError, SecurityError, WireError
from wire.mbus import frames, rows
from wire.mbus.application import (
    HEADERS,
    MESSAGES,
    Application,
    Ci,
    Interpreted,
    Opening,
    Sealing,
    compose,
    decode,
    interpret,
)
from wire.mbus.headers import Configuration, LongHeader, ShortHeader
from wire.mbus.messages import (
    CONTROLS,
    SEALABLE,
    ClearStatus,
    Data,
    Message,
    Nothing,
    OperateValve,
    ReadOutList,
    SetAddress,
    SetClock,
    SetKey,
    TransferKey,
)
from wire.mbus.security import CounterTooLow, KeyMissing, WrongFillers
from wire.mbus.values import MeterConfiguration, Status, ValveCommand, ValveState

WRAPPED = bytes.fromhex(WORKED["keys"]["wrapped"])
HOURLY = Data(
    (
        rows.STATUS.record(Status(0)),
        rows.EQUIPMENT_IDENTIFIER.record("XXXXX110123456789"),
        rows.TIMESTAMP.record(utc(2009, 6, 18, 11)),
        rows.VOLUME.record(391),
        rows.VALVE_STATUS.record(ValveState.OPEN),
        rows.METER_CONFIGURATION.record(MeterConfiguration(7)),
    )
)
# The messages of the worked frames: CI, message, access number and counter.
FRAMES: dict[str, tuple[Ci, Message, int, int | None]] = {
    "set address 1": (Ci.SET_UP, SetAddress(1), 0, None),
    "key change": (Ci.SET_UP, SetKey(WRAPPED), 0, None),
    "hourly data, enciphered": (Ci.RESPONSE_LONG, HOURLY, 0xF6, 1),
    "set clock, enciphered": (Ci.CLOCK, SetClock(utc(2013, 7, 16, 13)), 2, 3),
    "open the valve, enciphered": (
        Ci.COMMAND_SHORT,
        OperateValve(ValveCommand.OPEN),
        3,
        4,
    ),
}
EXAMPLES: dict[type[Message], Message] = {
    Data: HOURLY,
    ReadOutList: ReadOutList((rows.MODEL_VERSION, rows.VOLUME)),
    ClearStatus: ClearStatus(),
    OperateValve: OperateValve(ValveCommand.CLOSE),
    SetAddress: SetAddress(250),
    SetKey: SetKey(WRAPPED),
    TransferKey: TransferKey(bytes(30)),
    SetClock: SetClock(utc(2024, 2, 29, 23, 59, 59)),
    Nothing: Nothing(),
}
PAIRS = [(ci, kind) for ci in Ci for kind in EXAMPLES]


@pytest.mark.parametrize("name", FRAMES)
def test_worked_frames_both_ways(name: str) -> None:
    ci, message, access_number, counter = FRAMES[name]
    frame = frames.decode(octets_of(name))
    assert isinstance(frame, frames.Long)
    sealing = None if counter is None else Sealing(USER_KEY, counter)
    opening = None if counter is None else Opening(USER_KEY, counter - 1)
    composed = compose(ci, message, GAS, access_number, sealing=sealing)
    assert replace(frame, body=composed.encode()) == frame
    assert frame.ci == composed.ci
    received = decode(frame.ci, frame.body)
    assert received == composed
    assert interpret(received, GAS, opening) == (message, counter)


def test_every_worked_frame_with_data_has_its_message() -> None:
    with_data = {name for name in WIRED if octets_of(name).startswith(b"\x68")}
    assert with_data == set(FRAMES)


@pytest.mark.parametrize(("ci", "kind"), PAIRS)
def test_each_ci_brings_its_messages(ci: Ci, kind: type[Message]) -> None:
    message = EXAMPLES[kind]
    if kind not in MESSAGES[ci]:
        with pytest.raises(LocalError, match="does not bring"):
            compose(ci, message, GAS)
        return
    clear = compose(ci, message, GAS, 17)
    assert type(clear.header) is (HEADERS[ci] or type(None))
    assert decode(ci, clear.encode()) == clear
    assert interpret(clear, GAS) == (message, None)
    if kind in SEALABLE:
        sealed = compose(ci, message, GAS, 17, sealing=Sealing(USER_KEY, 2))
        assert sealed.mode == 15 and sealed.body != clear.body
        assert decode(ci, sealed.encode()) == sealed
        assert interpret(sealed, GAS, Opening(USER_KEY, 1)) == (message, 2)
    else:
        with pytest.raises(LocalError, match="in clear"):
            compose(ci, message, GAS, 17, sealing=Sealing(USER_KEY, 2))


@pytest.mark.parametrize(("ci", "kind"), PAIRS)
def test_a_message_under_the_wrong_ci_is_refused(ci: Ci, kind: type[Message]) -> None:
    if kind in MESSAGES[ci] or Data in MESSAGES[ci]:
        return  # any records are data
    right = next(other for other in Ci if kind in MESSAGES[other])
    wrong = Application(
        ci,
        None if ci is Ci.SET_UP else ShortHeader(0),
        compose(right, EXAMPLES[kind], GAS).body,
    )
    with pytest.raises(WireError):
        interpret(wrong, GAS)


def test_which_messages_a_ci_brings() -> None:
    assert (
        MESSAGES[Ci.COMMAND_SHORT]
        == CONTROLS
        == {
            ReadOutList,
            ClearStatus,
            OperateValve,
        }
    )
    assert MESSAGES[Ci.COMMAND_LONG] - CONTROLS == {SetKey, TransferKey}
    assert MESSAGES[Ci.SET_UP] == {SetAddress, SetKey, TransferKey}
    assert [ci for ci in Ci if Data in MESSAGES[ci]] == [0x72, 0x7A]
    assert [ci for ci in Ci if Nothing in MESSAGES[ci]] == [0x80, 0x8A]
    assert set(MESSAGES) == set(HEADERS) == set(Ci)
    long = [ci for ci in Ci if HEADERS[ci] is LongHeader]
    assert long == [0x5B, 0x6C, 0x72, 0x80]
    assert [ci for ci in Ci if HEADERS[ci] is ShortHeader] == [0x5A, 0x7A, 0x8A]


def test_other_cis_are_refused() -> None:
    for ci in set(range(256)) - set(Ci):
        with pytest.raises(WireError, match=f"CI {ci:02X}"):
            decode(ci, bytes(20))


def sealed_hourly() -> Application:
    return compose(Ci.RESPONSE_SHORT, HOURLY, GAS, 1, sealing=Sealing(USER_KEY, 9))


def test_what_is_enciphered_needs_key_device_and_a_new_counter() -> None:
    application = sealed_hourly()
    with pytest.raises(KeyMissing):
        interpret(application, GAS)
    with pytest.raises(LocalError, match="whose"):
        interpret(application, None, Opening(USER_KEY, 8))
    with pytest.raises(CounterTooLow):
        interpret(application, GAS, Opening(USER_KEY, 9))
    with pytest.raises(WrongFillers):
        interpret(application, GAS, Opening(DEFAULT_KEY, 8))
    assert interpret(application, GAS, Opening(USER_KEY, None)) == (HOURLY, 9)
    with pytest.raises(LocalError, match="device"):
        compose(Ci.RESPONSE_SHORT, HOURLY, None, 1, sealing=Sealing(USER_KEY, 9))
    with pytest.raises(LocalError, match="device"):
        compose(Ci.RESPONSE_LONG, HOURLY)


def test_a_long_header_says_whose_message_it_is() -> None:
    application = compose(
        Ci.RESPONSE_LONG, HOURLY, GAS, 1, sealing=Sealing(USER_KEY, 9)
    )
    other = replace(GAS, manufacturer="LGB")
    assert interpret(application, other, Opening(USER_KEY, 8)).message == HOURLY
    assert isinstance(application.header, LongHeader)
    assert application.header.device == GAS


def test_what_the_radio_says_stays_in_the_configuration_word() -> None:
    word = Configuration(bidirectional=True, synchronous=True)
    clear = compose(Ci.RESPONSE_SHORT, HOURLY, GAS, 1, word)
    assert clear.encode()[:4] == bytes.fromhex("010000A0")
    sealed = compose(Ci.RESPONSE_SHORT, HOURLY, GAS, 1, word, Sealing(USER_KEY, 9))
    assert sealed.encode()[:4] == bytes.fromhex("010040AF")


@pytest.mark.parametrize("mode", [*range(1, 15)])
def test_other_modes_are_refused(mode: int) -> None:
    header = ShortHeader(1, 0, Configuration(mode, 4))
    application = Application(Ci.RESPONSE_SHORT, header, bytes(64))
    with pytest.raises(SecurityError, match=f"mode {mode} "):
        interpret(application, GAS, Opening(USER_KEY, None))


@pytest.mark.parametrize("word", ["0080", "00A0", "A000", "0000", "008F"])
def test_a_message_without_body_has_any_configuration_word(word: str) -> None:
    """The tables of the standard print the word of an ACK with its octets exchanged."""
    ack = decode(Ci.LINK_FROM_DEVICE, b"\x05\x00" + bytes.fromhex(word))
    assert interpret(ack) == (Nothing(), None)
    install = decode(Ci.RESPONSE_SHORT, b"\x05\x00" + bytes.fromhex(word))
    assert interpret(install) == (Data(), None)


def test_a_key_is_not_taken_from_mode_15() -> None:
    as_data = Data(SetKey(WRAPPED).records())
    sealed = compose(Ci.RESPONSE_LONG, as_data, GAS, 1, sealing=Sealing(USER_KEY, 9))
    key = Application(Ci.COMMAND_LONG, sealed.header, sealed.body)
    with pytest.raises(SecurityError, match="SetKey comes in clear"):
        interpret(key, GAS, Opening(USER_KEY, 8))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "01FD1700",
        "01FD970673 01FD1F00",
        "01FD1F00 2E2F000000000000",
        "07FD190000000000000000",
        "07FD190000000000000000 07FD190000000000000000",
        "08FD0E 01FD1F00",
        "08FD0E 08FD55",
        "0F",
    ],
)
def test_a_command_has_its_records_and_no_others(body: str) -> None:
    application = Application(Ci.COMMAND_LONG, ShortHeader(0), bytes.fromhex(body))
    with pytest.raises(WireError):
        interpret(application)


def test_both_halves_of_a_key_may_come_in_any_order() -> None:
    low, high = SetKey(WRAPPED).records()
    body = rows.encode((high, low))
    assert interpret(Application(Ci.SET_UP, None, body)).message == SetKey(WRAPPED)
    with pytest.raises(LocalError):
        SetKey(WRAPPED[1:])


def test_data_are_found_by_name() -> None:
    found = HOURLY.find("volume")
    assert found is not None and found.value == 391
    assert HOURLY.find("heat") is None
    assert HOURLY.find("volume", 1) is found and HOURLY.find("volume", 0) is None


@given(st.sampled_from(Ci), st.binary(max_size=100))
@settings(max_examples=300)
def test_any_octets_are_a_message_or_refused(ci: Ci, octets: bytes) -> None:
    try:
        interpreted = interpret(decode(ci, octets), GAS, Opening(USER_KEY, None))
    except WireError:
        return
    assert isinstance(interpreted, Interpreted)
    assert type(interpreted.message) in MESSAGES[ci]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)))
def test_clocks_are_set_to_the_second(instant: datetime) -> None:
    aware = instant.replace(microsecond=0, tzinfo=utc(2000, 1, 1).tzinfo)
    application = compose(Ci.CLOCK, SetClock(aware), GAS)
    assert interpret(application).message == SetClock(aware)


def test_no_key_is_printed() -> None:
    for secret in (
        Sealing(USER_KEY, 1),
        Opening(USER_KEY, 1),
        SetKey(WRAPPED),
        TransferKey(WRAPPED),
        compose(Ci.SET_UP, SetKey(WRAPPED)),
        interpret(compose(Ci.SET_UP, SetKey(WRAPPED))),
    ):
        for key in (USER_KEY, WRAPPED, WRAPPED[::-1]):
            assert repr(key)[2:10] not in repr(secret)
