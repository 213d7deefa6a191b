"""A lab in real time that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dsmrlab.commands import Ended, Service, free_base_port, process
from tests.dsmrlab.grid import Grid, grid_of


@dataclass(frozen=True)
class Lab:
    """A fleet that is served, and the head-end's home, where it is known."""

    folder: Path
    home: Path
    base_port: int
    meters: list[str]

    def run(self, *arguments: object, variables: Mapping[str, str] = {}) -> Ended:
        """Runs a command at this head-end."""
        return process(self.home, *arguments, variables=variables)


@pytest.fixture
def grid(tmp_path: Path) -> Iterator[Grid]:
    """Two meters of DSMR 4.2.2 of its own."""
    with grid_of(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Two meters of SMR 5, which send P1 every second, served by a process of their own."""
    folder = tmp_path_factory.mktemp("lab")
    home, port = folder / "home", free_base_port(2)
    made = process(
        home,
        *("fleet", "create", folder / "fleet", "--meters", 2, "--standard", "smr-5.0"),
        *("--base-port", port, "--json"),
    )
    assert made.code == 0, made.err
    service = Service(home, "meters", "serve", folder / "fleet", "--json")
    try:
        assert service.line() == '{"event": "ready", "meters": 2}'
        taken = process(home, "headend", "import", folder / "fleet/shipment.json")
        assert taken.code == 0, taken.err
        yield Lab(folder / "fleet", home, port, made.document["meters"])
    finally:
        code = service.end()
    assert code == 0, service.rest()
    assert len(list((folder / "fleet/state").iterdir())) == 2
