"""How the head-end proves itself: by HLS3 and HLS4 with the HLS secret, as the meter lets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dsmrlab.headend import MECHANISMS as NAMES
from headend.dlms.credentials import MECHANISMS
from headend.store import Store, meters, open_store
from headend.store.job import JobState
from headend.store.keys import KeyKind, KeyState
from meters.meter import Meter
from tests.headend import bent_line
from tests.headend.bent_line import living_meter
from tests.headend.rotation_world import KEY_STORE, START_S, World, every, take_over
from tests.meters.builders import KEYS
from wire.cosem.configuration import Flag, OperationMode, flags_of
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.acse import Mechanism, UserDiagnostic

FLAGS = {"hls3": Flag.HLS3_ON_P3, "hls4": Flag.HLS4_ON_P3, "hls5": Flag.HLS5_ON_P3}
WITH_SECRET = pytest.mark.parametrize("name", ["hls3", "hls4"])


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def meter_that_lets_in(*names: str) -> Meter:
    """A meter with these mechanisms enabled on P3."""
    meter = living_meter(Standard.DSMR_4_2_2)
    flags = flags_of(*(FLAGS[name] for name in names))
    settings = dict(meter.state.settings or {})
    settings["configuration_object", "value"] = axdr.structure(
        axdr.enum(OperationMode.ALWAYS_ON), axdr.bit_string(flags)
    )
    meter.state.settings = settings
    return meter


def world(store: Store, meter: Meter, name: str) -> World:
    """A head-end that proves itself so."""
    made = World(store, KEY_STORE, meter, START_S)
    made.desk.mechanism = MECHANISMS[name]
    return made


def test_commands_name_every_mechanism() -> None:
    assert set(NAMES) == set(MECHANISMS) == set(FLAGS)
    assert set(MECHANISMS.values()) == set(Mechanism) & {3, 4, 5}


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_is_taken_where_it_is_enabled(store: Store, name: str) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    ours = world(store, meter_that_lets_in(name), name)
    job_id = ours.hand_in(
        meter_id, "get", object="association:authentication_mechanism_name"
    )
    ours.run()
    job = ours.show(job_id)
    assert job.state is JobState.DONE, job.error
    assert job.result["value"][-1] == MECHANISMS[name]


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_that_is_off_is_told_of_as_no_association(
    store: Store, name: str
) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    ours = world(store, meter_that_lets_in(*(FLAGS.keys() - {name})), name)
    job_id = ours.hand_in(meter_id, "get", object="clock")
    ours.run()
    job = ours.show(job_id)
    unknown = UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED
    assert job.state is JobState.FAILED and job.attempts == 1
    assert job.result == {"rejected": unknown.value}
    assert "mechanism-name-not-recognised" in (job.error or "")


@WITH_SECRET
@pytest.mark.parametrize("at", range(5))
def test_a_secret_whose_transfer_is_broken_off_is_found_again(
    store: Store, name: str, at: int
) -> None:
    meter_id = take_over(store, Standard.DSMR_4_2_2)
    meter = meter_that_lets_in(name)
    ours = world(store, meter, name)
    ours.bend = lambda bent, *_: bent.factory.hang_up()
    ours.bend_at = at
    job_id = ours.hand_in(meter_id, "rotate_keys", kinds=["hls_secret"])
    read_id = ours.hand_in(meter_id, "get", object="clock")
    ours.run()
    for number in (job_id, read_id):
        assert ours.show(number).state is JobState.DONE, ours.show(number).error
    with store.read() as connection:
        old, new = every(connection, meter_id, KeyKind.HLS_SECRET)
    assert (old.state, new.state) == (KeyState.EXPIRED, KeyState.ACTIVE)
    assert meter.state.keys.hls_secret == new.octets != KEYS.hls_secret


@WITH_SECRET
def test_a_meter_whose_secret_is_not_known_cannot_be_asked(
    store: Store, name: str
) -> None:
    meter_id = bent_line.prepare(store, KEY_STORE)
    with store.begin() as connection:
        equipment_id = meters.get(connection, meter_id).equipment_id
    ours = world(store, meter_that_lets_in(name), name)
    job_id = ours.hand_in(meter_id, "get", object="clock")
    ours.run()
    job = ours.show(job_id)
    assert job.state is JobState.FAILED and equipment_id in (job.error or "")
    assert "hls_secret" in (job.error or "") and ours.connects == 0
