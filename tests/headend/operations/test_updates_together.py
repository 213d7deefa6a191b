"""Several images for one meter, from one head-end or from two: none is run in another's name."""

from __future__ import annotations

from typing import Any

import pytest

from headend.store import jobs
from headend.store.job import JobState
from meters.behaviour import firmware
from tests.headend.bent_line import World
from tests.headend.operations.trial import Trial
from wire.cosem.image import Part, build, split

OURS, OTHER = (build(Part.MODULE, name, bytes(1000)) for name in ("1.1", "2.2"))


def active(trial: Trial) -> list[bytes]:
    """What the meter runs in the end."""
    trial.pass_time(60)
    return [name for name, _ in firmware.firmware_of(trial.meter).active.values()]


@pytest.mark.parametrize("lost", range(3, 20))
def test_what_another_client_brought_meanwhile_is_not_run(lost: int) -> None:
    """Ours is brought anew, and it alone is run."""
    trial = Trial()

    def replace(world: World, *_: object) -> None:
        world.bend = lambda *_: None
        firmware.initiate(trial.meter, b"fw-2", len(OTHER))
        transfer = firmware.firmware_of(trial.meter).transfer
        assert transfer is not None
        for number, block in enumerate(split(OTHER)):
            firmware.take(trial.meter, transfer, number, block)
        world.factory.hang_up()

    job = trial.job(
        "update_firmware", replace, lost, identifier="fw-1", image={"hex": OURS.hex()}
    )
    assert (job.state, job.attempts) in ((JobState.DONE, 2), (JobState.DONE, 3)), job
    assert active(trial) == [b"1.1"]


@pytest.mark.parametrize("lost", range(2, 21))
def test_an_urgent_update_waits_for_the_one_that_is_under_way(lost: int) -> None:
    trial = Trial()
    urgent: list[int] = []

    def hand_in_another(world: World, *_: object) -> None:
        world.bend = lambda *_: None
        with world.store.begin() as connection:
            arguments: dict[str, Any] = {
                "identifier": "fw-2",
                "image": {"hex": OTHER.hex()},
            }
            urgent.append(
                jobs.enqueue(
                    connection,
                    trial.meter_id,
                    "update_firmware",
                    arguments,
                    now_s=world.clock.seconds(),
                    priority=9,
                )
            )
        world.factory.hang_up()

    first = trial.job(
        "update_firmware",
        hand_in_another,
        lost,
        identifier="fw-1",
        image={"hex": OURS.hex()},
    )
    with trial.store.read() as connection:
        second = jobs.show(connection, urgent[0])
    assert first.state is second.state is JobState.DONE, (first.error, second.error)
    assert (first.result["identifier"], second.result["identifier"]) == ("fw-1", "fw-2")
    # Before anything was begun the urgent one may go first, as any job.
    begun = first.ended_s < second.ended_s  # type: ignore[operator]
    assert begun or lost <= 5
    assert active(trial) == [b"2.2" if begun else b"1.1"]
