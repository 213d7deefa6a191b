"""What a service did, in numbers, in Prometheus's text format (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from headend.progress import ENDS, Progress, Step
from headend.store.job import JobState
from headend.store.queue import Queue

BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Sample = tuple[str, Mapping[str, str], float]


class Histogram:
    """Durations of one operation, s."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS_S) + 1)
        self.sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Counts one."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.sum_s += seconds

    def samples(self, labels: Mapping[str, str]) -> Iterable[_Sample]:
        """Each bucket with all that is shorter, then sum and count."""
        total = 0
        for most_s, count in zip((*BUCKETS_S, None), self.counts, strict=True):
            total += count
            le = "+Inf" if most_s is None else f"{most_s:g}"
            yield "_bucket", {**labels, "le": le}, total
        yield "_sum", labels, self.sum_s
        yield "_count", labels, total


class Metrics:
    """Counts the steps that it is told, from the start of the process on."""

    def __init__(self) -> None:
        self._connections = 0
        self._unassociated = 0
        self._retries = 0
        self._attempts: Counter[tuple[str, Step]] = Counter()
        self._durations: dict[str, Histogram] = {}

    def watch(self, progress: Progress) -> None:
        """Counts a step."""
        step, operation = progress.step, progress.job.operation
        self._connections += step is Step.CONNECTING
        self._unassociated += step is Step.UNASSOCIATED
        self._retries += step is Step.RETRIED
        if step in ENDS:
            self._attempts[operation, step] += 1
            self._durations.setdefault(operation, Histogram()).observe(progress.after_s)

    def page(
        self, jobs: Mapping[tuple[JobState, str], int], queue: Queue, running: int
    ) -> str:
        """All numbers; `running` jobs run here."""
        by_operation = sorted(self._durations.items())
        families: Iterable[tuple[str, str, str, Iterable[_Sample]]] = (
            (
                "jobs",
                "gauge",
                "Jobs in the store by state and operation.",
                [
                    ("", {"state": state, "operation": operation}, count)
                    for (state, operation), count in sorted(jobs.items())
                ],
            ),
            (
                "jobs_waiting",
                "gauge",
                "Jobs that are due and wait.",
                [("", {}, queue.waiting)],
            ),
            (
                "oldest_wait_seconds",
                "gauge",
                "How long the job that is due longest has waited.",
                [("", {}, queue.oldest_wait_s)],
            ),
            (
                "jobs_running",
                "gauge",
                "Jobs that this process runs.",
                [("", {}, running)],
            ),
            (
                "attempts_total",
                "counter",
                "Attempts at jobs that ended, by operation and outcome.",
                [
                    ("", {"operation": operation, "outcome": step[4:]}, count)
                    for (operation, step), count in sorted(self._attempts.items())
                ],
            ),
            (
                "attempt_duration_seconds",
                "histogram",
                "How long attempts took, from the claim on.",
                [
                    sample
                    for operation, histogram in by_operation
                    for sample in histogram.samples({"operation": operation})
                ],
            ),
            (
                "connections_total",
                "counter",
                "Connections to meters that were begun.",
                [("", {}, self._connections)],
            ),
            (
                "association_failures_total",
                "counter",
                "Attempts that led to no association.",
                [("", {}, self._unassociated)],
            ),
            (
                "retries_total",
                "counter",
                "Attempts that are followed by another.",
                [("", {}, self._retries)],
            ),
        )
        lines = []
        for name, kind, help_text, samples in families:
            name = f"dsmrlab_{name}"
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
            lines += [_line(name + end, labels, n) for end, labels, n in samples]
        return "\n".join(lines) + "\n"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    number = str(value) if isinstance(value, int) else f"{value:.6g}"
    return f"{name}{{{inside}}} {number}" if inside else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
