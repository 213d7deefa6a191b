"""The rules for the long message that need a meter and a memory: 2 and 10 to 15."""

from __future__ import annotations

import pytest

from chargepoint.exchanges import Purpose
from chargepoint.gateway import Save
from chargepoint.notices import Alarm, Event
from tests.chargepoint.rig import HOUR, MAX_W, START, Rig, profile, text
from wire.charging_profile import Reject, encode_clear


def running(message: bytes = text(6000, 9000, seq=5)) -> Rig:
    """A rig whose unit applies the first limit of the message."""
    rig = Rig(message)
    rig.run(30)
    assert rig.applied_w == 6000
    assert rig.logic.alarms == {}
    return rig


def test_a_message_reaches_the_unit_and_leaves_it_at_its_end() -> None:
    rig = Rig(text(6000, 9000, seq=5))
    rig.run(1)
    assert (rig.applied_w, rig.sequence) == (6000, 5)
    assert rig.commit == "done"
    rig.run(3600)
    assert rig.applied_w == 9000
    rig.run(3600)
    assert rig.applied_w == MAX_W and not rig.loaded
    assert rig.count(Purpose.COMMIT) == 1
    assert rig.events(Event.TAKEN, Event.COMMITTED, Event.EXPIRED) == [
        Event.TAKEN,
        Event.COMMITTED,
        Event.EXPIRED,
    ]
    assert rig.logic.alarms == {}
    assert rig.logic.metrics.differs_s == 0


@pytest.mark.parametrize("line", [b"3", b"7B7", b"7B7G", b"7B 7", b"(7B)", b"0x"])
def test_rule_2_not_hex_is_no_message_and_a_fault(line: bytes) -> None:
    rig = running()
    rig.line = line
    rig.run(600)
    assert rig.rejected() == [Reject.NOT_HEX]
    assert rig.alarmed(Alarm.MESSAGE_REJECTED)
    assert rig.applied_w == 6000
    rig.line = None
    rig.run(10)
    assert not rig.alarmed(Alarm.MESSAGE_REJECTED)
    assert rig.count(Purpose.COMMIT) == 1


@pytest.mark.parametrize("line", [b"FF", b"ff" * 1024, b"FfFF"])
def test_rule_2_filler_is_no_message_and_no_fault(line: bytes) -> None:
    rig = running()
    rig.line = line
    rig.run(20)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}
    assert rig.logic.metrics.last_reject is Reject.FILLER


def test_rule_2_a_telegram_without_the_line_is_no_message() -> None:
    rig = running()
    rig.text = None
    rig.run(20)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"{\r\n}", Reject.CHARACTERS),
        (b"{\xe9}", Reject.CHARACTERS),
        (b'{"Header":{' + b'"x":"' + b"y" * 1008, Reject.TRUNCATED),
        (b"{", Reject.MALFORMED),
        (text(9000, seq=6).replace(b"Seq", b"Action"), Reject.DUPLICATE_KEY),
        (text(9000, seq=6).replace(b"9000", b"1e400"), Reject.NUMBER),
        (b"[" * 600, Reject.NESTING),
        (text(9000, seq=6).replace(b"Body", b"body"), Reject.STRUCTURE),
        (text(9000, seq=6).replace(b"EBG", b"ABC"), Reject.ACTION),
        (text(9000, seq=6).replace(b'00W","V', b'60W","V'), Reject.TIME_STAMP),
        (text(9000, seq=6).replace(b":9000", b":90000"), Reject.POWER),
    ],
)
def test_rule_14_a_refused_message_keeps_the_old_one_to_its_end(
    message: bytes, code: Reject
) -> None:
    rig = running()
    rig.text = message
    rig.run(3580)
    assert rig.rejected() == [code]
    assert rig.logic.metrics.last_reject is code
    assert rig.logic.metrics.rejects[Reject.KEPT] == 1
    assert rig.alarmed(Alarm.MESSAGE_REJECTED)
    assert rig.applied_w == 9000
    rig.run(3600)
    assert rig.applied_w == MAX_W
    rig.text = text(7000, start=START + 2 * HOUR, seq=6)
    rig.run(10)
    assert rig.applied_w == 7000 and rig.logic.alarms == {}


def test_rule_10_expired_on_arrival_is_recorded_and_not_acted_on() -> None:
    rig = running()
    rig.text = text(1000, start=START - 3 * HOUR, seq=8)
    rig.run(20)
    assert rig.applied_w == 6000
    assert rig.events(Event.RECORDED) == [Event.RECORDED]
    assert rig.logic.metrics.last_reject is Reject.EXPIRED
    assert rig.logic.record.text == rig.text and rig.logic.record.seq == 8
    assert rig.logic.record.profile == profile(6000, 9000, seq=5)
    # Its number counts: what is older than the recorded message is a replay.
    rig.text = text(7000, seq=7)
    rig.run(20)
    assert rig.rejected() == [Reject.REPLAY]


def test_rule_10_valid_to_itself_is_too_late() -> None:
    rig = Rig(text(6000, start=START - HOUR))
    rig.run(20)
    assert rig.applied_w == MAX_W and rig.events(Event.RECORDED)


def test_rule_11_the_same_text_is_no_operation() -> None:
    rig = running()
    rig.line = b"FF"
    rig.run(20)
    rig.line = None
    rig.run(20)
    assert rig.events(Event.UNCHANGED) == [Event.UNCHANGED]
    assert rig.count(Purpose.COMMIT) == 1
    assert rig.rejected() == []


@pytest.mark.parametrize("seq", [0, 4, 5])
def test_rule_12_a_number_not_above_the_last_is_a_replay(seq: int) -> None:
    rig = running()
    rig.text = text(7000, seq=seq)
    rig.run(20)
    assert rig.rejected() == [Reject.REPLAY]
    assert rig.applied_w == 6000 and rig.alarmed(Alarm.MESSAGE_REJECTED)
    rig.text = text(7000, seq=6)
    rig.run(20)
    assert rig.applied_w == 7000 and rig.sequence == 6
    assert not rig.alarmed(Alarm.MESSAGE_REJECTED)


def test_rule_12_a_cleared_profile_cannot_be_replayed() -> None:
    rig = running()
    first, rig.text = rig.text, b""
    rig.run(20)
    rig.text = first
    rig.run(20)
    assert rig.rejected() == [Reject.REPLAY] and rig.applied_w == MAX_W


def test_rule_12_without_a_number_taken_with_a_remark() -> None:
    rig = running()
    rig.text = text(7000)
    rig.run(20)
    assert rig.applied_w == 7000 and rig.sequence == 0
    assert rig.logic.metrics.remarks[Reject.NO_SEQUENCE] == 1
    # It does not let older numbers in.
    rig.text = text(8000, seq=5)
    rig.run(20)
    assert rig.rejected() == [Reject.REPLAY]


@pytest.mark.parametrize(
    "message", [b"", encode_clear(START, START + HOUR, 6).encode()]
)
def test_rule_13_cleared(message: bytes) -> None:
    rig = running()
    rig.text = message
    rig.run(20)
    assert rig.applied_w == MAX_W and not rig.loaded
    assert rig.logic.record.profile is None
    assert rig.commit == "done"
    assert rig.events(Event.CLEARED, Event.UNIT_CLEARED) == [
        Event.CLEARED,
        Event.UNIT_CLEARED,
    ]
    assert rig.count(Purpose.CLEAR) == 1


def test_rule_15_clocks_apart_alarm_and_telegram_time_leads() -> None:
    rig = Rig(text(6000, 9000))
    rig.host_ahead_s = 61
    rig.run(20)
    assert rig.alarmed(Alarm.CLOCKS_APART)
    assert rig.logic.metrics.rejects[Reject.CLOCKS_APART] == 1
    rig.host_ahead_s = 5400
    rig.run(20)
    assert rig.applied_w == 6000
    rig.host_ahead_s = -60
    rig.run(20)
    assert rig.logic.alarms == {}


def test_a_record_is_saved_before_the_unit_is_told() -> None:
    rig = running()
    kinds = [
        "save" if isinstance(step, Save) else step.purpose.name for step in rig.log
    ]
    assert kinds.index("save") < kinds.index("COMMIT") < len(kinds) - 1
    assert kinds[kinds.index("COMMIT") + 1] == "save"


def test_tolerant_mends_and_counts() -> None:
    message = text(6000, seq=1).replace(b'[{"Start', b'[{{"Start')
    strict, tolerant = Rig(message), Rig(message, tolerant=True)
    strict.run(20)
    tolerant.run(20)
    assert strict.rejected() == [Reject.MALFORMED] and strict.applied_w == MAX_W
    assert tolerant.applied_w == 6000
    assert tolerant.logic.metrics.remarks[Reject.REPAIRED] == 1
