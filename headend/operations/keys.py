"""The keys of a meter replaced, and settled after a change that was broken off (P3, 5.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from headend.operations.plan import Operation, Plan, only
from headend.store.keys import KeyKind
from headend.visit import Visit
from wire.cosem.rows import Standard
from wire.dlms import axdr
from wire.dlms.descriptors import MethodDescriptor
from wire.errors import ConfigError
from wire.obis import Obis

_GLOBAL_KEY_TRANSFER = MethodDescriptor(64, Obis.parse("0-0:43.0.0"), 2)
_CHANGE_HLS_SECRET = MethodDescriptor(15, Obis.parse("0-0:40.0.0"), 2)
_ENCRYPTION_ID, _AUTHENTICATION_ID = 0, 2


async def _transfer(visit: Visit, key_id: int, wrapped: bytes) -> None:
    item = axdr.structure(axdr.enum(key_id), axdr.octet_string(wrapped))
    await visit.action(_GLOBAL_KEY_TRANSFER, axdr.array([item]))


async def _send_encryption_key(visit: Visit, wrapped: bytes) -> None:
    await _transfer(visit, _ENCRYPTION_ID, wrapped)


async def _send_authentication_key(visit: Visit, wrapped: bytes) -> None:
    await _transfer(visit, _AUTHENTICATION_ID, wrapped)


async def _send_hls_secret(visit: Visit, wrapped: bytes) -> None:
    await visit.action(_CHANGE_HLS_SECRET, axdr.octet_string(wrapped))


# In the order in which they are replaced: the authentication key first.
_SENDING: Mapping[KeyKind, Callable[[Visit, bytes], Awaitable[None]]] = {
    KeyKind.AUTHENTICATION: _send_authentication_key,
    KeyKind.ENCRYPTION: _send_encryption_key,
    KeyKind.HLS_SECRET: _send_hls_secret,
}
_USUAL = (KeyKind.AUTHENTICATION, KeyKind.ENCRYPTION)


def prepare_rotate(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """`kinds`, a list of `authentication`, `encryption` and `hls_secret`; else the first two.

    The result names the kinds that were replaced, never a key. What an attempt before this
    one replaced is not replaced again.
    """
    kinds = _kinds(only(arguments, set(), {"kinds"}).get("kinds", list(_USUAL)))

    async def run(visit: Visit) -> Any:
        for kind in kinds:
            if (await visit.keys.active(kind)).created_s < visit.asked_s:
                await _replace(visit, kind)
        return {"result": "success", "replaced": [kind.value for kind in kinds]}

    return run


def prepare_recover(standard: Standard | str, arguments: Mapping[str, Any]) -> Plan:
    """Nothing to say. Associating has tried what the meter may have, and settled it.

    The result names the kinds of which a key still waits to be sent.
    """
    only(arguments, set(), set())

    async def run(visit: Visit) -> Any:
        waiting = [kind for kind in _SENDING if await visit.keys.waiting(kind)]
        return {"result": "success", "waiting": [kind.value for kind in waiting]}

    return run


async def _replace(visit: Visit, kind: KeyKind) -> None:
    """Stores a new key, sends it, makes it the one in use, and ciphers with it from here on.

    The answer to the transfer came under the old keys (P3, 5.1, note 4).
    """
    ring = visit.keys
    key = await ring.fresh(kind)
    await _SENDING[kind](visit, await ring.wrapped(key))
    await ring.activate(key)
    visit.use(key)


def _kinds(written: Any) -> list[KeyKind]:
    known = [kind.value for kind in _SENDING]
    if not isinstance(written, list) or not written:
        raise ConfigError(f"kinds is a list of {', '.join(known)}")
    for name in written:
        if name not in known:
            raise ConfigError(f"{name!r} is not one of the kinds {', '.join(known)}")
    return [kind for kind in _SENDING if kind.value in written]


ROWS = {
    "rotate_keys": Operation(
        prepare_rotate,
        "replace keys: each stored before it is sent",
        "5.1",
        objects=("security_setup", "association"),
    ),
    "recover_keys": Operation(
        prepare_recover,
        "find out which keys the meter has after a change that was broken off",
        "5.1",
        recovers=True,
        alone=True,
    ),
}
