"""dsmr_parser, an independent reader, finds in our telegrams what we put there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dsmr_parser import telegram_specifications
from dsmr_parser.exceptions import InvalidChecksumError
from dsmr_parser.parsers import TelegramParser

from tests.wire.p1.samples import EXAMPLES, IDENTIFICATION, TEXT, utc
from wire.p1 import Encoder, MBusReading, P1Version

SPECIFICATIONS = {
    P1Version.DSMR_3_0: telegram_specifications.V3,
    P1Version.DSMR_4_0: telegram_specifications.V4,
    P1Version.DSMR_4_2_2: telegram_specifications.V4,
    P1Version.SMR_5_0_2: telegram_specifications.V5,
}

FROM_4 = {
    "P1_MESSAGE_TIMESTAMP": utc(2010, 12, 9, 10, 30, 20),
    "ELECTRICITY_USED_TARIFF_1": Decimal("123456.789"),
    "ELECTRICITY_DELIVERED_TARIFF_2": Decimal("123456.789"),
    "CURRENT_ELECTRICITY_USAGE": Decimal("1.193"),
    "SHORT_POWER_FAILURE_COUNT": 4,
    "LONG_POWER_FAILURE_COUNT": 2,
    "VOLTAGE_SAG_L1_COUNT": 2,
    "VOLTAGE_SWELL_L2_COUNT": 3,
}
PHASES = {
    "INSTANTANEOUS_CURRENT_L3": Decimal(3),
    "INSTANTANEOUS_ACTIVE_POWER_L1_POSITIVE": Decimal("1.111"),
    "INSTANTANEOUS_ACTIVE_POWER_L3_NEGATIVE": Decimal("6.666"),
}
EXPECTED = {
    P1Version.DSMR_3_0: {
        "ELECTRICITY_USED_TARIFF_1": Decimal("12345.678"),
        "CURRENT_ELECTRICITY_USAGE": Decimal("1.19"),
        "ACTUAL_SWITCH_POSITION": "1",
        "GAS_METER_READING": Decimal("1.001"),
        "VALVE_POSITION_GAS": "1",
    },
    P1Version.DSMR_4_0: FROM_4 | {"P1_MESSAGE_HEADER": "40"},
    P1Version.DSMR_4_2_2: FROM_4 | PHASES | {"P1_MESSAGE_HEADER": "42"},
    P1Version.SMR_5_0_2: FROM_4
    | PHASES
    | {
        "P1_MESSAGE_HEADER": "50",
        "INSTANTANEOUS_VOLTAGE_L2": Decimal("220.2"),
    },
}


@pytest.mark.parametrize("version", P1Version)
def test_the_peer_reads_our_values(version: P1Version) -> None:
    octets = Encoder(version, IDENTIFICATION).encode(EXAMPLES[version])
    parser = TelegramParser(SPECIFICATIONS[version])
    telegram = parser.parse(octets.decode("ascii"), throw_ex=True)
    seen = {name: getattr(telegram, name).value for name in EXPECTED[version]}
    assert seen == EXPECTED[version]
    assert telegram.TEXT_MESSAGE.value == TEXT.hex().upper()
    assert telegram.EQUIPMENT_IDENTIFIER.value == b"K8EG004046395507".hex().upper()


@pytest.mark.parametrize("version", list(P1Version)[1:])
def test_the_peer_reads_our_failure_log_and_gas_meter(version: P1Version) -> None:
    octets = Encoder(version, IDENTIFICATION).encode(EXAMPLES[version])
    parser = TelegramParser(SPECIFICATIONS[version])
    telegram = parser.parse(octets.decode("ascii"), throw_ex=True)
    log = telegram.POWER_EVENT_FAILURE_LOG
    assert [(entry.datetime, entry.value) for entry in log.buffer] == [
        (utc(2010, 12, 8, 14, 24, 15), 240),
        (utc(2010, 12, 8, 14, 10, 4), 301),
    ]
    if version is P1Version.SMR_5_0_2:
        gas = telegram.get_mbus_device_by_channel(1)
        reading, kind = gas.MBUS_METER_READING, gas.MBUS_DEVICE_TYPE
    else:
        reading, kind = telegram.HOURLY_GAS_METER_READING, telegram.DEVICE_TYPE
    expected = EXAMPLES[version]["0-1:24.2.1"]
    assert isinstance(expected, MBusReading)
    assert (reading.value, reading.datetime) == (
        Decimal("12785.123"),
        expected.captured,
    )
    assert kind.value == 3


def test_the_peer_checks_our_crc() -> None:
    octets = Encoder(P1Version.SMR_5_0_2, IDENTIFICATION).encode({"1-0:1.7.0": 1})
    damaged = octets.replace(b"00.001", b"00.002").decode("ascii")
    with pytest.raises(InvalidChecksumError):
        TelegramParser(telegram_specifications.V5).parse(damaged)
