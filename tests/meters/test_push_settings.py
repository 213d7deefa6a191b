"""Settings of push setups, scheduler and callers: what cannot be, and what SMR 5 may have."""

from __future__ import annotations

import pytest

from meters.behaviour import push
from tests.meters.push_rig import ALARM, DESTINATION, OTHER, SUCCESS, Rig, window_end
from wire.cosem.dsmr.push import SETUPS
from wire.cosem.rows import Standard
from wire.dlms.descriptors import DataAccessResult
from wire.obis import Obis

IDENTIFIER = (1, Obis.parse("0-0:96.1.1").octets, 2, 0)


ALARMS = (1, Obis.parse("0-0:97.98.0").octets, 2, 0)


ENERGY = (3, Obis.parse("1-0:1.8.1").octets, 2, 0)


TABLE = Obis.parse("0-0:10.0.108").octets


SETUP = "push_setup_alarm"


ACTION = (2, 40, SETUPS[0].octets, 1, 0)


WINDOW = "communication_window"


CALLERS = "list_of_callers_and_actions"


TIMES = "execution_time"


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        (SETUP, "push_object_list", (IDENTIFIER,)),
        (SETUP, "push_object_list", (ALARMS, IDENTIFIER)),
        (SETUP, "push_object_list", (IDENTIFIER, IDENTIFIER)),
        (SETUP, "push_object_list", (IDENTIFIER, ENERGY)),
        (SETUP, "push_object_list", (IDENTIFIER, (*ALARMS[:3], 1))),
        (SETUP, "push_object_list", (IDENTIFIER, *(ALARMS,) * 16)),
        (SETUP, "send_destination_and_method", (1, DESTINATION, 128)),
        (SETUP, "send_destination_and_method", (0, DESTINATION, 7)),
        (SETUP, "send_destination_and_method", (0, b"10.0.0.1", 128)),
        (SETUP, "send_destination_and_method", (0, b":9000", 128)),
        (SETUP, "send_destination_and_method", (0, b"10.0.0.1:0", 128)),
        (SETUP, "send_destination_and_method", (0, b"10.0.0.1:65536", 128)),
        (SETUP, "send_destination_and_method", (0, b"a b:1", 128)),
        (SETUP, "send_destination_and_method", (0, b"\xff:1", 128)),
        (SETUP, "send_destination_and_method", (0, b"h" * 65 + b":1", 128)),
        (SETUP, WINDOW, ((window_end("02"), b""),)),
        (SETUP, WINDOW, ((window_end("02"), window_end("18")),)),
        (SETUP, WINDOW, ((window_end("02"), window_end("04")),) * 17),
        ("push_script_table", "scripts", ((4, (ACTION,)),)),
        ("push_script_table", "scripts", ((1, (ACTION,)), (1, ()))),
        ("push_script_table", "scripts", ((1, ((1, *ACTION[1:]),)),)),
        ("push_script_table", "scripts", ((1, ((*ACTION[:3], 2, 0),)),)),
        ("push_script_table", "scripts", ((1, ((2, 40, ENERGY[1], 1, 0),)),)),
        ("push_script_table", "scripts", ((1, (ACTION,) * 10),)),
        ("push_scheduler", "executed_script", (TABLE, 4)),
        ("push_scheduler", "executed_script", (ENERGY[1], 1)),
        ("push_scheduler", "type", 6),
        ("push_scheduler", TIMES, ((b"\xff\0\0\0", b"\xff" * 5),)),
        ("push_scheduler", TIMES, ((b"\x18\0\0\0", b"\xff" * 5),)),
        ("push_scheduler", TIMES, ((b"", b""),)),
        ("push_scheduler", TIMES, ((b"\x09\0\0\0", b"\xff" * 5),) * 17),
        ("auto_answer", CALLERS, ((b"", (TABLE, 3)),)),
        ("auto_answer", CALLERS, ((b"alarm", (TABLE, 3)),)),
        ("auto_answer", CALLERS, ((b"0" * 21, (TABLE, 3)),)),
        ("auto_answer", CALLERS, ((b"06", (TABLE, 9)),)),
        ("auto_answer", CALLERS, ((b"06", (TABLE, 3)),) * 2),
        (
            "auto_answer",
            CALLERS,
            tuple((b"%d" % n, (TABLE, 3)) for n in range(33)),
        ),
        ("auto_answer", "listening_window", ((b"\xff", b"\xff"),)),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    name: str, attribute: str, value: object
) -> None:
    rig = Rig()
    assert rig.set(name, attribute, value) is OTHER
    assert rig.meter.state.settings is None


@pytest.mark.parametrize("octets", [b"\x09\0", b"\1\1\2\1\x0f\0", b"\1\1\2\2\0\0"])
def test_a_setting_of_another_type_is_refused(octets: bytes) -> None:
    result = Rig().driver.set(40, "0-1:25.9.0", 4, octets)
    assert result is DataAccessResult.TYPE_UNMATCHED


def test_smr5_may_push_more() -> None:
    rig = Rig(Standard.SMR_5_0)
    setup = (40, SETUPS[ALARM].octets, 1, 0)
    listed = (IDENTIFIER, setup, ALARMS)
    assert rig.set(SETUP, "push_object_list", listed) is SUCCESS
    assert rig.set(SETUP, "send_destination_and_method", (0, DESTINATION, 0)) is SUCCESS
    assert rig.set(SETUP, "send_destination_and_method", (0, b"[::1]:9", 0)) is SUCCESS
    assert push.destination(rig.meter, ALARM) == ("::1", 9)
