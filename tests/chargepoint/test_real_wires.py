"""A unit in its own process, met by pymodbus's own client and by ours, on TCP and RTU."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from chargepoint.registers import (
    PERSIST_MAGIC,
    register,
    u32_from,
)
from chargepoint.staging import staging_writes
from wire.addresses import TcpAddress, parse_address
from wire.charging_profile import Reject

PROGRAM = "tests.chargepoint.unit_process"
ROOT = Path(__file__).resolve().parents[2]
APPLIED = register("applied_limit").address
OWN_LIMIT_W = 22_080

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
EXPIRED = int(Reject.EXPIRED)


@contextmanager
def a_unit(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code on SIGTERM, and what it wrote to standard error."""
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    return process.returncode, errors


def connect(listens: str) -> Client:
    """pymodbus's own client, within its event loop."""
    if listens.startswith("rtu:"):
        device = listens.removeprefix("rtu:")
        return AsyncModbusSerialClient(device, baudrate=115_200, timeout=5)
    address = parse_address(listens)
    assert isinstance(address, TcpAddress)
    return AsyncModbusTcpClient(address.host, port=address.port, timeout=5)


async def use(listens: str) -> None:
    """Every function, a whole profile, and each exception, as pymodbus's client sees it."""
    client = connect(listens)
    assert await client.connect()
    try:
        identity = await client.read_holding_registers(0, count=10, device_id=1)
        assert identity.registers[:2] == [0x4443, 1]
        assert (await client.read_input_registers(10, count=2)).registers == [3, 320]
        echo = await client.write_register(300, 7)
        assert (echo.address, echo.registers) == (300, [7])
        for address, words in staging_writes(
            1, 1_600_000_000, 1_600_600_000, [(1_600_000_000 + n, n) for n in range(32)]
        ):
            written = await client.write_registers(address, words)
            assert (written.address, written.count) == (address, len(words))
        assert (await client.write_register(400, 1)).isError() is False
        outcome = await client.read_holding_registers(400, count=1)
        assert outcome.registers == [EXPIRED]
        await client.write_registers(305, [0, 6000])
        limit = await client.read_holding_registers(APPLIED, count=2)
        assert u32_from(limit.registers) == 6000
        for answer, code in (
            (await client.read_holding_registers(14, count=1), 2),
            (await client.write_register(100, 1), 2),
            (await client.write_register(305, 1), 3),
            (await client.read_coils(0, count=1), 1),
            (await client.write_coil(0, True), 1),
        ):
            assert (answer.isError(), answer.exception_code) == (True, code)
        await client.write_registers(301, [99, 0, 5000, PERSIST_MAGIC])
    finally:
        client.close()


def test_pymodbus_meets_the_unit_on_tcp_and_sigterm_keeps_its_settings(
    tmp_path: Path,
) -> None:
    state = tmp_path / "unit.json"
    with a_unit("tcp://127.0.0.1:0", state) as (process, listens):
        asyncio.run(use(listens))
        assert end(process) == (0, "")
    assert json.loads(state.read_text()) == {
        "watchdog_timeout_s": 99,
        "safe_power_w": 5000,
        "lifetime_ws": 0,
    }


def test_pymodbus_meets_the_unit_on_a_serial_line(tmp_path: Path) -> None:
    link = tmp_path / "line"
    with a_unit(f"rtu:{link}", tmp_path / "unit.json") as (process, listens):
        assert listens == f"rtu:{link}"
        asyncio.run(use(listens))
        asyncio.run(use(listens))
        assert end(process) == (0, "")
    assert not link.is_symlink()


def test_hostile_connections_do_not_disturb_a_good_one(tmp_path: Path) -> None:
    hostile = [
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(65_536),
        b"\x00\x01\x00\x00\xff\xff" * 100,
        b"\x00\x01\x00\x00\x00\x06\x01\x03",
        os.urandom(65_536),
    ]
    with a_unit("tcp://127.0.0.1:0", tmp_path / "unit.json") as (process, listens):
        address = parse_address(listens)
        assert isinstance(address, TcpAddress)
        sockets = []
        for octets in hostile * 4:
            line = socket.create_connection((address.host, address.port), timeout=5)
            sockets.append(line)
            try:
                line.sendall(octets)
            except OSError:
                pass
        asyncio.run(use(listens))
        for line in sockets:
            line.close()
        assert end(process) == (0, "")


def test_a_car_charges_and_its_energy_outlives_the_process(tmp_path: Path) -> None:
    state = tmp_path / "unit.json"
    kept = {"watchdog_timeout_s": 0, "safe_power_w": 4200, "lifetime_ws": 3_600_000}
    state.write_text(json.dumps(kept))

    async def look(listens: str) -> tuple[int, list[int]]:
        client = connect(listens)
        assert await client.connect()
        power = await client.read_holding_registers(212, count=2)
        energy = await client.read_holding_registers(216, count=4)
        client.close()
        return u32_from(power.registers), list(energy.registers)

    with a_unit("tcp://127.0.0.1:0", state, 50_000) as (process, listens):
        power_w, energy_wh = asyncio.run(look(listens))
        assert power_w == 10_998
        assert energy_wh[:3] == [0, 0, 0] and energy_wh[3] >= 1000
        assert end(process) == (0, "")
    assert json.loads(state.read_text())["lifetime_ws"] >= 3_600_000
