"""Keys at rest: each is encrypted with AES-256-GCM under one master key of this head-end.

The master key is in the environment (DSMRLAB_KEY) or in a file of the home folder, made for
its owner alone at first use. Each key is bound to its meter and kind, so that a row moved to
another meter does not open. Nothing here prints a key.
"""

from __future__ import annotations

import binascii
import hashlib
import os
import secrets
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headend.store import Connection
from headend.store import keys as rows
from headend.store.keys import KeyKind, KeyState, NewKey, SealedKey
from headend.store.meters import Meter
from wire.errors import ConfigError, SurroundingsError

VARIABLE = "DSMRLAB_KEY"
FILE_NAME = "master.key"
_MASTER_OCTETS = 32
_NONCE_OCTETS = 12


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the clear; `id` is its row, under which its invocation counters are kept."""

    id: int
    kind: KeyKind
    state: KeyState
    created_s: float
    octets: bytes = field(repr=False)


class KeyStore:
    """Puts keys into the store and takes them out, with the master key in hand."""

    def __init__(
        self,
        master_key: bytes,
        source: str,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`source` is where the master key came from, as errors name it."""
        if len(master_key) != _MASTER_OCTETS:
            raise ConfigError(f"{source}: a master key has 32 octets")
        self._gcm = AESGCM(master_key)
        self._random_bytes = random_bytes
        self.source = source
        # Names the master key without telling anything about it.
        self.wrapping_key_id = hashlib.sha256(
            b"dsmrlab wrapping key id" + master_key
        ).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"KeyStore({self.source}, {self.wrapping_key_id})"

    @classmethod
    def open(cls, home: Path, environ: Mapping[str, str] = os.environ) -> KeyStore:
        """With the master key of the environment, else of the home folder; made when missing.

        Raises `ConfigError` for a key that is none and `SurroundingsError` when the file
        cannot be read or made.
        """
        given = environ.get(VARIABLE)
        if given:
            return cls(_parse(given, VARIABLE), VARIABLE)
        path = home / FILE_NAME
        try:
            try:
                text = path.read_text("ascii", errors="replace")
            except FileNotFoundError:
                text = _make(path)
        except OSError as error:
            raise SurroundingsError(f"{path}: {error.strerror}") from None
        return cls(_parse(text, str(path)), str(path))

    def put(
        self,
        connection: Connection,
        meter: Meter,
        kind: KeyKind,
        octets: bytes,
        now_s: float,
    ) -> Key:
        """Stores a key as NEW, or finds it when the meter had it before.

        A key that comes back keeps its row, and so its counters: they must never restart
        under the same key. Raises `ConfigError` for one that was withdrawn.
        """
        for row in rows.of_meter(connection, meter.id, kind):
            known = self._open(meter, row)
            if known.octets == octets:
                if known.state is KeyState.WITHDRAWN:
                    raise ConfigError(
                        f"this {kind} key of {meter.equipment_id} was withdrawn before"
                    )
                return known
        new = self._sealed(meter, kind, KeyState.NEW, octets, now_s)
        number = rows.add(connection, [new])[0]
        return Key(number, kind, KeyState.NEW, now_s, octets)

    def add_active(
        self,
        connection: Connection,
        keys: Iterable[tuple[Meter, KeyKind, bytes]],
        now_s: float,
    ) -> None:
        """Stores the first keys of new meters, many at a time, as ACTIVE."""
        rows.add(
            connection,
            [
                self._sealed(meter, kind, KeyState.ACTIVE, octets, now_s)
                for meter, kind, octets in keys
            ],
        )

    def active(self, connection: Connection, meter: Meter, kind: KeyKind) -> Key:
        """The key of that kind that is in use; `ConfigError` when there is none."""
        row = rows.active(connection, meter.id, kind)
        if row is None:
            raise ConfigError(
                f"no {kind} key of {meter.equipment_id} is known; import its shipment"
            )
        return self._open(meter, row)

    def every(self, connection: Connection, meter: Meter, kind: KeyKind) -> list[Key]:
        """All keys of that kind that may be with the meter, oldest first."""
        return [
            self._open(meter, row)
            for row in rows.of_meter(connection, meter.id, kind)
            if row.state is not KeyState.WITHDRAWN
        ]

    def seal(self, octets: bytes, bound_to: str) -> bytes:
        """Encrypts a key, bound to whose and of what kind it is."""
        nonce = self._random_bytes(_NONCE_OCTETS)
        return nonce + self._gcm.encrypt(nonce, octets, bound_to.encode())

    def unseal(
        self, sealed: bytes, wrapping_key_id: str, owner: str, bound_to: str
    ) -> bytes:
        """The reverse of `seal`; `owner` is who the key is of, as errors name it."""
        if wrapping_key_id != self.wrapping_key_id:
            raise ConfigError(
                f"cannot decrypt keys of {owner}: wrong master key"
                f" ({self.source}); they were encrypted under {wrapping_key_id},"
                f" this one is {self.wrapping_key_id}"
            )
        nonce, text = sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:]
        try:
            return self._gcm.decrypt(nonce, text, bound_to.encode())
        except (InvalidTag, ValueError):
            raise SurroundingsError(
                f"cannot decrypt keys of {owner}: the database was changed"
            ) from None

    def _sealed(
        self,
        meter: Meter,
        kind: KeyKind,
        state: KeyState,
        octets: bytes,
        now_s: float,
    ) -> NewKey:
        sealed = self.seal(octets, _bound_to(meter, kind))
        return NewKey(meter.id, kind, state, sealed, self.wrapping_key_id, now_s)

    def _open(self, meter: Meter, row: SealedKey) -> Key:
        octets = self.unseal(
            row.sealed,
            row.wrapping_key_id,
            meter.equipment_id,
            _bound_to(meter, row.kind),
        )
        return Key(row.id, row.kind, row.state, row.created_s, octets)


def _bound_to(meter: Meter, kind: KeyKind) -> str:
    return f"{meter.equipment_id}/{kind}"


def _make(path: Path) -> str:
    """Makes the file of a new master key, whole or not at all, and returns what is in it.

    When somebody else makes it at the same time, theirs stands.
    """
    text = secrets.token_hex(_MASTER_OCTETS) + "\n"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
        return text
    except FileExistsError:
        return path.read_text("ascii", errors="replace")
    finally:
        draft.unlink()


def _parse(text: str, source: str) -> bytes:
    """The 32 octets of 64 hexadecimal digits or of base64."""
    text = text.strip()
    try:
        octets = (
            bytes.fromhex(text) if len(text) == 64 else b64decode(text, validate=True)
        )
    except (ValueError, binascii.Error):
        octets = b""
    if len(octets) != _MASTER_OCTETS:
        raise ConfigError(
            f"{source}: a master key is 32 octets, as 64 hexadecimal digits or base64"
        )
    return octets
