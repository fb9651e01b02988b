"""How well LDDM's stage 1 reconstructs held-out clips, against holding frame 0.

    bench run demo
    python benchmarks/reconstruction.py demo

Takes every training of `lddm` that an experiment holds, and the test videos of
its split, which neither stage has seen. Reconstruction is no synthesis: the
encoder has seen the clip. It tells what the latent and the decoder can carry.

Columns: PSNR over the frames after frame 0, mean over clips; endpoint error and
Pearson correlation (of all components) of optical flow from frame to frame,
Farneback's of the reconstruction against Farneback's of the real clip; and,
where the truth is known (the phantom) and the decoder emits a displacement
field, the endpoint error and correlation of that field, in pixels since frame 0.
Holding frame 0 has no motion: its endpoint error is the mean motion.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from bench.cells.part import Part, first_of_each
from bench.data import Split, VideoClips
from bench.experiment import Experiment
from bench.materials import gather
from bench.planfile import read_plan, split_path
from bench.prepare import prepare
from bench.store import Store
from bench.trained import load_trained
from generators.lddm.generator import LDDM
from metrics.flow import optical_flow
from plugins.discovery import discover
from plugins.run import Run
from plugins.types import Clip


@dataclass
class Sums:
    """Vector fields, found and true, and what follows from them."""

    found: list[np.ndarray] = field(default_factory=list)
    true: list[np.ndarray] = field(default_factory=list)

    def add(self, found: np.ndarray, true: np.ndarray, axis: int) -> None:
        """Two fields of one shape; ``axis`` holds x and y."""
        self.found.append(np.moveaxis(found, axis, -1).reshape(-1, 2))
        self.true.append(np.moveaxis(true, axis, -1).reshape(-1, 2))

    def error(self) -> float:
        return float(np.linalg.norm(self._all(self.found) - self._all(self.true), axis=-1).mean())

    def motion(self) -> float:
        return float(np.linalg.norm(self._all(self.true), axis=-1).mean())

    def correlation(self) -> float:
        found, true = self._all(self.found).ravel(), self._all(self.true).ravel()
        return float(np.corrcoef(found, true)[0, 1])

    @staticmethod
    def _all(parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(parts).astype(np.float64)


def psnr(made: Clip, real: Clip) -> float:
    """In dB, over the frames after frame 0; 99 where they are equal."""
    error = float((made - real)[:, 1:].square().mean())
    return 99.0 if error == 0 else -10 * np.log10(error)


def true_displacement(clips: VideoClips, index: int) -> np.ndarray | None:
    """(2, T, H, W) in pixels, where the data set knows it for these very frames."""
    known = getattr(clips.records[index], "displacement", None)
    settings = clips.settings
    if known is None or settings.span != settings.frames or clips.starts[index]:
        return None
    there = known(settings.frames)
    return there.transpose(1, 0, 2, 3) if there.shape[-1] == settings.size else None


def rows(name: str, store: Store, device: str) -> Iterator[list[str]]:
    """One row per training."""
    catalogue = discover()
    plan = read_plan(name, store)
    materials = prepare(gather(Experiment.model_validate(plan["experiment"]), catalogue), store)
    for generator, described in plan["generators"].items():
        if described["plugin"] != LDDM.name:
            continue
        for split in plan["splits"]:
            place = {"ratio": split["ratio"], "replicate": split["replicate"]}
            run = Run(folder=store.root, device=device)
            trained = load_trained(name, store, catalogue, run, generator=generator, **place)
            assert isinstance(trained.generator, LDDM)
            manifest = split_path(store.experiment(name), **place)
            test = materials.videos.among(Split.read(manifest).test)
            yield [
                generator,
                f"{split['ratio']} r{split['replicate']}",
                str(len(trained.origin["trained_on"])),
                *measured(trained.generator, test, store),
            ]


def measured(generator: LDDM, test: Part, store: Store) -> list[str]:
    """n, PSNR held and made, flow's error held and made, its correlation, the field's three."""
    clips = test.clips(store.cache)
    held, made, flow, truth = [], [], Sums(), Sums()
    indices = first_of_each(clips)
    for i in indices:
        real = clips[i]
        decoded = generator.reconstruct(real[None])
        clip = decoded.clips[0].float().cpu()
        held.append(psnr(real[:, :1].expand_as(real), real))
        made.append(psnr(clip, real))
        flow.add(optical_flow(clip), optical_flow(real), axis=-1)
        true = true_displacement(clips, i)
        if decoded.field is not None and true is not None:
            truth.add(decoded.field[0, :, 1:].float().cpu().numpy(), true[:, 1:], axis=0)
    told = [
        str(len(indices)),
        f"{np.mean(held):.2f}",
        f"{np.mean(made):.2f}",
        f"{flow.motion():.3f}",
        f"{flow.error():.3f}",
        f"{flow.correlation():.2f}",
    ]
    if not truth.true:
        return [*told, "-", "-", "-"]
    return [*told, f"{truth.motion():.2f}", f"{truth.error():.2f}", f"{truth.correlation():.2f}"]


HEAD = [
    "generator",
    "split",
    "n train",
    "n test",
    "PSNR held [dB]",
    "PSNR made [dB]",
    "flow error held [px/frame]",
    "flow error made [px/frame]",
    "flow correlation",
    "field error held [px]",
    "field error made [px]",
    "field correlation",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="+", help="names of experiments that were run")
    parser.add_argument("--store", type=Path, default=Path("runs"))
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    print(f"torch {torch.__version__}, {given.device}, {torch.get_num_threads()} threads\n")
    for name in given.experiments:
        print(f"**{name}**\n")
        print("| " + " | ".join(HEAD) + " |\n" + "|" + " --- |" * len(HEAD))
        for row in rows(name, Store(given.store), given.device):
            print("| " + " | ".join(row) + " |", flush=True)
        print()


if __name__ == "__main__":
    main()
