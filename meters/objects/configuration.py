"""The configuration object (P3, 8.3): which port has which authentication, and more.

Flags of what these meters do not have, P0 and the security suites 1 and 2, are kept as they
are written and change nothing.
"""

from __future__ import annotations

from meters.meter import Meter
from meters.model import Behaviour
from wire.cosem.configuration import FLAGS, Flag, OperationMode, any_set, bits_in
from wire.cosem.rows import DSMR4
from wire.dlms.acse import Mechanism
from wire.dlms.data import Data

BEHAVIOUR = Behaviour.empty()

_ON_P3 = {
    Mechanism.HIGH_MD5: Flag.HLS3_ON_P3,
    Mechanism.HIGH_SHA1: Flag.HLS4_ON_P3,
    Mechanism.HIGH_GMAC: Flag.HLS5_ON_P3,
}
# SMR 5 has no other mechanism of suite 0 than HLS5.
_OF_SMR5 = {Mechanism.HIGH_GMAC: Flag.HLS5_ON_P3}
_MODES = frozenset(OperationMode)


def _mechanisms(meter: Meter) -> dict[Mechanism, Flag]:
    return _ON_P3 if meter.identity.standard in DSMR4 else _OF_SMR5


def enabled_on_p3(meter: Meter, mechanism: Mechanism) -> bool:
    """Whether a client may authenticate so on this port."""
    flag = _mechanisms(meter).get(mechanism)
    bits = bits_in(meter.setting("configuration_object", "value"))
    return flag is not None and bits.bit(flag)


def _can_be(meter: Meter, data: Data) -> bool:
    """One mechanism must stay, or nobody could associate again (P3 4.2.2, 8.3)."""
    bits = bits_in(data)
    if meter.identity.standard in DSMR4 and data.value[0].value not in _MODES:
        return False
    return bits.length == FLAGS and any_set(bits, _mechanisms(meter).values())


BEHAVIOUR.checks["configuration_object", "value"] = _can_be
