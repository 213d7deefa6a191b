"""Ctrl-C and SIGTERM: both interrupt, so that what was begun is ended."""

from __future__ import annotations

import signal

INTERRUPTED = 130


class Interrupted(KeyboardInterrupt):
    """The process was told to end.

    Of a class of its own: CPython remembers a plain `KeyboardInterrupt` that passes through
    code made from text (a dataclass, a named tuple), and dies of SIGINT in the end, caught or
    not.
    """

    came = False
    """Whether one was raised, should a library have made another exception of it."""


def take_interrupts() -> None:
    """Lets both signals raise `Interrupted`; services know better than this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell lets its background jobs ignore Ctrl-C; so they do.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    Interrupted.came = True
    raise Interrupted


def ignore_interrupts() -> None:
    """From now on neither signal does anything: what ends anyway is to end whole."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
