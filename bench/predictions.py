"""Per-video predictions, and the file that holds them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bench.store import write_atomically

FILE = "predictions.csv"


@dataclass(frozen=True)
class Predictions:
    """Scores of N videos over K classes.

    Attributes:
        labels: (N,) true class indices.
        scores: (N, K) probabilities.
    """

    ids: list[str]
    groups: list[str]
    labels: Tensor
    scores: Tensor
    classes: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Write ``predictions.csv``: id, group, label, a column of scores per class."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["id", "group", "label", *(f"score:{name}" for name in self.classes)])
        for name, group, label, row in zip(
            self.ids, self.groups, self.labels.tolist(), self.scores.tolist(), strict=True
        ):
            writer.writerow([name, group, self.classes[label], *map(repr, row)])
        write_atomically(folder / FILE, text.getvalue())

    @classmethod
    def read(cls, folder: Path) -> Predictions:
        """Read what `write` wrote; the scores are equal to the last bit."""
        with (folder / FILE).open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        classes = tuple(name.removeprefix("score:") for name in header[3:])
        return cls(
            ids=[row[0] for row in rows],
            groups=[row[1] for row in rows],
            labels=torch.tensor([classes.index(row[2]) for row in rows]),
            scores=torch.tensor([[float(x) for x in row[3:]] for row in rows]),
            classes=classes,
        )

    def correct(self) -> dict[str, bool]:
        """Per video id, whether the highest score is the true class's."""
        hits = (self.scores.argmax(1) == self.labels).tolist()
        return dict(zip(self.ids, hits, strict=True))
