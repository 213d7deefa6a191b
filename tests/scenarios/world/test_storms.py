"""Random faults on random wires and random deaths of processes: in the end all is well."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest

from headend.store import jobs
from headend.store.job import JobState
from scenarios.playing.trouble_protocol import Process
from scenarios.playing.world_protocol import Car
from scenarios.transport.wire_faults import Direction, WireFaults, WireKind
from tests.scenarios.world.overheard import Overheard
from tests.scenarios.world.troubled import PLACES, STATIONS, profile, seen_on_p1, world


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
