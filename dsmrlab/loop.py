"""Commands on Twisted's reactor: the one place that runs it, with its signals and its log."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from dsmrlab.edge import DEBUG, Settings, complain, internal_error
from dsmrlab.steady import SteadySeconds
from wire.errors import SimError

Result = TypeVar("Result")
Complain = Callable[[str], None]


def the_reactor() -> Any:
    """The process's reactor, on a clock that never runs back."""
    from twisted.internet import reactor

    loop: Any = reactor
    if not isinstance(loop.seconds, SteadySeconds):
        loop.seconds = SteadySeconds()
    return loop


@contextmanager
def reactor_to_run(
    stops_with: tuple[signal.Signals, ...] = (), complain: Complain = complain
) -> Iterator[Any]:
    """The reactor, ready to be run once within this context; what libraries log is complained.

    An interruption comes out as `KeyboardInterrupt`, after the reactor's shutdown has ended
    everything tidily. Signals of `stops_with` end it too, and are no interruption.
    """
    loop = the_reactor()
    _log_lines(complain)
    interrupted: list[int] = []

    def stop(number: int, frame: object) -> None:
        if number not in stops_with:
            interrupted.append(number)
        loop.callFromThread(_stop, loop)

    def take_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            # A shell lets its background jobs ignore Ctrl-C; so they do.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, stop)

    # Once it runs: when it starts the reactor sets handlers of its own.
    loop.callWhenRunning(take_signals)
    try:
        yield loop
    except SimError as error:
        if not interrupted:
            raise
        # What could not be ended tidily is worth a line all the same.
        complain(str(error))
    if interrupted:
        raise KeyboardInterrupt


def on_reactor(work: Callable[[Any], Coroutine[Any, Any, Result]]) -> Result:
    """Runs a coroutine on the reactor until it is done, and returns its result.

    SIGTERM and Ctrl-C stop the reactor, whose shutdown triggers end services cleanly; a
    coroutine that has no result by then ends as a `KeyboardInterrupt`.
    """
    from scenarios.transport.reactor import run_reactor

    with reactor_to_run() as loop:
        return run_reactor(loop, work(loop))


def serve_on_reactor(
    settings: Settings,
    work: Callable[[Any, Teller], Coroutine[Any, Any, object]],
    complain: Complain = complain,
) -> None:
    """The same for a service that tells what it does, until SIGTERM ends it: no failure."""
    from scenarios.transport.reactor import run_reactor

    terminated = False
    with reactor_to_run((signal.SIGTERM,), complain) as loop:
        tell = Teller(settings, loop)

        def note() -> None:
            nonlocal terminated
            terminated = True

        loop.addSystemEventTrigger("before", "shutdown", note)
        try:
            run_reactor(loop, work(loop, tell))
        except KeyboardInterrupt:
            if not terminated:
                raise
        tell.check()


class Teller:
    """Prints what a service tells, line by line, from within the reactor.

    When the lines cannot be printed any more the reactor stops, and `check` says why.
    """

    def __init__(self, settings: Settings, loop: Any) -> None:
        self._settings = settings
        self._loop = loop
        self._trouble: OSError | None = None

    def __call__(self, document: object, text: str) -> None:
        """Prints a JSON line or a text line."""
        if self._trouble is not None:
            return
        try:
            self._settings.show_line(document, text)
        except OSError as error:
            self._trouble = error
            _stop(self._loop)

    def check(self) -> None:
        """Raises what ended the printing, if anything did."""
        if self._trouble is not None:
            raise self._trouble


def _stop(loop: Any) -> None:
    from twisted.internet.error import ReactorNotRunning

    try:
        loop.stop()
    except ReactorNotRunning:
        pass


class _Lines(logging.Handler):
    """The log of Python's libraries as single lines on stderr."""

    def __init__(self, level: int, complain: Complain) -> None:
        super().__init__(level)
        self._complain = complain

    def emit(self, record: logging.LogRecord) -> None:
        self._complain(record.getMessage())
        if os.environ.get(DEBUG) and record.exc_info and record.exc_info[1]:
            self._trace(record.exc_info[1])

    @staticmethod
    def _trace(error: BaseException) -> None:
        import traceback

        traceback.print_exception(error)


def _log_lines(complain: Complain) -> None:
    """Sends warnings and worse of both logs to stderr, without tracebacks unless wanted."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Lines) for handler in root.handlers):
        root.addHandler(_Lines(logging.WARNING, complain))
        _begin_twisted_log(complain)


def _begin_twisted_log(complain: Complain) -> None:
    from twisted.logger import ILogObserver, LogLevel, formatEvent, globalLogBeginner
    from zope.interface import implementer

    @implementer(ILogObserver)
    def observe(event: Any) -> None:
        if event.get("log_level", LogLevel.info) < LogLevel.warn:
            return
        # Twisted's older way to log an error has it under another name.
        failure = event.get("log_failure") or event.get("failure")
        if failure is None:
            complain(formatEvent(event))
            return
        if os.environ.get(DEBUG):
            failure.printTraceback()
        error = failure.value
        complain(str(error) if isinstance(error, SimError) else internal_error(error))

    globalLogBeginner.beginLoggingTo(
        [observe], discardBuffer=True, redirectStandardIO=False
    )
