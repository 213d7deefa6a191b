"""An M-Bus channel's client (class 72), its diagnostic (77) and clear status (P3, 7.1)."""

from __future__ import annotations

from collections.abc import Callable

from meters.behaviour.loadprofile import NO_TIME
from meters.mbus import orders
from meters.mbus.channels import Channel, channel_of
from meters.meter import Meter
from meters.model import LOGICAL_ERROR, Behaviour, Doer, Link, Number, Reader, Writer
from wire.cosem.events import CHANNELS
from wire.cosem.mbus import identification_of, identification_shown, records_of
from wire.dlms import axdr
from wire.dlms.action import ActionOutcome
from wire.dlms.data import Data
from wire.dlms.descriptors import ActionResult, DataAccessResult
from wire.errors import WireError

BEHAVIOUR = Behaviour.empty()

# By the attribute's name, what of the channel it shows.
_SHOWN = {
    "primary_address": "primary_address",
    "manufacturer_id": "manufacturer_id",
    "version": "version",
    "device_type": "device_type",
    "access_number": "access_number",
    "status": "status",
    "alarm": "alarm",
    "configuration": "configuration",
    "encryption_key_status": "key_status",
}
_ORDERS = {
    "slave_install": orders.slave_install,
    "slave_deinstall": orders.slave_deinstall,
    "capture": orders.capture,
    "reset_alarm": orders.reset_alarm,
    "synchronize_clock": orders.synchronize_clock,
}
_KEYS = {
    "set_encryption_key": orders.set_encryption_key,
    "transfer_key": orders.transfer_key,
}
_COUNTED = {
    "transmissions_counter": "transmissions",
    "fcs_ok_frames_counter": "good_frames",
    "fcs_nok_frames_counter": "bad_frames",
}
_GOOD_FRAMES = 7
# A radio has one channel, 0, and no signal of a device on the wire can be told.
_ALWAYS_0 = "received_signal_strength", "channel_id"

# Blue Book ed. 12, class 77, link_status.
_NEVER_RECEIVED, _NORMAL, _INTERRUPTED = range(3)

_EMPTY_ARRAY = axdr.encode(axdr.array(()))
_NEVER = axdr.encode(axdr.structure(axdr.unsigned(0), axdr.octet_string(NO_TIME)))


def _shows(number: int, part: str) -> Number:
    return lambda meter: int(getattr(channel_of(meter, number), part))


def _names(number: int, part: str) -> Writer:
    return lambda meter, link, data: orders.name(meter, number, part, data.value)


def _identification(number: int) -> Number:
    return lambda meter: identification_shown(
        channel_of(meter, number).identification, meter.identity.standard
    )


def _identify(number: int) -> Writer:
    def write(meter: Meter, link: Link, data: Data) -> DataAccessResult:
        value = identification_of(data.value, meter.identity.standard)
        if value is None:
            return LOGICAL_ERROR
        return orders.name(meter, number, "identification", value)

    return write


def _bind(number: int) -> Writer:
    return lambda meter, link, data: orders.bind_address(meter, number, data.value)


def _definition(number: int) -> Reader:
    """Pairs of data and value information, of the records of the last reading."""

    def read(meter: Meter, link: Link) -> bytes:
        elements = (
            axdr.structure(axdr.octet_string(dib), axdr.octet_string(vib))
            for dib, vib in channel_of(meter, number).capture_definition
        )
        return axdr.encode(axdr.array(tuple(elements)))

    return read


def _orders(number: int, order: Callable[[Meter, int], ActionResult]) -> Doer:
    return lambda meter, link, data: ActionOutcome(order(meter, number))


def _takes_key(number: int, order: Callable[[Meter, int, bytes], ActionResult]) -> Doer:
    return lambda meter, link, data: ActionOutcome(order(meter, number, data.value))


def _sends(number: int) -> Doer:
    def do(meter: Meter, link: Link, data: Data) -> ActionOutcome:
        try:
            records = records_of(data)
        except WireError:
            return ActionOutcome(ActionResult(LOGICAL_ERROR))
        return ActionOutcome(orders.data_send(meter, number, records))

    return do


def _clears(number: int) -> Writer:
    return lambda meter, link, data: orders.clear_status(meter, number, data.value)


def _link_status(number: int) -> Number:
    def status(meter: Meter) -> int:
        channel: Channel = channel_of(meter, number)
        if not channel.detected:
            return _NEVER_RECEIVED
        return _INTERRUPTED if channel.missing else _NORMAL

    return status


def _captured(number: int) -> Reader:
    """Which attribute has changed last, and when: a good frame was counted."""

    def read(meter: Meter, link: Link) -> bytes:
        read_s = channel_of(meter, number).read_s
        if not read_s:
            return _NEVER
        stamp = meter.zone.encode(read_s + meter.state.clock_offset_s, 0)
        return axdr.encode(
            axdr.structure(axdr.unsigned(_GOOD_FRAMES), axdr.octet_string(stamp))
        )

    return read


for _n in CHANNELS:
    _client, _diagnostic = f"mbus_client_{_n}", f"mbus_diagnostic_{_n}"
    _clear = f"mbus_clear_status_{_n}", "value"
    for _name, _part in _SHOWN.items():
        BEHAVIOUR.numbers[_client, _name] = _shows(_n, _part)
    for _name in ("manufacturer_id", "version", "device_type"):
        BEHAVIOUR.writers[_client, _name] = _names(_n, _name)
    BEHAVIOUR.numbers[_client, "identification_number"] = _identification(_n)
    BEHAVIOUR.writers[_client, "identification_number"] = _identify(_n)
    BEHAVIOUR.writers[_client, "primary_address"] = _bind(_n)
    BEHAVIOUR.readers[_client, "capture_definition"] = _definition(_n)
    for _name, _order in _ORDERS.items():
        BEHAVIOUR.doers[_client, _name] = _orders(_n, _order)
    for _name, _key_order in _KEYS.items():
        BEHAVIOUR.doers[_client, _name] = _takes_key(_n, _key_order)
    BEHAVIOUR.doers[_client, "data_send"] = _sends(_n)
    for _name in _ALWAYS_0:
        BEHAVIOUR.numbers[_diagnostic, _name] = lambda meter: 0
    for _name, _part in _COUNTED.items():
        BEHAVIOUR.numbers[_diagnostic, _name] = _shows(_n, _part)
    BEHAVIOUR.numbers[_diagnostic, "link_status"] = _link_status(_n)
    BEHAVIOUR.readers[_diagnostic, "broadcast_frames_counter"] = (
        lambda meter, link: _EMPTY_ARRAY
    )
    BEHAVIOUR.readers[_diagnostic, "capture_time"] = _captured(_n)
    BEHAVIOUR.numbers[_clear] = _shows(_n, "clear_mask")
    BEHAVIOUR.writers[_clear] = _clears(_n)
