"""How much the samples of one image differ, against all samples.

    bench run demo
    python benchmarks/diversity.py demo

For every generator of an experiment with several samples per test video: the
mean optical flow of each frame (Farneback), summed over time, is the sample's
path. Printed is the variance of paths within an image (unbiased) as a share of
the variance of all paths: 0 where the image decides the path, about 1 where
it does not, nan where nothing moves.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from plain_errors import plain_errors

from bench.cells.synthesize import read_synthesis
from bench.planfile import read_plan
from bench.store import Store
from plugins.flow import optical_flow


def paths(clips: np.ndarray) -> np.ndarray:
    """(N, S, 2 (T - 1)) in pixels, of clips uint8 (N, S, C, T, H, W)."""
    flat = clips.reshape(-1, *clips.shape[2:])
    speeds = [optical_flow(torch.from_numpy(np.array(c)).float() / 255).mean((1, 2)) for c in flat]
    return np.stack(speeds).cumsum(1).reshape(*clips.shape[:2], -1)


def share(path: np.ndarray) -> float:
    """Variance within an image over the variance of all."""
    within = path.var(axis=1, ddof=1).sum(-1).mean()
    whole = path.reshape(-1, path.shape[-1]).var(axis=0).sum()
    return float(within / whole) if whole else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", help="name of an experiment that was run")
    parser.add_argument("--store", type=Path, default=Path("runs"))
    given = parser.parse_args()
    store = Store(given.store)
    with plain_errors():
        plan = read_plan(given.experiment, store)
    for s in plan["syntheses"]:
        if s["of"] != "test" or store.result(s["key"]) is None:
            continue
        clips, _ = read_synthesis(store.cell(s["key"]))
        if clips.shape[1] > 1:
            print(f"{s['generator']:16s} {s['ratio']} r{s['replicate']}  {share(paths(clips)):.2f}")


if __name__ == "__main__":
    main()
