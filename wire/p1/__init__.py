"""P1, the consumer port: the telegram that a meter prints every 1 or 10 seconds.

Values are integers in the unit that `wire.p1.objects` documents per row (Wh, W, 0.1 V, A,
dm3), octets, instants, or the small records below. What a row does not know, or cannot read,
stays as the characters that stood on the line (`Raw`).
"""

from wire.p1.encoder import Encoder
from wire.p1.objects import TABLES, TEXT_MESSAGE, Row
from wire.p1.reader import BytesDropped, DropReason, TelegramReader, TelegramReceived
from wire.p1.telegram import Telegram
from wire.p1.values import MBusReading, PowerFailure, Raw, Value
from wire.p1.version import P1Version

__all__ = [
    "TABLES",
    "TEXT_MESSAGE",
    "BytesDropped",
    "DropReason",
    "Encoder",
    "MBusReading",
    "P1Version",
    "PowerFailure",
    "Raw",
    "Row",
    "Telegram",
    "TelegramReader",
    "TelegramReceived",
    "Value",
]
