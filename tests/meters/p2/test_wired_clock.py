"""The clock of a wired device, and the status that goes with it."""

from __future__ import annotations

import pytest

from tests.meters.builders import NOW_S
from tests.meters.p2.builders import ACKNOWLEDGED, Master, make_device
from wire.instants import NEVER, from_epoch
from wire.mbus import rows
from wire.mbus.times import encode_set_clock
from wire.mbus.values import Status


@pytest.mark.parametrize(
    ("ahead_s", "deviates"), [(60, False), (61, True), (-60, False), (-61, True)]
)
def test_the_clock_is_always_taken_over(
    keyed: Master, ahead_s: int, deviates: bool
) -> None:
    keyed.device.tamper()
    block = encode_set_clock(from_epoch(NOW_S + ahead_s))
    assert keyed.clock(block) == ACKNOWLEDGED
    assert keyed.device.state.clock_s == NOW_S + ahead_s
    deviation = Status.CLOCK_DEVIATION if deviates else Status(0)
    assert keyed.device.status == Status.FRAUD | deviation


def test_a_clock_that_was_far_off_deviates_once(keyed: Master) -> None:
    keyed.device.set_clock_error(-300)
    keyed.clock(encode_set_clock(from_epoch(NOW_S)))
    assert keyed.device.status == Status.CLOCK_DEVIATION
    keyed.device.set_clock_error(-300)
    keyed.control(rows.CLEAR_STATUS.record(0x73))
    keyed.clock(encode_set_clock(from_epoch(NOW_S - 280)))
    assert not keyed.device.status & Status.CLOCK_DEVIATION


def test_the_clock_of_a_wired_device_wakes_no_radio(keyed: Master) -> None:
    keyed.clock(encode_set_clock(from_epoch(NOW_S + 600)))
    assert keyed.device.next_s == NEVER


def test_without_a_user_key_the_clock_is_set_in_clear(master: Master) -> None:
    assert master.clock(encode_set_clock(from_epoch(NOW_S + 5))) == ACKNOWLEDGED
    assert master.device.state.clock_s == NOW_S + 5


def test_the_time_of_another_device_is_not_ours(master: Master) -> None:
    other = Master(make_device(equipment_id="G0001234567890213"))
    other.device = master.device
    body = bytearray(15 + 16)
    assert master.tell(0x6C, bytes(body)) == b""
    header = bytearray(master.device.identity.short_id.encode() + bytes(4))
    header[0] ^= 1
    block = encode_set_clock(from_epoch(NOW_S + 500))
    assert master.tell(0x6C, bytes(header) + block) == b""
    assert master.device.state.clock_s == NOW_S
