"""What an audit may find: the rules, and findings that break them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Rule(NamedTuple):
    """One thing that is looked for.

    Attributes:
        what: it means that.
        run: what a run does about it by itself.
        fatal: it ends the audit with exit code 1, unless the user says otherwise.
    """

    what: str
    run: str
    fatal: bool = False


RULES: dict[str, Rule] = {
    "unreadable": Rule("cannot be read", "refuses to start; leave it out with 'exclude'", True),
    "region": Rule("the region of interest cannot be told", "refuses it where clip.region is set"),
    "leak": Rule("stands on both sides of a split", "refuses the split", True),
    "equal": Rule("equal frames, to the last pixel", "keeps both on one side"),
    "copy": Rule(
        "the same frame cropped, rescaled, brightened, mirrored or encoded anew",
        "keeps both on one side",
    ),
    "same view": Rule("nearly the same view", "keeps both on one side"),
    "contradiction": Rule(
        "nearly equal, of different classes",
        "leaves such images out of synthesis; keeps such videos on one side",
    ),
    "mixed group": Rule("a group (patient) has several classes", "keeps it on one side"),
    "overlap": Rule(
        "images share a patient or a frame with videos",
        "leaves those of test videos out of synthesis",
    ),
    "frozen": Rule("the video does not move", "uses it"),
    "repeats": Rule("half of the frames or more repeat the one before", "uses them"),
    "short": Rule("shorter than a clip's span", "as clip.short says: loops, holds, or drops"),
    "blank": Rule("frames of hardly any contrast", "uses them"),
    "text": Rule("letters seem to be burned in (a heuristic)", "uses it"),
    "colour": Rule("a tint or coloured marks", "takes grey levels where clip.channels is 1"),
    "lone class": Rule("a class is on one side of the matrix only", "leaves such images out"),
}


@dataclass(frozen=True)
class Finding:
    """One broken rule.

    Attributes:
        rule: a key of `RULES`.
        where: the data set, two of them, or the split.
        records: ids of those concerned.
        message: a sentence that is complete without its surroundings.
    """

    rule: str
    where: str
    records: tuple[str, ...]
    message: str
