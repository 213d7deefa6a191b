"""What is commanded at an instant, remembered: never anything else than looked at afresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from chargepoint.journal import CommitResult, Record
from chargepoint.target import GUARD_S, Outlook, next_change_s, target_at
from wire.charging_profile import ChargingProfile, Period

START = datetime(2024, 1, 27, 18, tzinfo=UTC)
START_S = int(START.timestamp())
PROFILE = ChargingProfile(
    START + timedelta(seconds=20),
    START + timedelta(minutes=4),
    tuple(
        Period(START + timedelta(seconds=s), w, phases=1 if w < 5000 else None)
        for s, w in ((0, 4140), (60, 7400), (67, 0), (180, 11_000))
    ),
    fallback_w=6000,
)
RECORD = Record(b"text", b"digest", 1, PROFILE, START_S, CommitResult.PENDING)
# Whole seconds around every turn, and what lies between two of them.
INSTANTS_S = st.integers(-60, 320) | st.floats(-60, 320).map(lambda s: round(s, 3))


@given(
    st.lists(
        st.tuples(
            INSTANTS_S,
            st.sampled_from((Record(), RECORD, replace(RECORD, seq=2, profile=None))),
        )
    )
)
@example([(s, RECORD) for s in range(-60, 320)])
@example([(s / 2, RECORD) for s in range(640, -120, -1)])
def test_an_outlook_is_what_a_fresh_look_would_be(
    looks: list[tuple[float, Record]],
) -> None:
    outlook = Outlook()
    for seconds, record in looks:
        telegram_s = START_S + seconds
        assert outlook.target_at(record, telegram_s) == target_at(record, telegram_s)
        change_s = outlook.next_change_s(record, telegram_s)
        assert change_s == next_change_s(record, telegram_s)


def test_between_two_turns_it_is_not_looked_for_again() -> None:
    outlook = Outlook()
    first = outlook.target_at(RECORD, START_S + 60 + 7 + GUARD_S + 1)
    assert outlook.target_at(RECORD, START_S + 180 - GUARD_S - 1) is first
    assert outlook.target_at(RECORD, START_S + 180 - GUARD_S) is not first
