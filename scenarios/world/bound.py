"""The most that the cars could take without overload, had everything been known before.

A linear program over the quarter-hours: how much each car draws while it is there, at most
what it can and in all what it wants, so that no phase of the transformer carries more than
its third of the rating beside the premises. It may draw any power, also below 6 A, and may
change it at once, which makes the result a bound: a controller cannot go beyond it without
overload. HiGHS solves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from chargepoint.car import Car
from chargepoint.limits import Ratings
from chargepoint.registers import WATT_PER_DA
from scenarios.world.transformer import PHASES, QUARTER_S
from wire.quantities import PerPhase


@dataclass(frozen=True, slots=True)
class Stay:
    """A car at its station: epoch seconds, and W on all of its phases (0 to 2) together."""

    arrival_s: int
    departure_s: int
    wanted_wh: int
    max_w: int
    phases: tuple[int, ...]

    def quarters(self) -> Iterator[tuple[int, float]]:
        """The quarters that it is there: when each begins, and how many hours of it."""
        first_s = self.arrival_s // QUARTER_S * QUARTER_S
        for begin_s in range(first_s, self.departure_s, QUARTER_S):
            until_s = min(begin_s + QUARTER_S, self.departure_s)
            yield begin_s, (until_s - max(begin_s, self.arrival_s)) / 3600


def stays(cars: Sequence[Car], ratings: Ratings, until_s: int) -> list[Stay]:
    """Those of a station's cars that have left by then; each came when there was room."""
    found = []
    free_s = 0
    for session in (car.session for car in cars):
        if session.departure_s <= until_s:
            cable_w = ratings.hardware_max_da * WATT_PER_DA * session.phases
            found.append(
                Stay(
                    max(session.arrival_s, free_s),
                    session.departure_s,
                    session.energy_wh,
                    min(session.max_w, cable_w, ratings.own_limit_w),
                    PHASES if session.phases == 3 else (max(session.phase, 1) - 1,),
                )
            )
        free_s = session.departure_s
    return found


def most_wh(
    stays: Iterable[Stay], premises_w: Callable[[int], PerPhase], rating_va: int
) -> float:
    """The most energy that all cars together can take.

    `premises_w` tells the premises' load in the quarter of an instant. Where they alone are
    above the rating there is no room for cars.
    """
    program = _Program(rating_va / 3, premises_w)
    for stay in stays:
        program.add(stay)
    return program.solve()


@dataclass(slots=True)
class _Program:
    """A column for each quarter of each stay, in Wh; a row for each stay, which takes no more
    than it wants, and for each phase in each quarter, which carries no more than it can.
    """

    phase_rating_w: float
    premises_w: Callable[[int], PerPhase]
    columns: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    _quarters: dict[int, int] = field(default_factory=dict)

    def add(self, stay: Stay) -> None:
        """One more car."""
        wish = self._row(stay.wanted_wh)
        for begin_s, hours in stay.quarters():
            quarter = self._quarter(begin_s)
            self.starts.append(len(self.indices))
            self.columns.append(stay.max_w * hours)
            self.indices += [wish, *(quarter + phase for phase in stay.phases)]
            self.factors += [1.0, *[1 / len(stay.phases)] * len(stay.phases)]

    def _quarter(self, begin_s: int) -> int:
        """The row of its first phase."""
        if begin_s not in self._quarters:
            hours = QUARTER_S / 3600
            rooms_wh = [
                max(0.0, self.phase_rating_w - load_w) * hours
                for load_w in self.premises_w(begin_s)
            ]
            self._quarters[begin_s], *_ = [self._row(room_wh) for room_wh in rooms_wh]
        return self._quarters[begin_s]

    def _row(self, most: float) -> int:
        self.rows.append(most)
        return len(self.rows) - 1

    def solve(self) -> float:
        """The highest sum of all columns."""
        # Not before it is needed: it brings numpy, which takes its time.
        import highspy

        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.columns), len(self.rows)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = [1.0] * len(self.columns)
        model.col_lower_ = [0.0] * len(self.columns)
        model.col_upper_ = self.columns
        model.row_lower_ = [-highspy.kHighsInf] * len(self.rows)
        model.row_upper_ = self.rows
        model.a_matrix_.start_ = [*self.starts, len(self.indices)]
        model.a_matrix_.index_ = self.indices
        model.a_matrix_.value_ = self.factors
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(model)
        solver.run()
        return float(solver.getInfo().objective_function_value)
