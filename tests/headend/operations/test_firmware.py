"""Image transfer by name: blocks that are missing, attempts that go on, images that are bad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from headend.operations import perform
from headend.store.job import JobState
from scenarios.transport.clock import HeapClock
from tests.headend.operations.trial import Trial, check_refused_early
from wire.cosem.events import Event, Log
from wire.cosem.image import MAX_IMAGE_OCTETS, Part, Status, build
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.axdr import Data
from wire.dlms.data import BitString
from wire.dlms.descriptors import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from wire.errors import PeerRefused, TransportError, WireError

STANDARD = Standard.DSMR_4_2_2
BLOCK_OCTETS = 8
IMAGE = bytes(range(50))
BLOCKS = 7


class Receiver:
    """A meter with an image transfer, and nothing else; it notes what it was told to do.

    `deaf` are blocks that it acknowledges and loses, so many times each; `verifying` is how
    often its status is looked at before the verification ends in `verdict`.
    """

    def __init__(
        self,
        deaf: dict[int, int] | None = None,
        verifying: int = 2,
        verdict: Status = Status.VERIFICATION_SUCCESSFUL,
        by_itself: bool = True,
    ) -> None:
        self.deaf = deaf or {}
        self.verifying, self.verdict, self.by_itself = verifying, verdict, by_itself
        self.status = Status.NOT_INITIATED
        self.blocks: dict[int, bytes] = {}
        self.count = 0
        self.image: tuple[int, bytes] | None = None
        self.done: list[Any] = []

    async def get(
        self, attribute: AttributeDescriptor, selection: Selection | None = None
    ) -> Data:
        missing = [n for n in range(self.count) if n not in self.blocks]
        if attribute.attribute == 2:
            return axdr.double_long_unsigned(BLOCK_OCTETS)
        if attribute.attribute == 3:
            bits = "".join("1" if n in self.blocks else "0" for n in range(self.count))
            return axdr.bit_string(BitString.from_text(bits))
        if attribute.attribute == 4:
            return axdr.double_long_unsigned(missing[0] if missing else self.count)
        if attribute.attribute == 7:
            return self.info()
        if self.status is Status.VERIFICATION_INITIATED:
            self.verifying -= 1
            if self.verifying <= 0:
                self.status = self.verdict
        return axdr.enum(int(self.status))

    def info(self) -> Data:
        """image_to_activate_info."""
        images = [] if self.image is None else [self.image]
        return axdr.array(
            axdr.structure(
                axdr.double_long_unsigned(size),
                axdr.octet_string(name),
                axdr.octet_string(b"signature"),
            )
            for size, name in images
        )

    async def get_list(self, references: Sequence[Any]) -> tuple[Data, ...]:
        raise AssertionError(references)

    async def set(
        self,
        attribute: AttributeDescriptor,
        value: Data,
        selection: Selection | None = None,
    ) -> None:
        self.done.append(("enable", value.value))

    async def set_list(
        self, items: Sequence[tuple[AttributeDescriptor, Data]]
    ) -> tuple[DataAccessResult, ...]:
        raise AssertionError(items)

    async def action(
        self, method: MethodDescriptor, parameters: Data | None = None
    ) -> Data | None:
        assert parameters is not None
        if method.method == 1:
            if self.status is Status.VERIFICATION_INITIATED:
                raise PeerRefused("it works on it", ActionResult.TEMPORARY_FAILURE)
            name, size = (part.value for part in parameters.value)
            self.count, self.blocks = -(-size // BLOCK_OCTETS), {}
            self.status = Status.INITIATED
            self.image = size, name
            self.done.append(("initiate", name, size))
        elif method.method == 2:
            number, block = (part.value for part in parameters.value)
            self.done.append(number)
            if self.deaf.get(number, 0):
                self.deaf[number] -= 1
                return None
            self.blocks[number] = block
            if len(self.blocks) == self.count and self.by_itself:
                self.status = Status.VERIFICATION_INITIATED
        elif method.method == 3:
            self.done.append("verify")
            self.status = Status.VERIFICATION_INITIATED
            raise PeerRefused("it works on it", ActionResult.TEMPORARY_FAILURE)
        else:
            self.done.append("activate")
            self.status = Status.ACTIVATION_INITIATED
        return None


def update(meter: Receiver, **more: Any) -> Any:
    arguments = {"identifier": "fw-2", "image": {"hex": IMAGE.hex()}, **more}
    play = HeapClock().play
    return play(perform(meter, "update_firmware", STANDARD, arguments))


@pytest.mark.parametrize("standard", list(Standard))
def test_what_runs_is_told_by_part(standard: Standard) -> None:
    told = Trial(standard).ask("firmware")
    assert told and all("value" in part for part in told.values())
    assert any("p1" in name for name in told)


@pytest.mark.parametrize("by_itself", [True, False])
def test_an_image_is_brought_verified_and_activated(by_itself: bool) -> None:
    meter = Receiver(by_itself=by_itself)
    told = update(meter)
    assert told == {
        "result": "success",
        "identifier": "fw-2",
        "octets": 50,
        "activation": "ordered",
    }
    assert b"".join(meter.blocks[n] for n in range(BLOCKS)) == IMAGE
    asked = [] if by_itself else ["verify"]
    begin = [("enable", True), ("initiate", b"fw-2", 50)]
    assert meter.done == [*begin, *range(BLOCKS), *asked, "activate"]


def test_blocks_that_are_missing_are_sent_again_and_no_others() -> None:
    meter = Receiver(deaf={2: 1, 5: 2})
    update(meter, activate=False)
    assert meter.done[2:] == [*range(BLOCKS), 2, 5, 5]
    assert meter.status is Status.VERIFICATION_SUCCESSFUL


def test_a_meter_that_never_has_a_block_is_not_served_for_ever() -> None:
    meter = Receiver(deaf={3: 100})
    with pytest.raises(WireError, match="goes on missing"):
        update(meter)
    assert meter.done.count(3) == 3 and "activate" not in meter.done


def test_an_image_that_does_not_verify_is_not_activated() -> None:
    meter = Receiver(verdict=Status.VERIFICATION_FAILED)
    with pytest.raises(PeerRefused, match="does not verify") as refused:
        update(meter)
    assert refused.value.result == ActionResult.OTHER_REASON
    assert "activate" not in meter.done


def test_a_verification_without_end_is_another_attempts_business() -> None:
    meter = Receiver(verifying=10_000)
    with pytest.raises(TransportError, match="still verifies"):
        update(meter)


def test_an_image_waits_for_the_verification_of_another() -> None:
    meter = Receiver(verifying=10_000)
    meter.status = Status.VERIFICATION_INITIATED
    with pytest.raises(TransportError, match="busy with another image"):
        update(meter)
    assert meter.done == [("enable", True)]


@pytest.mark.parametrize("told", [None, (50, b"fw-3"), (51, b"fw-2")])
def test_a_meter_that_tells_of_another_image_is_not_let_run_it(
    told: tuple[int, bytes] | None,
) -> None:
    class Deceiver(Receiver):
        def info(self) -> Data:
            self.image = told
            return super().info()

    meter = Deceiver()
    with pytest.raises(WireError, match="another image than it was brought"):
        update(meter)
    assert "activate" not in meter.done


@pytest.mark.parametrize(
    "info",
    [axdr.unsigned(1), axdr.octet_string(b"fw-2"), axdr.array([axdr.unsigned(1)])],
)
def test_a_meter_that_tells_of_no_image_is_not_let_run_it(info: Data) -> None:
    class Mute(Receiver):
        def info(self) -> Data:
            return info

    meter = Mute()
    with pytest.raises(WireError, match="does not tell which image"):
        update(meter)
    assert "activate" not in meter.done


@pytest.mark.parametrize("lost", [6, 9, 12])
def test_a_broken_transfer_goes_on_at_the_first_missing_block(lost: int) -> None:
    trial = Trial()
    image = bytes(range(256)) * 13
    arguments = {"identifier": "fw-2", "image": {"hex": image.hex()}}
    job = trial.job(
        "update_firmware",
        lambda world, *_: world.factory.hang_up(),
        lost,
        **arguments,
    )
    # It was all brought, and is no image that our meter would take.
    assert job.attempts == 2 and "does not verify" in (job.error or "")
    status = trial.ask("get", object="0-0:44.0.0:6")["value"]
    assert status == Status.VERIFICATION_FAILED


@pytest.mark.parametrize("lost", range(2, 26))
@pytest.mark.parametrize("part", [Part.MODULE, Part.MBUS_DRIVER])
def test_an_image_is_brought_and_run_once_whichever_answer_is_lost(
    part: Part, lost: int
) -> None:
    """An M-Bus driver is no part of this meter: it does not run."""
    trial = Trial()
    job = trial.job(
        "update_firmware",
        lambda world, *_: world.factory.hang_up(),
        lost,
        identifier="fw-2",
        image={"hex": build(part, "2.0", bytes(1000)).hex()},
    )
    runs = part is Part.MODULE
    assert job.state is JobState.DONE or not runs and "not run" in str(job.error)
    trial.pass_time(60)
    logs = trial.meter.state.logs
    assert logs is not None
    told = [row[1] for row in logs.rows(Log.STANDARD)]
    assert told.count(Event.FIRMWARE_READY) == 1
    assert told.count(Event.FIRMWARE_ACTIVATED) == runs


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"image": {"hex": "00"}}, "missing argument identifier"),
        ({"identifier": "x" * 65, "image": {"hex": "00"}}, "1 to 64 ASCII"),
        ({"identifier": "x", "image": {"hex": ""}}, "image is"),
        ({"identifier": "x", "image": "00"}, "image is"),
        ({"identifier": "x", "image": {"hex": "0"}}, "image is"),
        ({"identifier": "x", "image": {"hex": 5}}, "image is"),
        (
            {"identifier": "x", "image": {"hex": "00" * (MAX_IMAGE_OCTETS + 1)}},
            "image is",
        ),
        (
            {"identifier": "x", "image": {"hex": "00"}, "activate": 1},
            "true or false",
        ),
    ],
)
def test_what_is_no_image(arguments: Any, says: str) -> None:
    check_refused_early("update_firmware", STANDARD, arguments, says)
