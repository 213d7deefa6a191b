"""A played scenario made up from smooth curves: what the report is tested and looked at with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import cos, exp, pi, sin

from scenarios.playing.results import (
    ExpectationResult,
    FollowedMessage,
    Form,
    Hop,
    Run,
    RunData,
    RunResult,
    Series,
    Stage,
    StationData,
    StepResult,
    Trace,
    hop_latency,
)

START = datetime(2024, 1, 26, 23, tzinfo=UTC)
END = START + timedelta(days=1)
RATING_W = 160_000 / 3
TEXT = (
    '{"Header":{"Action":"EBGDirectControl","ValidFrom":"240127181500W",'
    '"ValidTo":"240128101500W","Seq":41},"Body":{"Period":['
    '{"Start":"240127181500W","MxPwr":4140},{"Start":"240127194500W","MxPwr":7400}]}}'
)


def _load(phase: int, controlled: bool) -> Series:
    values: list[float | None] = []
    for n in range(96):
        hour = n / 4
        premises = (
            17_000 + 6000 * sin((hour - 14) / 24 * 2 * pi) + 1500 * cos(n * phase)
        )
        cars = 45_000 * exp(-(((hour - 18.6 - phase / 3) / 2.1) ** 2)) + 9000 * exp(
            -(((hour - 10) / 1.6) ** 2)
        )
        total = premises + cars * (1 + phase / 14)
        if controlled:
            spare = max(0.0, total - 0.93 * RATING_W)
            total -= spare
            total += 9000 * exp(-(((hour - 22.4) / 1.3) ** 2))
        values.append(round(total))
    return Series(START, 900, tuple(values))


def _minutes(quarters: Series) -> Series:
    """Minutes with the means of the quarter-hours."""
    values = (
        None if value is None else value + (n - 7) * 60.0
        for value in quarters.values
        for n in range(15)
    )
    return Series(quarters.start, 60, tuple(values))


def _loads(controlled: bool) -> tuple[Series, Series, Series]:
    return _load(1, controlled), _load(2, controlled), _load(3, controlled)


def _station(index: int, controlled: bool) -> StationData:
    draw: list[tuple[datetime, float | None]] = [(START, 0.0)]
    limit: list[tuple[datetime, float | None]] = [(START, 22_000.0)]
    arrival = START + timedelta(hours=16 + index * 0.7)
    wanted = 11_000
    for n in range(60):
        at = arrival + timedelta(minutes=5 * n)
        cap = 22_000.0
        if controlled:
            cap = 4140 + 3000 * abs(sin(n / 9 + index)) if 8 < n < 48 else 11_000.0
            limit.append((at, round(cap)))
        end = 44 if not controlled else 59
        draw.append((at, min(wanted, cap) - 60 * (n % 3) if n < end else 0.0))
    return StationData(
        f"CP{index:03d}", Trace(tuple(limit)), Trace(tuple(draw)), 22_000
    )


def _followed() -> FollowedMessage:
    at = START + timedelta(hours=19, minutes=15)
    octets = TEXT.encode()
    plain = bytes.fromhex("c101c1000100006" + "00d00ff020009") + bytes(
        [0x81, len(octets)]
    )
    plain += octets
    cipher = bytes((n * 73 + 29) % 256 for n in range(len(plain) + 12))
    head = bytes.fromhex("000100010001") + (len(cipher) + 10).to_bytes(2, "big")
    frame = head + bytes.fromhex("c9820104300000002a") + cipher
    xml = (
        "<SetRequest>\n  <SetRequestNormal>\n"
        '    <InvokeIdAndPriority Value="C1" />\n    <AttributeDescriptor>\n'
        '      <ClassId Value="0001" />\n      <InstanceId Value="0000600D00FF" />\n'
        '      <AttributeId Value="02" />\n    </AttributeDescriptor>\n    <Value>\n'
        f'      <OctetString Value="{octets.hex().upper()}" />\n'
        "    </Value>\n  </SetRequestNormal>\n</SetRequest>"
    )
    telegram = (
        "/XMX5LGBBFG1009394887\n\n1-3:0.2.8(42)\n0-0:1.0.0(240127181510W)\n"
        "1-0:1.8.1(001581.123*kWh)\n1-0:1.7.0(07.391*kW)\n"
        f"0-0:96.13.0({octets.hex().upper()})\n!5E2F"
    )
    registers = (
        "address\tname\tvalue\n400\tcommit\t1\n401–402\tsequence\t41\n"
        "407\tperiod count\t2\n410–413\tperiod 0\t18:15, 4140 W\n"
        "414–417\tperiod 1\t19:45, 7400 W\n102–103\tapplied limit\t4140 W"
    )
    marks = (
        ("0001000100010", "wrapper"),
        (head.hex(), "wrapper: version, client 1, server 1, length"),
        ("c9", "glo-set-request"),
        ("30", "security control: authenticated and encrypted"),
        ("0000002a", "invocation counter 42"),
        (cipher[-12:].hex(), "GMAC tag"),
    )[1:]
    plain_marks = (
        ("c101c1", "SET-request-normal, invoke id"),
        ("00010000600d00ff02", "class 1, 0-0:96.13.0, attribute 2"),
        (f"0981{len(octets):02x}", "octet-string and its length"),
        (octets.hex(), "the profile"),
    )
    ms = timedelta(milliseconds=1)
    stages = (
        Stage("Planned", at, Form.TEXT, TEXT, f"{len(TEXT)} of 1024 characters"),
        Stage(
            "The APDU, ciphered, on P3",
            at + 1204 * ms,
            Form.HEX,
            frame.hex(),
            "",
            marks,
        ),
        Stage(
            "The APDU, deciphered",
            at + 1204 * ms,
            Form.HEX,
            plain.hex(),
            "",
            plain_marks,
        ),
        Stage("The same as XML", at + 1204 * ms, Form.XML, xml),
        Stage(
            "On P1",
            at + 10_000 * ms,
            Form.TEXT,
            telegram,
            "the telegram, excerpt",
            ((octets.hex().upper(), "the message"),),
        ),
        Stage("Registers of the control unit", at + 10_420 * ms, Form.TABLE, registers),
    )
    return FollowedMessage("CP001", stages)


def _run(name: str, kpis: dict[str, float]) -> Run:
    controlled = name != "none"
    loads = l1, l2, l3 = _loads(controlled)
    data = RunData(
        loads,
        RATING_W,
        tuple(_station(n, controlled) for n in range(1, 6)),
        _latencies() if controlled else (),
        _followed() if controlled else None,
        (_minutes(l1), _minutes(l2), _minutes(l3)),
    )
    at = START + timedelta(hours=24)
    steps = (
        StepResult(name, 1, 20, "note", START, START, True, "One day on the feeder"),
        StepResult(name, 2, 21, "run_until", START, at, True, "done"),
        StepResult(name, 3, 22, "expect", at, at, True, "noted"),
    )
    expectations = (
        ExpectationResult(
            name, 22, "kpi", "max_pu", "≤ 1.05 pu", "0.99 pu", controlled, at
        ),
        ExpectationResult(
            name,
            25,
            "p1_text",
            "P1 text of meter 1",
            "1024 characters, 'AAAA'…",
            "1024 characters, 'AAAA'…",
            True,
            at,
            7.0,
            300.0,
        ),
    )
    return Run(name, steps, expectations, kpis, data, ('{"at":"x"}',), "ab" * 32)


def _latencies() -> tuple:  # type: ignore[type-arg]
    spans = {
        Hop.PLANNED: [0.0] * 9,
        Hop.JOB: [0.004, 0.006, 0.012] * 9,
        Hop.IN_METER: [1.1, 1.2, 1.9, 4.2] * 9,
        Hop.ON_P1: [n * 1.1 for n in range(10)],
        Hop.GATEWAY_ACCEPTED: [0.02, 0.05],
        Hop.COMMITTED: [0.11, 0.13, 0.4],
        Hop.APPLIED: [0.6, 1.0, 1.0],
    }
    return tuple(hop_latency(hop, delays) for hop, delays in spans.items())


def sample_result() -> RunResult:
    """Two runs side by side, the first failing an expectation."""
    uncontrolled = {
        "overload_min_per_week": 2163.0,
        "overload_pu_min_per_week": 211.4,
        "max_pu": 1.31,
        "energy_served": 0.943,
        "p5_session_served": 0.71,
        "jain": 0.978,
        "messages_per_station_per_day": 0.0,
        "reversals_per_station_per_day": 0.0,
        "min_below_6a_per_station_per_day": 0.0,
    }
    controlled = {
        **uncontrolled,
        "overload_min_per_week": 42.0,
        "overload_pu_min_per_week": 1.4,
        "max_pu": 0.99,
        "energy_served": 0.912,
        "p5_session_served": 0.55,
        "jain": 0.962,
        "messages_per_station_per_day": 31.2,
        "reversals_per_station_per_day": 2.25,
        "min_below_6a_per_station_per_day": 18.0,
    }
    return RunResult(
        "sociale_module",
        "One January Saturday at a 160 kVA transformer with 30 charge points, "
        "played twice: left alone, and guarded over the smart meters' own wires.",
        42,
        START,
        END,
        (_run("none", uncontrolled), _run("headroom", controlled)),
    )
