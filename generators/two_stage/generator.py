"""A generator of two stages: an autoencoder first, then a prior over its latents."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import torch
from pydantic import PrivateAttr

from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.channels_last import channels_last_on_cuda
from generators.autoencoder.heads import Decoded, with_frame_0
from generators.autoencoder.layout import Layout
from generators.autoencoder.settings import STAGE_1
from generators.two_stage.backoff import Batches
from generators.two_stage.checks import (
    enough_memory,
    refuse_other_configuration,
    refuse_other_stills,
)
from generators.two_stage.labels import learned_labels
from generators.two_stage.latent_batches import LatentBatches
from generators.two_stage.latents import LatentSet, encode_all
from generators.two_stage.prior import Prior
from generators.two_stage.settings import TwoStageSettings
from generators.two_stage.stage import Stage
from generators.two_stage.stage1 import AUTOENCODER, fit_autoencoder
from plugins.clips import ClipSet
from plugins.compiled import Compiled
from plugins.errors import PluginError
from plugins.generator import Stills
from plugins.precision import autocast
from plugins.recipe import Recipe
from plugins.reproducible import deterministic, seeded
from plugins.run import Run
from plugins.types import ClipBatch
from plugins.weightfile import load_weights, read_notes


class TwoStage(TwoStageSettings):
    """All that generators of two stages share: learning, loading, sampling.

    Stage 1 learns an autoencoder of the training clips, stage 2 a `Prior`
    of its latents given frame 0. To sample, the encoder is not needed.
    With equal settings of stage 1, clips and seed any two of them end
    stage 1 with the same weights, byte for byte.

    A subclass says which prior it is, and what a step of its training reads.

    Attributes:
        stage_2: the training of the prior. The settings ``<name>_views`` and
            ``<name>_augment`` are those of the latents that it reads.
    """

    stage_2: ClassVar[Stage]

    _autoencoder: Autoencoder | None = PrivateAttr(None)
    _prior: Prior | None = PrivateAttr(None)
    _network: Compiled | None = PrivateAttr(None)
    _batches: Batches = PrivateAttr()
    _device: str = PrivateAttr("cpu")

    @abstractmethod
    def initial_prior(self, layout: Layout, classes: tuple[str, ...]) -> Prior:
        """The prior with initial weights from torch's global generator."""

    @abstractmethod
    def latent_batches(self, latents: LatentSet, seed: int) -> LatentBatches:
        """What each step of the prior's training reads."""

    def refuse_layout(self, layout: Layout) -> None:
        """Raise before stage 1 where stage 2 does not suit the latent; all suit by default."""

    def prepare(self, prior: Prior, clips: ClipSet, run: Run) -> None:
        """Learn what the prior needs before its own training; nothing by default."""

    def prior_recipe(self) -> Recipe:
        """How the prior's weights are learned."""
        return self.recipe(getattr(self, f"{self.stage_2.name}_lr"), self.ema)

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
        self.refuse_layout(self.layout(clips.shape))
        autoencoder = fit_autoencoder(self, clips, run)
        latents = self._encoded(autoencoder, clips, run)
        classes = tuple(clips.classes) if self.class_conditioning else ()
        layout = autoencoder.layout
        prior = self.stage_2.initial(lambda: self.initial_prior(layout, classes), run)
        self.prepare(prior, clips, run)
        self._learn(prior, latents, clips, run)
        self._ready(autoencoder, prior, run.device)

    def load(self, run: Run) -> None:
        """Make ready to sample; see `Generator.load`.

        Raises:
            TrainingError: a weight file is missing, damaged or of another configuration.
        """
        files = {AUTOENCODER: STAGE_1, self.stage_2.weights: self.stage_2.fields}
        for file, fields in files.items():
            refuse_other_configuration(run.folder / file, self.chosen(fields))
        c, t, h, w = read_notes(run.folder / AUTOENCODER)["shape"]
        layout = self.layout((c, t, h, w))
        classes = tuple(read_notes(run.folder / self.stage_2.weights).get("classes", ()))
        with seeded(0):  # what is drawn here is overwritten
            autoencoder, prior = Autoencoder(layout), self.initial_prior(layout, classes)
        load_weights(autoencoder, run.folder / AUTOENCODER)
        load_weights(prior, run.folder / self.stage_2.weights)
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
            raise PluginError(f"generator '{self.name}': call fit or load before sample")
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
            raise PluginError(f"generator '{self.name}': call fit or load before reconstruct")
        with deterministic():
            return self._autoencoder.reconstruct(clips.to(self._device))

    def _encoded(self, autoencoder: Autoencoder, clips: ClipSet, run: Run) -> LatentSet:
        stage = self.stage_2.name
        with enough_memory(self.name, run.device):
            return encode_all(
                autoencoder,
                clips,
                self.sample_batch,
                run.device,
                mirror=self.mirror > 0,
                seed=run.derive("latents"),
                views=getattr(self, f"{stage}_views"),
                augment=getattr(self, f"{stage}_augment"),
                run=run,
                amp=self.amp,
            )

    def _learn(self, prior: Prior, latents: LatentSet, clips: ClipSet, run: Run) -> None:
        """Train the prior, or continue or take from ``run.folder`` what is already learned."""
        seed = run.derive(self.stage_2.name)
        prior.scale.measure(latents)
        prior.begin(self.latent_batches(latents, seed)(0))
        near = latents.to(run.device) if latents.fits(run.device) else latents
        batches = self.latent_batches(near, seed)
        self.stage_2.learn(
            prior,
            lambda batch: prior.loss(batches.filled(batch)),
            batches,
            len(clips),
            self,
            clips.shape,
            run,
            self.prior_recipe(),
            {"classes": list(prior.classes)},
        )

    def _ready(self, autoencoder: Autoencoder, prior: Prior, device: str) -> None:
        """Keep what samples are made with; both networks are on the device, in eval mode."""
        self._autoencoder, self._prior, self._device = autoencoder, prior, device
        self._batches = Batches(self.sample_batch, device, widen=True)
        if self.compile:
            self._network = Compiled(prior.network, prior.called, graphs=True)

    @torch.no_grad()
    def _sample(self, autoencoder: Autoencoder, prior: Prior, stills: Stills) -> ClipBatch:
        images = stills.images.to(self._device)
        labels = learned_labels(self.name, stills, prior.classes, prior.unknown_learned)
        with deterministic(), autocast(self.sample_amp, self._device):
            z = prior.sample(images, list(stills.seeds), labels.to(self._device), self._network)
            clips = autoencoder.decode(z, images).clips
        return with_frame_0(clips.cpu().float(), stills.images)
