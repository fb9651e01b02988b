"""How much of the classes' difference in motion a generator carries over.

    bench run demo
    python benchmarks/motion_gap.py demo

On the phantom a malignant lesion is stiffer: with it, less of the motion is not
rigid. For every video the measure is the mean magnitude, in pixels per frame, of
Farneback's optical flow less the frame's mean flow. Printed is its mean over the
malignant videos less that over the benign ones, for the real test videos and for
what every generator made of their first frames, and the share of the real gap.
From the first frame alone only what the look tells can be learned: `oracle-blind`
is the ceiling of a generator that does not read labels. Brackets hold 95 %
bootstrap intervals over the videos of each class.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from plain_errors import plain_errors

from bench.cells.part import first_of_each
from bench.cells.synthesize import read_synthesis
from bench.data import Split
from bench.experiment import Experiment
from bench.materials import gather
from bench.planfile import read_plan, split_path
from bench.prepare import prepare
from bench.store import Store
from plugins.discovery import discover
from plugins.errors import DataError
from plugins.flow import optical_flow
from plugins.types import Clip

CLASSES = ("malignant", "benign")
DRAWS = 2000


def not_rigid(clip: Clip) -> float:
    """Mean magnitude of the flow less each frame's mean flow, px/frame."""
    flow = optical_flow(clip)
    return float(np.linalg.norm(flow - flow.mean((1, 2), keepdims=True), axis=-1).mean())


def gap(values: np.ndarray, labels: np.ndarray) -> float:
    """Mean of the first class less mean of the second."""
    return float(values[labels == CLASSES[0]].mean() - values[labels == CLASSES[1]].mean())


def bootstrap(made: np.ndarray, real: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(DRAWS, 2): gap, and share of the real gap, of videos drawn anew within each class."""
    random = np.random.default_rng(0)
    rows = []
    for _ in range(DRAWS):
        chosen = np.concatenate(
            [random.choice(own, len(own)) for own in (np.flatnonzero(labels == c) for c in CLASSES)]
        )
        g = gap(made[chosen], labels[chosen])
        rows.append((g, g / gap(real[chosen], labels[chosen])))
    return np.array(rows)


def row(name: str, made: np.ndarray, real: np.ndarray, labels: np.ndarray) -> str:
    drawn = np.percentile(bootstrap(made, real, labels), (2.5, 97.5), axis=0)
    g, share = gap(made, labels), gap(made, labels) / gap(real, labels)
    (low, share_low), (high, share_high) = drawn
    told = f"{g:+z.3f} [{low:+z.3f}, {high:+z.3f}]"
    if made is real:
        return f"| {name} | {made.mean():.3f} | {told} | |"
    part = f"{share:z.2f} [{share_low:z.2f}, {share_high:z.2f}]"
    return f"| {name} | {made.mean():.3f} | {told} | {part} |"


def table(name: str, store: Store) -> None:
    """One table per split."""
    plan = read_plan(name, store)
    experiment = Experiment.model_validate(plan["experiment"])
    materials = prepare(gather(experiment, discover()), store)
    for split in plan["splits"]:
        place = {"ratio": split["ratio"], "replicate": split["replicate"]}
        test = materials.videos.among(Split.read(split_path(store.experiment(name), **place)).test)
        clips = test.clips(store.cache)
        indices = first_of_each(clips)
        labels = np.array([clips.records[i].label for i in indices])
        real = np.array([not_rigid(clips[i]) for i in indices])
        counts = ", ".join(f"{c} {(labels == c).sum()}" for c in CLASSES)
        print(f"{name} {split['ratio']} r{split['replicate']}: {counts}\n")
        print("| | not rigid [px/frame] | gap [px/frame] | share of the real gap |")
        print("| --- | --- | --- | --- |")
        print(row("test videos", real, real, labels))
        for one in plan["syntheses"]:
            there = one["of"] == "test" and all(one[k] == v for k, v in place.items())
            if there and store.result(one["key"]) is not None:
                made, told = read_synthesis(store.cell(one["key"]))
                if told["ids"] != [clips.records[i].id for i in indices]:
                    raise DataError(
                        f"{store.cell(one['key'])}: holds videos of other data than '{name}' names "
                        "now; run the experiment again"
                    )
                print(row(one["generator"], per_video(made), real, labels), flush=True)
        print()


def per_video(made: np.ndarray) -> np.ndarray:
    """Of clips uint8 (N, S, C, T, H, W), the mean over each video's samples."""
    return np.array(
        [
            np.mean([not_rigid(torch.from_numpy(np.array(c)).float() / 255) for c in samples])
            for samples in made
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="+", help="names of experiments that were run")
    parser.add_argument("--store", type=Path, default=Path("runs"))
    given = parser.parse_args()
    for name in given.experiments:
        with plain_errors():
            table(name, Store(given.store))


if __name__ == "__main__":
    main()
