"""The standards' own telegrams, and real ones when the shared folder is there."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.wire.p1.samples import (
    EXAMPLES,
    IDENTIFICATION,
    SHARED,
    VECTORS,
    only_telegram,
    utc,
)
from wire.crc import crc16_arc
from wire.p1 import (
    BytesDropped,
    DropReason,
    Encoder,
    MBusReading,
    P1Version,
    PowerFailure,
    Raw,
    TelegramReader,
    TelegramReceived,
)

Entry = dict[str, Any]


def entries(index: Path) -> list[Any]:
    rows: list[Entry] = json.loads(index.read_text()) if index.exists() else []
    return [pytest.param(index.parent, row, id=row["file"]) for row in rows]


def shared(name: str) -> bytes:
    path = SHARED / "p1" / name
    if not path.exists():
        pytest.skip("the shared vectors are not beside the project")
    return path.read_bytes()


@pytest.mark.parametrize(
    "folder, entry",
    entries(VECTORS / "index.json") + entries(SHARED / "p1" / "index.json"),
)
def test_every_vector_is_taken_or_refused_as_its_index_says(
    folder: Path, entry: Entry
) -> None:
    octets = (folder / Path(entry["file"]).name).read_bytes()
    assert len(octets) == entry["bytes"]
    (event,) = TelegramReader().feed(octets)
    if entry["crc_ok"] is False:
        assert event == BytesDropped(len(octets), DropReason.CRC)
        return
    assert isinstance(event, TelegramReceived)
    assert event.octets == octets
    assert (event.telegram.version is P1Version.DSMR_3_0) is (entry["crc_ok"] is None)
    if entry["crc_ok"] is None:
        strict = TelegramReader(require_crc=True)
        assert strict.feed(octets) == [BytesDropped(len(octets), DropReason.NO_CRC)]


@pytest.mark.parametrize(
    "name, version",
    [
        ("spec_dsmr40_conformant.txt", P1Version.DSMR_4_0),
        ("spec_dsmr50_correct_crc.txt", P1Version.SMR_5_0_2),
    ],
)
def test_the_standards_examples_both_ways(name: str, version: P1Version) -> None:
    octets = (VECTORS / name).read_bytes()
    telegram = only_telegram(octets)
    assert telegram.version is version
    assert telegram.identification == IDENTIFICATION
    assert telegram.values == EXAMPLES[version] | {"1-3:0.2.8": version.value}
    assert Encoder(version, IDENTIFICATION).encode(EXAMPLES[version]) == octets


def test_misspelt_lines_of_the_standards_read_as_they_were_meant() -> None:
    telegram = only_telegram(
        (VECTORS / "spec_dsmr40_as_published_correct_crc.txt").read_bytes()
    )
    expected = EXAMPLES[P1Version.DSMR_4_0] | {"1-3:0.2.8": "40"}
    assert telegram.values == expected
    published = (VECTORS / "spec_dsmr422_as_published.txt").read_bytes()
    body = published[: published.index(b"!") + 1]
    telegram = only_telegram(body + b"%04X\r\n" % crc16_arc(body))
    assert telegram.values == EXAMPLES[P1Version.DSMR_4_2_2] | {"1-3:0.2.8": "42"}


def test_dsmr_2_2_has_two_lines_for_gas_and_no_time() -> None:
    telegram = only_telegram(shared("dsmr22_iskra.txt"))
    assert telegram.version is P1Version.DSMR_3_0
    assert telegram.time is None
    assert telegram.text_message == b""
    assert telegram.values["1-0:1.7.0"] == 1010
    assert telegram.values["0-0:17.0.0"] == 999_000
    assert telegram.values["0-1:24.3.0"] == MBusReading(utc(2016, 11, 7, 18), 1001)


def test_dsmr_3_0_has_its_limiter_in_ampere() -> None:
    telegram = only_telegram(shared("dsmr30_iskra.txt"))
    assert telegram.values["0-0:17.0.0"] == 16
    assert telegram.values["1-0:1.8.1"] == 12_345_678
    assert telegram.values["0-0:96.13.1"] == b"012345678"
    assert telegram.values["0-1:24.1.0"] == 3


def test_a_kaifa_failure_log_with_impossible_durations_reads_as_printed() -> None:
    telegram = only_telegram(shared("dsmr42_kaifa.txt"))
    assert telegram.time == utc(2016, 11, 13, 19, 57, 57)
    assert telegram.values["1-0:99.97.0"] == (
        PowerFailure(utc(2000, 1, 4, 17, 3, 20), 237_126),
        PowerFailure(utc(1999, 12, 31, 23, 0, 1), 2_147_583_646),
        PowerFailure(utc(2000, 1, 1, 23, 0, 3), 2_317_482_647),
    )
    assert telegram.values["1-0:41.7.0"] == 1247


def test_an_early_smr_5_prints_currents_finer_than_the_standard() -> None:
    telegram = only_telegram(shared("dsmr50_iskra.txt"))
    assert telegram.values["1-0:32.7.0"] == 2300
    assert telegram.values["1-0:31.7.0"] == Decimal("0.48")
    assert telegram.values["1-0:99.97.0"] == ()
    assert telegram.values["0-2:96.1.0"] == b""


def test_belgian_lines_that_the_tables_lack_stay_raw() -> None:
    telegram = only_telegram(shared("be_fluvius_171.txt"))
    assert telegram.version is None
    assert telegram.time == utc(2020, 5, 12, 11, 54, 9)
    assert telegram.values["1-0:1.8.2"] == 15_758
    assert telegram.values["1-0:31.7.0"] == 0
    assert telegram.values["0-0:17.0.0"] == 999_900
    assert telegram.values["1-0:1.4.0"] == Raw("(02.351*kW)")
    assert isinstance(telegram.values["0-0:98.1.0"], Raw)
    water = telegram.values["0-2:24.2.1"]
    assert water == MBusReading(utc(2020, 5, 12, 11, 45, 58), 872_234)


def test_austrian_lines_are_in_watt_hours() -> None:
    telegram = only_telegram(shared("at_sagemcom_t210dr.txt"))
    assert telegram.time == utc(2022, 10, 6, 13, 50, 14)
    assert telegram.values["1-0:1.8.1"] == 5_017_120
    assert telegram.values["1-0:1.7.0"] == 286
    assert telegram.values["1-0:3.8.0"] == Raw("(000000747*varh)")
    assert telegram.text_message is None


def test_an_irish_meter() -> None:
    telegram = only_telegram(shared("ie_iskra.txt"))
    assert telegram.version is None
    assert telegram.values["1-0:72.7.0"] == 2433
    assert telegram.values["1-0:62.7.0"] == 627
    assert telegram.raw("0-0:96.1.0") == "(09610)"


def test_a_heat_meter_that_leaves_out_leading_zeros() -> None:
    telegram = only_telegram(shared("nwa_warmtelink_unpadded_crc.txt"))
    assert telegram.values["0-1:24.1.0"] == 4
    heat = telegram.values["0-1:24.2.1"]
    assert heat == MBusReading(utc(2026, 2, 15, 19, 5, 23), 240_860, "GJ")


def test_meters_in_the_field() -> None:
    telegram = only_telegram(shared("real_dsmr4_basjes.txt"))
    assert telegram.values["1-0:1.8.2"] == 6_777_240
    assert telegram.values["0-1:24.2.1"] == MBusReading(utc(2019, 9, 5, 19), 1_091_352)
    telegram = only_telegram(shared("real_dsmr5_iskra_2M550T_stream2.txt"))
    assert telegram.identification == "ISK5\\2M550T-1012"
    assert telegram.values["1-0:32.7.0"] == 2372
    log = telegram.values["1-0:99.97.0"]
    assert log == (PowerFailure(utc(2018, 4, 17, 18, 14, 58), 236),)
