"""The architecture's rules, from the imports: layers, one place for each library, sizes."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Who may import whom: down, never sideways, never up.
LAYERS = {
    "wire": (),
    "headend": ("wire",),
    "meters": ("wire",),
    "chargepoint": ("wire",),
    "scenarios": ("headend", "meters", "chargepoint", "wire"),
    "migrations": ("headend.store.tables",),
    "dsmrlab": ("scenarios", "headend", "meters", "chargepoint", "wire"),
}

# Every library has its places: files, or folders that end in a slash.
LIBRARIES = {
    "alembic": ("headend/store/migrate.py", "migrations/"),
    "click": ("dsmrlab/",),
    "cryptography": (
        "headend/keys.py",
        "wire/dlms/security.py",
        "wire/mbus/security.py",
    ),
    "fastcrc": ("wire/crc.py",),
    "gurux_dlms": ("headend/dlms/gurux.py", "headend/dlms/apdu_xml.py"),
    "highspy": ("scenarios/world/bound.py",),
    "jinja2": ("scenarios/report/",),
    "markupsafe": ("scenarios/report/",),
    "mosaik": ("scenarios/cosimulation/example.py",),
    # The example's grid stands for a simulator that is not ours.
    "mosaik_api_v3": (
        "scenarios/cosimulation/component.py",
        "scenarios/cosimulation/example.py",
    ),
    "numpy": ("scenarios/world/voltages.py",),
    "power_grid_model": ("scenarios/world/voltages.py",),
    "pydantic": (
        "headend/dali_mapping.py",
        "headend/shipment.py",
        "headend/shipment_entry.py",
        "meters/fleet_file.py",
        "scenarios/",
    ),
    "pydantic_core": ("scenarios/",),
    "pymodbus": ("chargepoint/modbus.py",),
    "rich": ("dsmrlab/", "scenarios/playing/terminal.py"),
    "ruamel": (
        "headend/dali_mapping.py",
        "meters/fleet.py",
        "meters/fleet_file.py",
        "scenarios/language/yaml_tree.py",
    ),
    "serial": ("chargepoint/serial_line.py",),
    "sqlalchemy": ("headend/store/", "migrations/"),
    "twisted": (
        "chargepoint/edge.py",
        "chargepoint/modbus_client.py",
        "chargepoint/modbus_server.py",
        "chargepoint/p1_link.py",
        "chargepoint/serial_line.py",
        "chargepoint/serve.py",
        "dsmrlab/",
        "headend/associating.py",
        "headend/attempt.py",
        "headend/control.py",
        "headend/desk.py",
        "headend/listener.py",
        "headend/listening.py",
        "headend/dlms/client.py",
        "headend/dlms/gurux.py",
        "headend/dlms/line.py",
        "headend/operations/plan.py",
        "headend/pages.py",
        "headend/recurring.py",
        "headend/scheduler.py",
        "headend/waiting.py",
        "meters/p1/",
        "meters/p2/bus.py",
        "meters/p2/port.py",
        "meters/p2/pty.py",
        "meters/p3/protocol.py",
        "meters/push_line.py",
        "meters/serve.py",
        "scenarios/",
    ),
    "zope": ("chargepoint/", "dsmrlab/", "headend/", "meters/", "scenarios/"),
}
# These come with jinja2, pydantic and Twisted; who runs the example has mosaik.
INDIRECT = {"markupsafe", "mosaik", "pydantic_core", "zope"}

# Modules that bring gurux-dlms into a process; they are imported only where they are used.
LICENCE_TIED = {"headend.dlms.gurux", "headend.dlms.gurux_stream"}


class Import(NamedTuple):
    """`name` is what is imported, down to the attribute; `at_load` not inside a function."""

    file: str
    line: int
    name: str
    at_load: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


@cache
def sources() -> tuple[Path, ...]:
    """Every module of the product."""
    return tuple(
        path for package in LAYERS for path in sorted((ROOT / package).rglob("*.py"))
    )


@cache
def imports() -> tuple[Import, ...]:
    """Every import of the product, also those inside functions."""
    return tuple(
        found
        for path in sources()
        for found in _imports(
            path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()), True
        )
    )


def _imports(file: str, node: ast.AST, at_load: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(file, node.lineno, alias.name, at_load)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{file}:{node.lineno}: imports are absolute here"
        for alias in node.names:
            yield Import(file, node.lineno, f"{node.module}.{alias.name}", at_load)
    inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from _imports(file, child, at_load and not inside)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_imports_point_down() -> None:
    wrong = []
    for found in imports():
        own = found.file.split("/", 1)[0]
        if found.name.split(".", 1)[0] in {*LAYERS, "tests"} and not any(
            _within(found.name, allowed) for allowed in (own, *LAYERS[own])
        ):
            wrong.append(str(found))
    assert wrong == []


def test_each_library_stays_in_its_places() -> None:
    wrong = []
    for found in imports():
        library = found.name.split(".", 1)[0]
        if library in LAYERS or library in sys.stdlib_module_names:
            continue
        places = LIBRARIES.get(library, ())
        if not any(
            found.file.startswith(place) if place.endswith("/") else found.file == place
            for place in places
        ):
            wrong.append(str(found))
    assert wrong == []


def test_every_library_is_a_declared_dependency() -> None:
    setup = (ROOT / "setup.cfg").read_text().lower()
    section = setup.split("install_requires =", 1)[1].split("\n[", 1)[0]
    section += setup.split("\nmosaik =", 1)[1].split("\ntest =", 1)[0]
    declared = set(re.findall(r"^ +([a-z0-9_.-]+?)(?=[<>=!~,])", section, re.MULTILINE))
    known = {
        "gurux_dlms": "gurux-dlms",
        "mosaik_api_v3": "mosaik-api-v3",
        "power_grid_model": "power-grid-model",
        "ruamel": "ruamel.yaml",
        "serial": "pyserial",
    }
    used = {found.name.split(".", 1)[0] for found in imports()} & set(LIBRARIES)
    assert {known.get(name, name) for name in used - INDIRECT} <= declared


def test_the_global_reactor_is_only_in_the_command() -> None:
    forbidden = ("twisted.internet.reactor", "twisted.internet.threads.deferToThread")
    assert [
        str(found)
        for found in imports()
        if not found.file.startswith("dsmrlab/")
        and any(_within(found.name, name) for name in forbidden)
    ] == []


def test_gurux_dlms_is_loaded_only_when_it_is_used() -> None:
    tied = {"gurux_dlms"}
    while True:
        more = {
            found.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for found in imports()
            if found.at_load and any(_within(found.name, name) for name in tied)
        }
        if more <= tied:
            break
        tied |= more
    assert tied - {"gurux_dlms"} <= LICENCE_TIED


@pytest.mark.parametrize("name", ["socket", "time", "logging", "asyncio", "threading"])
def test_the_wire_touches_nothing(name: str) -> None:
    assert [
        str(found)
        for found in imports()
        if found.file.startswith("wire/") and _within(found.name, name)
    ] == []


def test_modules_are_small_enough_to_read() -> None:
    sizes = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
        for path in sources()
    }
    assert {name: lines for name, lines in sizes.items() if lines > 400} == {}


@pytest.mark.parametrize(
    "name", ["utils", "helper", "helpers", "manager", "common", "misc"]
)
def test_modules_are_named_for_what_they_hold(name: str) -> None:
    assert [
        str(path) for path in sources() if name in (path.stem, path.parent.name)
    ] == []


def test_these_tests_see_the_product() -> None:
    """The rules above would hold of an empty list too."""
    seen = {found.file.split("/", 1)[0] for found in imports()}
    assert seen == set(LAYERS)
    assert any(not found.at_load for found in imports())
