"""A private PostgreSQL for a test run: in a temporary folder, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pg8000.dbapi

_USER = "dsmrlab"
_START_TIMEOUT_S = 30.0


class Unavailable(Exception):
    """There is no PostgreSQL on this machine, or it cannot be run; the text says why."""


class Cluster:
    """A running server that makes empty databases."""

    def __init__(self, port: int, password: str) -> None:
        self._port = port
        self._password = password
        self._numbers = count(1)

    def new_database(self) -> str:
        """Makes an empty database and returns its URL."""
        name = f"test{next(self._numbers)}"
        connection = self.connect()
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        return f"postgresql://{_USER}:{self._password}@127.0.0.1:{self._port}/{name}"

    def connect(self) -> pg8000.dbapi.Connection:
        """A connection of the driver to the server's own database."""
        return pg8000.dbapi.connect(
            _USER,
            "127.0.0.1",
            "postgres",
            self._port,
            self._password,
            timeout=_START_TIMEOUT_S,
        )


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Starts a cluster, and stops and removes it; `Unavailable` when there can be none."""
    programs = _programs()
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="dsmrlab-postgresql-"))
    password = secrets.token_hex(16)
    try:
        secret = folder / "password"
        secret.write_text(password)
        data = folder / "data"
        if owner is not None:
            for path in (folder, secret):
                shutil.chown(path, owner, _group(owner))
        _initdb(programs, data, secret, owner)
        server, port = _start(programs, data, owner)
        try:
            cluster = Cluster(port, password)
            _wait(cluster, server, data)
            yield cluster
        finally:
            # SIGINT is PostgreSQL's fast shutdown: sessions are ended, files are closed.
            server.send_signal(2)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of initdb and postgres, the newest that there is."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: [int(part) for part in path.parts[4].split(".")],
    )
    if not found:
        raise Unavailable(
            "PostgreSQL is not installed (Debian: apt-get install postgresql)"
        )
    return found[-1].parent


def _owner() -> str | None:
    """Whom the server runs as: it refuses root, so then another user's name."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Unavailable("PostgreSQL refuses to run as root, and there is no other user")


def _initdb(programs: Path, data: Path, secret: Path, owner: str | None) -> None:
    done = subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={data}",
            f"--username={_USER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        user=owner,
        group=_group(owner),
        extra_groups=None if owner is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    )
    if done.returncode != 0:
        raise Unavailable(f"initdb fails: {done.stdout.strip()[-500:]}")


def _start(
    programs: Path, data: Path, owner: str | None
) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": str(port),
        # Nothing of this outlives the run.
        "fsync": "off",
        "full_page_writes": "off",
        "shared_buffers": "32MB",
        "max_connections": "50",
        "logging_collector": "off",
    }
    command: list[str | Path] = [programs / "postgres", "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = (data.parent / "log").open("wb")
    with log:
        server = subprocess.Popen(
            command,
            user=owner,
            group=_group(owner),
            extra_groups=None if owner is None else [],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            # Ctrl-C is for the test run, which then stops the server.
            start_new_session=True,
        )
    return server, port


def _group(owner: str | None) -> int | None:
    return None if owner is None else pwd.getpwnam(owner).pw_gid


def _wait(cluster: Cluster, server: subprocess.Popen[bytes], data: Path) -> None:
    """Until the server answers; there is nothing but asking it again."""
    until = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            cluster.connect().close()
            return
        except pg8000.dbapi.Error as error:
            if server.poll() is not None or time.monotonic() > until:
                log = (data.parent / "log").read_text(errors="replace")[-500:]
                raise Unavailable(f"PostgreSQL does not start: {error} {log}") from None
            time.sleep(0.02)
