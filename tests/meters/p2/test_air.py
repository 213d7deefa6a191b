"""The radio channel between an E-meter and its devices: order, cycles, faults, silence."""

from __future__ import annotations

from collections.abc import Callable

from meters.meter import Meter
from meters.p2.air import task
from meters.p2.attached import attach
from meters.p2.device import Device
from meters.p2.faults import Faults
from meters.p2.state import Mode
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p2.builders import EQUIPMENT_ID, make_device
from tests.meters.p2.test_radio import EMeter
from wire.errors import WireError
from wire.instants import NEVER
from wire.mbus import wireless
from wire.mbus.wireless import Service, Side

HOUR_S = 3600
OTHER_ID = "G0001234567890213"


class Listener:
    """An E-meter's ear: what it heard and when, and what it answers."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda octets: b"") -> None:
        self.heard: list[tuple[int, bytes]] = []
        self._answer = answer

    def __call__(self, meter: Meter, octets: bytes) -> bytes:
        self.heard.append((meter.state.at_s, octets))
        return self._answer(octets)

    def services(self) -> list[Service]:
        return [
            wireless.decode(octets, Side.DEVICE).service for _, octets in self.heard
        ]


def live(meter: Meter, listener: Listener, until_s: int) -> None:
    """The E-meter's time passes, with nothing but its radio."""
    row = task(listener)
    while (due_s := row.due(meter, meter.state.at_s)) <= until_s:
        meter.state.at_s = due_s
        row.run(meter)
    meter.state.at_s = until_s


def attached(*devices: Device, faults: Faults = Faults()) -> Meter:
    """A meter with these devices in the customer's hands, on ways with these faults."""
    meter = make_meter()
    for device in devices:
        device.state.mode = Mode.CUSTOMER
        device.set_clock_error(0)
        attach(meter, device)
        assert meter.state.attached is not None
        meter.state.attached.set_faults(device.identity.equipment_id, faults)
    meter.state.unsaved = False
    return meter


def radios() -> tuple[Device, Device]:
    return (
        make_device(wireless=True),
        make_device(wireless=True, equipment_id=OTHER_ID),
    )


def test_without_devices_nothing_is_due() -> None:
    row = task(Listener())
    assert row.due(make_meter(), NOW_S) == NEVER
    wired = make_meter()
    attach(wired, make_device())
    assert row.due(wired, NOW_S) == NEVER
    row.run(make_meter())


def test_each_device_is_heard_once_an_hour_in_its_turn() -> None:
    meter, listener = attached(*radios()), Listener()
    live(meter, listener, NOW_S + 24 * HOUR_S - 1)
    assert listener.services() == [Service.SND_NR] * 48
    times = [at_s for at_s, _ in listener.heard]
    assert times == sorted(times)
    assert all(at_s % HOUR_S < 600 for at_s in times)


def test_a_cycle_is_played_within_its_instant() -> None:
    device, _ = radios()
    e_meter = EMeter(device)
    answers = iter([e_meter.link(Service.REQ_UD2), e_meter.link(Service.SND_NKE)])
    listener = Listener(lambda octets: next(answers))
    live(attached(device), listener, NOW_S + HOUR_S - 1)
    assert listener.services() == [Service.SND_NR, Service.RSP_UD]
    assert len({at_s for at_s, _ in listener.heard}) == 1


def test_a_talkative_e_meter_gets_six_transmissions() -> None:
    device, _ = radios()
    e_meter = EMeter(device)
    listener = Listener(lambda octets: e_meter.link(Service.REQ_UD2))
    live(attached(device), listener, NOW_S + HOUR_S - 1)
    assert listener.services() == [Service.SND_NR] + [Service.RSP_UD] * 5


def test_out_of_reach_nothing_is_heard_and_the_device_lives_on() -> None:
    device, _ = radios()
    device.set_flow(1000)
    listener = Listener()
    live(attached(device, faults=Faults(lost=100)), listener, NOW_S + 10 * HOUR_S)
    assert listener.heard == []
    device.advance(NOW_S + 10 * HOUR_S)
    assert device.state.kept[0] == 10 * HOUR_S * 1000
    assert device.next_s > NOW_S + 10 * HOUR_S


def test_some_telegrams_are_lost_or_garbled_or_come_twice() -> None:
    for faults, low, high in (
        (Faults(lost=50), 30, 70),
        (Faults(twice=100), 200, 200),
        (Faults(garbled=100), 100, 100),
    ):
        listener = Listener()
        live(attached(radios()[0], faults=faults), listener, NOW_S + 100 * HOUR_S - 1)
        assert low <= len(listener.heard) <= high
        for _, octets in listener.heard:
            assert wrong(octets) is bool(faults.garbled)


def wrong(octets: bytes) -> bool:
    """Whether these are no telegram."""
    try:
        wireless.decode(octets, Side.DEVICE)
    except WireError:
        return True
    return False


def test_what_was_due_without_supply_passed_unheard() -> None:
    device, _ = radios()
    meter, listener = attached(device), Listener()
    sent = device.state.access_number
    meter.power_off()
    meter.advance(NOW_S + 10 * HOUR_S)
    meter.power_on(NOW_S + 10 * HOUR_S)
    live(meter, listener, NOW_S + 11 * HOUR_S - 1)
    assert len(listener.heard) == 1
    assert device.state.access_number == sent + 11


def test_what_a_device_must_not_forget_is_saved() -> None:
    device, _ = radios()
    device.state.user_key = bytes(range(16))
    meter = attached(device)
    live(meter, Listener(), NOW_S + HOUR_S - 1)
    assert meter.state.unsaved
    assert meter.state.attached is not None
    assert meter.state.attached.device(EQUIPMENT_ID).state.reserved_counter > 1
