"""Worlds in which wires fail and processes die, and what must hold in spite of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from meters.behaviour.injections import Injection, What
from scenarios.expecting.device_sights import ITEMS
from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.trouble_protocol import Process
from scenarios.playing.world_protocol import Car, Refuser
from scenarios.transport.wire_faults import WireFaults, WireKind
from scenarios.world.making import SimulatedLab
from tests.scenarios.world.overheard import Overheard
from tests.scenarios.world.troubled import PLACES, TEXT, seen_on_p1, world
from wire.cosem.events import Log
from wire.errors import LocalError


@pytest.mark.parametrize("standard", ["dsmr-4.2.2", "smr-5.0"])
def test_a_head_end_that_dies_in_a_job_does_it_after_the_start_and_no_counter_twice(
    standard: str,
) -> None:
    lab = world(standard=standard)
    overheard = Overheard(lab)
    done_at_once = 0

    async def play() -> None:
        nonlocal done_at_once
        lab.cables.disturb(WireKind.P3, None, WireFaults(latency_s=0.25))
        for half_seconds in range(10):
            text = f"MESSAGE {half_seconds}".encode()
            lab.processes.kill(Process.HEAD_END, 1, half_seconds / 2 + 0.1)
            outcome = await lab.head_end.send_message(1, text, check=True)
            done_at_once += outcome.accepted
            if not outcome.accepted:
                assert (outcome.refused_by, outcome.result) == (
                    Refuser.TRANSPORT,
                    "not-running",
                )
            await lab.run_until(lab.now + timedelta(seconds=10))
            asked = await lab.head_end.read(1, "clock")
            assert (asked.refused_by, asked.result) == (
                Refuser.TRANSPORT,
                "not-running",
            )
            await lab.processes.start(Process.HEAD_END, 1)
            await lab.run_until(lab.now + timedelta(seconds=100))
            assert seen_on_p1(lab.site(1)) == text

    lab.drive(play())
    lab.close()
    assert 0 < done_at_once < 10
    assert len(overheard.nonces) == len(set(overheard.nonces)) > 50


def test_a_meter_keeps_what_it_promised_and_forgets_what_it_had_not_saved() -> None:
    lab = world()

    async def play() -> None:
        site = lab.site(1)
        assert (await lab.head_end.send_message(1, b"KEPT", check=True)).accepted
        site.set_load((3600, 0, 0), None)
        await lab.run_until(lab.now + timedelta(minutes=32, seconds=30))
        counter = site.meter_now().state.received_counter
        energy_wh = sum(site.meter_now().state.energy_wh)
        site.set_load((7200, 0, 0), None)
        site.inject(Injection(What.METER_COVER_REMOVED))
        lab.processes.kill(Process.METER, 1, 0.0)
        for act in (site.power_off, site.meter_display):
            with pytest.raises(LocalError, match="the meter does not run"):
                act()
        await lab.run_until(lab.now + timedelta(minutes=10))
        assert seen_on_p1(site) is None
        assert (await lab.head_end.read(1, "clock")).refused_by is Refuser.TRANSPORT
        await lab.processes.start(Process.METER, 1)
        state = site.meter_now().state
        # What flowed since it was saved, and while it was dead, is not counted.
        assert 0 <= energy_wh - sum(state.energy_wh) <= 3600 * 300 // 3600
        assert (state.message, state.power_w) == (b"KEPT", (7200, 0, 0))
        assert counter is not None and state.shown_counter >= counter
        logs = state.logs
        assert logs is None or not logs.rows(Log.FRAUD)
        await lab.run_until(lab.now + timedelta(minutes=2))
        assert seen_on_p1(site) == b"KEPT"

    lab.drive(play())
    lab.close()


def test_a_meter_without_supply_has_none_when_it_is_started() -> None:
    lab = world()

    async def play() -> None:
        site = lab.site(2)
        site.unplug_p1()
        site.power_off()
        lab.processes.kill(Process.METER, 2, 0.0)
        await lab.processes.start(Process.METER, 2)
        assert not site.meter_now().powered
        site.power_on()
        await lab.run_until(lab.now + timedelta(minutes=3))
        assert seen_on_p1(site) is None
        site.plug_p1()
        await lab.run_until(lab.now + timedelta(minutes=3))
        assert seen_on_p1(site) == b""

    lab.drive(play())
    lab.close()


def test_a_unit_behind_an_open_breaker_boots_when_it_is_closed() -> None:
    lab = world(standard="dsmr-4.0.6")

    async def play() -> None:
        site = lab.site(1)
        site.plug_car(Car(60_000, 11_000))
        await lab.run_until(lab.now + timedelta(minutes=1))
        assert sum(site.unit_now().power_w) > 10_000
        lab.processes.kill(Process.UNIT, 1, 0.0)
        assert sum(site.unit_now().power_w) == 0
        with pytest.raises(LocalError, match="the unit does not run"):
            site.restart_unit()
        assert (await lab.head_end.act(1, "disconnect_control:1", None)).accepted
        await lab.processes.start(Process.UNIT, 1)
        assert not site.unit_now().station.powered
        lab.processes.kill(Process.UNIT, 1, 0.0)
        assert (await lab.head_end.act(1, "disconnect_control:2", None)).accepted
        site.press_button(True)
        assert not site.unit_now().station.powered
        await lab.processes.start(Process.UNIT, 1)
        await lab.run_until(lab.now + timedelta(minutes=1))
        assert sum(site.unit_now().power_w) > 10_000

    lab.drive(play())
    lab.close()


def test_what_hangs_on_a_meter_lives_on_without_it() -> None:
    gas = "G0042000000000118"
    text = TEXT.format(seed=1, standard="dsmr-4.2.2", period_s=10).replace(
        "steps:", f"  devices: [{{equipment_id: {gas}, medium: gas}}]\nsteps:"
    )
    lab = SimulatedLab(parse(text, Path("troubled.yaml")), Controller.NONE)

    async def play() -> None:
        lab.devices.set_flow(gas, 1000)
        lab.processes.kill(Process.METER, 1, 0.0)
        await lab.run_until(lab.now + timedelta(hours=3))
        before = ITEMS["reading"](lab.devices.look(gas))
        await lab.processes.start(Process.METER, 1)
        assert ITEMS["reading"](lab.devices.look(gas)) == before
        assert isinstance(before, int | float) and before > 2.9

    lab.drive(play())
    lab.close()


def test_a_process_is_killed_and_started_in_turn() -> None:
    lab = world()

    async def play() -> None:
        processes = lab.processes
        for process, number in PLACES[1:]:
            with pytest.raises(LocalError, match="runs already"):
                await processes.start(process, number)
            processes.kill(process, number, 1.0)
            processes.kill(process, number, 2.0)
            await lab.run_until(lab.now + timedelta(seconds=3))
            with pytest.raises(LocalError, match="does not run"):
                processes.kill(process, number, 0.0)
            with pytest.raises(LocalError, match="does not run"):
                processes.step_clock(process, number, 1.0)
            await processes.start(process, number)
        with pytest.raises(LocalError, match="no station 3"):
            processes.kill(Process.UNIT, 3, 1.0)

    lab.drive(play())
    lab.close()
    killed = [line for line in lab.log.lines if '"what":"killed"' in line]
    assert len(killed) == len(PLACES) - 1
    assert killed[0].endswith('"what":"killed","process":"head_end"}')


def test_what_is_dead_is_started_and_not_restarted() -> None:
    lab = world()

    async def play() -> None:
        for process in (Process.GATEWAY, Process.UNIT):
            lab.processes.kill(process, 1, 0.0)
        with pytest.raises(LocalError, match="the gateway does not run"):
            await lab.site(1).restart_gateway()
        with pytest.raises(LocalError, match="the unit does not run"):
            lab.site(1).restart_unit()

    lab.drive(play())
    lab.close()


@pytest.mark.parametrize(("start", "by_s"), [("2001-01-01", -1), ("2089-12-31", 9e6)])
def test_a_meter_s_clock_is_never_set_to_a_time_that_no_telegram_can_tell(
    start: str, by_s: float
) -> None:
    text = TEXT.format(seed=1, standard="dsmr-4.2.2", period_s=10)
    text = text.replace("2024-01-27T12:00:00+01:00", f"{start}T00:00:00Z")
    lab = SimulatedLab(parse(text, Path("far.yaml")), Controller.NONE)

    async def play() -> None:
        before_s = lab.site(1).meter.clock_s
        with pytest.raises(LocalError, match="in the years 2001 to 2089"):
            lab.processes.step_clock(Process.METER, 1, by_s)
        assert lab.site(1).meter.clock_s == before_s

    lab.drive(play())
    lab.close()


def test_control_goes_on_after_the_head_end_was_dead() -> None:
    made = parse(
        "scenario: controlled\nworld: {start: 2024-01-27T17:30:00+01:00, stations: 2,"
        " controller: headroom, rating_va: 30000}\nsteps: [{run_for: 1s}]\n",
        Path("controlled.yaml"),
    )
    lab = SimulatedLab(made, Controller.HEADROOM)

    def commands() -> int:
        return sum('"what":"command"' in line for line in lab.log.lines)

    async def play() -> None:
        lab.cables.disturb(WireKind.P3, None, WireFaults(latency_s=2.0))
        lab.site(1).plug_car(Car(40_000, 11_000))
        await lab.run_until(lab.now + timedelta(minutes=16))
        lab.site(2).plug_car(Car(40_000, 11_000))
        # In the midst of its reading the stations.
        await lab.run_until(lab.now + timedelta(minutes=14, seconds=5))
        sent = commands()
        assert sent
        lab.processes.kill(Process.HEAD_END, 1, 0.0)
        await lab.run_until(lab.now + timedelta(hours=1))
        assert commands() == sent
        await lab.processes.start(Process.HEAD_END, 1)
        await lab.run_until(lab.now + timedelta(minutes=31))
        assert commands() > sent

    lab.drive(play())
    lab.close()
