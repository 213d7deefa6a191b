"""The ports and the modem: what is set of them is kept, and the idle time-out is kept to.

There is no modem in a simulated meter. What it reports of the network is that of a meter in
a good place: each has its own cell, by its equipment identifier.
"""

from __future__ import annotations

from hashlib import blake2b

from meters.meter import Meter
from meters.model import Behaviour, Link
from wire.cosem.types import type_of
from wire.dlms import axdr
from wire.dlms.data import Data, Tag

BEHAVIOUR = Behaviour.empty()

_OPERATOR = "dsmrlab"
_REGISTERED_AT_HOME, _CS_INACTIVE = 1, 0
_PS_GPRS, _PS_LTE, _PS_NONE = 1, 5, 255
_IDLE = "tcp_udp_setup", "inactivity_time_out"
INACTIVITY_TIME_OUT_S = 300
# An object identifies another by its logical name; 0 octets stand for none.
_REFERENCES = (
    ("tcp_udp_setup", "IP_reference"),
    ("ipv4_setup", "DL_reference"),
    ("ppp_setup", "PHY_reference"),
)
# LCP and IPCP options: type, length, and data of whatever kind that the option has.
_OPTION = Tag.UNSIGNED, Tag.UNSIGNED


def inactivity_time_out_s(meter: Meter) -> int:
    """How long a silent connection is kept, in seconds; 0 for always (Blue Book, class 41).

    An SMR 5 meter has no object for it, and the time-out that DSMR 4 begins with.
    """
    if _IDLE not in meter.model.defaults:
        return INACTIVITY_TIME_OUT_S
    return int(meter.setting(*_IDLE).value)


def _refers(meter: Meter, data: Data) -> bool:
    return len(data.value) in (0, 6)


def _are_options(meter: Meter, data: Data) -> bool:
    return all(
        option.tag is Tag.STRUCTURE
        and len(option.value) == 3
        and tuple(part.tag for part in option.value[:2]) == _OPTION
        for option in data.value
    )


def _credentials_fit(meter: Meter, data: Data) -> bool:
    """RFC 1334 gives the user's name and the password one octet each for their length."""
    return data.tag is Tag.NULL_DATA or all(
        len(part.value) < 256 for part in data.value
    )


def _place(meter: Meter) -> bytes:
    return blake2b(meter.identity.equipment_id.encode("ascii"), digest_size=5).digest()


def _cell(meter: Meter) -> tuple[int, int, int, int]:
    """Cell, location area, signal quality (of 31, as AT+CSQ has it) and bit error rate."""
    place = _place(meter)
    cell, area = int.from_bytes(place[:2], "big"), int.from_bytes(place[2:4], "big")
    return cell, area, 16 + place[4] % 16, 0


def _cell_info(meter: Meter, link: Link) -> bytes:
    return type_of("cell_info_type").encode(_cell(meter))


def _adjacent_cells(meter: Meter, link: Link) -> bytes:
    cell, _, quality, _ = _cell(meter)
    neighbours = [((cell + step) & 0xFFFF, quality - 8 * step) for step in (1, 2)]
    return type_of("adjacent_cells_type").encode(neighbours)


def _capture_time(meter: Meter, link: Link) -> bytes:
    return axdr.encode(Data(Tag.DATE_TIME, meter.zone.encode(meter.clock_s)))


def _network_information(meter: Meter, link: Link) -> bytes:
    """Signal strength in dBm (-113 + 2 per step of AT+CSQ), base stations, network."""
    *_, quality, _ = _cell(meter)
    value = -113 + 2 * quality, 3, _OPERATOR.encode("ascii")
    return type_of("GPRS_network_information_type").encode(value)


for _name, _ps in (
    ("gprs_diagnostic", _PS_GPRS),
    ("cdma_diagnostic", _PS_NONE),
    ("lte_diagnostic", _PS_LTE),
):
    BEHAVIOUR.readers.update(
        {
            (_name, "operator"): lambda meter, link: axdr.encode(
                axdr.visible_string(_OPERATOR)
            ),
            (_name, "cell_info"): _cell_info,
            (_name, "adjacent_cells"): _adjacent_cells,
            (_name, "capture_time"): _capture_time,
        }
    )
    BEHAVIOUR.numbers[_name, "status"] = lambda meter: _REGISTERED_AT_HOME
    BEHAVIOUR.numbers[_name, "cs_attachment"] = lambda meter: _CS_INACTIVE
    BEHAVIOUR.numbers[_name, "ps_status"] = lambda meter, ps=_ps: ps  # type: ignore
BEHAVIOUR.readers["gprs_network_information", "value"] = _network_information
for _reference in _REFERENCES:
    BEHAVIOUR.checks[_reference] = _refers
BEHAVIOUR.checks["ppp_setup", "LCP_options"] = _are_options
BEHAVIOUR.checks["ppp_setup", "IPCP_options"] = _are_options
BEHAVIOUR.checks["ppp_setup", "PPP_authentication"] = _credentials_fit
