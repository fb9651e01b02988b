"""LDDM as a generator: both stages learned one after the other, and samples from both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import PrivateAttr

from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.fit import AUTOENCODER, fit_autoencoder
from generators.autoencoder.heads import Decoded, with_frame_0
from generators.autoencoder.settings import STAGE_1
from generators.lddm.labels import learned_labels
from generators.lddm.parameter_sets import SETS
from generators.lddm.prior import Prior
from generators.lddm.settings import STAGE_2, Settings
from generators.lddm.stage2 import DENOISER, fit_prior
from generators.lddm.unet import halvings
from generators.two_stage.backoff import Batches
from generators.two_stage.channels_last import channels_last_on_cuda
from generators.two_stage.checks import (
    enough_memory,
    refuse_other_configuration,
    refuse_other_stills,
)
from generators.two_stage.latents import encode_all
from plugins.clips import ClipSet
from plugins.compiled import Compiled
from plugins.errors import PluginError
from plugins.generator import Stills
from plugins.parameter_sets import ParameterSet
from plugins.precision import autocast
from plugins.reproducible import deterministic, seeded
from plugins.run import Run
from plugins.types import ClipBatch
from plugins.weightfile import load_weights, read_notes


class LDDM(Settings):
    """Latent dynamic diffusion: draw a latent of motion given the image, and decode it with it.

    Stage 1 learns an autoencoder of the training clips, stage 2 a
    diffusion model of its latents given frame 0. To sample, the encoder
    is not needed.

    Source: Chen et al., "Ultrasound Image-to-Video Synthesis via Latent
    Dynamic Diffusion Models", MICCAI 2024, arXiv 2503.14966.
    """

    name: ClassVar[str] = "lddm"
    sets: ClassVar[Mapping[str, ParameterSet]] = SETS

    _autoencoder: Autoencoder | None = PrivateAttr(None)
    _prior: Prior | None = PrivateAttr(None)
    _denoiser: Compiled | None = PrivateAttr(None)
    _batches: Batches = PrivateAttr()
    _device: str = PrivateAttr("cpu")

    @property
    def reads_labels(self) -> bool:
        """Whether the class is a condition; see `Generator.reads_labels`."""
        return self.class_conditioning

    def fit(self, clips: ClipSet, run: Run) -> None:
        """Stage 1, then stage 2; see `Generator.fit`.

        Raises:
            DataError: the clips' shape does not suit the parameters.
            TrainingError: the folder holds another training's files, or
                `plugins.training.train` fails.
        """
        self._refuse_grid(clips.shape)
        autoencoder = fit_autoencoder(self, clips, run)
        with enough_memory(self.name, run.device):
            latents = encode_all(
                autoencoder,
                clips,
                self.sample_batch,
                run.device,
                mirror=self.mirror > 0,
                seed=run.derive("latents"),
                views=self.denoiser_views,
                augment=self.denoiser_augment,
                run=run,
                amp=self.amp,
            )
        classes = tuple(clips.classes) if self.class_conditioning else ()
        prior = fit_prior(self, autoencoder.layout, latents, len(clips), run, classes)
        self._ready(autoencoder, prior, run.device)

    def load(self, run: Run) -> None:
        """Make ready to sample; see `Generator.load`.

        Raises:
            TrainingError: a weight file is missing, damaged or of another configuration.
        """
        files = {AUTOENCODER: STAGE_1, DENOISER: STAGE_2}
        for file, fields in files.items():
            refuse_other_configuration(run.folder / file, self.chosen(fields))
        c, t, h, w = read_notes(run.folder / AUTOENCODER)["shape"]
        layout = self.layout((c, t, h, w))
        classes = tuple(read_notes(run.folder / DENOISER).get("classes", ()))
        with seeded(0):  # what is drawn here is overwritten
            autoencoder, prior = Autoencoder(layout), Prior(self, layout, classes)
        load_weights(autoencoder, run.folder / AUTOENCODER)
        load_weights(prior, run.folder / DENOISER)
        for network in (autoencoder, prior):
            channels_last_on_cuda(network, run.device).to(run.device).eval()
        self._ready(autoencoder, prior, run.device)

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        """Continue each image; see `Generator.sample`. Fewer frames than learned are the first.

        Raises:
            DataError: the images are unlike the training clips, or with
                ``class_conditioning`` of classes that were not learned.
            TrainingError: memory ran out.
        """
        if self._autoencoder is None or self._prior is None:
            raise PluginError("generator 'lddm': call fit or load before sample")
        refuse_other_stills(self.name, stills, n_frames, self._autoencoder.layout.shape)
        autoencoder, prior = self._autoencoder, self._prior
        with enough_memory(self.name, self._device):
            made = self._batches(
                lambda indices: self._sample(autoencoder, prior, stills.subset(indices)),
                len(stills),
            )
        return torch.cat(made)[:, :, :n_frames].contiguous()

    @torch.no_grad()
    def reconstruct(self, clips: ClipBatch) -> Decoded:
        """What stage 1 alone makes of clips: encoded, and decoded from the latent's mean.

        Args:
            clips: (B, C, T, H, W) in [0, 1], of the shape learned from.

        Raises:
            PluginError: neither `fit` nor `load` was called.
        """
        if self._autoencoder is None:
            raise PluginError("generator 'lddm': call fit or load before reconstruct")
        with deterministic():
            return self._autoencoder.reconstruct(clips.to(self._device))

    def _refuse_grid(self, shape: tuple[int, int, int, int]) -> None:
        """Raise before stage 1 where stage 2's U-Net does not suit the latent."""
        _, t, h, w = self.layout(shape).latent_shape
        if self.denoiser == "unet":
            halvings((t, h, w), self.unet_levels)

    def _ready(self, autoencoder: Autoencoder, prior: Prior, device: str) -> None:
        """Keep what samples are made with; both networks are on the device, in eval mode."""
        self._autoencoder, self._prior, self._device = autoencoder, prior, device
        self._batches = Batches(self.sample_batch, device, widen=True)
        if self.compile:
            self._denoiser = Compiled(prior.denoiser, "the denoiser", graphs=True)

    @torch.no_grad()
    def _sample(self, autoencoder: Autoencoder, prior: Prior, stills: Stills) -> ClipBatch:
        images = stills.images.to(self._device)
        labels = learned_labels(stills, prior.classes, self.condition_drop > 0)
        with deterministic(), autocast(self.sample_amp, self._device):
            z = prior.sample(images, list(stills.seeds), labels.to(self._device), self._denoiser)
            clips = autoencoder.decode(z, images).clips
        return with_frame_0(clips.cpu().float(), stills.images)
