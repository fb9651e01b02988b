"""Splits: which videos are trained on and which are tested on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bench.data.files import replacing
from bench.data.ratio import parse_ratio, ratio_text
from bench.data.stratify import assign, targets
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

RULE = "stratified-groups/1"
"""The name and version of the rule; another result for the same input is another version."""

Side = Literal["train", "test"]


class Split(BaseModel):
    """Which ids are on which side, and all that determined it.

    Attributes:
        train: ids, sorted.
        test: ids, sorted.
        labels: the class of each id.
        groups: the group of each id.
        ratio: train to test, in lowest terms of ten or a hundred.
        seed: of the draw.
        rule: name and version of the rule that drew it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: tuple[str, ...]
    test: tuple[str, ...]
    labels: dict[str, str]
    groups: dict[str, str]
    ratio: str
    seed: int
    rule: str = RULE

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the whole content; it does not depend on any order."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def ids(self, side: Side) -> tuple[str, ...]:
        """The ids of one side."""
        return self.train if side == "train" else self.test

    def counts(self, side: Side) -> dict[str, int]:
        """Videos per class of one side, by class name."""
        found = Counter(self.labels[id] for id in self.ids(side))
        return {name: found[name] for name in sorted(set(self.labels.values()))}

    def check(self, where: str = "the split", records: Sequence[Record] | None = None) -> None:
        """Make sure that nothing leaks and nothing is missing.

        Args:
            where: the manifest, for messages.
            records: the data set; looked at where given.

        Raises:
            DataError: an id or a group on both sides, a class on one side
                only, or ids, labels or groups other than the data set's.
        """
        _check_sides(self, where)
        if records is not None:
            _check_records(self, where, records)

    def save(self, path: Path) -> None:
        """Write the manifest, whole or not at all."""
        manifest = {**self.model_dump(mode="json"), "sha256": self.fingerprint}
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        with replacing(path) as file:
            file.write(text.encode())

    @classmethod
    def read(cls, path: Path, records: Sequence[Record] | None = None) -> Split:
        """Read a manifest and `check` it.

        Raises:
            DataError: it is missing, changed by hand, or does not fit the records.
        """
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            digest = content.pop("sha256", None)
            split = cls.model_validate(content)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise DataError(f"{path}: is not a split manifest: {key}: {first['msg']}") from None
        except (ValueError, AttributeError, TypeError):
            raise DataError(f"{path}: is not a split manifest; write it again") from None
        split.check(str(path), records)
        if digest != split.fingerprint:
            raise DataError(f"{path}: was changed after it was written; write it again")
        return split


def split(records: Sequence[Record], ratio: str | float, seed: int) -> Split:
    """Draw a split: stratified by class, with every group whole on one side.

    The same records, ratio and seed give the same split, in whatever
    order the records come. Per class the test side has its share of the
    videos, rounded so that the total is right, within one group's size.

    Args:
        records: the videos; only id, group and label are looked at.
        ratio: train to test, ``"7:3"``, or the share of train, ``0.7``.
        seed: of the draw.

    Raises:
        DataError: the ratio makes no sense, two videos have one id, or a
            class cannot be on both sides.
    """
    train_share = parse_ratio(ratio)
    labels = {record.id: record.label for record in records}
    groups = {record.id: record.group for record in records}
    if len(labels) < len(records):
        twice = min(id for id, n in Counter(r.id for r in records).items() if n > 1)
        raise DataError(f"two videos have the id '{twice}'")
    if not records:
        raise DataError("there is no video to split")
    members: dict[str, Counter[str]] = {}
    for id, group in groups.items():
        members.setdefault(group, Counter())[labels[id]] += 1
    wanted = targets(Counter(labels.values()), 1 - train_share)
    in_test = assign(members, wanted, seed)
    drawn = Split(
        train=tuple(sorted(id for id, group in groups.items() if group not in in_test)),
        test=tuple(sorted(id for id, group in groups.items() if group in in_test)),
        labels=labels,
        groups=groups,
        ratio=ratio_text(train_share),
        seed=seed,
    )
    drawn.check()
    return drawn


def _check_sides(split: Split, where: str) -> None:
    both = sorted(set(split.train) & set(split.test))
    if both:
        raise DataError(f"{where}: '{both[0]}' is on both sides; write the split again")
    ids = [*split.train, *split.test]
    if not len(ids) == len(set(ids)) == len(split.labels) == len(split.groups) or any(
        id not in split.labels or id not in split.groups for id in ids
    ):
        raise DataError(f"{where}: ids, labels and groups do not belong together; write it again")
    shared = sorted({split.groups[i] for i in split.train} & {split.groups[i] for i in split.test})
    if shared:
        raise DataError(f"{where}: group '{shared[0]}' is on both sides; write the split again")
    for side in ("train", "test"):
        for name, n in split.counts(side).items():
            if n == 0:
                raise DataError(f"{where}: class '{name}' has no video on the {side} side")


def _check_records(split: Split, where: str, records: Sequence[Record]) -> None:
    known = {record.id: record for record in records}
    lost = sorted(split.labels.keys() - known.keys())
    if lost:
        raise DataError(
            f"{where}: {len(lost)} of {len(split.labels)} ids are not in the data set, "
            f"the first is '{lost[0]}'; add the files, or write the split again"
        )
    new = sorted(known.keys() - split.labels.keys())
    if new:
        raise DataError(
            f"{where}: does not know {len(new)} of the data set's ids, the first is '{new[0]}'; "
            "leave them out with 'exclude', or write the split again"
        )
    for id, record in sorted(known.items()):
        if (record.label, record.group) != (split.labels[id], split.groups[id]):
            raise DataError(
                f"{where}: '{id}' is now of class '{record.label}', group '{record.group}', not "
                f"'{split.labels[id]}', '{split.groups[id]}'; write the split again"
            )
