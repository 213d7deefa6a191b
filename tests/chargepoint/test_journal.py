"""The journal: what is kept, how, and what becomes of a damaged file."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.journal import (
    CommitResult,
    FileJournal,
    Journal,
    MemoryJournal,
    Recalled,
    Record,
)
from tests.chargepoint.rig import START_S, Rig, profile, text
from wire.charging_profile import Reject
from wire.errors import SurroundingsError

MESSAGE = text(6000, 9000, seq=5, fallback_w=4200)
RECORD = Record(
    MESSAGE,
    sha256(MESSAGE).digest(),
    5,
    profile(6000, 9000, seq=5, fallback_w=4200),
    START_S,
    CommitResult.DONE,
)


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    """Each kind of journal, empty."""
    if request.param == "memory":
        return MemoryJournal()
    return FileJournal(tmp_path / "gateway.json")


def test_an_empty_journal_is_a_fresh_start(journal: Journal) -> None:
    assert journal.load() == Recalled(Record())


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        Record(),
        replace(RECORD, profile=None, seq=None, commit=CommitResult.FAILED),
        replace(RECORD, text=b"", digest=sha256(b"").digest(), profile=None),
    ],
)
def test_what_is_saved_is_found(journal: Journal, record: Record) -> None:
    journal.save(Record())
    journal.save(record)
    assert journal.load() == Recalled(record)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    journal = FileJournal(path)
    journal.save(Record())
    before = path.stat().st_ino
    journal.save(RECORD)
    assert path.stat().st_ino != before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_crash_while_writing_leaves_the_old_record(tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    FileJournal(path).save(RECORD)
    (tmp_path / "gateway.json.new").write_bytes(b'{"format": 1, "rec')
    assert FileJournal(path).load() == Recalled(RECORD)


def written(tmp_path: Path) -> tuple[Path, bytes]:
    """A journal's file with a record in it."""
    path = tmp_path / "gateway.json"
    FileJournal(path).save(RECORD)
    return path, path.read_bytes()


def test_every_truncation_is_reported_and_fresh(tmp_path: Path) -> None:
    path, octets = written(tmp_path)
    for length in range(0, len(octets) - 2, 7):
        path.write_bytes(octets[:length])
        recalled = FileJournal(path).load()
        assert recalled.record == Record()
        assert recalled.problem is not None and str(path) in recalled.problem


@given(at=st.integers(min_value=0), octet=st.integers(min_value=0, max_value=255))
@settings(max_examples=100)
def test_a_damaged_byte_is_found_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, at: int, octet: int
) -> None:
    path, octets = written(tmp_path_factory.getbasetemp())
    damaged = bytearray(octets)
    damaged[at % len(octets)] = octet
    path.write_bytes(damaged)
    recalled = FileJournal(path).load()
    assert recalled.record == (RECORD if recalled.problem is None else Record())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"format":1}',
        b'{"format":1,"record":[],"check":""}',
        b"9" * 10_000,
        b"x" * 20_000,
    ],
)
def test_other_files_are_reported_and_fresh(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "gateway.json"
    path.write_bytes(octets)
    recalled = FileJournal(path).load()
    assert recalled.record == Record() and recalled.problem


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text", "changed"),
        ("text", "é"),
        ("text", None),
        ("digest", "00"),
        ("seq", "5"),
        ("seq", True),
        ("profile", "{}"),
        ("profile", 1),
        ("telegram_s", 1.5),
        ("commit", "perhaps"),
    ],
)
def test_a_wrong_field_with_a_right_check(
    tmp_path: Path, key: str, value: object
) -> None:
    path, octets = written(tmp_path)
    document = json.loads(octets)
    document["record"][key] = value
    canonical = json.dumps(document["record"], sort_keys=True).encode()
    document["check"] = sha256(canonical).hexdigest()
    path.write_text(json.dumps(document))
    recalled = FileJournal(path).load()
    assert recalled.record == Record() and recalled.problem


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "no" / "gateway.json")
    assert journal.load() == Recalled(Record())
    with pytest.raises(SurroundingsError, match="cannot be written"):
        journal.save(RECORD)


def test_a_folder_in_the_files_place(tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    path.mkdir()
    assert FileJournal(path).load().problem
    with pytest.raises(SurroundingsError):
        FileJournal(path).save(RECORD)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_gateway_remembers_through_a_file(tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    rig = Rig(text(6000, 9000, seq=5), journal=FileJournal(path))
    rig.run(20)
    again = Rig(text(7000, seq=5), journal=FileJournal(path), unit=rig.unit)
    again.run(20)
    assert again.rejected() == [Reject.REPLAY] and again.applied_w == 6000


def test_a_gateway_with_a_damaged_journal_says_so_and_works(tmp_path: Path) -> None:
    path, octets = written(tmp_path)
    path.write_bytes(octets[:-40])
    rig = Rig(text(6000, seq=5), journal=FileJournal(path))
    rig.p1_on = False
    rig.run(1)
    assert "journal" in rig.logic.alarms
    rig.p1_on = True
    rig.run(20)
    assert rig.applied_w == 6000 and rig.logic.alarms == {}


def test_a_gateway_whose_disk_is_full_still_limits(tmp_path: Path) -> None:
    rig = Rig(text(6000, seq=5), journal=FileJournal(tmp_path / "no" / "gateway.json"))
    rig.run(20)
    assert rig.applied_w == 6000 and list(rig.logic.alarms) == ["journal"]
