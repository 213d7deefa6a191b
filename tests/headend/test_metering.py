"""Mean powers of stations, from one reading of their meters to the next."""

from __future__ import annotations

from headend.metering import StationMetering


def actual(minute: int, net_wh: int, *power_w: int) -> dict[str, object]:
    return {
        "time": f"2024-01-09T12:{minute:02}:00Z",
        "import_wh": [net_wh + 700, 300],
        "export_wh": [900, 100],
        "power_w": list(power_w),
    }


def test_the_first_reading_tells_what_flows_now() -> None:
    assert StationMetering().mean_w("A", actual(0, 0, 3, 2, 1)) == (3, 2, 1)
    assert StationMetering().mean_w("A", actual(0, 0, 5)) == (5, 0, 0)


def test_later_ones_the_mean_since_the_one_before_on_the_phases_of_now() -> None:
    metering = StationMetering()
    metering.mean_w("A", actual(0, 1000, 0, 0, 0))
    metering.mean_w("B", actual(0, 0, 0, 0, 0))
    assert metering.mean_w("A", actual(15, 2500, 1000, 2000, 0)) == (2000, 4000, 0)
    # It has just ended: the phases are those of before; with none, all alike.
    assert metering.mean_w("A", actual(30, 3250, 0, 0, 0)) == (1000, 2000, 0)
    assert metering.mean_w("B", actual(15, 750, 0, 0, 0)) == (1000, 1000, 1000)


def test_the_same_second_again_tells_what_flows_now() -> None:
    metering = StationMetering()
    metering.mean_w("A", actual(0, 1000, 0, 0, 0))
    assert metering.mean_w("A", actual(0, 1000, 7, 0, 0)) == (7, 0, 0)
