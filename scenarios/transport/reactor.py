"""Running a coroutine on a reactor from outside: for commands and for worlds in real time."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from twisted.internet.defer import ensureDeferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

Result = TypeVar("Result")


def run_reactor(reactor: Any, work: Coroutine[Any, Any, Result]) -> Result:
    """Runs the reactor until the coroutine is done, and returns its result.

    SIGTERM and Ctrl-C stop the reactor, whose shutdown triggers end services cleanly; a
    coroutine that has no result by then ends as a `KeyboardInterrupt`.
    """
    outcome: list[Any] = []

    def start() -> None:
        done = ensureDeferred(work)
        done.addBoth(outcome.append)
        done.addBoth(stop)

    def stop(_: object) -> None:
        # The end of the work may be what a shutdown under way waited for.
        with suppress(ReactorNotRunning):
            reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    if not outcome:
        raise KeyboardInterrupt
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    result: Result = outcome[0]
    return result
