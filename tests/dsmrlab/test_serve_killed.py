"""`headend serve` killed again and again: nothing is lost, nothing done twice."""

from __future__ import annotations

import signal
import time
from typing import Any

from headend.keys import KeyStore
from headend.store import meters, schedules
from headend.store.job import ENDS, Job, JobState
from headend.store.keys import KeyKind, KeyState
from headend.store.rhythm import Every
from tests.dsmrlab.commands import DEADLINE_S, Service, process, wait_until
from tests.dsmrlab.grid import SERVE, Grid
from tests.dsmrlab.proxy import Proxy
from tests.headend.rotation_world import check_sent
from wire.cosem.events import Event
from wire.cosem.image import Part, build


def test_a_service_that_is_killed_loses_nothing_and_repeats_nothing(grid: Grid) -> None:
    """It is killed at each frame to the first meter, before or after the meter has it."""
    for number in range(6):
        for meter_id in grid.meters:
            grid.hand_in(meter_id, "action", object="load_profile:reset", value=number)
            grid.hand_in(meter_id, "message", text=f"message {number}")
    with grid.store.begin() as connection:
        schedules.add(
            connection, "get", {"object": "clock"}, Every(1), now_s=time.time()
        )
    for at in range(10):
        service = Service(grid.home, *SERVE, "--lease", 1)
        before = len(grid.proxies[0].frames)

        def kill(service: Service = service, last: int = before + at + 1) -> bool:
            if len(grid.proxies[0].frames) < last:
                return True
            service.send(signal.SIGKILL)
            return last % 2 == 0

        grid.proxies[0].on_frame = kill
        assert service.wait() == -signal.SIGKILL
    grid.proxies[0].on_frame = lambda: True
    with grid.store.begin() as connection:
        schedules.remove(connection, 1, time.time())
    service = Service(grid.home, *SERVE, "--lease", 1)
    wait_until(lambda: all(job.state in ENDS for job in grid.jobs()))
    assert service.end() == 0, service.rest()
    grid.check_counters()
    found = grid.jobs()
    for meter_id, proxy in zip(grid.meters, grid.proxies, strict=True):
        check_meter([job for job in found if job.meter_id == meter_id], proxy)
    states = {job.state for job in found if job.operation == "action"}
    assert states == {JobState.DONE, JobState.FAILED}, "no kill fell on an action"


def check_meter(found: list[Job], proxy: Proxy) -> None:
    """Holds the jobs of a meter against what was said to it."""
    actions = [each[-1] for each in proxy.actions]
    for job in found:
        if job.operation == "message":
            assert job.state is JobState.DONE, job
        elif job.operation == "action":
            times = actions.count(job.arguments["value"])
            assert times == 1 if job.state is JobState.DONE else times <= 1, job
            assert job.error is None or "may have done it" in job.error
    messages = [each.rpartition(b"message ")[2] for each in proxy.sets]
    assert messages == sorted(messages), "an old message came after a new one"
    assert set(messages) == {b"%d" % number for number in range(6)}
    instants = [job.due_s for job in found if job.schedule_id is not None]
    assert instants and len(instants) == len(set(instants))


def test_an_update_goes_through_every_kill(grid: Grid) -> None:
    """Each meter is brought an image; then its keys are replaced, and a message follows."""
    image = build(Part.MODULE, "2.0", bytes(1000))
    changes: list[tuple[str, dict[str, Any]]] = [
        ("update_firmware", {"identifier": "fw-2", "image": {"hex": image.hex()}}),
        ("rotate_keys", {"kinds": ["encryption", "authentication", "hls_secret"]}),
    ]
    for meter_id in grid.meters:
        for operation, arguments in (*changes, ("message", {"text": "message 1"})):
            grid.hand_in(meter_id, operation, **arguments)
    with grid.store.begin() as connection:
        schedules.add(
            connection, "get", {"object": "clock"}, Every(3), now_s=time.time()
        )
    for life in range(8):
        service = Service(grid.home, *SERVE, "--lease", 1, "--timeout", 2)
        number = life % 2
        proxy, before = grid.proxies[number], len(grid.proxies[number].sent)
        # Each life at a meter goes further than the one before.
        last = before + 4 + life // 2 * 2

        def kill(
            service: Service = service,
            proxy: Proxy = proxy,
            last: int = last,
            passes: bool = life // 2 % 2 == 0,
        ) -> bool:
            if len(proxy.sent) < last:
                return True
            service.send(signal.SIGKILL)
            return passes

        proxy.on_frame = kill
        assert service.wait(4 * DEADLINE_S) == -signal.SIGKILL
        proxy.on_frame = lambda: True
    with grid.store.begin() as connection:
        schedules.remove(connection, 1, time.time())
    service = Service(grid.home, *SERVE, "--lease", 1, "--timeout", 2)
    wait_until(lambda: all(job.state in ENDS for job in grid.jobs()), 4 * DEADLINE_S)
    assert service.end() == 0, service.rest()
    ended = [job for job in grid.jobs() if job.schedule_id is None]
    assert {job.state for job in ended} == {JobState.DONE}, ended
    broken_off = [job.meter_id for job in ended if job.attempts > 1]
    assert set(broken_off) == set(grid.meters), "no kill fell on a job"
    key_store = KeyStore.open(grid.home)
    for meter_id, proxy in zip(grid.meters, grid.proxies, strict=True):
        with grid.store.read() as connection:
            meter = meters.get(connection, meter_id)
            kept = {
                kind: key_store.every(connection, meter, kind)
                for kind in (KeyKind.ENCRYPTION, KeyKind.AUTHENTICATION)
            }
        check_sent(proxy.sent, [[key.octets for key in each] for each in kept.values()])
        for each in kept.values():
            assert [key.state for key in each] == [KeyState.EXPIRED, KeyState.ACTIVE]
        told = ("--log", "standard", "--json")
        journal = process(
            grid.home, "headend", "read", meter.equipment_id, "events", *told
        )
        codes = [row["values"][0] for row in journal.document["result"]["rows"]]
        assert codes.count(Event.FIRMWARE_READY) == 1, codes
        assert codes.count(Event.FIRMWARE_ACTIVATED) == 1, codes
