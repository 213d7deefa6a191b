"""Association LN (class 15, Blue Book 4.4.3): the association as its own client sees it."""

from __future__ import annotations

from functools import lru_cache

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link, Model, encoded
from meters.objects.buffers import SELECTORS
from meters.p3.limits import MAX_RECEIVE_PDU_SIZE
from wire.cosem.rows import Attribute, Client, Right, Row
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.axdr import BitString, Data
from wire.dlms.descriptors import ActionResult, AttributeDescriptor
from wire.dlms.hls import SECRET_LENGTHS
from wire.dlms.initiate import DLMS_VERSION
from wire.dlms.security import unwrap_key
from wire.errors import SecurityError
from wire.obis import Obis

BEHAVIOUR = Behaviour.empty()

_SECURITY_SETUP = Obis.parse("0-0:43.0.0").octets
_ASSOCIATED = 2


@lru_cache(maxsize=32)
def _object_list(model: Model, client: Client) -> bytes:
    visible = [row for row in model.rows if row.visible(client)]
    elements = [_element(model, row, client) for row in visible]
    return type_of("objlist_type").encode(elements)


def _element(model: Model, row: Row, client: Client) -> tuple[object, ...]:
    """object_list_element: class, version, logical name and this client's rights."""
    attributes = [
        (item.number, int(item.right(client)), _selectors(model, row, item))
        for item in row.attributes
    ]
    methods = [
        (item.number, int(bool(item.right(client) & Right.X))) for item in row.methods
    ]
    return row.class_id, row.version, row.obis.octets, (attributes, methods)


def _selectors(model: Model, row: Row, attribute: Attribute) -> tuple[int, ...] | None:
    """access_selectors: what the attribute can be selected from by; None for not at all."""
    key = AttributeDescriptor(row.class_id, row.obis, attribute.number).encode()
    return SELECTORS if model.cells[key].select else None


def _read_object_list(meter: Meter, link: Link) -> bytes:
    return _object_list(meter.model, link.client)


def _partners(meter: Meter, link: Link) -> bytes:
    partners = int(link.client), meter.identity.logical_device
    return type_of("associated_partners_type").encode(partners)


def _context_name(meter: Meter, link: Link) -> bytes:
    return type_of("application_context_name").encode(
        (2, 16, 756, 5, 8, 1, link.context)
    )


def _mechanism_name(meter: Meter, link: Link) -> bytes:
    return type_of("mechanism_name").encode((2, 16, 756, 5, 8, 2, link.mechanism))


def _context_info(meter: Meter, link: Link) -> bytes:
    conformance = BitString(24, link.conformance.to_bytes(3, "big"))
    return type_of("xDLMS_context_type").encode(
        (
            conformance,
            MAX_RECEIVE_PDU_SIZE,
            link.client_max_receive_pdu_size,
            DLMS_VERSION,
            0,
            b"",
        )
    )


def _change_hls_secret(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """The new secret comes wrapped under the master key; a bad one changes nothing.

    HLS3 and HLS4 prove with it from the next association on.
    """
    try:
        secret = unwrap_key(meter.state.keys.master_key, data.value)
    except SecurityError:
        return ActionOutcome(ActionResult(LOGICAL_ERROR))
    if len(secret) not in SECRET_LENGTHS:
        return ActionOutcome(ActionResult(LOGICAL_ERROR))
    meter.replace_keys(hls_secret=secret)
    return ActionOutcome(ActionResult.SUCCESS)


def _reply_again(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    """The proof is due once, while associating; here it comes out of turn."""
    return ActionOutcome(ActionResult(LOGICAL_ERROR))


BEHAVIOUR.readers.update(
    {
        ("association", "object_list"): _read_object_list,
        ("association", "associated_partners_id"): _partners,
        ("association", "application_context_name"): _context_name,
        ("association", "xDLMS_context_info"): _context_info,
        ("association", "authentication_mechanism_name"): _mechanism_name,
        # Granted to management by the table; what it shows is nothing, never the secret.
        ("association", "secret"): lambda meter, link: encoded(b""),
        ("association", "security_setup_reference"): (
            lambda meter, link: encoded(_SECURITY_SETUP)
        ),
        ("association", "user_list"): lambda meter, link: axdr.encode(axdr.array(())),
        ("association", "current_user"): lambda meter, link: axdr.encode(
            axdr.structure(axdr.unsigned(0), axdr.visible_string(""))
        ),
    }
)
BEHAVIOUR.numbers["association", "association_status"] = lambda meter: _ASSOCIATED
BEHAVIOUR.doers["association", "change_HLS_secret"] = _change_hls_secret
BEHAVIOUR.doers["association", "reply_to_HLS_authentication"] = _reply_again
