"""While a profile governs nothing hostile lifts it: no noise, message, silence or restart."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.exchanges import Purpose
from chargepoint.journal import MemoryJournal
from tests.chargepoint.rig import START_S, Rig, text
from wire.charging_profile import Reject

LIMIT_W = 4140
HOUR_S = 3600
GOOD = text(LIMIT_W, seq=7)

# One for each rule that refuses; none may be taken, so none may change anything.
REFUSED = [
    b"{",
    b"{}",
    b"[]",
    b"null",
    b"[" * 900,
    b'{"Header":' * 60,
    GOOD[:-1],
    GOOD + b"}",
    GOOD.replace(b'"Seq":7', b'"Seq":8,"Seq":9'),
    GOOD.replace(b'"Seq":7', b'"Seq":NaN'),
    GOOD.replace(b'"Seq":7', b'"Seq":1e400'),
    GOOD.replace(b'"Seq":7', b'"Seq":true'),
    GOOD.replace(b'"Seq":7', b'"Seq":6'),
    GOOD.replace(b"4140", b"4140.0"),
    GOOD.replace(b"4140", b"-1"),
    GOOD.replace(b"4140", b"999999"),
    GOOD.replace(b"4140", b'"11000"'),
    GOOD.replace(b"EBGDirectControl", b"Release"),
    GOOD.replace(b'"Seq":7', b'"Seq":8').ljust(1024, b"x"),
    GOOD.replace(b'"Seq":7', b'"Seq":8') + b"\r\n",
    GOOD.replace(b'"Seq":7', b'"Seq":8').replace(b"EBG", b"EB\xc7"),
    GOOD.replace(b'"Seq":7', b'"Seq":8').replace(b'"Start":"2', b'"Start":"9'),
    b"\x00" * 40,
    b"x" * 1024,
]
LINES = [b"4", b"zz", b"4G", b"FF" * 1024, b" 41", b"41" * 3000]


def hostile(rig: Rig, what: int, noise: Random) -> None:
    """One hostile thing happens."""
    kind = what % 10
    telegram = rig.telegram_octets()
    if kind == 0:
        rig.feed(noise.randbytes(noise.randrange(3000)))
    elif kind == 1:
        rig.feed(telegram[: noise.randrange(len(telegram))])
    elif kind == 2:
        at = noise.randrange(len(telegram))
        rig.feed(telegram[:at] + bytes((telegram[at] ^ 1,)) + telegram[at + 1 :])
    elif kind == 3:
        rig.text = REFUSED[noise.randrange(len(REFUSED))]
    elif kind == 4:
        rig.line = LINES[noise.randrange(len(LINES))]
    elif kind == 5:
        rig.unit_answers = not rig.unit_answers
    elif kind == 6:
        purpose = noise.choice(list(Purpose))
        rig.refuses = {purpose: noise.randrange(1, 12)}
    elif kind == 7:
        rig.restart_gateway()
    elif kind == 8:
        rig.p1_on = not rig.p1_on
    else:
        # At most two telegrams tell another time: not enough to be believed.
        rig.meter_ahead_s = noise.choice([-7200, 7200, 86_400])
        rig.run(10)
        rig.meter_ahead_s = 0
        rig.run(10)


@given(st.lists(st.integers(0, 9), max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_limit_stands_to_the_end_of_its_profile(
    happenings: list[int], noise: Random
) -> None:
    rig = Rig(GOOD, journal=MemoryJournal())
    rig.run(30)
    assert rig.applied_w == LIMIT_W
    for what in happenings:
        hostile(rig, what, noise)
        for _ in range(4):
            rig.run(20)
            if rig.now_s < START_S + HOUR_S:
                assert rig.applied_w <= LIMIT_W
        rig.line = None
    assert rig.sequence in (0, 7), "something else was committed"

    # And when all is well again the next message is taken.
    rig.refuses, rig.unit_answers, rig.p1_on, rig.text = {}, True, True, GOOD
    if rig.now_s < START_S + HOUR_S - 900:
        rig.run(400)
        rig.text = text(2000, seq=8)
        rig.run(400)
        assert rig.applied_w == 2000


def test_each_of_these_messages_is_refused() -> None:
    for message in REFUSED:
        rig = Rig(GOOD)
        rig.run(30)
        rig.text = message
        rig.run(20)
        assert rig.rejected(), message
        assert rig.rejected()[-1] is not Reject.NONE
        assert (rig.applied_w, rig.sequence) == (LIMIT_W, 7)
