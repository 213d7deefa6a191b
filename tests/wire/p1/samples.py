"""Telegrams and values that several tests use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from wire.p1 import MBusReading, P1Version, PowerFailure, Telegram, TelegramReader
from wire.p1.reader import TelegramReceived

VECTORS = Path(__file__).parent / "vectors"
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "vectors"

IDENTIFICATION = "ISk5\\2MT382-1000"


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[arg-type, misc]


def only_telegram(octets: bytes) -> Telegram:
    (event,) = TelegramReader().feed(octets)
    assert isinstance(event, TelegramReceived)
    assert event.octets == octets
    return event.telegram


TEXT = b"0123456789:;<=>?" * 5

COMMON: dict[str, object] = {
    "0-0:96.1.1": b"K8EG004046395507",
    "1-0:1.8.1": 123456789,
    "1-0:1.8.2": 123456789,
    "1-0:2.8.1": 123456789,
    "1-0:2.8.2": 123456789,
    "0-0:96.14.0": 2,
    "1-0:1.7.0": 1193,
    "1-0:2.7.0": 0,
    "0-0:96.13.0": TEXT,
    "0-1:24.1.0": 3,
    "0-1:96.1.0": b"2222ABCD123456789",
}
FROM_4: dict[str, object] = COMMON | {
    "0-0:1.0.0": utc(2010, 12, 9, 10, 30, 20),
    "0-0:96.7.21": 4,
    "0-0:96.7.9": 2,
    "1-0:99.97.0": (
        PowerFailure(utc(2010, 12, 8, 14, 24, 15), 240),
        PowerFailure(utc(2010, 12, 8, 14, 10, 4), 301),
    ),
    "1-0:32.32.0": 2,
    "1-0:52.32.0": 1,
    "1-0:72.32.0": 0,
    "1-0:32.36.0": 0,
    "1-0:52.36.0": 3,
    "1-0:72.36.0": 0,
    "0-1:24.2.1": MBusReading(utc(2010, 12, 9, 10), 12785123),
}
PHASES: dict[str, object] = {
    "1-0:31.7.0": 1,
    "1-0:51.7.0": 2,
    "1-0:71.7.0": 3,
    "1-0:21.7.0": 1111,
    "1-0:41.7.0": 2222,
    "1-0:61.7.0": 3333,
    "1-0:22.7.0": 4444,
    "1-0:42.7.0": 5555,
    "1-0:62.7.0": 6666,
}
EXAMPLES: dict[P1Version, dict[str, object]] = {
    P1Version.DSMR_3_0: COMMON
    | {
        "1-0:1.8.1": 12345678,
        "1-0:1.8.2": 12345678,
        "1-0:2.8.1": 12345678,
        "1-0:2.8.2": 12345678,
        "1-0:1.7.0": 1190,
        "0-0:17.0.0": 16,
        "0-0:96.3.10": 1,
        "0-0:96.13.1": b"01234567",
        "0-1:24.3.0": MBusReading(utc(2009, 2, 12, 15), 1001),
        "0-1:24.4.0": 1,
    },
    P1Version.DSMR_4_0: FROM_4
    | {
        "0-0:17.0.0": 16100,
        "0-0:96.3.10": 1,
        "0-0:96.13.1": b"01 61 81",
        "0-1:24.4.0": 1,
    },
    P1Version.DSMR_4_2_2: FROM_4 | PHASES | {"0-0:96.13.1": b"01 61 81"},
    P1Version.SMR_5_0_2: FROM_4
    | PHASES
    | {
        "1-0:32.7.0": 2201,
        "1-0:52.7.0": 2202,
        "1-0:72.7.0": 2203,
        "0-1:24.2.1": MBusReading(utc(2010, 12, 9, 10, 25), 12785123),
    },
}
"""The values of the examples in P1 3.0, 4.0, 4.2.2 (5.13) and 5.0.2 (6.13)."""
