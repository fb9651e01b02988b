"""How well each form of stage 1 reconstructs held-out clips, beside what needs no network.

    python benchmarks/autoencoder.py
    python benchmarks/autoencoder.py --size 128 --steps 300
    python benchmarks/autoencoder.py --preset pocus --root FOLDER

Every head with every latent is trained on the training videos of the preset's
first split and reconstructs its test videos, which it has not seen. That is no
synthesis: the encoder has seen the clip. It tells what latent and decoder carry.
The columns are told in fidelity.py.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tomllib
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import torch
from fidelity import COLUMNS, Fidelity, reconstructed, references
from plain_errors import plain_errors

from bench.cells.part import Part, first_of_each
from bench.experiment import check_experiment, parse_override
from bench.materials import gather
from bench.matrix import expand
from bench.prepare import prepare
from bench.store import Store
from generators.autoencoder.autoencoder import Autoencoder
from generators.lddm.generator import LDDM
from generators.two_stage.stage1 import fit_autoencoder
from plugins.discovery import discover
from plugins.reproducible import deterministic
from plugins.run import Run

HEADS = ("warp", "pixels")
LATENTS = ("grid", "vector")


def preset_file(name: str) -> dict[str, Any]:
    """The preset as it stands in its file."""
    with (files("bench.presets") / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def sides(preset: str, overrides: dict[str, Any], store: Store) -> tuple[Part, Part]:
    """Training and test videos of an experiment's first split."""
    materials = prepare(gather(check_experiment(overrides, preset), discover()), store)
    split = next(iter(expand(materials).splits.values()))
    return materials.videos.among(split.train), materials.videos.among(split.test)


@torch.no_grad()
def measured(model: Autoencoder, test: Part, store: Store, device: str) -> Fidelity:
    """Its reconstructions of the test videos' first clips."""
    clips = test.clips(store.cache)
    with deterministic():
        return reconstructed(
            clips, first_of_each(clips), lambda real: model.reconstruct(real.to(device))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--root", help="of the preset's data")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--heads", default=",".join(HEADS))
    parser.add_argument("--latents", default=",".join(LATENTS))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of lddm")
    parser.add_argument("--seed", type=int, default=0, help="of the phantom")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--store", type=Path, help="kept there; temporary by default")
    given = parser.parse_args()
    torch.set_num_threads(1 if given.device == "cpu" else torch.get_num_threads())
    print(f"torch {torch.__version__}, {given.device}, {torch.get_num_threads()} threads")
    with plain_errors(), tempfile.TemporaryDirectory() as folder:
        compare(given, Store(given.store or Path(folder)))


def compare(given: argparse.Namespace, store: Store) -> None:
    """Print the table."""
    raw = preset_file(given.preset)
    raw["name"], raw["clip"]["size"] = given.preset, given.size
    for source in ("videos", "images"):
        if given.root:
            raw[source]["spec"] += f":{given.root}"
        elif raw[source]["spec"] == "phantom":
            raw[source]["parameters"] |= {"size": given.size, "seed": given.seed}
    train, test = sides(given.preset, raw, store)
    clips = test.clips(store.cache)
    videos = f"{len(train.ids)} training and {len(test.ids)} test videos"
    print(f"{given.preset}, {given.size} px, {videos}, {given.steps} steps\n")
    head = ("", *COLUMNS, "latent", "parameters", "minutes")
    print("| " + " | ".join(head) + " |\n" + "|" + " --- |" * len(head))
    for name, fidelity in references(clips, first_of_each(clips)):
        print("| " + " | ".join([name, *fidelity.row(), "", "", ""]) + " |", flush=True)
    own = dict(parse_override(text) for text in given.set)
    own = {**raw.get("generator", {}).get("lddm", {}).get("parameters", {}), **own}
    for form, latent in product(given.heads.split(","), given.latents.split(",")):
        own |= {"head": form, "latent": latent, "autoencoder_steps": given.steps}
        settings = LDDM.configure(own, "--set")
        assert isinstance(settings, LDDM)
        folder = store.root / f"{given.preset}-{given.size}-{given.seed}-{form}-{latent}"
        started = time.perf_counter()
        run = Run(folder, device=given.device)
        model = fit_autoencoder(settings, train.clips(store.cache), run)
        minutes = (time.perf_counter() - started) / 60
        told = measured(model, test, store, given.device).row()
        size = sum(p.numel() for p in model.parameters())
        shape = " x ".join(str(n) for n in model.layout.latent_shape)
        row = [f"{form}, {latent}", *told, shape, f"{size:,}", f"{minutes:.1f}"]
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
