"""A wireless device: when it transmits, and what it does in its windows (P2 4.0.7, 3.2.5, 4.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.p2.device import Device
from meters.p2.identity import NO_KEY, Fitting
from meters.p2.radio import TRANSMISSIONS, WINDOW_S
from meters.p2.state import Mode, to_json
from tests.meters.builders import NOW_S
from tests.meters.p2.builders import (
    DEFAULT_KEY,
    EQUIPMENT_ID,
    USER_KEY,
    make_device,
)
from wire.instants import NEVER, from_epoch
from wire.mbus import application, rows, wireless
from wire.mbus.application import Application, Ci, Opening, Sealing, compose, interpret
from wire.mbus.headers import DsmrVersion, LongHeader
from wire.mbus.messages import (
    ClearStatus,
    Data,
    Message,
    Nothing,
    OperateValve,
    ReadOutList,
    SetClock,
    SetKey,
)
from wire.mbus.security import wrap_user_key
from wire.mbus.values import ValveCommand
from wire.mbus.wireless import NO_LINK_ADDRESS, Service, Side, Telegram

_C = {Service.SND_NKE: 0x40, Service.REQ_UD2: 0x5B, Service.CNF_IR: 0x06}
OTHER_ID = "G0001234567890213"
HOUR_S = 3600


def wireless_device(mode: Mode = Mode.CUSTOMER, **traits: object) -> Device:
    """A gas meter with a radio, as the customer has it."""
    device = make_device(wireless=True, **traits)
    device.state.mode = mode
    device.state.at_s = NOW_S
    device.set_clock_error(0)
    return device


class EMeter:
    """The other end of the radio: telegrams for one device, and its own read."""

    def __init__(self, device: Device, user_key: bytes | None = None) -> None:
        self.device = device
        self.user_key = user_key
        self.access_number = 0

    def link(self, service: Service, access_number: int | None = None) -> bytes:
        """A telegram without content."""
        number = self._next() if access_number is None else access_number
        short_id = self.device.identity.short_id
        body = compose(Ci.LINK_TO_DEVICE, Nothing(), short_id, number)
        return Telegram(
            _C[service], NO_LINK_ADDRESS, Ci.LINK_TO_DEVICE, body.encode()
        ).encode()

    def tell(self, message: Message, ahead: int = 1, ci: Ci = Ci.COMMAND_LONG) -> bytes:
        """A telegram with a message; enciphered if there is a key and it is not a new key."""
        sealing = None
        if self.user_key and not isinstance(message, SetKey):
            counter = self.device.state.frame_counter + ahead
            sealing = Sealing(self.user_key, counter)
        short_id = self.device.identity.short_id
        body = compose(ci, message, short_id, self._next(), sealing=sealing)
        return Telegram(0x53, NO_LINK_ADDRESS, ci, body.encode()).encode()

    def read(self, octets: bytes) -> tuple[Service, Application, dict[str, object]]:
        """What the device says: the service, header and body, and its records by name."""
        telegram = wireless.decode(octets, Side.DEVICE)
        short_id = self.device.identity.short_id
        assert telegram.sender() == short_id
        message = application.decode(telegram.ci, telegram.body)
        opening = Opening(self.user_key, None) if self.user_key else None
        said = interpret(message, short_id, opening).message
        content = said.content if isinstance(said, Data) else ()
        return telegram.service, message, {r.name: r.value for r in content}

    def _next(self) -> int:
        self.access_number += 1
        return self.access_number


def word(message: Application) -> str:
    """The configuration word, as its octets stand."""
    assert message.header is not None
    return message.header.configuration.encode().hex()


def number(message: Application) -> int:
    """The access number."""
    assert message.header is not None
    return message.header.access_number


def next_transmission(device: Device) -> bytes:
    """What it sends by itself next, at its time."""
    return device.transmit(device.next_s)


# Installation.


def test_in_storage_the_radio_is_off_until_the_button_is_held() -> None:
    device = make_device(wireless=True)
    assert (device.mode, device.next_s) == ("storage", NEVER)
    device.press_button(1)
    assert device.next_s == NEVER
    assert device.shown == "00000.000 m3 Storage"
    device.press_button(6)
    assert device.mode == "installation"
    assert device.next_s == NOW_S + 1


def test_it_asks_every_minute_for_an_hour_then_every_hour() -> None:
    device = make_device(wireless=True)
    device.press_button(6)
    sent_s = []
    for _ in range(63):
        sent_s.append(device.next_s)
        service, message, content = EMeter(device).read(next_transmission(device))
        assert (service, content, word(message)) == (Service.SND_IR, {}, "0080")
    steps_s = [after - before for before, after in zip(sent_s, sent_s[1:])]
    assert steps_s == [60] * 59 + [3600] * 3
    device.press_button(6)
    assert device.next_s == sent_s[-1] + 1
    next_transmission(device)
    assert device.next_s == sent_s[-1] + 61


def test_a_key_of_the_factory_protects_the_request_and_stays() -> None:
    device = make_device(wireless=True, user_key=USER_KEY)
    device.press_button(6)
    service, message, content = EMeter(device, USER_KEY).read(next_transmission(device))
    assert (service, content, word(message)) == (Service.SND_IR, {}, "108f")
    assert device.state.user_key == USER_KEY


def test_the_confirmation_makes_it_a_customer_s() -> None:
    device = make_device(wireless=True)
    device.press_button(6)
    e_meter = EMeter(device)
    _, message, _ = e_meter.read(next_transmission(device))
    now_s = device.state.at_s
    wrong = e_meter.link(Service.CNF_IR, number(message) + 1)
    assert device.react(wrong, now_s) == b""
    assert device.mode == "installation"
    _, message, _ = e_meter.read(next_transmission(device))
    confirmed = e_meter.link(Service.CNF_IR, number(message))
    assert device.react(confirmed, device.state.at_s) == b""
    assert device.mode == "customer"
    assert device.state.at_s < device.next_s < NOW_S + WINDOW_S


def test_the_confirmation_of_another_device_is_not_ours() -> None:
    device, other = (
        make_device(wireless=True, equipment_id=i) for i in (EQUIPMENT_ID, OTHER_ID)
    )
    device.press_button(6)
    _, message, _ = EMeter(device).read(next_transmission(device))
    device.react(EMeter(other).link(Service.CNF_IR, number(message)), device.state.at_s)
    assert device.mode == "installation"


# The hourly reading.


@pytest.mark.parametrize("serial", range(0, 400, 7))
def test_readings_go_out_within_ten_minutes_never_before_they_are_there(
    serial: int,
) -> None:
    device = wireless_device(equipment_id=f"G0001{serial:010}13")
    device.set_flow(1000)
    offsets = set()
    for hour in range(300):
        offset_s = device.next_s - (NOW_S + hour * HOUR_S)
        assert 0 < offset_s < WINDOW_S
        offsets.add(offset_s)
        service, _, content = EMeter(device).read(next_transmission(device))
        assert service is Service.SND_NR
        assert content["timestamp"] == from_epoch(NOW_S + hour * HOUR_S)
        assert content["volume"] == hour * 1000
    assert len(offsets) > 60


def test_devices_do_not_all_send_at_once() -> None:
    moments = {
        wireless_device(equipment_id=f"G0001{serial:010}13").next_s
        for serial in range(300)
    }
    assert len(moments) > 250


def test_the_reading_is_synchronous_and_its_number_goes_on() -> None:
    device = wireless_device()
    numbers = []
    for _ in range(3):
        _, message, _ = EMeter(device).read(next_transmission(device))
        assert word(message) == "00a0"
        numbers.append(number(message))
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    device.state.user_key = USER_KEY
    _, message, _ = EMeter(device, USER_KEY).read(next_transmission(device))
    assert word(message) == "30af"


def test_another_clock_brings_another_moment() -> None:
    device = wireless_device()
    before_s = device.next_s
    device.set_clock_error(1800)
    assert device.next_s == before_s - 1800 + HOUR_S
    device.set_clock_error(-86_400)
    assert device.next_s == before_s


def test_at_the_very_moment_the_next_one_is_an_hour_away() -> None:
    device = wireless_device()
    device.advance(device.next_s)
    device.set_clock_error(0)
    assert device.next_s == device.state.at_s + HOUR_S


def test_smr_5_sends_every_five_minutes() -> None:
    device = wireless_device(version=DsmrVersion.SMR_5_0)
    for count in range(300):
        assert 0 < device.next_s - (NOW_S + 300 * count) < 300
        next_transmission(device)


def test_an_empty_battery_ends_it() -> None:
    device = wireless_device()
    device.drain_battery(0)
    assert next_transmission(device) == b""
    assert device.next_s == NEVER


def test_a_valve_that_moves_is_told_of_at_once() -> None:
    device = wireless_device(valve=Fitting.RELEASED_BY_HAND)
    device.state.user_key = USER_KEY
    e_meter = EMeter(device, USER_KEY)
    next_transmission(device)
    now_s = device.state.at_s
    device.react(e_meter.tell(OperateValve(ValveCommand.CLOSE)), now_s)
    assert device.next_s == now_s + 1
    _, _, content = e_meter.read(next_transmission(device))
    assert content["valve_status"] == 0
    assert device.next_s > now_s + 2000


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("user_key", [NO_KEY, USER_KEY])
def test_what_nobody_hears_costs_the_same(mode: Mode, user_key: bytes) -> None:
    heard, missed = wireless_device(mode), wireless_device(mode)
    for device in (heard, missed):
        device.state.user_key = user_key
        device.state.transmit_s = device.state.at_s + 60
        device.set_flow(100)
    for _ in range(100):
        if heard.next_s == NEVER:
            break
        heard.transmit(heard.next_s)
        missed.miss(missed.next_s)
    assert to_json(missed.state) == to_json(heard.state)


# The frequent access cycle.


@pytest.fixture
def cycle() -> tuple[Device, EMeter, Callable[[bytes], bytes]]:
    """A device with a User key that has just sent its reading, and what it reacts."""
    device = wireless_device()
    device.state.user_key = USER_KEY
    next_transmission(device)
    now_s = device.state.at_s
    return device, EMeter(device, USER_KEY), lambda octets: device.react(octets, now_s)


Cycle = tuple[Device, EMeter, Callable[[bytes], bytes]]


def test_without_a_message_there_is_no_cycle(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    assert react(b"") == b""
    assert react(e_meter.link(Service.REQ_UD2)) == b""


def test_commands_are_acknowledged_data_answered(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    device.tamper()
    service, message, _ = e_meter.read(react(e_meter.tell(ClearStatus())))
    assert (service, word(message), number(message)) == (Service.ACK, "0080", 1)
    service, message, content = e_meter.read(react(e_meter.link(Service.REQ_UD2)))
    assert (service, word(message), number(message)) == (Service.RSP_UD, "308f", 2)
    assert content["status"] == 0
    assert content["equipment_identifier"] == EQUIPMENT_ID
    assert react(e_meter.link(Service.SND_NKE)) == b""
    assert react(e_meter.link(Service.REQ_UD2)) == b""


def test_it_repeats_itself_until_heard_and_sends_six_times_at_most(
    cycle: Cycle,
) -> None:
    device, e_meter, react = cycle
    sent = [react(e_meter.link(Service.REQ_UD2))]
    while telegram := react(b""):
        sent.append(telegram)
    assert len(sent) == TRANSMISSIONS - 1
    assert len(set(sent)) == 1


def test_a_message_that_comes_again_is_not_done_again(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    telegram = e_meter.tell(ClearStatus())
    first = react(telegram)
    device.tamper()
    assert react(telegram) == first
    assert device.status.name == "FRAUD"


def test_what_is_not_valid_begins_no_cycle_and_does_not_end_one(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    telegram = e_meter.link(Service.REQ_UD2)
    assert react(telegram[:-1] + b"\0") == b""
    next_transmission(device)
    first = react(e_meter.link(Service.REQ_UD2))
    assert react(telegram[:-1] + b"\0") == first
    assert (
        react(EMeter(make_device(equipment_id=OTHER_ID)).link(Service.SND_NKE)) == first
    )
    assert react(e_meter.tell(ClearStatus(), ahead=0)) == first


def test_a_selection_holds_until_the_cycle_is_over(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    react(e_meter.tell(ReadOutList((rows.MODEL_VERSION,))))
    _, _, content = e_meter.read(react(e_meter.link(Service.REQ_UD2)))
    assert content == {"model_version": "dsmr=4.0\r\n"}
    while react(b""):
        pass
    _, _, content = e_meter.read(next_transmission(device))
    assert "volume" in content


def test_a_new_key_comes_in_clear_and_is_used_at_once(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    new_key = bytes(range(0x71, 0x81))
    answer = react(e_meter.tell(SetKey(wrap_user_key(DEFAULT_KEY, new_key))))
    assert e_meter.read(answer)[0] is Service.ACK
    e_meter.user_key = new_key
    _, _, content = e_meter.read(react(e_meter.link(Service.REQ_UD2)))
    assert content["equipment_identifier"] == EQUIPMENT_ID


def test_the_clock_is_set_in_a_cycle(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    at_s = device.state.at_s
    block = SetClock(from_epoch(at_s + 5))
    assert react(e_meter.tell(block, ci=Ci.CLOCK))
    assert device.state.clock_s == at_s + 5


def test_nothing_in_clear_is_taken_with_a_user_key(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    device.tamper()
    e_meter.user_key = None
    assert react(e_meter.tell(ClearStatus())) == b""
    assert device.status.name == "FRAUD"


def test_octets_behind_a_message_of_the_link_are_not_taken(cycle: Cycle) -> None:
    device, e_meter, react = cycle
    header = LongHeader(device.identity.short_id, 1).encode()
    longer = Telegram(0x5B, NO_LINK_ADDRESS, Ci.LINK_TO_DEVICE, header + b"\x2f")
    assert react(longer.encode()) == b""


def test_without_a_user_key_telegrams_are_in_clear() -> None:
    device = wireless_device()
    assert device.state.user_key == NO_KEY
    next_transmission(device)
    e_meter = EMeter(device)
    service, _, _ = e_meter.read(
        device.react(e_meter.tell(ClearStatus()), device.state.at_s)
    )
    assert service is Service.ACK


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_no_telegrams_hurt(telegrams: list[bytes]) -> None:
    device = wireless_device()
    device.state.user_key = USER_KEY
    next_transmission(device)
    now_s = device.state.at_s
    device.react(EMeter(device).link(Service.REQ_UD2), now_s)
    for octets in telegrams:
        device.react(octets, now_s)
        for ci in (Ci.COMMAND_LONG, Ci.CLOCK):
            header = LongHeader(device.identity.short_id, 1).encode()
            made = Telegram(0x53, NO_LINK_ADDRESS, ci, header + octets)
            device.react(made.encode(), now_s)
    assert device.state.user_key == USER_KEY
    service, _, content = EMeter(device, USER_KEY).read(next_transmission(device))
    assert service is Service.SND_NR
    assert content["equipment_identifier"] == EQUIPMENT_ID
