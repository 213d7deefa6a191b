"""What a gateway must still know after a restart, and where it keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from chargepoint.durable import replace_file
from wire.charging_profile import ChargingProfile, ProfileRejected, decode, encode
from wire.errors import SurroundingsError

_FORMAT = 1
_U32 = 0xFFFF_FFFF
_MAX_FILE_BYTES = 16_384


class CommitResult(StrEnum):
    """How far the profile of a record has come in the control unit."""

    NONE = "none"
    """There is nothing to commit."""
    PENDING = "pending"
    """Not yet, or not for certain, in the unit."""
    DONE = "done"
    """Committed, read back and found the same."""
    FAILED = "failed"
    """The unit refused it, or applied something else, as often as it was tried."""


@dataclass(frozen=True, slots=True)
class Record:
    """The last message taken and what came of it.

    `text` and its `digest` (SHA-256) are the last message accepted, or recorded because it
    had expired; `digest` is None before any. `seq` is the highest taken so far. `profile` is
    the one that governs, None when there is none. `telegram_s` is the telegram's time of the
    last message, in epoch seconds.
    """

    text: bytes = b""
    digest: bytes | None = None
    seq: int | None = None
    profile: ChargingProfile | None = None
    telegram_s: int | None = None
    commit: CommitResult = CommitResult.NONE


@dataclass(frozen=True, slots=True)
class Recalled:
    """A record as it was found; `problem` says for the user why it is a fresh one."""

    record: Record
    problem: str | None = None


class Journal(Protocol):
    """Keeps one record."""

    def load(self) -> Recalled:
        """The record, or a fresh one with the reason; it never raises."""

    def save(self, record: Record) -> None:
        """Keeps a record in place of the one before; raises `SurroundingsError`."""


class MemoryJournal:
    """A journal that lasts as long as its object; for simulated runs."""

    def __init__(self) -> None:
        self._record = Record()

    def load(self) -> Recalled:
        """The record."""
        return Recalled(self._record)

    def save(self, record: Record) -> None:
        """Keeps the record."""
        self._record = record


class FileJournal:
    """A journal in a file that is replaced whole: after a crash it is the old or the new."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Recalled:
        """The record of the file; fresh if there is no file, or it cannot be used."""
        try:
            with self._path.open("rb") as file:
                octets = file.read(_MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return Recalled(Record())
        except OSError as error:
            return self._fresh(f"it cannot be read ({error.strerror})")
        try:
            return Recalled(_read(octets))
        except ProfileRejected as error:
            return self._fresh(f"its profile is not valid ({error})")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return self._fresh("it is damaged or was not written by this program")

    def save(self, record: Record) -> None:
        """Replaces the file whole."""
        try:
            replace_file(self._path, _write(record))
        except OSError as error:
            raise SurroundingsError(
                f"the gateway's journal {self._path} cannot be written: {error.strerror}"
            ) from error

    def _fresh(self, why: str) -> Recalled:
        return Recalled(
            Record(), f"the gateway's journal {self._path} starts afresh: {why}"
        )


def mark(record: Record, commit: CommitResult) -> Record:
    """The record with another commit result."""
    return replace(record, commit=commit)


def _write(record: Record) -> bytes:
    fields: dict[str, Any] = {
        "text": record.text.decode("ascii"),
        "digest": None if record.digest is None else record.digest.hex(),
        "seq": record.seq,
        "profile": None if record.profile is None else encode(record.profile),
        "telegram_s": record.telegram_s,
        "commit": record.commit.value,
    }
    document = {"format": _FORMAT, "record": fields, "check": _check(fields)}
    return json.dumps(document, indent=1).encode() + b"\n"


def _read(octets: bytes) -> Record:
    """Raises what `load` catches for anything that `_write` did not write."""
    if len(octets) > _MAX_FILE_BYTES:
        raise ValueError
    document = json.loads(octets)
    fields = document["record"]
    if document["format"] != _FORMAT or document["check"] != _check(fields):
        raise ValueError
    text = fields["text"].encode("ascii")
    digest = None if fields["digest"] is None else bytes.fromhex(fields["digest"])
    if digest is not None and digest != sha256(text).digest():
        raise ValueError
    profile = None
    if fields["profile"] is not None:
        # The hardware's maximum was checked when the message was taken.
        profile = decode(fields["profile"], hardware_max_w=_U32).profile
    return Record(
        text,
        digest,
        _integer(fields["seq"]),
        profile,
        _integer(fields["telegram_s"]),
        CommitResult(fields["commit"]),
    )


def _integer(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError
    return value


def _check(fields: dict[str, Any]) -> str:
    return sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
