"""Worlds in which wires fail and processes die, and what must hold in spite of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from headend.store import jobs
from headend.store.job import JobState
from meters.behaviour.injections import Injection, What
from scenarios.expecting.device_sights import ITEMS
from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.trouble_protocol import Process
from scenarios.playing.world_protocol import Car, Refuser
from scenarios.transport.wire_faults import Direction, WireFaults, WireKind
from scenarios.world.making import SimulatedLab
from scenarios.world.station import Station
from tests.scenarios.world.overheard import Overheard
from wire.charging_profile import ChargingProfile, Period, encode
from wire.cosem.events import Log
from wire.errors import LocalError

TEXT = """
scenario: troubled
seed: {seed}
world:
  start: 2024-01-27T12:00:00+01:00
  stations: 2
  standard: {standard}
  p1_period_s: {period_s}
steps:
  - restart: {{process: meter}}
"""
STATIONS = (1, 2)
PLACES = [(process, n) for process in Process for n in STATIONS]


def world(seed: int = 1, standard: str = "dsmr-4.2.2") -> SimulatedLab:
    """A world that expects its meters to be killed."""
    # As often as the gateway takes such a meter's telegrams to come, or nearly so.
    period_s = 2 if standard.startswith("smr") else 10
    text = TEXT.format(seed=seed, standard=standard, period_s=period_s)
    return SimulatedLab(parse(text, Path("troubled.yaml")), Controller.NONE)


def profile(lab: SimulatedLab, limit_w: int) -> bytes:
    """So much from now on, for an hour."""
    now = lab.now.replace(microsecond=0)
    period = Period(now, limit_w)
    return encode(ChargingProfile(now, now + timedelta(hours=1), (period,))).encode()


def seen_on_p1(station: Station) -> bytes | None:
    """The text in the newest telegram."""
    telegram = station.telegram()
    return None if telegram is None else telegram.text_message


class Storm:
    """Random faults on random wires, and deaths of random processes, while jobs come in."""

    def __init__(self, seed: int, standard: str) -> None:
        self.lab = world(seed, standard)
        self.overheard = Overheard(self.lab)
        self.random = Random(seed)
        self.jobs: list[int] = []
        self.sent: dict[int, list[bytes]] = {n: [b""] for n in STATIONS}
        self.ends: list[tuple[JobState, str | None]] = []
        self.alarms: list[object] = []
        self.ahead_s = dict.fromkeys(STATIONS, 0.0)

    async def play(self) -> None:
        """A quarter of an hour of trouble, then a quiet one, then an order."""
        lab = self.lab
        for number in STATIONS:
            lab.site(number).plug_car(Car(60_000, 11_000))
        for _ in range(20):
            self._hand_in()
            await self._trouble()
            await self._pass(self.random.uniform(5, 60))
        for kind in WireKind:
            lab.cables.disturb(kind, None, None)
        for process, number in PLACES:
            if not lab.processes._process(process, number).runs:
                await lab.processes.start(process, number)
        for number, ahead_s in self.ahead_s.items():
            lab.processes.step_clock(Process.GATEWAY, number, -ahead_s)
        await self._pass(900)
        for number in STATIONS:
            text = profile(lab, 5000 + number)
            self.sent[number].append(text)
            outcome = await lab.head_end.send_message(number, text, check=True)
            assert outcome.accepted, outcome
        await self._pass(30)
        self.alarms = [a for n in STATIONS for a in lab.site(n).gateway_now().alarms]
        with lab._office._store.read() as connection:
            ended = [jobs.show(connection, job_id) for job_id in self.jobs]
        self.ends = [(job.state, job.error) for job in ended]

    def _hand_in(self) -> None:
        """Somebody puts a message into the store, whether the head-end runs or not."""
        number = self.random.choice(STATIONS)
        text = f"MESSAGE {len(self.jobs)}"
        self.sent[number].append(text.encode())
        office = self.lab._office
        with office._store.begin() as connection:
            self.jobs.append(
                jobs.enqueue(
                    connection,
                    office._meters[self.lab.head_end._id(number)].id,
                    "message",
                    {"text": text},
                    now_s=self.lab.now.timestamp(),
                    max_attempts=50,
                )
            )
        if office.runs:
            office._scheduler.wake()

    async def _trouble(self) -> None:
        random, lab = self.random, self.lab
        kind, number = random.choice(list(WireKind)), random.choice((1, 2, None))
        process, place = random.choice(PLACES)
        match random.choice(("disturb", "disturb", "reset", "process", "clock")):
            case "disturb":
                lasts_s = random.choice((None, random.uniform(1, 120)))
                lab.cables.disturb(kind, number, self._faults(), lasts_s)
            case "reset":
                lab.cables.reset(kind, number)
            case "process" if lab.processes._process(process, place).runs:
                lab.processes.kill(process, place, random.choice((0.0, 2.0)))
            case "process":
                await lab.processes.start(process, place)
            case "clock" if process in (Process.GATEWAY, Process.UNIT):
                if lab.processes._process(process, place).runs:
                    by_s = random.uniform(-9e3, 9e3)
                    lab.processes.step_clock(process, place, by_s)
                    if process is Process.GATEWAY:
                        self.ahead_s[place] += by_s

    def _faults(self) -> WireFaults:
        random = self.random
        return random.choice(
            (
                WireFaults(
                    latency_s=random.uniform(0, 5), jitter_s=random.uniform(0, 3)
                ),
                WireFaults(loss=random.random()),
                WireFaults(corrupt=random.uniform(0, 0.1)),
                WireFaults(slice_octets=random.randint(1, 40)),
                WireFaults(silence=True, direction=random.choice(list(Direction))),
            )
        )

    async def _pass(self, seconds: float) -> None:
        """Time passes; whatever is seen on P1 has been sent, every octet of it."""
        end = self.lab.now + timedelta(seconds=seconds)
        while self.lab.now < end:
            await self.lab.run_until(min(end, self.lab.now + timedelta(seconds=5)))
            for number in STATIONS:
                text = seen_on_p1(self.lab.site(number))
                assert text is None or text in self.sent[number]


def storm(seed: int, standard: str) -> Storm:
    """A storm that is over."""
    made = Storm(seed, standard)
    try:
        made.lab.drive(made.play())
    finally:
        made.lab.close()
    return made


@pytest.mark.parametrize(
    ("seed", "standard"),
    [
        *((seed, "dsmr-4.2.2") for seed in range(1, 5)),
        *((seed, "smr-5.0") for seed in range(5, 9)),
    ],
)
def test_after_any_storm_all_is_as_it_should_be(seed: int, standard: str) -> None:
    over = storm(seed, standard)
    for number in STATIONS:
        station = over.lab.site(number)
        assert seen_on_p1(station) == over.sent[number][-1]
        assert station.unit.station.limit.limit_w == 5000 + number
    assert over.alarms == []
    assert set(over.ends) == {(JobState.DONE, None)}
    assert len(over.overheard.nonces) == len(set(over.overheard.nonces)) > 50


def test_the_same_storm_is_the_same_run() -> None:
    first, second = storm(3, "dsmr-4.2.2"), storm(3, "dsmr-4.2.2")
    assert first.lab.log.lines == second.lab.log.lines
    assert len(first.lab.log.lines) > 20
    assert first.overheard.nonces == second.overheard.nonces


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
