"""Look at data sets, alone and side by side, for what makes a benchmark's figures worthless."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.audit.compare import compare
from bench.audit.families import Families, Member, join
from bench.audit.findings import Finding
from bench.audit.relations import relations
from bench.audit.sides import Sides
from bench.audit.signature import Signature
from bench.audit.signatures import Signatures
from bench.audit.single import look
from bench.audit.summary import Summary, summarize
from bench.audit.twins import Twins
from bench.data.subject import Subject
from plugins.dataset import Record, Which
from plugins.errors import DataError

Report = Callable[[int, int], None]
Progress = Callable[[str], AbstractContextManager[Report]]


@dataclass(frozen=True)
class Subset:
    """The videos, or the images, of a data set that is audited.

    Attributes:
        name: of the data set, for people.
        space: subsets of one space name patients alike.
        records: those that could be listed.
        faults: one line per file that could not.
        notes: what else the reader says of the data set.
    """

    name: str
    which: Which
    space: str
    records: tuple[Record, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The data set and the kind."""
        return f"{self.name} ({self.which})"


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        summaries: one per subset.
        findings: in the order of the rules.
        sides: one per split that was looked at.
        notes: of the readers, each once.
    """

    summaries: tuple[Summary, ...]
    findings: tuple[Finding, ...]
    sides: tuple[Sides, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Survey:
    """All readable records of all subsets, one after the other, and how they belong together.

    Attributes:
        members: per record.
        origin: per record, the index of its subset.
        signatures: per record.
        twins: whose left and right count the records.
        families: of the members.
    """

    subsets: tuple[Subset, ...]
    members: tuple[Member, ...]
    origin: tuple[int, ...]
    signatures: tuple[Signature, ...]
    twins: tuple[Twins, ...]
    families: Families
    unreadable: tuple[Finding, ...]

    def of(self, subset: int) -> list[int]:
        """Indices of a subset's records."""
        return [i for i, own in enumerate(self.origin) if own == subset]

    def subjects(self, subset: int) -> list[Subject]:
        """A subset's videos as a split sees them: in families."""
        return [Subject.of(self.members[i].record, self.families.group[i]) for i in self.of(subset)]


def survey(subsets: Sequence[Subset], folder: Path, progress: Progress) -> Survey:
    """Decode what was never signed, and compare all with all.

    Args:
        subsets: videos and images.
        folder: where signatures are kept.
        progress: makes a bar with a title.

    Raises:
        BenchError: the folder cannot be written.
    """
    everyone = [(i, record) for i, subset in enumerate(subsets) for record in subset.records]
    with progress("decoding") as report:
        found = Signatures(folder).of([record for _, record in everyone], report)
    unreadable = [
        Finding("unreadable", subset.title, (), line)
        for subset in subsets
        for line in subset.faults
    ]
    sound: list[tuple[int, Record, Signature]] = []
    for (i, record), signature in zip(everyone, found, strict=True):
        if isinstance(signature, DataError):
            unreadable.append(Finding("unreadable", subsets[i].title, (record.id,), str(signature)))
        else:
            sound.append((i, record, signature))
    records, signatures = [record for _, record, _ in sound], [signed for _, _, signed in sound]
    with progress("comparing") as report:
        twins = compare(records, signatures, folder, report)
    members = [Member(subsets[i].which, subsets[i].space, record) for i, record, _ in sound]
    return Survey(
        tuple(subsets),
        tuple(members),
        tuple(i for i, _, _ in sound),
        tuple(signatures),
        tuple(twins),
        join(members, twins),
        tuple(unreadable),
    )


def audit(looked: Survey, span: int, sides: Sequence[Sides] = ()) -> Audit:
    """Apply all rules.

    Args:
        looked: of `survey`.
        span: frames that a clip covers.
        sides: splits, with what leaks in them.
    """
    single = [
        finding
        for i, member in enumerate(looked.members)
        for finding in look(
            looked.subsets[looked.origin[i]].title,
            member.which,
            member.record,
            looked.signatures[i],
            span,
        )
    ]
    leaks = [leak for one in sides for leak in one.leaks]
    return Audit(
        summaries=tuple(summarize(looked, i) for i in range(len(looked.subsets))),
        findings=(*looked.unreadable, *leaks, *relations(looked), *single),
        sides=tuple(sides),
        notes=tuple(dict.fromkeys(note for subset in looked.subsets for note in subset.notes)),
    )
