"""The breaker's state table, each mode, state and cause, against the Blue Book's (4.5.8)."""

from __future__ import annotations

from itertools import product

import pytest

from meters.behaviour.disconnect import (
    MODES,
    Cause,
    ControlState,
    fulfilled,
    move,
)

OFF, ON, READY = ControlState
# Mode by mode as the Blue Book prints it: who may disconnect by hand, what a remote connect
# leads to, whether the limiter may connect again. All but mode 0 disconnect remotely and
# locally, and connect by hand.
BLUE_BOOK = {
    1: (True, READY, False),
    2: (True, ON, False),
    3: (False, READY, False),
    4: (False, ON, False),
    5: (True, READY, True),
    6: (False, READY, True),
}


def expected(mode: int, state: ControlState, cause: Cause) -> ControlState | None:
    """What the printed row lets happen."""
    if mode == 0:
        return None
    by_hand, remotely, locally = BLUE_BOOK[mode]
    return {
        (OFF, Cause.REMOTE_CONNECT): remotely,
        (ON, Cause.REMOTE_DISCONNECT): OFF,
        (READY, Cause.REMOTE_DISCONNECT): OFF,
        (READY, Cause.MANUAL_CONNECT): ON,
        (ON, Cause.MANUAL_DISCONNECT): READY if by_hand else None,
        (ON, Cause.LOCAL_DISCONNECT): READY,
        (READY, Cause.LOCAL_CONNECT): ON if locally else None,
    }.get((state, cause))


@pytest.mark.parametrize(
    ("mode", "state", "cause"), [*product(range(7), ControlState, Cause)]
)
def test_every_move_is_the_blue_books(
    mode: int, state: ControlState, cause: Cause
) -> None:
    assert move(mode, state, cause) is expected(mode, state, cause)


def test_there_are_seven_modes_and_the_states_have_their_numbers() -> None:
    assert list(MODES) == list(range(7))
    assert [int(state) for state in (OFF, ON, READY)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("mode", "state", "cause", "is_so"),
    [
        *((mode, OFF, Cause.REMOTE_DISCONNECT, True) for mode in range(1, 7)),
        *((mode, ON, Cause.REMOTE_CONNECT, True) for mode in range(7)),
        *((mode, READY, Cause.REMOTE_CONNECT, True) for mode in (1, 3, 5, 6)),
        *((mode, READY, Cause.REMOTE_CONNECT, False) for mode in (2, 4)),
        (0, ON, Cause.REMOTE_DISCONNECT, False),
    ],
)
def test_a_command_that_moves_nothing_may_have_been_fulfilled(
    mode: int, state: ControlState, cause: Cause, is_so: bool
) -> None:
    assert move(mode, state, cause) is None
    assert fulfilled(mode, state, cause) is is_so
