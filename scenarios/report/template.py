"""The templates of the pages: what they print of others is made visible and has no markup."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from scenarios.report.plain import output

_FOLDER = Path(__file__).parent


def template(name: str, **filters: Callable[..., object]) -> Template:
    """A page's template; `filters` are what it may print values through."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=output,
    )
    environment.filters.update(filters)
    return environment.get_template(name)


def inlined(*names: str) -> Markup:
    """Style sheets or scripts, one after the other, for a page that needs no other file."""
    return Markup("".join((_FOLDER / name).read_text("utf-8") for name in names))
