"""The numbers of a service, read back as Prometheus reads them."""

from __future__ import annotations

import re

from headend.metrics import BUCKETS_S, Metrics
from headend.progress import Progress, Step, ended
from headend.store.job import Job, JobState
from headend.store.queue import Queue
from tests.headend.made_jobs import make_job

NOTHING = Queue(0, 0, 0, 0.0)
_SAMPLE = re.compile(
    r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)'
)


def job(operation: str = "get", **facts: object) -> Job:
    return make_job(operation=operation, id=5, fence=2, started_s=100.0, **facts)


def read(page: str) -> dict[str, float]:
    """The samples by name and labels; each family once, with help and type before it."""
    samples: dict[str, float] = {}
    families = []
    for line in page.splitlines():
        if line.startswith("# HELP"):
            families.append(line.split()[2])
        elif line.startswith("# TYPE"):
            assert line.split()[2] == families[-1]
        else:
            match = _SAMPLE.fullmatch(line)
            assert match and match[1].startswith(families[-1]), line
            name = line.rpartition(" ")[0]
            assert name not in samples
            samples[name] = float(match[3])
    assert len(families) == len(set(families)) and page.endswith("\n")
    return samples


def test_steps_are_counted() -> None:
    metrics = Metrics()
    for step in (Step.CLAIMED, Step.CONNECTING, Step.UNASSOCIATED, Step.RETRIED):
        metrics.watch(Progress(step, job(), 0.3))
    for step in (Step.CLAIMED, Step.CONNECTING, Step.ASSOCIATED, Step.DONE):
        metrics.watch(Progress(step, job(), 7.0))
    metrics.watch(Progress(Step.FAILED, job("action"), 1000.0))
    counts = {(JobState.DONE, "get"): 3, (JobState.QUEUED, "set"): 1}
    samples = read(metrics.page(counts, Queue(4, 9, 2, 12.5), 1))
    attempts = "dsmrlab_attempts_total"
    assert samples["dsmrlab_connections_total"] == 2
    assert samples["dsmrlab_association_failures_total"] == 1
    assert samples["dsmrlab_retries_total"] == 1
    assert samples[attempts + '{operation="get",outcome="done"}'] == 1
    assert samples[attempts + '{operation="get",outcome="retried"}'] == 1
    assert samples[attempts + '{operation="action",outcome="failed"}'] == 1
    assert samples['dsmrlab_jobs{state="done",operation="get"}'] == 3
    assert samples['dsmrlab_jobs{state="queued",operation="set"}'] == 1
    assert samples["dsmrlab_jobs_waiting"] == 4
    assert samples["dsmrlab_oldest_wait_seconds"] == 12.5
    assert samples["dsmrlab_jobs_running"] == 1


def test_a_bucket_holds_all_that_is_no_longer_than_it() -> None:
    metrics = Metrics()
    for seconds in (0.05, 0.1, 0.11, 300.0, 301.0):
        metrics.watch(Progress(Step.DONE, job(), seconds))
    samples = read(metrics.page({}, NOTHING, 0))
    name = "dsmrlab_attempt_duration_seconds"
    buckets = [
        samples[f'{name}_bucket{{operation="get",le="{most_s:g}"}}']
        for most_s in BUCKETS_S
    ]
    assert buckets == [2] + [3] * 8 + [4]
    assert samples[name + '_bucket{operation="get",le="+Inf"}'] == 5
    assert samples[name + '_count{operation="get"}'] == 5
    assert abs(samples[name + '_sum{operation="get"}'] - 601.26) < 0.01


def test_names_that_would_break_a_line_are_escaped() -> None:
    odd = 'a"b\\c\nd'
    page = Metrics().page({(JobState.DONE, odd): 1}, NOTHING, 0)
    assert 'operation="a\\"b\\\\c\\nd"} 1\n' in page
    read(page)


def test_what_an_attempt_ended_as() -> None:
    claimed = job(attempts=3)
    ends = {
        Step.DONE: job(attempts=3, state=JobState.DONE),
        Step.FAILED: job(attempts=3, state=JobState.FAILED, error="no"),
        Step.RETRIED: job(attempts=3, state=JobState.QUEUED, error="silent"),
        Step.RELEASED: job(attempts=2, state=JobState.QUEUED),
    }
    for step, after in ends.items():
        end = ended(claimed, after, 104.5)
        assert (end.step, end.after_s, end.error) == (step, 4.5, after.error)
        assert end.session == "5.2"
