"""A DSMR 4.0.6 meter behind its P3, with what its breaker and its limiter are asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

from meters.meter import Meter
from meters.state import from_json, to_json
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.events import Log
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.instants import encode_date_time, from_epoch, local

CONTROL, SCRIPTS = (70, "0-0:96.3.10"), (9, "0-0:10.0.106")
SCHEDULER, LIMITER = (22, "0-0:15.0.1"), (71, "0-0:17.0.0")
DISCONNECT, CONNECT = 1, 2
SUCCESS, LOGICAL_ERROR = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
VOLTAGE = (2300, 2300, 2300)


class Bench:
    """The meter, a client that is associated, and a hand at the load."""

    def __init__(self) -> None:
        self.meter = make_meter(Standard.DSMR_4_0_6)
        self.driver = Driver(self.meter).associate()

    def get(self, place: tuple[int, str], number: int) -> object:
        """The plain value of an attribute."""
        result = self.driver.get(*place, number)
        assert isinstance(result, bytes), result
        return axdr.plain(axdr.decode(result))

    def set(self, place: tuple[int, str], number: int, value: Data) -> DataAccessResult:
        """Writes an attribute."""
        return self.driver.set(*place, number, axdr.encode(value))

    def act(self, place: tuple[int, str], number: int, value: Data) -> ActionResult:
        """Invokes a method."""
        return self.driver.act(*place, number, axdr.encode(value)).result

    def command(self, number: int) -> ActionResult:
        """remote_disconnect or remote_connect."""
        return self.act(CONTROL, number, axdr.integer(0))

    def limit(self, number: int, value: int) -> DataAccessResult:
        """Writes a number of the limiter: 4 and 5 thresholds in W, 6 and 7 durations in s."""
        return self.set(LIMITER, number, axdr.double_long_unsigned(value))

    def mode(self, mode: int) -> DataAccessResult:
        """Writes control_mode."""
        return self.set(CONTROL, 4, axdr.enum(mode))

    def later(self, seconds: int) -> None:
        """So long after the start."""
        self.driver.now_s = NOW_S + seconds
        self.meter.advance(NOW_S + seconds)

    def load(self, power_w: int, voltage: tuple[int, int, int] = VOLTAGE) -> None:
        """What the house asks for on L1 from now on."""
        self.meter.set_load((power_w, 0, 0), voltage)

    def connected(self) -> bool:
        """Whether current can flow."""
        return self.meter.connected

    def events(self) -> list[tuple[int, int, int]]:
        """Seconds since the start, code and threshold of each event of the control log."""
        logs = self.meter.state.logs
        rows = logs.rows(Log.CONTROL) if logs is not None else ()
        return [(at_s - NOW_S, code, value) for at_s, code, value in rows]

    def restart(self) -> None:
        """The meter goes on in another process, from what was saved."""
        before = self.meter
        state = from_json(json.loads(json.dumps(to_json(before.state))))
        self.meter = Meter(before.identity, state, before.model, before.random_bytes)
        self.meter.model.judge(self.meter)
        now_s = self.driver.now_s
        self.driver = Driver(self.meter)
        self.driver.now_s, self.driver.counter = now_s, 5000 + now_s - NOW_S
        if self.meter.powered:
            self.driver.associate()


def profile(begin: bytes, duration_s: int, group: int = 7) -> Data:
    """An emergency profile."""
    return axdr.structure(
        axdr.long_unsigned(group),
        axdr.octet_string(begin),
        axdr.double_long_unsigned(duration_s),
    )


def stamp(seconds: int) -> bytes:
    """The date-time so many seconds after the start."""
    return encode_date_time(from_epoch(NOW_S + seconds))


def groups(numbers: Iterable[int]) -> Data:
    """A list of group identifiers."""
    return axdr.array(map(axdr.long_unsigned, numbers))


def script(selector: int, table: bytes = bytes.fromhex("00000a006aff")) -> Data:
    """A script of the disconnector script table."""
    return axdr.structure(axdr.octet_string(table), axdr.long_unsigned(selector))


def at(seconds: int) -> Data:
    """The execution_time so many seconds after the start, in Dutch civil time."""
    civil = local(from_epoch(NOW_S)) + timedelta(seconds=seconds)
    octets = encode_date_time(civil)
    return execution_time(octets[5:9], octets[:5])


def execution_time(*times_and_dates: bytes) -> Data:
    """An array of times and dates, in turn."""
    pairs = zip(times_and_dates[::2], times_and_dates[1::2])
    return axdr.array(
        axdr.structure(axdr.octet_string(time), axdr.octet_string(date))
        for time, date in pairs
    )
