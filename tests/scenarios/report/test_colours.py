"""The report's colours as people see them whose eyes lack one kind of cone, and in grey."""

from __future__ import annotations

import re
from itertools import combinations
from typing import NamedTuple

import pytest

from scenarios.report.page import style

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE TVCG 15(6), 2009, table 1 at severity 1.0; they apply to linear RGB.
EYES = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# Oklab (Ottosson, 2020): a distance of 0.02 is just noticeable.
LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
APART = 0.09
# WCAG 2.2, 1.4.11 and 1.4.3: what is drawn and what is read, against what is behind it.
DRAWN, READ = 3.0, 4.5
# What stands side by side and must be told apart.
TOGETHER = (("l1", "l2", "l3", "alarm"), ("limit", "draw", "ghost"), ("good", "bad"))
Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]


class Palette(NamedTuple):
    """The colours of one way to show the page, by the names of the style sheet."""

    name: str
    colours: dict[str, str]


def palettes() -> list[Palette]:
    """On a light screen, on a dark one, in print."""
    blocks = re.findall(r":root \{(.*?)\}", str(style()), re.S)
    light, dark, printed = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in blocks
    )
    return [
        Palette("light", light),
        Palette("dark", light | dark),
        Palette("print", light | printed),
    ]


def linear(colour: str) -> Triple:
    """A colour of the style sheet in linear RGB (IEC 61966-2-1)."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    r, g, b = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    return grow(r), grow(g), grow(b)


def grow(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def times(matrix: Matrix, vector: Triple) -> Triple:
    x, y, z = (sum(a * b for a, b in zip(row, vector)) for row in matrix)
    return x, y, z


def distance(a: str, b: str, eye: Matrix) -> float:
    """How different two colours look to an eye, in Oklab."""
    points = []
    for colour in (a, b):
        r, g, b_ = (min(1.0, max(0.0, part)) for part in times(eye, linear(colour)))
        cones = times(LMS, (r, g, b_))
        l, m, s = (cone ** (1 / 3) for cone in cones)
        points.append(times(LAB, (l, m, s)))
    return float(sum((p - q) ** 2 for p, q in zip(*points)) ** 0.5)


def contrast(a: str, b: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    luminance = (0.2126, 0.7152, 0.0722)
    light, dark = sorted(
        (sum(w * part for w, part in zip(luminance, linear(c))) for c in (a, b)),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("palette", palettes(), ids=lambda palette: palette.name)
def test_what_stands_together_is_told_apart(palette: Palette, eye: str) -> None:
    near = [
        (a, b)
        for group in TOGETHER
        for a, b in combinations(group, 2)
        if distance(palette.colours[a], palette.colours[b], EYES[eye]) < APART
    ]
    assert near == []


@pytest.mark.parametrize("palette", palettes(), ids=lambda palette: palette.name)
def test_lines_and_words_stand_out(palette: Palette) -> None:
    sheet = palette.colours["sheet"]
    pale = [
        name
        for names, least in (
            (("l1", "l2", "l3", "alarm", "limit", "draw", "ghost"), DRAWN),
            (("ink", "soft", "good", "bad", "alarm"), READ),
        )
        for name in names
        if contrast(palette.colours[name], sheet) < least
    ]
    assert pale == []


def test_in_grey_lines_differ_by_their_dashes() -> None:
    rules = re.findall(r"\.(?:line\.)?(\w+) \{ ([^}]*) \}", str(style()))
    dashes = {
        name: (re.findall(r"stroke-dasharray: ([^;]*);", body) or ["solid"])[0]
        for name, body in rules
        if re.search(r"\bstroke: ", body)
    }
    for together in (("l1", "l2", "l3", "rating"), ("limit", "ghost")):
        assert len({dashes[name] for name in together}) == len(together)


def test_the_simulation_is_the_published_one() -> None:
    """White stays white for every eye, and red and green come close without one's cones."""
    for eye in EYES.values():
        assert distance("#ffffff", "#ffffff", eye) == 0
        assert times(eye, (1, 1, 1)) == pytest.approx((1, 1, 1), abs=1e-5)
    red, green = "#b03a2e", "#5d7a1f"
    assert distance(red, green, EYES["normal"]) > 0.15
    assert distance(red, green, EYES["deuteranopia"]) < 0.08
    assert contrast("#000", "#ffffff") == pytest.approx(21)
