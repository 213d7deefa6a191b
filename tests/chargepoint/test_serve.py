"""A unit in real time: its state file, its ticks, and what its surroundings may refuse."""

from __future__ import annotations

import gc
import json
import os
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.protocol import Protocol
from twisted.internet.selectreactor import SelectReactor
from twisted.python.failure import Failure

from chargepoint.kept import Kept
from chargepoint.modbus import Framing
from chargepoint.modbus_client import ModbusClient
from chargepoint.registers import PERSIST_MAGIC
from chargepoint.serial_line import SerialEndpoint, open_pty, open_serial
from chargepoint.serve import (
    SAVE_EVERY_S,
    SimulatedCar,
    StateFile,
    UnitService,
    UnitSettings,
    run_unit,
)
from scenarios.transport.clock import HeapClock
from wire.addresses import Address, RtuAddress, SerialAddress, TcpAddress
from wire.errors import ConfigError, SurroundingsError, TransportError

T0 = 1_704_900_000
LOOPBACK = TcpAddress("127.0.0.1", 0)


# The state file


def test_state_survives_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "unit.json"
    assert StateFile(path).load() == Kept()
    StateFile(path).save(Kept(30, 6000, 7))
    assert StateFile(path).load() == Kept(30, 6000, 7)
    assert os.listdir(tmp_path) == ["unit.json"]


def test_without_a_file_nothing_is_kept() -> None:
    StateFile(None).save(Kept(1, 2, 3))
    assert StateFile(None).load() == Kept()


@pytest.mark.parametrize(
    "octets",
    [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"x":1}', b'{"lifetime_ws":NaN}'],
)
def test_a_damaged_file_is_a_config_error_and_stays(
    tmp_path: Path, octets: bytes
) -> None:
    path = tmp_path / "unit.json"
    path.write_bytes(octets)
    with pytest.raises(ConfigError, match="is not a unit's state") as caught:
        StateFile(path).load()
    assert caught.value.file == str(path)
    assert path.read_bytes() == octets


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="cannot be written"):
        StateFile(tmp_path / "absent" / "unit.json").save(Kept())


# Its ticks


def a_service(
    tmp_path: Path, car: SimulatedCar | None = None
) -> tuple[HeapClock, UnitService, Path]:
    clock = HeapClock(T0)
    path = tmp_path / "unit.json"
    unit = UnitSettings(car=car).build(T0, Kept(watchdog_timeout_s=0))
    service = UnitService(unit, clock, StateFile(path))
    service.start()
    return clock, service, path


def test_settings_are_saved_before_their_write_is_answered(tmp_path: Path) -> None:
    clock, service, path = a_service(tmp_path)
    clock.advance(5)
    assert not path.exists()
    service.write(301, [30, 0, 6000, PERSIST_MAGIC])
    assert json.loads(path.read_text())["safe_power_w"] == 6000


def test_energy_is_saved_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    clock, service, path = a_service(tmp_path, SimulatedCar(50_000, 1, 2, 3680))
    clock.advance(SAVE_EVERY_S)
    assert json.loads(path.read_text())["lifetime_ws"] == SAVE_EVERY_S * 3680
    clock.advance(10)
    assert service.unit.power_w == (0, 3680, 0)
    service.stop()
    assert json.loads(path.read_text())["lifetime_ws"] == (SAVE_EVERY_S + 10) * 3680
    clock.advance(600)
    assert service.unit.station.now_s == T0 + SAVE_EVERY_S + 10


def test_a_full_disk_does_not_stop_the_unit(tmp_path: Path) -> None:
    clock, service, path = a_service(tmp_path / "absent", SimulatedCar(50_000))
    clock.advance(3 * SAVE_EVERY_S)
    assert service.unit.station.now_s == T0 + 3 * SAVE_EVERY_S
    assert not path.exists()
    with pytest.raises(SurroundingsError):
        service.stop()


# A reactor of the test's own


@pytest.fixture
def reactor() -> Iterator[Any]:
    reactor = SelectReactor()
    yield reactor
    for descriptor in reactor.removeAll():
        descriptor.connectionLost(None)
    gc.collect()


def play(reactor: Any, make: Callable[[], Any]) -> Any:
    """Runs the reactor until the coroutine that `make` makes is done."""
    outcome: list[Any] = []

    def begin() -> None:
        done = ensureDeferred(make())
        done.addBoth(outcome.append)
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    late = reactor.callLater(10, reactor.stop)
    reactor.run(installSignalHandlers=False)
    if late.active():
        late.cancel()
    (result,) = outcome
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result


def served(reactor: Any, listen: Address, state: Path) -> Deferred[Address]:
    ready: Deferred[Address] = Deferred()

    def failed(failure: Failure) -> None:
        assert not ready.called
        ready.errback(failure)

    ending = run_unit(reactor, listen, state, UnitSettings(), ready.callback)
    ending.addErrback(failed)
    return ready


def test_our_client_on_a_serial_line(tmp_path: Path, reactor: Any) -> None:
    link = str(tmp_path / "line")

    async def use() -> tuple[list[int], list[int]]:
        await served(reactor, RtuAddress(link), tmp_path / "state")
        client = ModbusClient(
            SerialEndpoint(reactor, link), reactor, framing=Framing.RTU
        )
        await client.write(305, [0, 6000])
        first = await client.read(102, 2)
        client.close()
        return first, await client.read(0, 125 - 111)

    limit, identity = play(reactor, use)
    assert limit == [0, 6000]
    assert identity[0] == 0x4443


def test_a_unit_on_a_device_that_exists(tmp_path: Path, reactor: Any) -> None:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    device = os.ttyname(theirs)

    async def use() -> Address:
        return await served(reactor, RtuAddress(device), tmp_path / "state")

    assert play(reactor, use) == RtuAddress(device)
    assert Path(device).is_char_device()
    os.close(ours)
    os.close(theirs)


def test_a_port_that_is_taken(tmp_path: Path, reactor: Any) -> None:
    async def use() -> None:
        taken = await served(reactor, LOOPBACK, tmp_path / "one")
        await served(reactor, taken, tmp_path / "two")

    with pytest.raises(SurroundingsError, match="cannot be listened on"):
        play(reactor, use)


def test_a_path_that_is_taken(tmp_path: Path, reactor: Any) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    with pytest.raises(SurroundingsError, match="exists"):
        open_pty(reactor, Protocol(), str(path))
    with pytest.raises(SurroundingsError, match="cannot be made"):
        open_pty(reactor, Protocol(), str(tmp_path / "absent" / "line"))
    assert path.read_text() == "mine"


def test_a_link_to_nothing_is_replaced(tmp_path: Path, reactor: Any) -> None:
    link = tmp_path / "line"
    link.symlink_to(tmp_path / "gone")
    pty = open_pty(reactor, Protocol(), str(link))
    assert os.readlink(link) == pty.path
    pty.close()


def test_devices_that_are_none(tmp_path: Path, reactor: Any) -> None:
    (tmp_path / "file").write_text("")
    for name in ("absent", "file"):
        with pytest.raises(SurroundingsError, match="cannot be opened"):
            open_serial(reactor, Protocol(), str(tmp_path / name))

    async def use() -> None:
        endpoint = SerialEndpoint(reactor, str(tmp_path / "absent"))
        await ModbusClient(endpoint, reactor, framing=Framing.RTU).read(0, 1)

    with pytest.raises(TransportError, match="cannot be reached"):
        play(reactor, use)


def test_a_unit_does_not_speak_p1(tmp_path: Path, reactor: Any) -> None:
    async def use() -> None:
        await served(reactor, SerialAddress("/dev/null"), tmp_path / "state")

    with pytest.raises(ConfigError, match="does not carry Modbus"):
        play(reactor, use)
