"""Words on the command line that no person means: one line each, and the right exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dsmrlab.commands import here
from wire.cosem.image import MAX_IMAGE_OCTETS

# A byte of the command line that is no UTF-8 reaches Python as this.
NO_TEXT = "\udcff"
DEEP = '{"array":[' * 450 + "]}" * 450


@pytest.mark.parametrize(
    "arguments",
    [
        ("headend", "jobs", "show", "9" * 30),
        ("headend", "jobs", "cancel", "9" * 30),
        ("headend", "jobs", "show", "0"),
        ("headend", "jobs", "list", "--limit", "9" * 30),
        ("headend", "get", "E", "load_profile", "--from", "0001-01-01T00:00:00+14:00"),
        ("headend", "get", "E", "load_profile", "--to", "9999-12-31T23:59:59-12:00"),
        ("headend", "get", "E", "load_profile", "--from", "0001-01-01"),
        ("headend", "set", "E", "consumer_message", "[" * 100_000),
        ("headend", "set", "E", "consumer_message", "9" * 5000),
        ("headend", "set", "E", "consumer_message", "NaN"),
        ("headend", "set", "E", "consumer_message", '{"hex": "0"}'),
        ("headend", "get", NO_TEXT, "clock"),
        ("headend", "get", "E" * 100_000, "clock"),
        ("headend", "get", "E", "1-0:1.8.1:" + "9" * 5000),
        ("headend", "get", "E", "9" * 5000 + "/1-0:1.8.1"),
        ("headend", "get", "E", NO_TEXT),
        ("headend", "set", "E", "99/1-0:1.8.1:2", DEEP),
        ("chargepoint", "unit", "--listen", f"tcp://{NO_TEXT}:5020"),
        ("chargepoint", "unit", "--listen", "tcp://127.0.0.1:٣"),
        ("chargepoint", "unit", "--listen", "rtu:\0"),
        ("validate", NO_TEXT),
        ("explain", NO_TEXT),
        ("run", "--speed", "nan", "x.yaml"),
        ("run", "--set", f"a={NO_TEXT}", "x.yaml"),
    ],
)
def test_words_that_cannot_be(
    arguments: tuple[str, ...], lab_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = here(capsys, "--home", lab_home, *arguments).check_one_line(2)
    assert "internal error" not in line


@pytest.mark.parametrize(
    "octets, says",
    [(MAX_IMAGE_OCTETS + 1, f"larger than {MAX_IMAGE_OCTETS} octets"), (0, "image is")],
)
def test_a_file_that_is_no_image(
    octets: int,
    says: str,
    lab_home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "image.bin"
    file.write_bytes(bytes(octets))
    update = ("update-firmware", "identifier=fw", f"image=@{file}")
    done = here(capsys, "--home", lab_home, "headend", "operate", "E", *update)
    assert says in done.check_one_line(2)


@pytest.mark.parametrize(
    "url",
    [
        f"sqlite:///{NO_TEXT}/db",
        "postgresql://u:sekret@127.0.0.1:abc/x",
        "postgresql://u:sekret@127.0.0.1:/x:y@z",
        "sqlite://host/x",
        "mysql://x",
        "",
        "\n",
        "sqlite",
    ],
)
def test_databases_that_cannot_be(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = here(capsys, "--home", tmp_path, "--db", url or "x", "headend", "meters")
    line = done.check_one_line(2)
    assert "sekret" not in line
    assert "internal error" not in line


@pytest.fixture(scope="module")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head-end that knows one meter, which nobody serves."""
    from dsmrlab.cli import cli
    from dsmrlab.edge import run

    folder = tmp_path_factory.mktemp("arguments")
    home = folder / "home"
    fleet = folder / "fleet"
    assert run(cli, ["fleet", "create", str(fleet), "--meters", "1"]) == 0
    shipment = str(fleet / "shipment.json")
    assert run(cli, ["--home", str(home), "headend", "import", shipment]) == 0
    return home
