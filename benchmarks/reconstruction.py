"""How well the stage 1 of an experiment's LDDM reconstructs held-out clips.

    bench run demo
    python benchmarks/reconstruction.py demo

Takes every training of `lddm` that an experiment holds, and the test videos of
its split, which neither stage has seen. Reconstruction is no synthesis: the
encoder has seen the clip. It tells what the latent and the decoder can carry.

The columns and the rows that need no network are told in fidelity.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from fidelity import COLUMNS, Fidelity, reconstructed, references
from plain_errors import plain_errors

from bench.cells.part import Part, first_of_each
from bench.data import Split
from bench.experiment import Experiment
from bench.materials import gather
from bench.planfile import read_plan, split_path
from bench.prepare import prepare
from bench.store import Store
from bench.trained import load_trained
from generators.lddm.generator import LDDM
from plugins.discovery import discover
from plugins.run import Run


def rows(name: str, store: Store, device: str) -> Iterator[list[str]]:
    """Some rows per training."""
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
            which = f"{split['ratio']} r{split['replicate']}"
            counts = [str(len(trained.origin["trained_on"])), str(len(test.ids))]
            for maker, fidelity in measured(trained.generator, test, store):
                told = generator if maker == LDDM.name else maker
                yield [which, *counts, told, *fidelity.row()]


def measured(generator: LDDM, test: Part, store: Store) -> Iterator[tuple[str, Fidelity]]:
    """The references, and what stage 1 makes of each test video."""
    clips = test.clips(store.cache)
    indices = first_of_each(clips)
    yield from references(clips, indices)
    yield generator.name, reconstructed(clips, indices, generator.reconstruct)


HEAD = ("split", "n train", "n test", "", *COLUMNS)


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
        with plain_errors():
            for row in rows(name, Store(given.store), given.device):
                print("| " + " | ".join(row) + " |", flush=True)
        print()


if __name__ == "__main__":
    main()
