"""The alarm registers: what each bit tells, in the words of a running central system.

Bit 0 is the least significant. The first register is every meter's; SMR 5.2 adds the second
and SMR 5.5 the third.
"""

from __future__ import annotations

from wire.obis import Obis

_CHANNELS, _PHASES = range(1, 5), range(1, 4)


def _numbered(first_bit: int, name: str, numbers: range) -> dict[int, str]:
    """A bit for each of the numbers, in order."""
    return {
        first_bit + place: f"{name}{number}" for place, number in enumerate(numbers)
    }


REGISTERS: dict[Obis, dict[int, str]] = {
    Obis.parse("0-0:97.98.0"): {
        0: "clock_invalid",
        1: "replace_battery",
        2: "power_up",
        3: "auxiliary_event",
        4: "configuration_changed",
        8: "program_memory_error",
        9: "ram_error",
        10: "nv_memory_error",
        11: "measurement_system_error",
        12: "watchdog_error",
        13: "fraud_attempt",
        **_numbered(16, "communication_error_m_bus_channel_", _CHANNELS),
        **_numbered(20, "fraud_attempt_m_bus_channel_", _CHANNELS),
        **_numbered(24, "new_m_bus_device_discovered_channel_", _CHANNELS),
        **_numbered(28, "phase_outage_detected_l", _PHASES),
        31: "phase_outage_test_indication",
    },
    Obis.parse("0-0:97.98.1"): {
        **_numbered(0, "voltage_sag_in_phase_detected_l", _PHASES),
        **_numbered(3, "voltage_swell_in_phase_detected_l", _PHASES),
        **_numbered(8, "thd_overlimit_in_phase_l", _PHASES),
        **_numbered(11, "thd_long_overlimit_in_phase_l", _PHASES),
    },
    Obis.parse("0-0:97.98.2"): {0: "last_gasp", 1: "last_gasp_test"},
}


def alarm_names(values: tuple[int, ...]) -> list[str]:
    """What the registers tell, in order; a bit that none has a name for is `bit N`."""
    names = []
    for number, (bits, value) in enumerate(zip(REGISTERS.values(), values), 1):
        unknown = "bit " if number == 1 else f"register {number} bit "
        for bit in range(32):
            if value >> bit & 1:
                names.append(bits.get(bit, f"{unknown}{bit}"))
    return names
