"""A station behind the breaker of its meter: to the second, and on every wire."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.sessions import staying
from scenarios.language.document import parse
from scenarios.language.settings import Controller
from scenarios.playing.world_protocol import Car
from scenarios.world.making import SimulatedLab
from wire.errors import LocalError, PeerRefused

TEXT = """
scenario: breaker
world:
  start: 2024-01-08T12:00:00+01:00
  stations: 2
  standard: {standard}
steps:
  - run_for: 1s
"""
CAR = Car(energy_wh=60_000, max_w=11_040)


def make_lab(standard: str = "dsmr-4.0.6") -> SimulatedLab:
    scenario = parse(TEXT.format(standard=standard), Path("breaker.yaml"))
    return SimulatedLab(scenario, Controller.NONE)


@pytest.mark.parametrize("over_s", [1, 7, 30, 33])
def test_a_trip_stops_car_meter_and_transformer_at_one_second(over_s: int) -> None:
    """However the trip lies between the ticks, and although Modbus moves the unit on, too."""
    lab = make_lab()

    async def play() -> None:
        await lab.head_end.write(1, "limiter:min_over_threshold_duration", over_s)
        lab.site(1).plug_car(CAR)
        await lab.run_until(lab.now + timedelta(seconds=3))
        lab.site(1).set_load((600, 0, 0), None)
        await lab.head_end.write(1, "limiter:threshold_normal", 5000)
        await lab.run_until(lab.now + timedelta(minutes=15))
        station = lab._stations[0]
        flowed_s = 3 + over_s
        assert station.unit.station.lifetime_ws == 11_040 * flowed_s
        assert station.account.draws[-1] == (lab._start_s + flowed_s, 0)
        work_ws = 11_040 * flowed_s + 600 * over_s
        assert sum(station.meter.state.energy_wh) == work_ws // 3600
        carried = sum(sum(quarter) for quarter in lab._transformer.quarters)
        assert round(carried * 900) == work_ws

    lab.drive(play())
    lab.close()


def test_mains_that_fail_take_the_car_s_power_and_the_transformer_s_load() -> None:
    lab = make_lab()

    async def play() -> None:
        site, station = lab.site(1), lab._stations[0]
        site.set_load((600, 0, 0), None)
        site.plug_car(CAR)
        await lab.run_until(lab.now + timedelta(minutes=1))
        assert station.account.draws[-1][1] == 11_040
        site.power_off()
        await lab.run_until(lab.now + timedelta(minutes=2))
        assert station.unit.power_w == (0, 0, 0) and lab.transformer().power_w[0] == 0
        with pytest.raises(PeerRefused):
            await site.register("power")
        site.power_on()
        await lab.run_until(lab.now + timedelta(minutes=2))
        assert station.meter.state.net_w == 11_640
        assert sum(lab.transformer().power_w) == 11_640

    lab.drive(play())
    lab.close()


def test_a_unit_without_power_answers_nothing_and_boots_when_it_is_back() -> None:
    lab = make_lab()

    async def play() -> None:
        lab.site(1).plug_car(CAR)
        await lab.run_until(lab.now + timedelta(minutes=1))
        assert await lab.site(1).register("power") == 11_040
        assert (
            await lab.head_end.act(1, "disconnect_control:remote_disconnect", None)
        ).accepted
        with pytest.raises(PeerRefused):
            await lab.site(1).register("power")
        lab.site(1).restart_unit()
        await lab.run_until(lab.now + timedelta(minutes=1))
        with pytest.raises(PeerRefused):
            await lab.site(1).register("power")
        assert lab._stations[0].unit.power_w == (0, 0, 0)
        assert (
            await lab.head_end.act(1, "disconnect_control:remote_connect", None)
        ).accepted
        assert await lab.site(1).register("power") == 11_040
        assert lab._stations[0].meter.state.net_w == 11_040

    lab.drive(play())
    lab.close()


def test_a_car_that_leaves_meanwhile_draws_nothing_afterwards() -> None:
    lab = make_lab()

    async def play() -> None:
        lab.site(1).plug_car(CAR)
        lab.site(1).set_load((100, 0, 0), None)
        await lab.head_end.act(1, "disconnect_control:remote_disconnect", None)
        lab.site(1).unplug_car()
        await lab.run_until(lab.now + timedelta(minutes=5))
        await lab.head_end.act(1, "disconnect_control:remote_connect", None)
        assert lab._stations[0].meter.state.power_w == (100, 0, 0)

    lab.drive(play())
    lab.close()


def test_a_car_that_comes_as_the_breaker_opens_asks_for_nothing() -> None:
    lab = make_lab()

    async def play() -> None:
        station = lab._stations[0]
        lab.site(1).set_load((6000, 0, 0), None)
        await lab.head_end.write(1, "limiter:threshold_normal", 5000)
        station.unit.advance(lab._start_s + 40)
        station.unit.station.plug(staying("CP001", lab._start_s, 60_000, 3, 1, 11_040))
        assert station.meter.state.demand_w == (6000, 0, 0)
        assert station.account.draws[-1][1] == 0
        assert station.unit.power_w == station.meter.state.power_w == (0, 0, 0)

    lab.drive(play())
    lab.close()


def test_a_button_needs_a_breaker() -> None:
    lab = make_lab("dsmr-4.2.2")
    with pytest.raises(LocalError, match="no breaker"):
        lab.site(2).press_button(close=True)
    lab.close()
