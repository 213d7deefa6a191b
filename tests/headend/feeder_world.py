"""A transformer with cars behind it, minute by minute: what the planner's choices come to."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from headend.controllers import Controller
from headend.dali import FeederSample, read_feeder
from headend.planner_model import Command
from wire.charging_profile import ChargingProfile
from wire.instants import from_epoch

DATA = Path(__file__).resolve().parents[2] / "scenarios" / "data"
STATIONS = tuple(f"CP{number:03d}" for number in range(1, 31))
TRANSFORMER_VA = 160_000


@dataclass(slots=True)
class Session:
    arrival_s: int
    departure_s: int
    wanted_wh: float
    phases: tuple[int, ...]
    max_w: int
    served_wh: float = 0.0


@dataclass(slots=True)
class Outcome:
    """`overload_min` counts the worst phase above a third of the rating."""

    overload_min: int = 0
    max_pu: float = 0.0
    messages: int = 0
    served: float = 0.0
    commands: list[tuple[datetime, Command]] = field(default_factory=list)


def sessions() -> dict[str, list[Session]]:
    found: dict[str, list[Session]] = {station: [] for station in STATIONS}
    with open(DATA / "ev_sessions_january.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            arrival, departure = (
                int(datetime.fromisoformat(row[key]).timestamp())
                for key in ("arrival", "departure")
            )
            phases = (0, 1, 2) if row["phases"] == "3" else (int(row["phase"]) - 1,)
            wanted_wh = float(row["energy_kwh"]) * 1000
            session = Session(arrival, departure, wanted_wh, phases, int(row["max_w"]))
            found[row["station"]].append(session)
    return found


def play(controller: Controller, days: int, delay_s: int = 180) -> Outcome:
    """Plays days of January; each message arrives after the delay."""
    rating_w = TRANSFORMER_VA / 3
    outcome = Outcome()
    cars = sessions()
    profiles: dict[str, ChargingProfile] = {}
    under_way: list[tuple[int, Command]] = []
    last_s = 0
    for sample in islice(read_feeder(DATA / "lv_feeder_january.csv"), days * 96):
        begin_s = int(sample.time.timestamp())
        last_s = begin_s + 900
        metered = {station: [0.0, 0.0, 0.0] for station in STATIONS}
        for now_s in range(begin_s, last_s, 60):
            for due in [due for due in under_way if due[0] <= now_s]:
                under_way.remove(due)
                profiles[due[1].station] = due[1].profile
            total = [float(power) for power in sample.power_w]
            for station in STATIONS:
                profile = profiles.get(station)
                period = profile.period_at(from_epoch(now_s)) if profile else None
                limit_w = 22_000 if period is None else period.max_w
                for car in cars[station]:
                    if (
                        car.arrival_s <= now_s < car.departure_s
                        and car.served_wh < car.wanted_wh
                    ):
                        power_w = min(limit_w, car.max_w)
                        if power_w < 1380 * len(car.phases):
                            break
                        car.served_wh += power_w / 60
                        for phase in car.phases:
                            total[phase] += power_w / len(car.phases)
                            metered[station][phase] += power_w / len(car.phases) / 15
                        break
            worst = max(total) / rating_w
            outcome.overload_min += worst > 1
            outcome.max_pu = max(outcome.max_pu, worst)
        stations = {
            name: (round(one), round(two), round(three))
            for name, (one, two, three) in metered.items()
        }
        sums = [
            sum(powers[phase] for powers in stations.values()) for phase in range(3)
        ]
        one, two, three = (p + s for p, s in zip(sample.power_w, sums))
        measured = FeederSample(
            sample.time, sample.voltage_dv, sample.current_da, (one, two, three)
        )
        now = from_epoch(last_s)
        for command in controller.plan(now, measured, stations):
            outcome.commands.append((now, command))
            outcome.messages += 1
            under_way.append((last_s + delay_s, command))
    seen = [car for name in cars for car in cars[name] if car.arrival_s < last_s]
    outcome.served = sum(car.served_wh for car in seen) / sum(
        car.wanted_wh for car in seen
    )
    return outcome
