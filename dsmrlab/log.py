"""The log of a service for machines: a line of JSON for each event, on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headend.progress import Progress


class JsonLog:
    """Writes events and complaints; `seconds` tells the time, `name` what a meter is called."""

    def __init__(
        self, seconds: Callable[[], float], name: Callable[[int], str | None]
    ) -> None:
        self._seconds = seconds
        self._name = name

    def watch(self, progress: Progress) -> None:
        """Writes a step of an attempt, which `session` names."""
        job = progress.job
        self.write(
            progress.step.value,
            meter=self._name(job.meter_id),
            session=progress.session,
            job=job.id,
            operation=job.operation,
            attempt=job.attempts,
            after_s=round(progress.after_s, 3),
            error=progress.error,
        )

    def complain(self, text: str) -> None:
        """Writes what a person should know."""
        self.write("warning", text=" ".join(text.split()))

    def write(self, event: str, **facts: object) -> None:
        """Writes any event; of the facts those that there are."""
        now = datetime.fromtimestamp(self._seconds(), UTC)
        time = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        known = {name: fact for name, fact in facts.items() if fact is not None}
        with suppress(OSError):
            click.echo(json.dumps({"time": time, "event": event} | known), err=True)
