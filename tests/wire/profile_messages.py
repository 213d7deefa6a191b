"""Messages to read, and short ways to say what comes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from wire.charging_profile import (
    ChargingProfile,
    Decoded,
    ProfileRejected,
    Reject,
    decode,
)

MAX_W = 22_080
FROM, TO = "190329160000W", "190329190000W"
START = datetime(2019, 3, 29, 15, tzinfo=UTC)


def row(
    start: object = FROM, max_w: object = 6000, **more: object
) -> dict[str, object]:
    """A period of the message."""
    return {"Start": start, "MxPwr": max_w, **more}


def message(
    *rows: object, valid_from: object = FROM, valid_to: object = TO, **header: object
) -> str:
    """A message with these periods; keywords are of the Header."""
    head = {
        "Action": "EBGDirectControl",
        "ValidFrom": valid_from,
        "ValidTo": valid_to,
        **header,
    }
    return json.dumps({"Header": head, "Body": {"Period": rows}}, separators=(",", ":"))


def read(text: str | bytes, *, tolerant: bool = False) -> Decoded:
    """What the message says."""
    return decode(text, hardware_max_w=MAX_W, tolerant=tolerant)


def taken(text: str | bytes) -> ChargingProfile:
    """The profile of a message that must be taken."""
    profile = read(text).profile
    assert profile is not None
    return profile


def refused(text: str | bytes, *, tolerant: bool = False) -> Reject:
    """Why a message is refused."""
    with pytest.raises(ProfileRejected) as caught:
        read(text, tolerant=tolerant)
    return caught.value.code


def remarks(text: str) -> list[Reject]:
    """The remarks upon a message that is taken."""
    return [remark.code for remark in read(text).warnings]
