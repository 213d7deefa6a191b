"""Whatever a device is told, and whenever: it lives on, and is the same after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from meters.p2.device import Device
from meters.p2.identity import Fitting
from meters.p2.state import from_json, to_json
from tests.meters.p2.builders import REQ_UD2, SND_NKE, USER_KEY, Master, make_device
from wire.mbus import rows
from wire.mbus.frames import Direction, Long, decode
from wire.mbus.times import encode_set_clock
from wire.mbus.values import Status, ValveCommand

Step = Callable[[Master], object]


def wait(master: Master, seconds: int) -> None:
    master.now_s += seconds


INSTANTS = st.datetimes(
    datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59), timezones=st.just(UTC)
)
SELECTABLE = [row for row in rows.ROWS if row.head[0] & 0x0F]
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.integers(1, 40_000_000).map(lambda s: lambda m: wait(m, s)),
    INSTANTS.map(lambda at: lambda m: m.clock(encode_set_clock(at))),
    st.integers(0, 255).map(lambda a: lambda m: m.plain(rows.ADDRESS.record(a))),
    st.sampled_from([USER_KEY, bytes(16), bytes(range(16))]).map(
        lambda key: lambda m: m.set_key(key)
    ),
    st.lists(st.sampled_from(SELECTABLE), min_size=1, max_size=20).map(
        lambda wanted: lambda m: m.control(*(row.selection() for row in wanted))
    ),
    st.sampled_from(ValveCommand).map(
        lambda command: lambda m: m.control(rows.VALVE_COMMAND.record(command))
    ),
    st.integers(0, 255).map(
        lambda mask: lambda m: m.control(rows.CLEAR_STATUS.record(Status(mask)))
    ),
    st.integers(0, 30).map(lambda s: lambda m: m.device.press_button(s)),
    st.integers(0, 6000).map(lambda rate: lambda m: m.device.set_flow(rate)),
    st.integers(0, 100).map(lambda left: lambda m: m.device.drain_battery(left)),
    st.sampled_from([SND_NKE, REQ_UD2, 0x7B, 0x5A, 0x59]).map(
        lambda c: lambda m: m.short(c)
    ),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Fitting), st.lists(STEPS, max_size=25))
def test_no_life_ends_badly(valve: Fitting, steps: list[Step]) -> None:
    master = Master(make_device(valve=valve))
    highest = 0
    for step in steps:
        step(master)
        counter = master.device.state.frame_counter
        assert counter >= highest
        highest = counter
    answer = decode(master.short(REQ_UD2), Direction.FROM_SLAVE)
    assert isinstance(answer, Long)
    assert isinstance(master.device.shown, str)
    assert master.device.counts[0] >= master.device.state.kept[0]
    saved = json.loads(json.dumps(to_json(master.device.state)))
    again = Device(master.device.identity, from_json(saved))
    assert to_json(again.state) == saved
    again.answer(bytes.fromhex("1040004016"), master.now_s)


def test_a_clock_at_the_end_of_its_century_stands_still() -> None:
    master = Master(make_device())
    last = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
    master.clock(encode_set_clock(last))
    master.now_s += 86_400
    assert master.read()["timestamp"] == last
    master.device.set_clock_error(-(10**9))
    master.now_s += 3600
    assert master.read()["timestamp"] == datetime(2000, 1, 1, tzinfo=UTC)
