"""`headend read`, `operate`, `operations` and `keys`, against meters in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dsmrlab import operations as commands
from headend.operations import OPERATIONS
from headend.operations.keys import ROWS
from headend.store import Store, keys, open_store
from headend.store.keys import KeyKind, KeyState
from tests.dsmrlab.commands import (
    COMMAND,
    REPOSITORY,
    Ended,
    Service,
    environment,
    free_base_port,
    here,
    process,
    wait_until,
)
from tests.dsmrlab.conftest import Lab


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two meters of DSMR 4.2.2 whose keys may be replaced: no other test uses them."""
    folder = tmp_path_factory.mktemp("own")
    home, port = folder / "home", free_base_port(2)
    made = process(
        home,
        *("fleet", "create", folder / "fleet", "--meters", 2),
        *("--base-port", port, "--json"),
    )
    assert made.code == 0, made.err
    service = Service(home, "meters", "serve", folder / "fleet", "--json")
    try:
        service.event("ready")
        taken = process(home, "headend", "import", folder / "fleet/shipment.json")
        assert taken.code == 0, taken.err
        yield Lab(folder / "fleet", home, port, made.document["meters"])
    finally:
        assert service.end() == 0


def done(ended: Ended) -> Ended:
    assert ended.code == 0, ended.err
    return ended


def test_every_read_is_an_operation() -> None:
    assert {what.replace("-", "_") for what in commands.READS} <= OPERATIONS.keys()
    assert {"rotate_keys", "recover_keys"} == ROWS.keys()
    assert set(commands.KEY_KINDS) == set(KeyKind) - {KeyKind.MASTER}


def test_operations_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    listed = here(capsys, "headend", "operations", "--json").document
    assert [each["operation"] for each in listed] == list(OPERATIONS)
    assert all(each["clause"] and each["summary"] for each in listed)
    one = here(capsys, "headend", "operations", "set-clock")
    assert "ISO 8601" in one.out
    here(capsys, "headend", "operations", "dance").check_one_line(2)


def test_the_page_holds_the_operations_as_they_are() -> None:
    page = (REPOSITORY / "docs/operations.md").read_text()
    assert commands.operations_text() in page, (
        "docs/operations.md is not current: put the output of"
        " `dsmrlab headend operations` in it"
    )


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_a_test_that_names_it(name: str) -> None:
    folder = REPOSITORY / "tests/headend"
    files = [*folder.glob("operations/test_*.py"), *folder.glob("test_*.py")]
    assert any(f'"{name}"' in file.read_text() for file in files)


def test_reading_by_name(own_lab: Lab) -> None:
    name = own_lab.meters[0]
    actual = done(own_lab.run("headend", "read", name, "actual", "--json")).document
    assert len(actual["result"]["power_w"]) == 3
    listed = done(own_lab.run("headend", "read", name, "objects", "--json")).document
    assert any(each["name"] == "clock" for each in listed["result"]["objects"])
    told = done(own_lab.run("headend", "read", name, "clock"))
    assert "ahead_s: " in told.out


def test_operating_by_name(own_lab: Lab, tmp_path: Path) -> None:
    name = own_lab.meters[0]
    minute = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    bundle = tmp_path / "bundle.yaml"
    bundle.write_text(
        "operations:\n"
        f"  - {{operation: set_clock, arguments: {{time: '{minute}:00Z'}}}}\n"
        "  - {operation: clock}\n"
        "  - {operation: set_clock}\n"
    )
    answer = own_lab.run("headend", "operate", name, "bundle", f"@{bundle}", "--json")
    parts = done(answer).document["result"]["operations"]
    assert [part["operation"] for part in parts] == ["set_clock", "clock", "set_clock"]
    assert parts[1]["result"]["time"][: len(minute)] == minute
    arguments = ("time_zone=-60", "daylight_savings_enabled=true")
    told = own_lab.run("headend", "operate", name, "configure-clock", *arguments)
    assert "success" in done(told).out


@pytest.mark.parametrize("engine", ["native", "gurux"])
def test_the_head_end_proves_itself_as_it_is_told(own_lab: Lab, engine: str) -> None:
    def head_end(*asked: object) -> Ended:
        return own_lab.run("headend", *asked, "--engine", engine, "--json")

    name, mechanism = own_lab.meters[1], ("--mechanism", "hls4")
    done(head_end("operate", name, "configure", 'flags={"hls4_on_p3": true}'))
    done(head_end("read", name, "clock", *mechanism))
    used = head_end("get", name, "association:authentication_mechanism_name")
    assert done(used).document["result"]["value"][-1] == 5
    off = 'flags={"hls4_on_p3": false}'
    done(head_end("operate", name, "configure", off, *mechanism))
    ended = head_end("read", name, "clock", *mechanism)
    assert ended.code == 1 and ended.document["result"] == {"rejected": 11}


def test_an_image_is_made_and_brought(own_lab: Lab, tmp_path: Path) -> None:
    image = tmp_path / "new.bin"
    made = own_lab.run("fleet", "firmware", image, "--identifier", "R2", "--json")
    assert done(made).document["octets"] == len(image.read_bytes())
    arguments = ("identifier=R2", f"image=@{image}", "activate=false")
    brought = own_lab.run(
        "headend", "operate", own_lab.meters[0], "update_firmware", *arguments, "--json"
    )
    assert done(brought).document["result"]["activation"] is None
    for wrong, code in (
        (("--identifier", "é"), 2),
        (("--identifier", "R2", "--code", tmp_path), 2),
        (("--identifier", "R2", "--part", "modem"), 2),
    ):
        own_lab.run("fleet", "firmware", image, *wrong).check_one_line(code)
    lost = own_lab.run("fleet", "firmware", tmp_path, "--identifier", "R2")
    assert "cannot be written" in lost.check_one_line(3)


def test_a_bundle_with_a_refusal_fails_the_command(own_lab: Lab) -> None:
    operations = '[{"operation": "get", "arguments": {"object": "1/0-0:99.99.9"}}]'
    ended = own_lab.run(
        "headend", "operate", own_lab.meters[0], "bundle", f"operations={operations}"
    )
    assert ended.code == 1 and "object-undefined" in ended.err


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["dance"], "not an operation"),
        (["configure_clock", "time_zone=x"], "whole number"),
        (["configure_clock", "time_zone"], "NAME=VALUE"),
        (["set_clock", "colour=red"], "unknown argument colour"),
        (["bundle", "@/no/such.yaml"], "cannot be read"),
        (["bundle", "operations=@/no/such.bin"], "cannot be read"),
        (["bundle", 'operations=[{"operation": "bundle"}]'], "job of its own"),
    ],
)
def test_what_can_never_work_is_refused_before_a_job_is_stored(
    own_lab: Lab, arguments: list[str], says: str
) -> None:
    before = own_lab.run("headend", "jobs", "list", "--json").out
    ended = own_lab.run("headend", "operate", own_lab.meters[0], *arguments)
    assert says in ended.check_one_line(2)
    assert own_lab.run("headend", "jobs", "list", "--json").out == before


def test_keys_are_listed_and_replaced_and_never_printed(own_lab: Lab) -> None:
    name = own_lab.meters[0]
    [secrets] = [
        meter
        for meter in json.loads((own_lab.folder / "shipment.json").read_text())
        if meter["equipment_id"] == name
    ]
    told = [
        done(own_lab.run("headend", "keys", *words))
        for words in (
            ("list", name),
            ("rotate", name, "--json"),
            ("rotate", name, "--kind", "hls_secret"),
            ("list", name, "--json"),
            ("recover", name, "--json"),
        )
    ]
    assert told[1].document["result"]["replaced"] == ["authentication", "encryption"]
    states = [(row["kind"], row["state"]) for row in told[3].document["keys"]]
    for kind in commands.KEY_KINDS:
        assert (kind, "expired") in states and (kind, "active") in states
    assert told[4].document["result"]["waiting"] == []
    printed = "".join(ended.out + ended.err for ended in told).lower()
    for kind in ("master_key", "encryption_key", "authentication_key", "hls_secret"):
        assert secrets[kind].lower() not in printed
    done(own_lab.run("headend", "get", name, "clock"))


@pytest.mark.parametrize("moment", ["authentication", "encryption"])
def test_a_rotation_that_is_killed_is_recovered(own_lab: Lab, moment: str) -> None:
    """Killed once the new key is stored, so just before, while or after it is sent."""
    name = own_lab.meters[1]
    store = open_store(f"sqlite:///{own_lab.home / 'headend.sqlite'}")
    try:
        before = newest(store, moment)
        rotating = subprocess.Popen(
            [*COMMAND, "headend", "keys", "rotate", name],
            env=environment(own_lab.home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: newest(store, moment) > before)
        os.kill(rotating.pid, signal.SIGKILL)
        rotating.wait()
        with store.begin() as connection:
            # The minute goes by for which its lease would hold the meter.
            connection.exec_driver_sql(
                "UPDATE jobs SET lease_until_s = 0 WHERE state = 'claimed'"
            )
        done(own_lab.run("headend", "jobs", "run"))
        done(own_lab.run("headend", "get", name, "clock"))
        with store.read() as connection:
            states = [row.state for row in keys.of_meter(connection, 2)]
        assert KeyState.NEW not in states
    finally:
        store.close()


def newest(store: Store, kind: str) -> int:
    """The number of the youngest key of that kind."""
    with store.read() as connection:
        return max(
            row.id
            for meter_id in (1, 2)
            for row in keys.of_meter(connection, meter_id, KeyKind(kind))
        )
