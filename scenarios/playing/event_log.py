"""The event log of a run: what happened when; the same scenario and seed give the same log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

EVENTS: Final[dict[str, tuple[str, ...]]] = {
    "step": ("index", "step", "passed", "result"),
    "command": ("station", "limit_w"),
    "message": ("station", "characters", "result"),
    "gateway": ("station", "event", "detail"),
    "push": ("station", "alarms", "jobs"),
    "doubt": ("subject", "doubt"),
    "wrong": ("file", "line", "column", "why", "consequence"),
    "killed": ("station", "process"),
    "sessions_left_out": ("station", "sessions", "file", "line", "column"),
    "no_sessions": ("station", "file"),
}
"""The words that events go by, and the fields of each."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def print_instant(instant: datetime) -> str:
    """RFC 3339 in UTC, with milliseconds only when there are any."""
    spec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def print_event(at: str, what: str, **fields: object) -> str:
    """An event as its line."""
    return _ENCODER.encode({"at": at, "what": what, **fields})


@dataclass(slots=True)
class EventLog:
    """Events in the order in which they happened, each one line of canonical JSON.

    Only what follows from the scenario and its seed belongs in it: no wall-clock times, no
    process ids, no port numbers of the moment.
    """

    lines: list[str] = field(default_factory=list)

    def add(self, at: datetime, what: str, **fields: object) -> None:
        """Notes one event; `fields` are JSON values, `what` a word such as `message_sent`."""
        self.lines.append(print_event(print_instant(at), what, **fields))

    def newest_first(self, what: str, since: datetime) -> Iterator[dict[str, Any]]:
        """The events that go by that word, back to an instant, in whole milliseconds."""
        mark = f',"what":"{what}"'
        since = since.replace(microsecond=since.microsecond // 1000 * 1000)
        for line in reversed(self.lines):
            if mark in line:
                event: dict[str, Any] = json.loads(line)
                if datetime.fromisoformat(event["at"]) < since:
                    return
                if event["what"] == what:
                    yield event

    def digest(self) -> str:
        """SHA-256 over the lines: equal digests, equal runs."""
        total = hashlib.sha256()
        for line in self.lines:
            total.update(line.encode() + b"\n")
        return total.hexdigest()

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)
