"""The states of a breaker, and which causes may move it in which mode (Blue Book 4.5.8)."""

from __future__ import annotations

from enum import Enum, IntEnum


class ControlState(IntEnum):
    """Where a breaker is; current flows through a connected one only."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class Cause(Enum):
    """Who wants the breaker moved: the central system, a hand, or the limiter."""

    REMOTE_DISCONNECT = "remote disconnect"
    REMOTE_CONNECT = "remote connect"
    MANUAL_DISCONNECT = "manual disconnect"
    MANUAL_CONNECT = "manual connect"
    LOCAL_DISCONNECT = "local disconnect"
    LOCAL_CONNECT = "local connect"


_OFF, _ON, _READY = ControlState

# The transitions, by the letters that the Blue Book gives them.
_TRANSITIONS = {
    "a": (_OFF, Cause.REMOTE_CONNECT, _ON),
    "b": (_ON, Cause.REMOTE_DISCONNECT, _OFF),
    "c": (_READY, Cause.REMOTE_DISCONNECT, _OFF),
    "d": (_OFF, Cause.REMOTE_CONNECT, _READY),
    "e": (_READY, Cause.MANUAL_CONNECT, _ON),
    "f": (_ON, Cause.MANUAL_DISCONNECT, _READY),
    "g": (_ON, Cause.LOCAL_DISCONNECT, _READY),
    "h": (_READY, Cause.LOCAL_CONNECT, _ON),
}
ALWAYS_CONNECTED = 0
MODES = {
    ALWAYS_CONNECTED: "",
    1: "bcdefg",
    2: "abcefg",
    3: "bcdeg",
    4: "abceg",
    5: "bcdefgh",
    6: "bcdegh",
}
"""The transitions of each control_mode."""

_MOVES = {
    (mode, before, cause): after
    for mode, letters in MODES.items()
    for before, cause, after in map(_TRANSITIONS.__getitem__, letters)
}
_WANTED = {Cause.REMOTE_DISCONNECT: _OFF, Cause.REMOTE_CONNECT: _ON}


def move(mode: int, state: ControlState, cause: Cause) -> ControlState | None:
    """The state after that cause; None when it moves nothing in this mode and state."""
    return _MOVES.get((mode, state, cause))


def fulfilled(mode: int, state: ControlState, cause: Cause) -> bool:
    """Whether a remote command asks for what there is, or was brought as far as the mode lets it.

    A breaker that the mode only makes ready for a hand has obeyed when it is ready.
    """
    ready = state is _READY and move(mode, _OFF, cause) is _READY
    return state is _WANTED[cause] or ready
