"""A host's clock that is set must not stop what waits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dsmrlab.loop import the_reactor
from dsmrlab.steady import SteadySeconds


class Host:
    """A host whose clock is set by hand."""

    def __init__(self) -> None:
        self.wall_s = 1_700_000_000.0
        self.up_s = 50.0

    def pass_(self, seconds: float) -> None:
        """Time passes."""
        self.wall_s += seconds
        self.up_s += seconds


def test_a_step_back_is_not_followed_and_time_goes_on() -> None:
    host = Host()
    seconds = SteadySeconds(lambda: host.wall_s, lambda: host.up_s)
    host.wall_s -= 3600
    assert seconds() == 1_700_000_000
    host.pass_(10)
    assert seconds() == 1_700_000_010


def test_a_step_forward_is_followed() -> None:
    host = Host()
    seconds = SteadySeconds(lambda: host.wall_s, lambda: host.up_s)
    host.wall_s += 3600
    assert seconds() == 1_700_003_600


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(-5000, 5000))))
def test_it_never_runs_back_nor_slower_than_time(
    steps: list[tuple[int, int]],
) -> None:
    host = Host()
    seconds = SteadySeconds(lambda: host.wall_s, lambda: host.up_s)
    before_s = seconds()
    for passed_s, set_by_s in steps:
        host.pass_(passed_s)
        host.wall_s += set_by_s
        now_s = seconds()
        assert now_s >= before_s + passed_s
        assert now_s >= host.wall_s
        before_s = now_s


def test_the_reactor_lives_by_it() -> None:
    loop = the_reactor()
    assert isinstance(loop.seconds, SteadySeconds)
    assert the_reactor() is loop
    call = loop.callLater(10, lambda: None)
    assert 9 < call.getTime() - loop.seconds() <= 10
    call.cancel()
