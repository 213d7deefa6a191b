"""An M-Bus channel's client (class 72) and diagnostic (77), with nothing bound (P3, 7.1)."""

from __future__ import annotations

from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Link
from meters.objects.mbus_values import NO_TIME
from wire.cosem.dsmr.mbus import UNKNOWN_CONFIGURATION
from wire.cosem.events import CHANNELS
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult

BEHAVIOUR = Behaviour.empty()

_METHODS = (
    *("slave_install", "slave_deinstall", "capture", "reset_alarm"),
    *("synchronize_clock", "data_send", "set_encryption_key", "transfer_key"),
)
_BINDING = (
    *("primary_address", "identification_number", "manufacturer_id"),
    *("version", "device_type"),
)
_TOLD = "access_number", "status", "alarm", "encryption_key_status"
_COUNTED = (
    *("received_signal_strength", "channel_id", "link_status"),
    *("transmissions_counter", "fcs_ok_frames_counter", "fcs_nok_frames_counter"),
)
_EMPTY_ARRAY = axdr.encode(axdr.array(()))
_NEVER = axdr.encode(axdr.structure(axdr.unsigned(0), axdr.octet_string(NO_TIME)))


def _refuse(meter: Meter, link: Link, data: Data) -> ActionOutcome:
    return ActionOutcome(ActionResult(LOGICAL_ERROR))


def _keep_free(meter: Meter, link: Link, data: Data) -> DataAccessResult:
    return LOGICAL_ERROR if data.value else DataAccessResult.SUCCESS


for _n in CHANNELS:
    _client, _diagnostic = f"mbus_client_{_n}", f"mbus_diagnostic_{_n}"
    for _method in _METHODS:
        BEHAVIOUR.doers[_client, _method] = _refuse
    for _name in (*_BINDING, *_TOLD):
        BEHAVIOUR.numbers[_client, _name] = lambda meter: 0
    for _name in _BINDING:
        BEHAVIOUR.writers[_client, _name] = _keep_free
    BEHAVIOUR.numbers[_client, "configuration"] = lambda meter: UNKNOWN_CONFIGURATION
    BEHAVIOUR.readers[_client, "capture_definition"] = lambda meter, link: _EMPTY_ARRAY
    for _name in _COUNTED:
        BEHAVIOUR.numbers[_diagnostic, _name] = lambda meter: 0
    BEHAVIOUR.readers[_diagnostic, "broadcast_frames_counter"] = (
        lambda meter, link: _EMPTY_ARRAY
    )
    BEHAVIOUR.readers[_diagnostic, "capture_time"] = lambda meter, link: _NEVER
    BEHAVIOUR.writers[f"mbus_clear_status_{_n}", "value"] = _keep_free
