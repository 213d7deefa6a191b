"""A meter whose pushes can be watched, and what its setups are given."""

from __future__ import annotations

from meters.behaviour import push
from tests.meters.builders import NOW_S, make_meter
from tests.meters.p3.driver import Driver
from wire.cosem.dsmr.push import MESSAGES, SETUP_NAMES, UDP, XDLMS
from wire.cosem.pushes import Push, PushReader
from wire.cosem.rows import Standard
from wire.cosem.table import objects
from wire.cosem.types import type_of
from wire.dlms.descriptors import DataAccessResult

DESTINATION = b"10.0.0.1:9000"
SCHEDULE, ALARM, CALL = range(3)
SUCCESS, OTHER = DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON
FILTER = "alarm_filter"


class Rig:
    """A meter, its management client, and time."""

    def __init__(self, standard: Standard = Standard.DSMR_4_2_2) -> None:
        self.meter = make_meter(standard)
        self.driver = Driver(self.meter).associate()
        self.rows = {row.name: row for row in objects(standard)}

    def set(self, name: str, attribute: str, value: object) -> DataAccessResult:
        """SET of a plain value."""
        row = self.rows[name]
        found = row.attribute(attribute)
        octets = type_of(found.type).encode(value)
        return self.driver.set(row.class_id, row.obis.short, found.number, octets)

    def setup(self, number: int, **settings: object) -> Rig:
        """Gives a push setup a destination, and other settings."""
        message = MESSAGES[self.meter.identity.standard]
        settings = {
            "send_destination_and_method": (0, DESTINATION, message),
            **settings,
        }
        for attribute, value in settings.items():
            name = SETUP_NAMES[number]
            assert self.set(name, attribute, value) is SUCCESS
        return self

    def after(self, seconds: int) -> push.Attempt | None:
        """What is due by then."""
        self.meter.advance(NOW_S + seconds)
        return push.attempt(self.meter)


def said(attempt: push.Attempt | None) -> Push:
    """What the central system reads of an attempt."""
    assert attempt is not None and (attempt.host, attempt.port) == ("10.0.0.1", 9000)
    reader = PushReader()
    outcome = reader.feed(attempt.octets) or reader.end()
    assert isinstance(outcome, Push)
    return outcome


def window_end(hour: str) -> bytes:
    return bytes.fromhex(f"ffffffffff{hour}000000800000")


def gasping(**settings: object) -> Rig:
    """A meter of SMR 5.5 whose last gasp goes to the central system, at once."""
    rig = Rig(Standard.SMR_5_5)
    given = {
        "send_destination_and_method": (UDP, DESTINATION, XDLMS),
        "randomisation_start_interval": 0,
        **settings,
    }
    for attribute, value in given.items():
        assert rig.set("push_setup_udp", attribute, value) is SUCCESS
    assert rig.set("alarm_filter_3", "value", 3) is SUCCESS
    return rig
