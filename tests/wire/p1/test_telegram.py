"""What the lines of a telegram say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.p1.samples import only_telegram, utc
from wire.crc import crc16_arc
from wire.p1 import MBusReading, P1Version, Raw, Telegram


def telegram(*lines: str) -> Telegram:
    body = "/ABC5\r\n\r\n" + "".join(f"{line}\r\n" for line in lines) + "!"
    octets = body.encode("latin-1")
    return only_telegram(octets + b"%04X\r\n" % crc16_arc(octets))


@pytest.mark.parametrize(
    "printed, message",
    [
        ("()", b""),
        ("(303132)", b"012"),
        ("(3a3B)", b":;"),
        ("(FF30)", b"\xff0"),
        ("(" + "41" * 1024 + ")", b"A" * 1024),
        ("(303)", None),
        ("(30 31)", None),
        ("(0x30)", None),
        ("(30G1)", None),
        ("(３０)", None),
        ("(FF)", None),
        ("(ffFFFF)", None),
        ("(30)(31)", None),
        ("(30", None),
    ],
)
def test_the_text_message(printed: str, message: bytes | None) -> None:
    printed = printed.encode("utf-8").decode("latin-1")
    seen = telegram(f"0-0:96.13.0{printed}")
    assert seen.text_message == message
    # The same when all lines were looked for first.
    assert len(seen.values) == 1
    assert seen.text_message == message


def test_no_line_is_no_message() -> None:
    assert telegram("1-0:1.7.0(00.000*kW)").text_message is None


def test_the_last_of_two_lines_counts_however_it_is_read() -> None:
    seen = telegram("0-0:96.13.0(30)", "0-0:96.13.0(31)")
    assert seen.text_message == b"1"
    assert seen.values["0-0:96.13.0"] == b"1"


@pytest.mark.parametrize(
    "line",
    [
        "0-0:1.0.0(101309113020W)",
        "0-0:1.0.0(101209113020X)",
        "0-0:1.0.0()",
        "1-0:1.8.1(123456.789)",
        "1-0:1.8.1(123456.789*kW)",
        "1-0:1.8.1(-00001.000*kWh)",
        "1-0:1.8.1(1e5*kWh)",
        "1-0:1.8.1(1.2.3*kWh)",
        "1-0:1.8.1(*kWh)",
        "1-0:1.8.1(1*kWh",
        "1-0:1.8.1((1*kWh)))",
        "0-1:24.2.1(700101010000W)(00000000)",
        "0-1:24.2.1(101209110000W)(1.0001*m3)",
        "0-1:24.2.1(00001.000*m3)",
        "0-1:24.3.0(161107190000)(00)(60)(2)(0-1:24.2.1)(m3)",
        "0-1:24.3.0(161307190000)(00)(60)(1)(0-1:24.2.1)(m3)(1)",
        "0-1:24.1.0(3x)",
        "0-1:24.1.0()",
        "0-2:24.1.0(00C)",
        "1-0:99.97.0(2)(0-0:96.7.19)(101208152415W)(0000000240*s)",
        "1-0:99.97.0(1)(0-0:96.7.19)(101208152415W)(0000000240)",
        "1-0:99.97.0(-1)(0-0:96.7.19)",
        "1-0:99.97.0(x)",
        "9-9:9.9.9(anything)(at all)",
        "no obis code(1)",
    ],
)
def test_what_a_row_cannot_read_stays_raw(line: str) -> None:
    name, bracket, rest = line.partition("(")
    value = telegram(line).values[name]
    assert value == bracket + rest
    assert type(value) is Raw


@pytest.mark.parametrize(
    "line, value",
    [
        ("1-0:1.8.1(12345.678*kWh)", 12_345_678),
        ("1-0:1.8.1(1*kWh)", 1000),
        ("1-0:1.7.0(0001.01*kW)", 1010),
        ("1-0:1.7.0(000000286*W)", 286),
        ("1-0:32.7.0(0230.0*V)", 2300),
        ("1-0:31.7.0(000.00*A)", 0),
        ("0-0:96.14.0(0002)", 2),
        ("0-2:24.1.0(012)", 12),
        ("0-4:24.1.0(3)", 3),
        ("0-1:24.4.0(1)", 1),
        ("1-0:99.97.0()", ()),
        ("1-0:99.97.0(0)", ()),
        ("1-0:99.97.0(0)(0-0:96.7.19)", ()),
        (
            "0-1:24.2.1(101209110000W)(00123.45*m3)",
            MBusReading(utc(2010, 12, 9, 10), 123_450, "m3", 2),
        ),
        ("0-1:96.1.0(4B38)", b"K8"),
    ],
)
def test_values_in_other_widths_and_units(line: str, value: object) -> None:
    name = line.partition("(")[0]
    seen = telegram(line).values[name]
    assert seen == value
    assert type(seen) is type(value)


def test_names_as_the_standards_misprint_them() -> None:
    seen = telegram("1-0:72:32.0(00007)", "1-0:31.7.0.255(001*A)")
    assert dict(seen.values) == {"1-0:72.32.0": 7, "1-0:31.7.0": 1}
    assert seen.raw("1-0:31.7.0") == "(001*A)"


def test_summer_and_winter_time_are_told_apart_in_the_doubled_hour() -> None:
    assert telegram("0-0:1.0.0(241027023000S)").time == utc(2024, 10, 27, 0, 30)
    assert telegram("0-0:1.0.0(241027023000W)").time == utc(2024, 10, 27, 1, 30)


def test_a_version_that_is_not_in_the_tables() -> None:
    assert telegram("1-3:0.2.8(60)").version is None
    assert telegram("1-3:0.2.8(50)").version is P1Version.SMR_5_0_2
    assert telegram("1-3:0.2.8()").version is P1Version.DSMR_3_0
    assert telegram("0-0:96.1.4(50217)").version is None


def test_looking_up_what_is_not_there() -> None:
    seen = telegram("1-0:1.7.0(00.001*kW)")
    assert seen.raw("1-0:2.7.0") is None
    assert "1-0:2.7.0" not in seen.values
    with pytest.raises(KeyError):
        seen.values["1-0:2.7.0"]
    assert repr(seen.values) == "{'1-0:1.7.0': 1}"


@given(st.binary(max_size=80))
def test_random_octets_are_no_reason_to_fail(octets: bytes) -> None:
    seen = Telegram(octets)
    dict(seen.values)
    assert seen.version in (None, *P1Version)
    assert isinstance(seen.identification, str)
    assert seen.time is None
    assert seen.text_message is None
