"""Security setup (class 64; P3, 5.1) and the invocation counter."""

from __future__ import annotations

from enum import IntEnum

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, encoded
from meters.state import AUTHENTICATED_AND_ENCRYPTED
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult
from wire.dlms.security import KEY_OCTETS, unwrap_key
from wire.errors import SecurityError

BEHAVIOUR = Behaviour.empty()


class KeyId(IntEnum):
    """Which key global_key_transfer brings."""

    UNICAST_ENCRYPTION = 0
    BROADCAST_ENCRYPTION = 1
    AUTHENTICATION = 2


_FIELDS = {
    KeyId.UNICAST_ENCRYPTION: "encryption_key",
    KeyId.AUTHENTICATION: "authentication_key",
}
_REFUSED = ActionOutcome(ActionResult(LOGICAL_ERROR))
_DONE = ActionOutcome(ActionResult.SUCCESS)


def _client_title(meter: Meter, link: Link) -> bytes:
    return encoded(link.client_title)


def _server_title(meter: Meter, link: Link) -> bytes:
    return encoded(meter.identity.system_title)


def _activate(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """A policy may only be raised (P3, 3.2.1)."""
    policy = data.value
    if not meter.state.security_policy <= policy <= AUTHENTICATED_AND_ENCRYPTED:
        return _REFUSED
    meter.state.security_policy = policy
    meter.state.unsaved = True
    return _DONE


def _transfer(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """All keys of the list, or none: each unwraps under the master key (RFC 3394).

    The answer still goes out under the old keys (P3, 5.1, note 4): the association sees to
    that. A broadcast key is refused, for nothing is broadcast.
    """
    new: dict[str, bytes] = {}
    for item in data.value:
        key_id, wrapped = (part.value for part in item.value)
        name = _FIELDS.get(key_id)
        if name is None or name in new:
            return _REFUSED
        try:
            new[name] = unwrap_key(meter.state.keys.master_key, wrapped)
        except SecurityError:
            return _REFUSED
        if len(new[name]) != KEY_OCTETS:
            return _REFUSED
    if not new:
        return _REFUSED
    meter.replace_keys(**new)
    return _DONE


BEHAVIOUR.readers["security_setup", "client_system_title"] = _client_title
BEHAVIOUR.readers["security_setup", "server_system_title"] = _server_title
BEHAVIOUR.numbers["security_setup", "security_policy"] = (
    lambda meter: meter.state.security_policy
)
BEHAVIOUR.doers["security_setup", "security_activate"] = _activate
BEHAVIOUR.doers["security_setup", "global_key_transfer"] = _transfer
BEHAVIOUR.numbers["invocation_counter", "value"] = (
    lambda meter: meter.state.shown_counter
)
