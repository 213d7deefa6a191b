"""Where commands meet the user: common options, output, errors as one line, exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from wire.errors import ConfigError, SimError, SurroundingsError

FAILED, USAGE, SURROUNDINGS, INTERRUPTED = 1, 2, 3, 130
Result = TypeVar("Result")


class Settings:
    """What every command can be told: the home folder, the database, and how to print."""

    def __init__(self) -> None:
        self.json = False
        self._home: str | None = None
        self._db: str | None = None

    def take(self, home: str | None, db: str | None, as_json: bool) -> None:
        """Takes over what was given on the command line; the later word wins."""
        self._home = home or self._home
        self._db = db or self._db
        self.json = self.json or as_json

    @property
    def home(self) -> Path:
        """The folder for keys and the default database; made when missing."""
        home = Path(
            self._home or os.environ.get("DSMRLAB_HOME") or Path.home() / ".dsmrlab"
        )
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SurroundingsError(f"{home}: {error.strerror}") from None
        return home

    @property
    def db(self) -> str:
        """The database URL; SQLite in the home folder unless told otherwise."""
        given = self._db or os.environ.get("DSMRLAB_DB")
        return given or f"sqlite:///{(self.home / 'headend.sqlite').resolve()}"

    def show(self, document: object, text: str) -> None:
        """Prints a result: the document as JSON when asked for, else the text."""
        click.echo(json.dumps(document, indent=2) if self.json else text)

    def show_line(self, document: object, text: str) -> None:
        """Prints one of a stream of results at once: a JSON line or a text line."""
        click.echo(json.dumps(document) if self.json else text)
        sys.stdout.flush()


class LabCommand(click.Command):
    """A command with the common options and an example in its help."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epilog = f"\b\nExample:\n  dsmrlab {example}"
        self.params += [
            click.Option(
                ["--json"], is_flag=True, help="Print JSON; all else goes to stderr."
            ),
            click.Option(
                ["--db"], metavar="URL", help="The head-end's database (or DSMRLAB_DB)."
            ),
            click.Option(
                ["--home"], metavar="DIR", help="Keys and database (or DSMRLAB_HOME)."
            ),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Takes the common options out, then runs the command."""
        params = ctx.params
        ctx.ensure_object(Settings).take(
            params.pop("home"), params.pop("db"), params.pop("json")
        )
        return super().invoke(ctx)


def exit_code(error: SimError) -> int:
    """What a script is told: a person's file, the surroundings, or a plain failure."""
    if isinstance(error, ConfigError):
        return USAGE
    return SURROUNDINGS if isinstance(error, SurroundingsError) else FAILED


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs the command; whatever goes wrong ends in one line on stderr and an exit code."""
    try:
        outcome = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="dsmrlab",
            standalone_mode=False,
        )
        return outcome if isinstance(outcome, int) else 0
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except SimError as error:
        click.echo(f"dsmrlab: {error}", err=True)
        return exit_code(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"dsmrlab: {where}{error.strerror or error}", err=True)
        return SURROUNDINGS


def on_reactor(work: Callable[[Any], Coroutine[Any, Any, Result]]) -> Result:
    """Runs a coroutine on Twisted's reactor until it is done, and returns its result.

    SIGTERM and Ctrl-C stop the reactor, whose shutdown triggers end services cleanly; a
    coroutine that has no result by then ends as an interruption.
    """
    from twisted.internet import reactor
    from twisted.internet.defer import ensureDeferred
    from twisted.python.failure import Failure

    outcome: list[Any] = []
    loop: Any = reactor

    def start() -> None:
        done = ensureDeferred(work(loop))
        done.addBoth(outcome.append)
        done.addBoth(lambda _: loop.running and loop.stop())

    loop.callWhenRunning(start)
    loop.run()
    if not outcome:
        raise KeyboardInterrupt
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    result: Result = outcome[0]
    return result


def json_argument(text: str, what: str) -> Any:
    """A JSON value from the command line; raises `ConfigError` with the place otherwise."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(
            f"{what} is not JSON: {error}; write text as '\"text\"'"
        ) from None
    except RecursionError:
        raise ConfigError(f"{what} is nested too deep") from None
