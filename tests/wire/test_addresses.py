"""Addresses as people write them, and nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.addresses import (
    RtuAddress,
    SerialAddress,
    TcpAddress,
    parse_address,
)
from wire.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://127.0.0.1:5020", TcpAddress("127.0.0.1", 5020)),
        ("tcp://meter.example:0", TcpAddress("meter.example", 0)),
        ("tcp://[::1]:65535", TcpAddress("::1", 65_535)),
        ("rtu:/dev/ttyUSB0", RtuAddress("/dev/ttyUSB0")),
        ("rtu:out/line", RtuAddress("out/line")),
        ("serial:/dev/serial/by-id/p1:0", SerialAddress("/dev/serial/by-id/p1:0")),
    ],
)
def test_an_address_reads_and_prints_as_it_is_written(
    text: str, address: object
) -> None:
    parsed = parse_address(text)
    assert parsed == address
    assert str(parsed) == text


def test_a_port_may_be_left_out_where_there_is_a_default() -> None:
    assert parse_address("tcp://h", default_port=5020) == TcpAddress("h", 5020)
    assert parse_address("tcp://[::1]", default_port=1) == TcpAddress("::1", 1)
    assert parse_address("tcp://h:7", default_port=5020) == TcpAddress("h", 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp",
        "tcp:",
        "tcp://",
        "tcp://:5020",
        "tcp://h",
        "tcp://h:",
        "tcp://h:x",
        "tcp://h:-1",
        "tcp://h:65536",
        "tcp://h:²",
        "tcp://h: 1",
        "tcp://h:1/",
        "tcp://h:1:2",
        "tcp://a b:1",
        "tcp://::1:1",
        "tcp://[::1:1",
        "tcp://[::1]1",
        "tcp://[]:1",
        "TCP://h:1",
        "udp://h:1",
        "rtu:",
        "serial:",
        "rtu:a\0b",
        "/dev/ttyUSB0",
    ],
)
def test_nonsense_is_refused_with_the_forms_that_are_not(text: str) -> None:
    with pytest.raises(ConfigError, match="write tcp://HOST:PORT or rtu:PATH"):
        parse_address(text, (TcpAddress, RtuAddress))


def test_a_kind_that_is_not_allowed_here_is_refused() -> None:
    with pytest.raises(ConfigError, match="write tcp://HOST:PORT or serial:PATH$"):
        parse_address("rtu:/dev/ttyUSB0", (TcpAddress, SerialAddress))


@given(st.text(max_size=30), st.sampled_from(["", "tcp:", "tcp://", "tcp://[", "rtu:"]))
def test_any_text_is_an_address_or_a_config_error(text: str, start: str) -> None:
    try:
        parsed = parse_address(start + text)
    except ConfigError:
        return
    assert parse_address(str(parsed)) == parsed


@pytest.mark.parametrize("host", ["\udcff", "a\ud800b"])
def test_a_host_that_is_no_text(host: str) -> None:
    with pytest.raises(ConfigError):
        parse_address(f"tcp://{host}:5020")
