"""Work in a process of its own, which reports its progress and gives its result back."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from scenarios.runner import Progress
from wire.errors import SurroundingsError

T = TypeVar("T")
Watch = Callable[[Progress], None]


class Child(Generic[T]):
    """One piece of work in a process of its own, and the pipe that it reports through.

    `work` is given what to report to, and must be importable by name (or a
    `functools.partial` of such). `has_children` when it begins processes itself.
    """

    def __init__(
        self, name: str, work: Callable[[Watch], T], *, has_children: bool = False
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self.pipe, theirs = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_child_main, args=(theirs, work), daemon=not has_children
        )
        with _without_interrupts():
            self._process.start()
        theirs.close()
        self._outcome: T | BaseException | None = None

    @property
    def ended(self) -> bool:
        """Whether its result has arrived, by `drain` or `result`."""
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
        """Sees the process off, finished or not."""
        self.pipe.close()
        if self._outcome is None:
            self._process.terminate()
        self._process.join()

    def _take(self, watch: Watch) -> None:
        try:
            item = self.pipe.recv()
        except EOFError:
            self._process.join()
            item = SurroundingsError(
                f"the process of {self._name} ended early "
                f"(exit code {self._process.exitcode})"
            )
        if isinstance(item, Progress):
            watch(item)
        else:
            self._outcome = item


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


def _child_main(pipe: Connection, work: Callable[[Watch], object]) -> None:
    # Told to end, it takes its world's folder away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        pipe.send(work(pipe.send))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        pass
    except Exception as error:
        error.add_note(traceback.format_exc())
        pipe.send(error)
