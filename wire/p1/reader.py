"""Splits a P1 byte stream into telegrams, whatever the chunking.

A telegram runs from `/` to a line `!`, up to 4 hexadecimal digits of CRC, CR LF (P1 5.0.2,
6.2). Readers meet less than that: a cable plugged in half-way, a request line dropped in the
middle, noise. So a `/` at the start of a line ends what came before it, and when a telegram
does not verify, the last `/` within it gets its chance (IEC 62056-21 allows `/` nowhere else).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from wire.crc import crc16_arc
from wire.errors import LocalError
from wire.p1.telegram import Telegram

_START = ord("/")
_LINE_OF_NOTE = re.compile(rb"\n[!/]")
_END_LINE = re.compile(rb"[0-9A-Fa-f]{0,4}")
_END_LINE_MAX = len(b"\n!F46A\r\n")
# The lines by which a telegram says that it is of a version that has a CRC.
_VERSIONED = re.compile(rb"\n(?:1-3:0\.2\.8|0-0:96\.1\.4)\(")


class DropReason(Enum):
    """Why bytes were not part of a telegram."""

    NOISE = "outside a telegram"
    ABORTED = "another telegram began before this one had ended"
    TOO_LONG = "no end within the longest telegram"
    END_LINE = "the end line is not ! with a CRC"
    NO_CRC = "the end line has no CRC, and this telegram must have one"
    CRC = "the CRC does not verify"


@dataclass(frozen=True, slots=True)
class TelegramReceived:
    """A telegram that verifies, and its bytes from `/` to the last LF."""

    telegram: Telegram
    octets: bytes


@dataclass(frozen=True, slots=True)
class BytesDropped:
    """So many bytes were thrown away."""

    count: int
    reason: DropReason


class TelegramReader:
    """Bytes in, events out; at most `cap_bytes` are kept from one call to the next.

    An end line without CRC is taken for a telegram of 2.2 or 3.0 when no line says that it
    is of a later version; with `require_crc` it never is. A CRC with its leading zeros left
    out is accepted, as one device prints it so.
    """

    def __init__(self, cap_bytes: int = 8192, require_crc: bool = False) -> None:
        if cap_bytes < 64:
            raise LocalError("a telegram does not fit in less than 64 bytes")
        self._cap = cap_bytes
        self._require_crc = require_crc
        self._pending = bytearray()
        self._noise = 0
        self._searched = 0

    def feed(self, data: bytes) -> list[TelegramReceived | BytesDropped]:
        """The events that these bytes complete."""
        self._pending += data
        events: list[TelegramReceived | BytesDropped] = []
        while self._noise_skipped(events) and self._telegram_ended(events):
            self._searched = 0
        return events

    def _noise_skipped(self, events: list[TelegramReceived | BytesDropped]) -> bool:
        """Whether the pending bytes now begin with `/`."""
        start = self._pending.find(b"/")
        if start:
            count = len(self._pending) if start < 0 else start
            del self._pending[:count]
            self._noise += count
        # Counted in lots, so that endless noise is reported, and alike for any chunking.
        while self._noise >= self._cap:
            events.append(BytesDropped(self._cap, DropReason.NOISE))
            self._noise -= self._cap
        if start >= 0 and self._noise:
            events.append(BytesDropped(self._noise, DropReason.NOISE))
            self._noise = 0
        return start >= 0

    def _telegram_ended(self, events: list[TelegramReceived | BytesDropped]) -> bool:
        """Whether the telegram that is pending has come to an end, good or bad."""
        pending, cap = self._pending, self._cap
        # One search for either: two would pass the same bytes again and again.
        found = _LINE_OF_NOTE.search(pending, self._searched, cap)
        if found is not None:
            mark = found.start()
            if pending[mark + 1] == _START:
                self._drop(mark + 1, DropReason.ABORTED, events)
                return True
            self._searched = mark
            line_end = pending.find(b"\r\n", mark + 2, min(cap, mark + _END_LINE_MAX))
            if line_end >= 0:
                self._take(mark, line_end, events)
                return True
            if mark + _END_LINE_MAX <= min(cap, len(pending)):
                self._drop(mark + 2, DropReason.END_LINE, events)
                return True
        else:
            self._searched = max(0, min(len(pending), cap) - 1)
        if len(pending) >= cap:
            self._drop(cap, DropReason.TOO_LONG, events)
            return True
        return False

    def _take(
        self, mark: int, line_end: int, events: list[TelegramReceived | BytesDropped]
    ) -> None:
        pending = self._pending
        octets = bytes(pending[: line_end + 2])
        printed = octets[mark + 2 : line_end]
        reason = self._fault(octets, mark, printed)
        if reason is None:
            del pending[: line_end + 2]
            events.append(TelegramReceived(Telegram(octets), octets))
        else:
            self._drop(line_end + 2, reason, events)

    def _fault(self, octets: bytes, mark: int, printed: bytes) -> DropReason | None:
        if not _END_LINE.fullmatch(printed):
            return DropReason.END_LINE
        if not printed:
            if self._require_crc or _VERSIONED.search(octets):
                return DropReason.NO_CRC
            return None
        if int(printed, 16) != crc16_arc(octets[: mark + 2]):
            return DropReason.CRC
        return None

    def _drop(
        self,
        count: int,
        reason: DropReason,
        events: list[TelegramReceived | BytesDropped],
    ) -> None:
        """Drops up to `count` bytes: less when another telegram begins within them."""
        inner = self._pending.rfind(b"/", 1, count)
        if inner > 0:
            count, reason = inner, DropReason.ABORTED
        del self._pending[:count]
        events.append(BytesDropped(count, reason))
