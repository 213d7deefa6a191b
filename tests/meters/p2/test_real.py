"""A fleet's gas meter on real sockets, read by independent M-Bus software."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import serial

from meters.fleet import create_fleet
from meters.fleet_devices import Wanted
from meters.p2.media import Medium
from tests.meters.p2.builders import USER_KEY, key_records
from tests.meters.test_serve import PROGRAM, free_base_port, serving
from wire.cosem.rows import Standard
from wire.mbus import rows
from wire.mbus.frames import Direction, FrameReader, Long, Short
from wire.mbus.headers import DeviceType, LongHeader
from wire.mbus.security import open_mode_15, wrap_user_key

ROOT = Path(__file__).resolve().parents[3]


def peer(name: str) -> Any:
    """A package that the machine may lack."""
    return pytest.importorskip(name, reason=f"{name} is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fleet of one meter with a wired gas meter, at free ports."""
    create_fleet(
        *(tmp_path, 1, Standard.DSMR_4_0_6),
        seed=4,
        base_port=free_base_port(20_000),
        devices=(Wanted(Medium.GAS, "wired", "G4"),),
    )
    return tmp_path


def p2_port(folder: Path) -> int:
    shipment = json.loads((folder / "shipment.json").read_text())
    port: int = shipment[0]["port"]
    return port + 20_000


def ask(line: socket.socket, frame: bytes) -> Long | None:
    """The long frame that is answered; None for an acknowledgement."""
    line.sendall(frame)
    reader = FrameReader(Direction.FROM_SLAVE)
    while True:
        for event in reader.feed(line.recv(1024)):
            return event if isinstance(event, Long) else None


def frame_counter(answer: Long | None) -> int:
    assert answer is not None
    (record,) = rows.decode(answer.body[-7:])
    assert isinstance(record.value, int)
    return record.value


def test_a_tool_reads_it_by_tcp_and_no_counter_is_used_twice(folder: Path) -> None:
    row = json.loads((folder / "shipment.json").read_text())[0]["devices"][0]
    wrapped = wrap_user_key(bytes.fromhex(row["default_key"]), USER_KEY)
    address_and_key = (
        Long(0x53, 0, 0x51, rows.ADDRESS.record(1).encode()),
        Long(0x53, 1, 0x51, rows.encode(key_records(wrapped))),
    )
    counters: list[int] = []
    for _ in range(2):
        with serving(folder, "none", "tcp"):
            address = ("127.0.0.1", p2_port(folder))
            with closing(socket.create_connection(address, 10)) as line:
                if not counters:
                    for frame in address_and_key:
                        assert ask(line, frame.encode()) is None
                for _ in range(3):
                    answer = ask(line, Short(0x5B, 1).encode())
                    counters.append(frame_counter(answer))
            # The process is killed here.
    assert counters == sorted(set(counters))
    assert answer is not None
    header = LongHeader.decode(answer.body[:12])
    blocks = header.configuration.blocks
    opened = open_mode_15(USER_KEY, header.device, blocks, answer.body[12:], None)
    told = {record.name: record.value for record in rows.decode(opened.plaintext)}
    assert told["equipment_identifier"] == row["equipment_id"]


def test_a_port_that_there_is_not_is_told_in_one_line(tmp_path: Path) -> None:
    gas = Wanted(Medium.GAS, "wired")
    create_fleet(tmp_path, 1, Standard.SMR_5_0, base_port=50_000, devices=(gas,))
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "none", "tcp"],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("ConfigError P2 of ")
    assert ended.stderr.count("\n") == 1
    assert "port 70000" in ended.stderr


def test_pymeterbus_reads_it_as_a_serial_port(folder: Path) -> None:
    meterbus = peer("meterbus")
    row = json.loads((folder / "shipment.json").read_text())[0]["devices"][0]
    with serving(folder, "none", "pty") as (process, _):
        (path,) = json.loads(process.stdout.readline()).values()
        # As its tools open a port; a pseudo terminal has no rate, nor a parity to keep.
        with serial.Serial(path, 2400, 8, "E", 1, timeout=5) as port:
            meterbus.send_ping_frame(port, 0)
            assert isinstance(
                meterbus.load(meterbus.recv_frame(port, 1)), meterbus.TelegramACK
            )
            meterbus.send_request_frame(port, 0)
            telegram = meterbus.load(meterbus.recv_frame(port))
    header = telegram.interpreted["body"]["header"]
    assert header["manufacturer"] == "DSL"
    assert int(header["medium"], 16) == DeviceType.GAS
    texts = [record.get("value") for record in telegram.interpreted["body"]["records"]]
    assert row["equipment_id"] in texts


def test_pymbusparser_reads_what_it_says(folder: Path) -> None:
    parser = peer("pymbusparser")
    row = json.loads((folder / "shipment.json").read_text())[0]["devices"][0]
    with serving(folder, "none", "tcp"):
        address = ("127.0.0.1", p2_port(folder))
        with closing(socket.create_connection(address, 10)) as line:
            answer = ask(line, Short(0x7B, 0).encode())
    assert answer is not None
    parsed = parser.parse(answer.encode())
    assert row["equipment_id"] in json.dumps(parsed, default=str)
