"""What the speed of LDDM is measured on: parameters, clips of noise, images, a device."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.experiment import parse_override
from generators.lddm.generator import LDDM
from plugins.clips import MemoryClips
from plugins.generator import Stills
from plugins.run import Run

N_CLIPS = 64


@dataclass(frozen=True)
class Case:
    """One configuration on one device.

    Attributes:
        set_name: one of LDDM's named sets; empty for its defaults.
        fields: parameters that differ from the set's.
        clips: training clips, (C, T, H, W).
        stills: images (C, H, W) that are sampled from at once.
        n_frames: T.
        device: a torch device string.
        seconds: that each measurement takes at least.
        folder: for weights.
    """

    set_name: str
    fields: dict[str, Any]
    clips: MemoryClips
    stills: Stills
    n_frames: int
    device: str
    seconds: float
    folder: Path

    @classmethod
    def of(cls, given: argparse.Namespace, folder: Path) -> Case:
        """The case that a command line asks for.

        Raises:
            BenchError: an item of ``--set`` is not ``key=value``.
        """
        generator = torch.Generator().manual_seed(0)
        shape = (N_CLIPS, given.channels, given.frames, given.size, given.size)
        pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        stills = Stills(
            images=torch.rand(given.images, *shape[1:2], *shape[3:], generator=generator),
            seeds=list(range(given.images)),
            labels=[i % 2 for i in range(given.images)],
            classes=("a", "b"),
        )
        clips = MemoryClips(pixels, [i % 2 for i in range(N_CLIPS)], ("a", "b"))
        fields = dict(parse_override(text) for text in given.set)
        return cls(
            given.parameters,
            fields,
            clips,
            stills,
            given.frames,
            given.device,
            given.seconds,
            folder,
        )

    def lddm(self, **more: Any) -> LDDM:
        """The generator with the case's parameters and some more.

        Lengths are in steps, of which a measurement takes as many as it needs, and
        discriminators, where there are any, take part from the first.

        Raises:
            BenchError: LDDM has no such parameter, or not with such a value.
        """
        lengths = {"autoencoder_epochs": None, "denoiser_epochs": None, "adversarial_from": 0}
        made = LDDM.configure({**self.fields, **lengths, **more}, "--set", self.set_name)
        assert isinstance(made, LDDM)
        return made

    def trained(self) -> Run:
        """A run that holds the weights after one step of each stage."""
        run = Run(self.folder / "trained", device=self.device)
        run.folder.mkdir(exist_ok=True)
        self.lddm(autoencoder_steps=1, denoiser_steps=1).fit(self.clips, run)
        return run

    def loaded(self, run: Run, sampler: str, steps: int, **more: Any) -> LDDM:
        """LDDM with the weights of a run and a sampler."""
        sampling = {"sampler": sampler, "sampler_steps": steps, **more}
        lddm = self.lddm(autoencoder_steps=1, denoiser_steps=1, **sampling)
        lddm.load(run)
        return lddm
