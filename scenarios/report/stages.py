"""A followed message's stages as HTML: hex dumps, XML, text and tables, marks highlighted."""

from __future__ import annotations

import re
from itertools import zip_longest

from markupsafe import Markup

from scenarios.playing.results import Form, Stage
from scenarios.report.plain import escaped

_PER_ROW = 24
_COLOURS = 6
_TAG = re.compile(
    r"(&lt;/?)([\w.:-]+)((?:\s[^&]*?(?:&#34;[^&]*?&#34;[^&]*?)*)?)(/?&gt;)"
)
_ATTRIBUTE = re.compile(r"([\w.:-]+)=(&#34;.*?&#34;)")


def body(stage: Stage) -> Markup:
    """What one stage shows."""
    match stage.form:
        case Form.HEX:
            return _hex_dump(stage)
        case Form.XML:
            return Markup(f'<pre class="xml">{_xml(stage.body)}</pre>')
        case Form.TABLE:
            return _table(stage.body)
        case Form.TEXT:
            return Markup(f'<pre class="text">{_marked_text(stage)}</pre>')


def _colour(index: int) -> str:
    return f"mark m{index % _COLOURS}"


def _hex_dump(stage: Stage) -> Markup:
    digits = "".join(stage.body.split())
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        return Markup(f'<pre class="text">{escaped(stage.body)}</pre>')
    owners = _owners(octets, stage.marks)
    rows = []
    for offset in range(0, len(octets), _PER_ROW):
        row = range(offset, min(offset + _PER_ROW, len(octets)))
        cells = _runs([(owners[n], f"{octets[n]:02x}") for n in row], " ", stage)
        gutter = _runs([(owners[n], _printable(octets[n])) for n in row], "", stage)
        padding = "   " * (_PER_ROW - len(row))
        rows.append(
            f'<span class="offset">{offset:04x}</span>  {cells}{padding}  '
            f'<span class="ascii">{gutter}</span>'
        )
    return Markup(f'<pre class="hex">{chr(10).join(rows)}</pre>{_legend(stage)}')


def _owners(octets: bytes, marks: tuple[tuple[str, str], ...]) -> list[int | None]:
    """Which mark each octet belongs to; marks are looked for one after the other."""
    owners: list[int | None] = [None] * len(octets)
    start = 0
    for index, (digits, _) in enumerate(marks):
        try:
            wanted = bytes.fromhex(digits)
        except ValueError:
            continue
        at = octets.find(wanted, start) if wanted else -1
        if at >= 0:
            start = at + len(wanted)
            owners[at:start] = [index] * len(wanted)
    return owners


def _runs(cells: list[tuple[int | None, str]], glue: str, stage: Stage) -> str:
    """The cells with each run of one mark in a span of its own."""
    parts: list[str] = []
    run: list[str] = []
    for (owner, text), following in zip_longest(cells, cells[1:]):
        run.append(text)
        if following is None or following[0] != owner:
            inner = escaped(glue.join(run))
            if owner is not None:
                title = escaped(stage.marks[owner][1])
                inner = Markup(
                    f'<span class="{_colour(owner)}" title="{title}">{inner}</span>'
                )
            parts.append(inner)
            run = []
    return glue.join(parts)


def _printable(octet: int) -> str:
    return chr(octet) if 0x20 <= octet < 0x7F else "·"


def _legend(stage: Stage) -> str:
    items = "".join(
        f'<li><span class="{_colour(index)}">{escaped(_short(digits))}</span> '
        f"{escaped(what)}</li>"
        for index, (digits, what) in enumerate(stage.marks)
    )
    return f'<ul class="marks">{items}</ul>' if items else ""


def _short(digits: str) -> str:
    digits = "".join(digits.split())
    return digits if len(digits) <= 16 else f"{digits[:14]}…"


def _xml(text: str) -> str:
    def tag(match: re.Match[str]) -> str:
        inner = _ATTRIBUTE.sub(
            r'<span class="attr">\1</span>=<span class="string">\2</span>', match[3]
        )
        return f'{match[1]}<span class="tag">{match[2]}</span>{inner}{match[4]}'

    return _TAG.sub(tag, str(escaped(text)))


def _marked_text(stage: Stage) -> str:
    text = str(escaped(stage.body))
    for index, (part, what) in enumerate(stage.marks):
        wanted = str(escaped(part))
        if wanted:
            span = f'<span class="{_colour(index)}" title="{escaped(what)}">{wanted}</span>'
            text = text.replace(wanted, span, 1)
    return text


def _table(text: str) -> Markup:
    heads, *rows = [line.split("\t") for line in text.splitlines()] or [[""]]
    head = "".join(f"<th>{escaped(cell)}</th>" for cell in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return Markup(
        f'<table class="small"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'
    )
