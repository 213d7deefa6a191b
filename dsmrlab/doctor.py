"""`dsmrlab doctor`: whether this machine has what the commands need."""

from __future__ import annotations

import os
import platform
import re
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

import click

from dsmrlab.edge import LabCommand, Settings, pass_settings
from wire.errors import SimError, SurroundingsError

OLDEST_PYTHON = (3, 11)
PORTS = {4059: "P3", 14059: "P1", 5020: "Modbus"}
ENOUGH_FILES = 1024


class State(StrEnum):
    """How a check came out; a warning is something that not everybody needs."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    detail: str


@click.command(cls=LabCommand, example="doctor --json")
@pass_settings
def doctor(settings: Settings) -> None:
    """See whether this machine has what the commands need.

    Exit code 3 when something of it is missing. A warning is for what can be had otherwise,
    or what only some commands need.
    """
    checks = [
        check
        for look in (_python, _files, _home, _database, _ports, _pty, _packages, _peers)
        for check in look(settings)
    ]
    missing = [check.name for check in checks if check.state is State.MISSING]
    settings.show(
        {
            "ok": not missing,
            "checks": [
                {"name": c.name, "state": c.state.value, "detail": c.detail}
                for c in checks
            ],
        },
        "\n".join(f"{c.state.value:<8} {c.name:<16} {c.detail}" for c in checks),
    )
    if missing:
        raise SurroundingsError(f"missing: {', '.join(missing)}")


def _python(settings: Settings) -> Iterator[Check]:
    enough = sys.version_info >= OLDEST_PYTHON
    wanted = ".".join(str(part) for part in OLDEST_PYTHON)
    detail = platform.python_version() + ("" if enough else f"; {wanted} is needed")
    yield Check("python", State.OK if enough else State.MISSING, detail)


def _files(settings: Settings) -> Iterator[Check]:
    import resource

    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = limit != resource.RLIM_INFINITY and limit < ENOUGH_FILES
    # Each meter listens on two ports.
    detail = (
        f"{limit} open files: about {max(0, (limit - 64) // 2)} meters in a process"
    )
    if limit < most or few:
        detail += "; ulimit -n raises it"
    yield Check("file limit", State.WARNING if few else State.OK, detail)


def _home(settings: Settings) -> Iterator[Check]:
    from headend.keys import KeyStore

    def look() -> str:
        home = settings.home
        if not os.access(home, os.W_OK):
            raise SurroundingsError(f"{home} cannot be written")
        return f"{home}, master key from {KeyStore.open(home).source}"

    yield _tried("home folder", look)


def _database(settings: Settings) -> Iterator[Check]:
    from headend.store import meters
    from headend.store.engine import open_store

    def look() -> str:
        store = open_store(settings.db)
        try:
            with store.begin() as connection:
                return f"{store.name}, {len(meters.every(connection))} meters"
        finally:
            store.close()

    yield _tried("database", look)


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, State.OK, look())
    except SimError as error:
        return Check(name, State.MISSING, " ".join(str(error).split()))


def _ports(settings: Settings) -> Iterator[Check]:
    for port, wire in PORTS.items():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError as error:
                detail = (
                    f"{wire}: {error.strerror}; name another port, or stop its user"
                )
                yield Check(f"port {port}", State.WARNING, detail)
            else:
                yield Check(f"port {port}", State.OK, f"free for {wire}")


def _pty(settings: Settings) -> Iterator[Check]:
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        detail = f"{error.strerror}; P1 and Modbus on serial lines need it"
        yield Check("pseudo-terminal", State.WARNING, detail)
        return
    path = os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)
    yield Check("pseudo-terminal", State.OK, path)


def _packages(settings: Settings) -> Iterator[Check]:
    yield from _installed("", State.MISSING, "reinstall dsmrlab")


def _peers(settings: Settings) -> Iterator[Check]:
    yield from _installed("test", State.WARNING, "only tests and the bench need it")


def _installed(extra: str, otherwise: State, why: str) -> Iterator[Check]:
    """The distributions that this one requires, of an extra or always."""
    try:
        requirements = metadata.requires("dsmrlab") or []
    except metadata.PackageNotFoundError:
        yield Check("dsmrlab", State.WARNING, "runs without being installed")
        return
    for requirement in requirements:
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        of = re.search(r"extra\s*==\s*['\"](\w+)['\"]", requirement)
        if (of[1] if of else "") != extra:
            continue
        try:
            yield Check(name, State.OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Check(name, otherwise, f"is not installed; {why}")
