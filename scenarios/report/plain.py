"""Text of other people on a page: what cannot be seen is spelt out, what is long is cut."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape


def visible(text: str) -> str:
    """The text with a name in place of each character that shows nothing or moves others.

    Those are controls, marks of direction, joiners, halves of a surrogate pair and what is not
    assigned; line feeds, tabs and spaces of any width stay.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    if unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def escaped(text: str) -> Markup:
    """The text for a page, visible and without markup of its own."""
    return escape(visible(text))


def output(value: object) -> object:
    """What a template prints of a value: markup as it is, all else visible."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
