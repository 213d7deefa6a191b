"""Why a message is refused, or taken with a remark: one stable number per reason."""

from __future__ import annotations

from enum import IntEnum

from wire.errors import WireError


class Reject(IntEnum):
    """Ten times the number of the rule that speaks, plus a variant; never renumbered.

    What a gateway shows as its last reject code. A remark uses the same numbers: the message
    is then taken, and the number says what was odd about it.
    """

    NONE = 0
    """Nothing to say."""
    TELEGRAM_CRC = 10
    """Rule 1: the telegram's CRC is wrong or missing; it is ignored whole."""
    TELEGRAM_DAMAGED = 11
    """Rule 1: the telegram is cut off, too long or not a telegram; it is ignored whole."""
    NOT_HEX = 20
    """Rule 2: the text line has an odd number of digits, or something that is no hex digit."""
    FILLER = 21
    """Rule 2: every byte is FF, which a meter shows when it holds no message."""
    CHARACTERS = 30
    """Rule 3: a byte outside printable ASCII: control, CR, LF, DEL or above 7E."""
    TRUNCATED = 40
    """Rule 4: exactly 1024 characters whose brackets or quotes are still open."""
    MALFORMED = 41
    """Not JSON."""
    TOO_LONG = 42
    """More than 1024 characters."""
    DUPLICATE_KEY = 43
    """An object has the same key twice."""
    NUMBER = 44
    """NaN, Infinity, or a number too large to be one."""
    NESTING = 45
    """Brackets nest deeper than any profile does."""
    STRUCTURE = 46
    """A key is missing, or its value has the wrong type or is out of range."""
    ACTION = 47
    """The Action is not one that this reader knows."""
    TIME_STAMP = 50
    """Rule 5: a TST that names no instant."""
    SEASON = 51
    """Rule 5, remark: a TST names the season that the calendar does not have then."""
    VALIDITY = 60
    """Rule 6: ValidFrom is not before ValidTo."""
    SPAN = 61
    """Rule 6: ValidFrom and ValidTo are more than seven days apart."""
    GAP = 70
    """Rule 7, remark: the first Start is after ValidFrom; own configuration until then."""
    CLIPPED = 71
    """Rule 7, remark: a Start before ValidFrom now counts from ValidFrom."""
    DROPPED = 72
    """Rule 7, remark: a Start at or after ValidTo never takes effect."""
    NOTHING_LEFT = 73
    """Rule 7: no period lies before ValidTo."""
    ORDER = 80
    """Rule 8: the Starts do not strictly increase."""
    POWER = 90
    """Rule 9: MxPwr is no integer from 0 to the hardware's maximum."""
    EXPIRED = 100
    """Rule 10: ValidTo has passed on arrival; recorded, not acted on."""
    UNCHANGED = 110
    """Rule 11: the same text as before; nothing to do."""
    REPLAY = 120
    """Rule 12: Seq is not above the last one taken."""
    NO_SEQUENCE = 121
    """Rule 12, remark: a message without Seq is taken, but may be a replay."""
    CLEARED = 130
    """Rule 13: the message clears the profile."""
    KEPT = 140
    """Rule 14: a message was refused; the profile before it runs on to its ValidTo."""
    CLOCKS_APART = 150
    """Rule 15: host and telegram are more than 60 s apart; the telegram leads."""
    REPAIRED = 200
    """Remark: tolerant reading mended the JSON as figure 8 of the proof of concept needs."""


class ProfileRejected(WireError):
    """A message is refused; `code` is the reason, as the registers show it."""

    def __init__(self, code: Reject, rule: str, offset: int | None = None) -> None:
        super().__init__(rule, offset)
        self.code = code
