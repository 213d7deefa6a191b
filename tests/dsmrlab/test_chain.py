"""In real time, between separate processes: a message changes the unit's applied limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.dsmrlab.commands import Service, read_u32, wait_until
from tests.dsmrlab.conftest import Lab
from wire.charging_profile import ChargingProfile, Period, encode

APPLIED_LIMIT = 102


def a_profile(path: Path, *limits_w: int) -> Path:
    """A file with a profile from a little while ago, laid out in lines as people do."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=30)
    periods = [
        Period(begin + timedelta(hours=hour), limit_w)
        for hour, limit_w in enumerate(limits_w)
    ]
    profile = ChargingProfile(
        begin, begin + timedelta(hours=4), tuple(periods), seq=int(begin.timestamp())
    )
    path.write_text(json.dumps(json.loads(encode(profile)), indent=2))
    return path


def test_a_message_changes_the_applied_limit(lab: Lab, tmp_path: Path) -> None:
    unit = Service(
        lab.home,
        *("chargepoint", "unit", "--listen", "tcp://127.0.0.1:0", "--json"),
        *("--car-wh", "20000", "--own-limit-w", "11000"),
    )
    gateway = None
    try:
        listens = unit.event("ready")["listen"]
        host, port = listens.removeprefix("tcp://").split(":")
        address = (host, int(port))
        gateway = Service(
            lab.home,
            *("chargepoint", "gateway", "--json", "--modbus", listens),
            *("--p1", f"tcp://127.0.0.1:{lab.base_port + 10_000}"),
        )
        gateway.event("unit-found")
        assert read_u32(address, APPLIED_LIMIT) == 11_000

        profile = a_profile(tmp_path / "profile.json", 6000, 8000)
        sent = lab.run(
            *("headend", "message", lab.meters[0], "--profile", profile, "--json")
        )
        assert sent.code == 0, sent.err
        assert sent.document["result"]["result"] == "success"
        wait_until(lambda: read_u32(address, APPLIED_LIMIT) == 6000)
        gateway.event("message-taken")
        gateway.event("profile-committed")

        cleared = lab.run("headend", "message", lab.meters[0], "--clear")
        assert cleared.code == 0, cleared.err
        wait_until(lambda: read_u32(address, APPLIED_LIMIT) == 11_000)

        # What the two keep is in the home folder, a file for each.
        assert gateway.end() == 0, gateway.rest()
        assert unit.end() == 0, unit.rest()
        kept = {path.name.partition("-")[0] for path in lab.home.glob("*-*.json")}
        assert kept == {"unit", "gateway"}
    finally:
        unit.end()
        if gateway is not None:
            gateway.end()
