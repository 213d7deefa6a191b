"""A tool reads a device that an E-meter reads as well: neither disturbs the other."""

from __future__ import annotations

from meters.mbus.channels import channel_of
from meters.p2.attached import exchange
from tests.meters.mbus.household import USER_KEY, gas, give_key, installed, until
from wire.mbus.frames import Long, Short, decode


def test_a_tool_takes_neither_the_turn_nor_the_counter_of_the_e_meter() -> None:
    device = gas()
    meter = installed(device)
    give_key(meter, 1, device)
    assert device.state.user_key == USER_KEY
    device.set_flow(1000)
    until(meter, 700)
    address, counters = device.state.address, []
    for _ in range(24):
        for second in (1, 30, 600, 1800):
            until(meter, second)
            counters.append(device.state.frame_counter)
            # As tools begin: normalise, then read, now with the frame count bit and now without.
            for frame in (
                Short(0x40, address),
                Short(0x7B, address),
                Short(0x5B, address),
            ):
                exchange(meter, frame.encode())
        kept = device.state.kept[1] // 3600
        assert channel_of(meter, 1).value == kept
        assert not channel_of(meter, 1).missing
    assert counters == sorted(set(counters))


def test_a_tool_without_the_key_learns_nothing_and_changes_nothing() -> None:
    device = gas()
    meter = installed(device)
    give_key(meter, 1, device)
    answer = decode(exchange(meter, Short(0x5B, device.state.address).encode()))
    assert isinstance(answer, Long)
    assert device.identity.equipment_id[::-1].encode() not in answer.body
    cleared = Long(0x53, device.state.address, 0x51, bytes.fromhex("017a09"))
    assert exchange(meter, cleared.encode()) == b""
