"""A headless browser that opens a page, lets its script run, and hands back the document."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_S = 30


def open_page(path: Path, fragment: str = "", zone: str = "UTC") -> str:
    """The document after its script has run, in a browser of the time zone `zone`.

    Skips the test where there is no browser; a browser that hangs is killed and fails it.
    """
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip("needs a headless browser (Debian: apt-get install chromium)")
    command = [
        browser,
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        f"--user-data-dir={path.parent / 'browser'}",
        *("--window-size=1200,900", "--virtual-time-budget=3000", "--dump-dom"),
        f"{path.resolve().as_uri()}{fragment}",
    ]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TZ": zone},
        start_new_session=True,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            document, _ = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{browser} did not answer within {_PATIENCE_S} s")
        finally:
            _end(process)
    assert "</html>" in document, f"{browser} ended with code {process.returncode}"
    return document


def _end(process: subprocess.Popen[str]) -> None:
    """Kills what is left of the browser: it has processes of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
