"""The bucket: never more than its rate, never less than there is to take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headend.limits import Bucket

NOW_S = 1.7e9


@pytest.mark.parametrize("per_s, at_once", [(0.5, 1), (5.0, 1), (10.0, 1), (50.0, 5)])
def test_it_holds_what_a_tenth_of_a_second_brings_and_always_one(
    per_s: float, at_once: int
) -> None:
    bucket = Bucket(per_s, NOW_S)
    assert bucket.available(NOW_S + 1000) == at_once
    bucket.take(at_once)
    assert bucket.available(NOW_S + 1000) == 0
    assert bucket.next_s == pytest.approx(NOW_S + 1000 + 1 / per_s)
    assert bucket.available(bucket.next_s) == 1


@given(per_s=st.floats(0.01, 1000), begin_s=st.floats(1e9, 2e9))
def test_who_comes_as_told_gets_the_rate(per_s: float, begin_s: float) -> None:
    bucket = Bucket(per_s, begin_s)
    bucket.take(bucket.available(begin_s))
    at_s = begin_s
    for _ in range(100):
        at_s = max(at_s, bucket.next_s)
        assert bucket.available(at_s) >= 1
        bucket.take(1)
    # 100 tokens, of which a burst may have been there before.
    assert (at_s - begin_s) * per_s >= 100 - max(1.0, per_s / 10) - 1e-2


@given(
    per_s=st.floats(0.1, 200),
    steps=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 5), st.integers(0, 5)), max_size=30
    ),
)
def test_who_reserves_waits_as_long_as_it_takes(
    per_s: float, steps: list[tuple[float, int, int]]
) -> None:
    """Those who come then get theirs behind those who came before, and nobody more."""
    bucket, at_s = Bucket(per_s, NOW_S), NOW_S
    used: list[float] = []
    for step_s, wanted, reserved in steps:
        at_s += step_s
        taken = bucket.available(at_s)
        bucket.take(taken)
        bucket.give_back(max(0, taken - wanted))
        used += [at_s] * min(taken, wanted)
        behind = [bucket.reserve(at_s) for _ in range(reserved)]
        assert behind == sorted(behind) and all(each >= at_s for each in behind)
        used += behind
    used.sort()
    burst = max(1.0, per_s / 10) + 0.01
    for first, begin_s in enumerate(used):
        for count, end_s in enumerate(used[first:], 1):
            assert count <= per_s * (end_s - begin_s) + burst


@given(
    per_s=st.floats(0.1, 200),
    steps=st.lists(st.tuples(st.floats(-1, 3), st.integers(0, 50)), max_size=50),
)
def test_no_more_than_the_rate_and_the_burst(
    per_s: float, steps: list[tuple[float, int]]
) -> None:
    bucket, at_s, most_s, taken = Bucket(per_s, NOW_S), NOW_S, NOW_S, 0
    for step_s, wanted in steps:
        at_s += step_s
        most_s = max(most_s, at_s)
        count = min(wanted, bucket.available(at_s))
        bucket.take(count)
        taken += count
    assert taken <= per_s * (most_s - NOW_S) + max(1.0, per_s / 10) + 0.01
