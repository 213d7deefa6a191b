"""The last gasp of SMR 5.5: by UDP, without supply, and only in time."""

from __future__ import annotations

from meters.behaviour import push
from tests.meters.builders import NOW_S
from tests.meters.push_rig import ALARM, DESTINATION, OTHER, Rig, gasping, said
from wire.cosem.dsmr.push import SETUPS, TCP, UDP, UDP_SETUP, XDLMS
from wire.cosem.rows import Standard


def test_the_last_gasp_goes_by_udp_without_supply() -> None:
    rig = gasping()
    rig.meter.power_off()
    attempt = rig.after(1)
    pushed = said(attempt)
    assert attempt is not None and attempt.datagram
    assert pushed.logical_name == SETUPS[UDP_SETUP]
    assert pushed.alarms == (0, 0, 1)
    push.delivered(rig.meter, UDP_SETUP)
    assert rig.meter.state.pushing is None


def test_a_gasp_that_comes_too_late_waits_for_the_supply() -> None:
    rig = gasping(communication_window=())
    rig.meter.power_off()
    assert rig.after(push.GASP_S + 1) is None
    rig.meter.power_on(NOW_S + 100)
    assert said(rig.after(101)).alarms == (0, 0, 1)


def test_other_pushes_wait_for_the_supply() -> None:
    rig = Rig(Standard.SMR_5_5).setup(ALARM)
    push.trigger(rig.meter, ALARM)
    rig.meter.power_off()
    assert rig.after(1) is None
    rig.meter.power_on(NOW_S + 5)
    assert said(rig.after(6)).logical_name == SETUPS[ALARM]


def test_a_setup_keeps_to_its_transport() -> None:
    rig = Rig(Standard.SMR_5_5)
    attribute = "send_destination_and_method"
    assert rig.set("push_setup_udp", attribute, (TCP, DESTINATION, XDLMS)) is OTHER
    assert rig.set("push_setup_alarm", attribute, (UDP, DESTINATION, XDLMS)) is OTHER
    assert rig.meter.state.settings is None
