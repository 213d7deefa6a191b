"""An interruption is exit code 130, wherever it strikes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.dsmrlab.commands import environment

INTERRUPTED_THERE = """\
import os, signal
import dsmrlab.edge
from dsmrlab.__main__ import main

def strike():
    os.kill(os.getpid(), signal.{name})
    while True:
        pass

class Last:
    def __del__(self, kill=os.kill, me=os.getpid(), number=signal.{name}):
        kill(me, number)

class Command:
    def main(self, **options):
        {where}

import dsmrlab.cli
dsmrlab.cli.cli = Command()
main()
"""

SIGNALS_AS_USUAL = """\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "struck"])
"""

PLACES = {
    "plainly": "strike()",
    "in code made from text": "exec('strike()', {'strike': strike})",
    "in a library that makes a failure of it": (
        "try: strike()\n        except BaseException: raise ValueError from None"
    ),
    "and again as the interpreter ends": "os.last = Last(); strike()",
}


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("place", PLACES)
def test_an_interruption_is_exit_code_130(
    place: str, name: str, tmp_path: Path
) -> None:
    text = INTERRUPTED_THERE.format(name=name, where=PLACES[place])
    (tmp_path / "struck.py").write_text(text)
    done = subprocess.run(
        # A shell that lets background jobs ignore Ctrl-C may be our parent.
        [sys.executable, "-c", SIGNALS_AS_USUAL],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (130, "")
