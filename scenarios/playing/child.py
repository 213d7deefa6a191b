"""A process of its own for work that reports its progress and gives its result back."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from scenarios.playing.runner import Progress
from wire.errors import SurroundingsError

T = TypeVar("T")
Watch = Callable[[Progress], None]
Work = Callable[[Watch], T]


class Child(Generic[T]):
    """A process that does one piece of work after the other, and the pipe between us.

    Work is given what to report to, and must be importable by name (or a `functools.partial`
    of such). Starting a process takes longer than many a piece of work does.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_child_main, args=(theirs,))
        with _without_interrupts():
            self._process.start()
        theirs.close()
        self._name = ""
        self._outcome: T | BaseException | None = None
        self.lives = True

    def begin(self, name: str, work: Work[T]) -> None:
        """Hands the next piece of work over; the one before has ended."""
        self._name, self._outcome = name, None
        try:
            self.pipe.send(work)
        except OSError:
            self._died()

    @property
    def ended(self) -> bool:
        """Whether the result has arrived, by `drain` or `result`."""
        return self._outcome is not None

    def drain(self, watch: Watch) -> None:
        """Takes what has arrived, without waiting."""
        while self._outcome is None and self.pipe.poll():
            self._take(watch)

    def result(self, watch: Watch) -> T:
        """Waits for the end of the work; raises what it raised."""
        while self._outcome is None:
            self._take(watch)
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def end(self) -> None:
        """Sees the process off, whether its work has ended or not."""
        self.pipe.close()
        if self._outcome is None:
            self._process.terminate()
        self._process.join()

    def _take(self, watch: Watch) -> None:
        try:
            item: Any = self.pipe.recv()
        except (EOFError, OSError):
            self._died()
            return
        if isinstance(item, Progress):
            watch(item)
        else:
            self._outcome = item

    def _died(self) -> None:
        self._process.join()
        self.lives = False
        self._outcome = SurroundingsError(
            f"the process of {self._name} ended early "
            f"(exit code {self._process.exitcode})"
        )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that begin here ignore Ctrl-C: whoever began them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _child_main(pipe: Connection) -> None:
    # Told to end, it takes its world's folder away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            _do(pipe.recv(), pipe)
    except (EOFError, ConnectionError, KeyboardInterrupt):
        # Nobody waits for it any more.
        pass


def _do(work: Work[object], pipe: Connection) -> None:
    try:
        pipe.send(work(pipe.send))
    except BrokenPipeError:
        raise
    except Exception as error:
        error.add_note(traceback.format_exc())
        pipe.send(error)
