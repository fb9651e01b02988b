"""What a data set holds, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.data.inventory import Spread

if TYPE_CHECKING:
    from bench.audit.audit import Survey


@dataclass(frozen=True)
class Summary:
    """Of a subset's readable records.

    Attributes:
        title: data set and kind.
        n: records.
        unreadable: files that are wrong.
        classes: records per class, by name.
        groups: patients, as the reader tells them.
        families: groups that are left after nearly equal records are joined.
        frames: frames per record.
        sizes: different frame sizes.
        widths, heights: in pixels.
    """

    title: str
    which: str
    n: int
    unreadable: int
    classes: dict[str, int]
    groups: int
    families: int
    frames: Spread | None
    sizes: int
    widths: Spread | None
    heights: Spread | None


def summarize(looked: Survey, subset: int) -> Summary:
    """Count one subset."""
    own = looked.of(subset)
    signed = [looked.signatures[i] for i in own]
    records = [looked.members[i].record for i in own]
    title = looked.subsets[subset].title
    classes = Counter(record.label for record in records)
    return Summary(
        title=title,
        which=looked.subsets[subset].which,
        n=len(own),
        unreadable=sum(finding.where == title for finding in looked.unreadable),
        classes={name: classes[name] for name in sorted(classes)},
        groups=len({record.group for record in records}),
        families=len({looked.families.group[i] for i in own}),
        frames=Spread.of([s.n_frames for s in signed]),
        sizes=len({s.size for s in signed}),
        widths=Spread.of([s.size[1] for s in signed]),
        heights=Spread.of([s.size[0] for s in signed]),
    )
