"""Text on pictures: cut or wrapped to the room that there is."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WHITE = (255, 255, 255)

Colour = tuple[int, int, int]

_MISSING = "\uffff"
"""No character: drawn as the box that stands for all that the font lacks."""


@lru_cache(maxsize=4096)
def legible(text: str) -> str:
    """A text in the letters that the font has: é becomes e, and what has no likeness ``?``."""
    return "".join(_letter(letter) for letter in " ".join(text.split()))


def width_of(text: str, points: int) -> float:
    """Pixels that a line takes."""
    return _font(points).getlength(text)


def elided(text: str, points: int, room: float) -> str:
    """A line that fits, its middle left out where it is too long."""
    text = legible(text)
    if width_of(text, points) <= room:
        return text
    # Names differ at both ends more often than in the middle.
    least, most = 0, len(text)
    while least < most:
        kept = (least + most + 1) // 2
        if width_of(_without_middle(text, kept), points) <= room:
            least = kept
        else:
            most = kept - 1
    return _without_middle(text, least)


def wrapped(text: str, points: int, width: float, lines: int) -> list[str]:
    """Lines that fit, of which the last is cut where there are too many."""
    words = legible(text).split()
    done: list[str] = []
    while words and len(done) < lines - 1:
        line = words.pop(0)
        while words and width_of(f"{line} {words[0]}", points) <= width:
            line += f" {words.pop(0)}"
        done.append(elided(line, points, width))
    if words:
        done.append(elided(" ".join(words), points, width))
    return done


def write(
    picture: Image.Image,
    place: tuple[float, float],
    text: str,
    points: int,
    colour: Colour = WHITE,
    anchor: str = "la",
) -> None:
    """Write one line.

    Args:
        place: of the anchor, in pixels.
        anchor: Pillow's: ``la`` is the upper left corner, ``rm`` the middle
            of the right end, ``ma`` the upper middle.
    """
    ImageDraw.Draw(picture).text(place, text, fill=colour, font=_font(points), anchor=anchor)


def board(text: str, width: int, height: int, points: int, colour: Colour) -> Image.Image:
    """A coloured rectangle with as much of a text as fits."""
    picture = Image.new("RGB", (width, height), colour)
    pitch, margin = points + 3, 4
    lines = wrapped(text, points, width - 2 * margin, max((height - 2 * margin) // pitch, 1))
    for i, line in enumerate(lines):
        write(picture, (margin, margin + i * pitch), line, points)
    return picture


@lru_cache(maxsize=8)
def _font(points: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(points)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    if _drawn(letter) != _drawn(_MISSING):
        return letter
    is_dash = unicodedata.category(letter) == "Pd"
    base = "-" if is_dash else unicodedata.normalize("NFKD", letter)[0]
    return base if _drawn(base) != _drawn(_MISSING) else "?"


def _drawn(letter: str) -> bytes:
    return bytes(_font(12).getmask(letter))


def _without_middle(text: str, kept: int) -> str:
    """The first and last characters of a text, so many in all."""
    tail = kept // 2
    return f"{text[: kept - tail]}…{text[len(text) - tail :]}"
