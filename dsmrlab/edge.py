"""Where commands meet the user: common options, output, errors as one line, exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from dsmrlab.interrupts import INTERRUPTED, Interrupted
from wire.errors import ConfigError, SimError, SurroundingsError

FAILED, USAGE, SURROUNDINGS = 1, 2, 3
DEBUG = "DSMRLAB_DEBUG"


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
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SurroundingsError(f"{home}: {why}; name another --home") from None
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


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def common_options() -> list[click.Parameter]:
    """The options that every command takes, and `dsmrlab` itself before the command."""
    return [
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


def take_common(ctx: click.Context) -> None:
    """Takes the common options out of the parameters."""
    params = ctx.params
    ctx.ensure_object(Settings).take(
        params.pop("home"), params.pop("db"), params.pop("json")
    )


class LabCommand(click.Command):
    """A command with the common options and an example in its help."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.epilog = f"\b\nExample:\n  dsmrlab {example}"
        self.params += common_options()

    def invoke(self, ctx: click.Context) -> Any:
        """Takes the common options out, then runs the command."""
        take_common(ctx)
        return super().invoke(ctx)


class LabGroup(click.Group):
    """Commands under one name; the example of the first is the group's too."""

    command_class = LabCommand
    group_class = type

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Takes a command in."""
        super().add_command(cmd, name)
        if self.epilog is None:
            self.epilog = cmd.epilog


def exit_code(error: SimError) -> int:
    """What a script is told: a person's file, the surroundings, or a plain failure."""
    if isinstance(error, ConfigError):
        return USAGE
    return SURROUNDINGS if isinstance(error, SurroundingsError) else FAILED


def run(command: click.Command, arguments: Sequence[str] | None = None) -> int:
    """Runs the command; whatever goes wrong ends in one line on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Names and messages may hold what the terminal's encoding has no words for.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        outcome = command.main(
            args=None if arguments is None else list(arguments),
            prog_name="dsmrlab",
            standalone_mode=False,
        )
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except Exception as error:
        return _failed(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _failed(error: Exception) -> int:
    """Says in one line what went wrong; returns the exit code."""
    if os.environ.get(DEBUG) and not isinstance(error, click.ClickException):
        traceback.print_exception(error)
    match error:
        case click.Abort():
            return INTERRUPTED
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return USAGE
        case click.UsageError(ctx=click.Context() as ctx):
            path = ctx.command_path
            message = error.format_message().rstrip(".")
            complain(f"{message} (see {path} --help)", path)
            return USAGE
        case click.ClickException():
            complain(error.format_message())
            return USAGE
        case SimError():
            complain(str(error))
            return exit_code(error)
        case BrokenPipeError():
            # Nobody reads our output any more; nor should the interpreter try at its end.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILED
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            complain(f"{where}{error.strerror or error}")
            return SURROUNDINGS
    if Interrupted.came:
        return INTERRUPTED
    complain(internal_error(error))
    return FAILED


def complain(text: str, who: str = "dsmrlab") -> None:
    """One line on stderr; line breaks within the text become spaces."""
    with suppress(OSError):
        click.echo(f"{who}: {' '.join(text.split())}", err=True)


def counted(number: int, what: str) -> str:
    """`1 meter`, `2 meters`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def internal_error(error: BaseException) -> str:
    """What a user is told of a defect, when there is no traceback to see."""
    return (
        f"internal error: {type(error).__name__}: {error};"
        f" set {DEBUG}=1 to see where, and report it"
    )


def read_file(path: str, most: int = 1_000_000) -> bytes:
    """The octets of a person's file; `ConfigError` when it cannot be read or is too long."""
    try:
        with open(path, "rb") as file:
            octets = file.read(most + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"cannot be read: {why}", path) from None
    if len(octets) > most:
        raise ConfigError(f"larger than {most} octets", path)
    return octets


def read_text(path: str, most: int = 1_000_000) -> str:
    """The text of a person's file; `ConfigError` when there is none, or not in UTF-8."""
    octets = read_file(path, most)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        column = error.start - octets.rfind(b"\n", 0, error.start)
        raise ConfigError("is not UTF-8 here", path, line, column) from None


def json_file(path: str, most: int = 1_000_000) -> Any:
    """The JSON value of a person's file; `ConfigError` with its line and column otherwise."""
    text = read_text(path, most)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not JSON: {error.msg}", path, error.lineno, error.colno
        ) from None
    except (RecursionError, ValueError):
        raise ConfigError("nested too deep, or a number too long", path) from None


def json_argument(text: str, what: str) -> Any:
    """A JSON value from the command line; raises `ConfigError` with the place otherwise."""
    try:
        text.encode()
        return json.loads(text, parse_constant=_no_number)
    except UnicodeEncodeError:
        raise ConfigError(f"{what} is not UTF-8 text") from None
    except RecursionError:
        raise ConfigError(f"{what} is nested too deep") from None
    except ValueError as error:
        raise ConfigError(
            f"{what} is not JSON: {error}; write text as '\"text\"'"
        ) from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
