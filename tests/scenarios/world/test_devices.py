"""M-Bus devices in a world: where they hang, what flows, and that nothing is left to chance."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from meters.p2.faults import NO_FAULTS, Faults
from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.world.making import SimulatedLab
from wire.errors import LocalError

GAS, RADIO, STORED = "G0042000000000118", "G0042000000000218", "W0042000000000318"
TEXT = f"""
scenario: small
seed: {{seed}}
world:
  start: 2024-01-27T17:30:00+01:00
  stations: 3
  p1_period_s: 10
  devices:
    - {{{{equipment_id: {GAS}, medium: gas}}}}
    - {{{{equipment_id: {RADIO}, medium: gas, link: wireless, meter: 2}}}}
    - {{{{equipment_id: {STORED}, medium: water, attached: false}}}}
steps:
  - run_for: 1s
"""


def world(seed: int = 1) -> SimulatedLab:
    made = parse(TEXT.format(seed=seed), Path("small.yaml"))
    return SimulatedLab(made, Controller.NONE)


def drive(lab: SimulatedLab, play: Coroutine[Any, Any, None]) -> SimulatedLab:
    try:
        lab.drive(play)
    finally:
        lab.close()
    return lab


async def pass_time(lab: SimulatedLab, **duration: int) -> None:
    await lab.run_until(lab.now + timedelta(**duration))


def test_a_household_s_curve_flows_until_a_step_says_otherwise() -> None:
    lab = world()

    async def play() -> None:
        await pass_time(lab, minutes=1)
        rates = set()
        for _ in range(20):
            await pass_time(lab, minutes=1)
            rates.add(lab.devices.look(GAS).state.rate)
        assert len(rates) > 1 and min(rates) > 0
        assert lab.devices.look(STORED).state.counted == 0
        lab.devices.set_flow(GAS, 1200)
        counted = lab.devices.look(GAS).state.counted
        await pass_time(lab, hours=1)
        assert lab.devices.look(GAS).state.counted - counted == 1200 * 3600

    drive(lab, play())


def test_a_device_moves_with_its_life_and_its_flow_waits_in_store() -> None:
    lab = world()

    async def play() -> None:
        lab.devices.set_flow(GAS, 1200)
        await pass_time(lab, minutes=10)
        lab.devices.detach(GAS)
        counted = lab.devices.look(GAS).state.counted
        assert counted == 1200 * 600
        await pass_time(lab, minutes=10)
        assert lab.devices.look(GAS).state.counted == counted
        lab.devices.attach(GAS, 3)
        await pass_time(lab, minutes=10)
        assert lab.devices.look(GAS).state.counted == 2 * counted
        first, _, third = (station.meter.state.attached for station in lab._stations)
        assert first is None and third is not None
        assert [each.identity.equipment_id for each in third.devices] == [GAS]

    drive(lab, play())


def test_faults_are_those_of_a_way_that_is_there() -> None:
    lab = world()

    async def play() -> None:
        lab.devices.disturb(GAS, Faults(lost=50))
        attached = lab._stations[0].meter.state.attached
        assert attached is not None
        gas = lab.devices.look(GAS)
        assert attached.faults_of(gas) == Faults(lost=50)
        lab.devices.disturb(GAS, NO_FAULTS)
        assert attached.faults_of(gas) == NO_FAULTS
        for name, why in ((STORED, "hangs on no meter"), ("G1", "no device G1")):
            with pytest.raises(LocalError, match=why):
                lab.devices.detach(name)
            with pytest.raises(LocalError, match=why):
                lab.devices.disturb(name, Faults(lost=50))
        with pytest.raises(LocalError, match="no device G1"):
            lab.devices.look("G1")
        with pytest.raises(LocalError, match="6000 dm3/h, not 6001"):
            lab.devices.set_flow(GAS, 6001)

    drive(lab, play())


def test_a_meter_with_devices_is_woken_at_its_own_second_and_no_other() -> None:
    lab = world()
    woken: list[int] = []
    for number, station in enumerate(lab._stations):
        wake = station._wake

        def note(at_s: int, number: int = number, wake: Any = wake) -> None:
            woken.append(number)
            wake(at_s)

        station._wake = note  # type: ignore[method-assign]

    async def play() -> None:
        first = lab.devices.look(RADIO).state.access_number
        lab.devices.handle(RADIO, lambda device: device.press_button(6))
        await pass_time(lab, seconds=2)
        assert lab.devices.look(RADIO).state.access_number != first
        await pass_time(lab, minutes=10)
        assert 1 in woken and 2 not in woken

    drive(lab, play())


def test_the_same_seed_gives_devices_the_same_life() -> None:
    def lives(seed: int) -> list[tuple[object, ...]]:
        lab = world(seed)

        async def play() -> None:
            lab.devices.handle(RADIO, lambda device: device.press_button(6))
            await pass_time(lab, hours=3)

        drive(lab, play())
        return [
            (
                device.identity.default_key,
                device.state.access_number,
                device.state.transmit_s,
                device.state.counted,
            )
            for device in lab.devices._devices.values()
        ]

    assert lives(5) == lives(5)
    assert lives(5) != lives(6)
