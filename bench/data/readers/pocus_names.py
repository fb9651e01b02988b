"""Files of POCUS, and what their names tell: class, contributor, and case, patient or set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from bench.data.readers.layout import nfc

Kind = Literal["video", "image"]

PROBES = ("convex", "linear")
LABELS = {"cov": "covid", "pneu": "pneumonia", "vir": "viral", "reg": "healthy"}

_PREFIX = re.compile(r"(cov|pneu|vir|reg)(?![^\W\d_])", re.I)
_PERMISSIVE = re.compile(r"CC[ -]BY([ -][0-9.]+)?", re.I)
_BATCH = re.compile(r"(?:\b(?P<date>[0-9]{4}) )?(?P<kind>case|pat|set)(?P<number>[0-9]+)")


@dataclass
class Item:
    """One file, and what its name and the tables say of it.

    Attributes:
        path: the file.
        id: its path from the folder that holds ``pocus_videos``.
        kind: video or image.
        probe: the folder that it lies in.
        label: the class.
        named: the class by its name; empty where the name tells none.
        licence: empty where no table tells it.
        keys: what tells it from other patients' files: see `bench.data.readers.pocus.Pocus`.
        group: what must stay on one side of a split.
    """

    path: Path
    id: str
    kind: Kind
    probe: str
    label: str = ""
    named: str = ""
    licence: str = ""
    keys: list[str] = field(default_factory=list)
    group: str = ""

    @property
    def permissive(self) -> bool:
        """Whether it is known to be under CC BY."""
        return is_permissive(self.licence)


def is_permissive(licence: str) -> bool:
    """Whether a licence is CC BY."""
    return bool(_PERMISSIVE.fullmatch(licence))


def named_label(name: str) -> str:
    """The class that a file's name begins with; empty where it tells none."""
    prefix = _PREFIX.match(name)
    return LABELS[prefix[1].casefold()] if prefix else ""


def contributor(item: Item) -> str:
    """The first word of a name after its class."""
    words = _words(item)
    return (re.sub(r"[0-9].*", "", words[0]) or words[0]) if words else "unnamed"


def batch(item: Item) -> str:
    """The contributor's case, patient or set, where the name tells one."""
    words, source = _words(item), contributor(item)
    if source == "avi":
        series = re.sub(r"[0-9].*", "", words[1]) if len(words) > 1 else ""
        return f"avi {series} {item.named}"
    told = _BATCH.search(" ".join(words))
    if not told:
        return ""
    parts = (source if source != told["kind"] else "", told["date"])
    return " ".join([part for part in parts if part] + [told["kind"] + told["number"]])


def stem(name: str) -> str:
    """A file's name without its suffix, spelled as `key` does."""
    return key(PurePosixPath(name).stem)


def key(text: str) -> str:
    """How the tables and the file system are compared: neither case nor spaces around count."""
    return nfc(text).strip().casefold()


def _words(item: Item) -> list[str]:
    """The words of a name after its class."""
    name = _PREFIX.sub("", stem(item.path.name), count=1)
    words = [word for word in re.split(r"[\W_]+", name) if word]
    return words[1:] if words and words[0] in PROBES else words
