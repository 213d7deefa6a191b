"""P1: a stream of telegrams read, checked and parsed, beside dsmr_parser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from dsmr_parser import telegram_specifications
from dsmr_parser.clients.telegram_buffer import TelegramBuffer
from dsmr_parser.parsers import TelegramParser

from tests.bench.measure import Contest
from tests.wire.p1.samples import EXAMPLES, IDENTIFICATION, utc
from wire.p1 import Encoder, P1Version, TelegramReader, TelegramReceived, Value

TELEGRAMS = 60
DSMR_PARSER = f"dsmr_parser {version('dsmr-parser')}, buffer and parser"

# Values of each kind: the peer's name for it, and how it has ours.
_COMPARED: dict[str, tuple[str, Callable[[Any], object]]] = {
    "0-0:1.0.0": ("P1_MESSAGE_TIMESTAMP", lambda time: time),
    "0-0:96.14.0": ("ELECTRICITY_ACTIVE_TARIFF", lambda tariff: f"{tariff:04}"),
    "1-0:1.8.1": ("ELECTRICITY_USED_TARIFF_1", lambda wh: Decimal(wh) / 1000),
    "1-0:1.8.2": ("ELECTRICITY_USED_TARIFF_2", lambda wh: Decimal(wh) / 1000),
    "1-0:1.7.0": ("CURRENT_ELECTRICITY_USAGE", lambda w: Decimal(w) / 1000),
    "1-0:32.7.0": ("INSTANTANEOUS_VOLTAGE_L1", lambda dv: Decimal(dv) / 10),
    "1-0:31.7.0": ("INSTANTANEOUS_CURRENT_L1", int),
    "0-0:96.13.0": ("TEXT_MESSAGE", lambda text: text.hex().upper()),
}


def p1_stream() -> Contest:
    """Telegrams of 5.0.2 with a message of 1024 characters, each with values of its own.

    They come one at a time, as they do from a meter.
    """
    pieces = [_telegram(number) for number in range(TELEGRAMS)]
    texts = [piece.decode("ascii") for piece in pieces]
    parser = TelegramParser(telegram_specifications.V5)

    def ours() -> list[dict[str, Value]]:
        reader = TelegramReader()
        return [
            dict(event.telegram.values)
            for piece in pieces
            for event in reader.feed(piece)
            if isinstance(event, TelegramReceived)
        ]

    def theirs() -> list[Any]:
        buffer = TelegramBuffer()
        read = []
        for text in texts:
            buffer.append(text)
            read += [parser.parse(telegram) for telegram in buffer.get_all()]
        return read

    return Contest(
        f"P1, {TELEGRAMS} telegrams read and parsed",
        DSMR_PARSER,
        ours,
        theirs,
        _same,
        at_least=5,
        ours_times=2,
        theirs_times=1,
    )


def _telegram(number: int) -> bytes:
    """The example of 5.0.2, `number` seconds later and with other values."""
    text = f"telegram {number} ".encode() * 100
    energy_wh, power_w = 123456789 + 7 * number, 1193 + 31 * number
    changed = {
        "0-0:1.0.0": utc(2024, 1, 27, 12) + timedelta(seconds=number),
        "1-0:1.8.1": energy_wh,
        "1-0:1.8.2": energy_wh // 2,
        "1-0:1.7.0": power_w,
        "1-0:32.7.0": 2300 + number % 17,
        "1-0:52.7.0": 2290 + number % 13,
        "1-0:31.7.0": number % 25,
        "1-0:61.7.0": power_w // 3,
        "0-0:96.13.0": text[:1024],
    }
    values = EXAMPLES[P1Version.SMR_5_0_2] | changed
    return Encoder(P1Version.SMR_5_0_2, IDENTIFICATION).encode(values)


def _same(ours: list[dict[str, Value]], theirs: list[Any]) -> bool:
    """Whether each has all telegrams, and the same in a value of each kind."""
    return len(ours) == len(theirs) == TELEGRAMS and all(
        as_printed(values[obis]) == getattr(telegram, name).value
        for values, telegram in zip(ours, theirs)
        for obis, (name, as_printed) in _COMPARED.items()
    )
