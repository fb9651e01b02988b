"""Generators: from a still image to a video."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from plugins.base import Plugin
from plugins.clips import ClipSet
from plugins.dataset import Which
from plugins.run import Run
from plugins.split_facts import SplitFacts
from plugins.types import Clip, ClipBatch, ImageBatch


@runtime_checkable
class StillRecord(Protocol):
    """What a data set offers about one still beside its pixels."""

    id: str

    def continuation(self, n_frames: int, seed: int, *, blind: bool = False) -> Clip:
        """What truly follows the still: (C, n_frames, H, W) in [0, 1].

        Raises:
            DataError: the data set cannot tell.
        """


class StillId(NamedTuple):
    """Which video is asked for, by name.

    Attributes:
        which: the still is one of the image set (``images``), or frame 0 of
            a test video (``videos``); the same id may stand in both.
        id: of its record.
        sample: from 0, where several videos of one still are asked for.
    """

    which: Which
    id: str
    sample: int


@dataclass(frozen=True)
class Stills:
    """Images to be continued, and per image what may be used to do so.

    Attributes:
        images: (B, C, H, W), float32 in [0, 1].
        seeds: per image, the seed of all its random draws.
        labels: per image its class index, or None where it is unknown.
        classes: the class names that the labels index.
        records: per image the data set's record, or None.
        ids: per image which video is asked for, or None. An id may tell the
            class, and the sample's number how many are asked for.
    """

    images: ImageBatch
    seeds: Sequence[int]
    labels: Sequence[int | None] = ()
    classes: tuple[str, ...] = ()
    records: Sequence[StillRecord | None] = ()
    ids: Sequence[StillId | None] = ()

    def __len__(self) -> int:
        return len(self.seeds)

    def subset(self, indices: Sequence[int]) -> Stills:
        """The stills at some indices, in that order."""
        return Stills(
            images=self.images[list(indices)],
            seeds=[self.seeds[i] for i in indices],
            labels=[self.labels[i] for i in indices] if self.labels else (),
            classes=self.classes,
            records=[self.records[i] for i in indices] if self.records else (),
            ids=[self.ids[i] for i in indices] if self.ids else (),
        )

    def shown_to(self, generator: Generator) -> Stills:
        """The stills as a run shows them to a generator.

        Labels, records and ids are None but where it declares to read them
        (`Generator.reads_labels`, `Generator.needs_continuation`,
        `Generator.needs_ids`).
        """
        nothing = [None] * len(self)
        return replace(
            self,
            labels=self.labels if generator.reads_labels else nothing,
            records=self.records if generator.needs_continuation else nothing,
            ids=self.ids if generator.needs_ids else nothing,
        )


class Generator(Plugin):
    """Continues still images as videos.

    A generator that learns overrides `fit` and `load`. Noise is drawn per
    seed on the CPU, so that a sample depends on its image, its seed and
    the weights, never on the batch it is in. Frame 0 of a sample is the
    image. ``bench check NAME`` tests all of this.

    Attributes:
        needs_continuation: `sample` asks the records what truly follows;
            such a generator is a control, for simulated data only.
        needs_ids: `sample` looks at ``stills.ids``; such a generator plays
            what was made elsewhere. It is bound to each split by `on_split`
            and known in keys by `content`, and continues no other images.
    """

    kind: ClassVar[str] = "generator"
    needs_continuation: ClassVar[bool] = False
    needs_ids: ClassVar[bool] = False

    @property
    def reads_labels(self) -> bool:
        """Whether `sample` looks at ``stills.labels``; the tables mark it.

        A class that always does says ``reads_labels: ClassVar[bool] = True``;
        one whose parameters decide overrides the property.
        """
        return False

    @property
    def needs_labels(self) -> bool:
        """Whether `sample` refuses a still whose label is None: ``bench synthesize`` asks before.

        By default whatever reads labels does; one that has also learned
        without them overrides the property.
        """
        return self.reads_labels

    def notes(self) -> list[str]:
        """What a reader of the tables must know of it, one sentence each.

        Raises:
            DataError: the files that would tell cannot be used.
        """
        return []

    def on_split(self, split: SplitFacts) -> Generator:
        """The generator as one split uses it; asked before anything is computed.

        Only of a generator that declares `needs_ids`. All that binds it to
        the split is in its fields, since `fresh` keeps nothing else.

        Raises:
            DataError: it must not be used on this split.
        """
        return self

    def content(self, asked: Sequence[StillId]) -> dict[str, Any]:
        """What stands for it in a synthesis's key, in place of its parameters.

        Only of a generator that declares `needs_ids`: JSON values that
        change whenever its samples of these stills do, wherever its files
        lie. Asked before anything is computed.

        Raises:
            DataError: it cannot play all that is asked for.
        """
        return self.parameters()

    def fit(self, clips: ClipSet, run: Run) -> None:
        """Learn from the training videos of one split.

        Writes the final weights to ``run.folder``, where `load` finds
        them, and checkpoints too: called again on a folder that a killed
        run left behind, it continues and ends with the same weights.
        """

    def load(self, run: Run) -> None:
        """Make ready to sample with what `fit` left in ``run.folder``."""

    @abstractmethod
    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        """Continue each image.

        Args:
            stills: B images.
            n_frames: T, frame 0 (the image itself) included.

        Returns:
            (B, C, T, H, W), float32 in [0, 1], on the CPU.
        """
