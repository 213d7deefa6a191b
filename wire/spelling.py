"""Which of the words that are known a misspelt one may be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 60


def meant(word: object, known: Iterable[object]) -> str:
    """`, did you mean 'clock'?`, to end a complaint with; empty when no word is near."""
    written = str(word)[:_SHOWN]
    near = get_close_matches(written, [str(item) for item in known], n=1, cutoff=0.6)
    if not near or near[0] == written:
        return ""
    return f", did you mean {near[0]!r}?"


def unknown(what: str, word: str, known: Iterable[object]) -> str:
    """Says that a word is not known, and which one may be meant."""
    return f"unknown {what} {word[:_SHOWN]!r}{meant(word, known)}"
