"""Splits: which videos are trained on and which are tested on."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from bench.data.files import replacing
from bench.data.ratio import parse_ratio, ratio_text
from bench.data.stratify import assign, targets
from bench.data.subject import Subject
from plugins.errors import DataError

RULE = "stratified-groups/2"
"""The name and version of the rule; another result for the same input is another version."""

Side = Literal["train", "test"]


class Split(BaseModel):
    """Which ids are on which side, and all that determined it.

    Attributes:
        train: ids, sorted.
        test: ids, sorted.
        labels: the class of each id.
        groups: the group of each id.
        contents: SHA-256 of what determines the pixels of each id.
        ratio: train to test, in lowest terms of ten or a hundred.
        seed: of the draw; None where it was made elsewhere.
        rule: name and version of the rule that drew it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: tuple[str, ...]
    test: tuple[str, ...]
    labels: dict[str, str]
    groups: dict[str, str]
    contents: dict[str, str]
    ratio: str
    seed: int | None
    rule: str = RULE

    @field_validator("ratio")
    @classmethod
    def _in_one_spelling(cls, ratio: str) -> str:
        """Files are named after it, and tables tell it: it may be nothing else."""
        try:
            due = ratio_text(parse_ratio(ratio))
        except DataError as error:
            raise ValueError(str(error)) from None
        if ratio != due:
            raise ValueError(f"write '{due}', not '{ratio}'")
        return ratio

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

    def check(self, where: str = "the split") -> None:
        """Make sure that nothing leaks and nothing is missing.

        Args:
            where: the manifest, for messages.

        Raises:
            DataError: an id or a group on both sides, a class on one side
                only, or ids, labels and groups that do not belong together.
        """
        both = sorted(set(self.train) & set(self.test))
        if both:
            raise DataError(f"{where}: '{both[0]}' is on both sides; leave it on one")
        ids = {*self.train, *self.test}
        if len(ids) < len(self.train) + len(self.test) or not (
            ids == self.labels.keys() == self.groups.keys() == self.contents.keys()
        ):
            raise DataError(
                f"{where}: ids, labels, groups and contents do not belong together; write it again"
            )
        self._check_groups(where)
        for side in ("train", "test"):
            for name, n in self.counts(side).items():
                if n == 0:
                    raise DataError(
                        f"{where}: class '{name}' has no video on the {side} side; put one there"
                    )

    def _check_groups(self, where: str) -> None:
        first = {self.groups[id]: id for id in reversed(self.train)}
        for id in self.test:
            if self.groups[id] in first:
                raise DataError(
                    f"{where}: '{first[self.groups[id]]}' (train) and '{id}' (test) are of one "
                    f"group, '{self.groups[id]}'; put the whole group on one side"
                )

    def save(self, path: Path) -> None:
        """Write the manifest, whole or not at all."""
        manifest = {**self.model_dump(mode="json"), "sha256": self.fingerprint}
        text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        with replacing(path) as file:
            file.write(text.encode())

    @classmethod
    def read(cls, path: Path) -> Split:
        """Read a manifest and `check` it.

        Raises:
            DataError: it is missing, no manifest, or changed by hand.
        """
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
            digest = content.pop("sha256", None)
            split = cls.model_validate(content)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            key, said = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
            raise DataError(
                f"{path}: is not a split manifest: {key}: {said}; write it again"
            ) from None
        except (ValueError, AttributeError, TypeError, RecursionError):
            raise DataError(
                f"{path}: is not a split manifest; write it again, or name it .csv if it is a table"
            ) from None
        split.check(str(path))
        if digest != split.fingerprint:
            raise DataError(f"{path}: was changed after it was written; write it again")
        return split


def split(videos: Sequence[Subject], ratio: str | float, seed: int) -> Split:
    """Draw a split: stratified by class, with every group whole on one side.

    The same videos, ratio and seed give the same split, in whatever
    order they come. Per class the test side has its share of the
    videos, rounded so that the total is right, within one group's size.

    Args:
        videos: all of them.
        ratio: train to test, ``"7:3"``, or the share of train, ``0.7``.
        seed: of the draw.

    Raises:
        DataError: the ratio makes no sense, two videos have one id, or a
            class cannot be on both sides.
    """
    train_share = parse_ratio(ratio)
    labels = {video.id: video.label for video in videos}
    groups = {video.id: video.group for video in videos}
    if len(labels) < len(videos):
        twice = min(id for id, n in Counter(v.id for v in videos).items() if n > 1)
        raise DataError(f"two videos have the id '{twice}'")
    if not videos:
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
        contents={video.id: video.content for video in videos},
        ratio=ratio_text(train_share),
        seed=seed,
    )
    drawn.check()
    return drawn
