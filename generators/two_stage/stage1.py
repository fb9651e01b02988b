"""Stage 1: learn the autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from generators.autoencoder import losses
from generators.autoencoder.adversary import Discriminators
from generators.autoencoder.augmentation import Augmentation
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.layout import Layout
from generators.autoencoder.perceptual import perceptual_loss, resolve
from generators.autoencoder.settings import STAGE_1, AutoencoderSettings
from generators.two_stage.stage import Batch, Stage
from plugins.clips import ClipSet
from plugins.errors import DataError
from plugins.order import Order
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.seeds import derive
from plugins.training import Adversary

AUTOENCODER = "autoencoder.safetensors"
MADE = "made"
_STAGE = Stage("autoencoder", AUTOENCODER, STAGE_1)


def fit_autoencoder(settings: AutoencoderSettings, clips: ClipSet, run: Run) -> Autoencoder:
    """Learn the autoencoder, or continue or take from ``run.folder`` what is already learned.

    Raises:
        DataError: the clips' shape does not suit the settings.
        TrainingError: the folder holds another training's files, or
            `plugins.training.train` fails.
    """
    layout = settings.layout(clips.shape)
    model = _STAGE.initial(lambda: Autoencoder(layout), run)
    discriminators = initial_discriminators(settings, layout, len(clips), run)
    batches = Clips(
        clips,
        settings.autoencoder_batch,
        layout.latent_shape,
        Augmentation(settings.mirror, settings.augment),
        run.derive("autoencoder"),
        judged_from=settings.adversarial_from if discriminators else None,
    )
    loss = stage1_loss(model, settings, discriminators)
    adversary = adversary_of(discriminators, settings)
    _STAGE.learn(model, loss, batches, len(clips), settings, layout.shape, run, adversary=adversary)
    return model


def initial_discriminators(
    settings: AutoencoderSettings, layout: Layout, n_clips: int, run: Run
) -> Discriminators | None:
    """The discriminators with their initial weights; None where their weights are 0.

    Raises:
        DataError: stage 1 ends before they begin, or the frames are too small.
    """
    if not settings.adversarial:
        return None
    try:
        settings.refuse_idle_discriminators(_STAGE.steps(settings, n_clips))
    except ValueError as error:
        raise DataError(str(error)) from None
    with seeded(run.derive("autoencoder", "initial weights of the discriminators")):
        return Discriminators(settings, layout)


class Clips:
    """The batch of a step: ``clips`` (B, C, T, H, W) and ``noise`` for the latent.

    Where discriminators take part, also ``judged`` (B,), the number of a frame.

    Args:
        clips: the training clips.
        batch_size: B.
        latent_shape: (c, t, h, w).
        augment: how a clip is disturbed.
        seed: of all draws.
        judged_from: the first step in which discriminators take part; None: they do not.
    """

    def __init__(
        self,
        clips: ClipSet,
        batch_size: int,
        latent_shape: tuple[int, int, int, int],
        augment: Augmentation,
        seed: int,
        judged_from: int | None = None,
    ) -> None:
        self._clips, self._shape, self._augment, self._seed = clips, latent_shape, augment, seed
        self._judged_from = judged_from
        self._order = Order([range(len(clips))], batch_size, seed)

    def __call__(self, step: int) -> Batch:
        """Read the clips of a step."""
        indices = self._order(step)
        starts = [derive(self._seed, "start", step, i) for i in range(len(indices))]
        clips = self._clips.batch(indices, starts)
        generator = torch.Generator().manual_seed(derive(self._seed, "disturbance", step))
        batch = {
            "clips": self._augment(clips, generator),
            "noise": torch.randn(len(clips), *self._shape, generator=generator),
        }
        if self._judged_from is not None and step >= self._judged_from:
            n_frames = clips.shape[2]
            batch["judged"] = torch.randint(1, n_frames, (len(clips),), generator=generator)
        return batch


def stage1_loss(
    model: Autoencoder, settings: AutoencoderSettings, discriminators: Discriminators | None = None
) -> Callable[[Batch], dict[str, Tensor]]:
    """The loss of a batch, by name; terms of weight 0 are not computed.

    Where the discriminators take part, it also returns what was made, as
    ``made``, for them (see `plugins.adversary.Adversary`).
    """
    perceptual = cache(lambda: perceptual_loss(resolve(settings.perceptual)))

    def loss(batch: Batch) -> dict[str, Tensor]:
        clips = batch["clips"]
        decoded, posterior = model(clips, batch["noise"])
        made, field = decoded.clips, decoded.field
        terms: dict[str, tuple[float, Callable[[], Tensor]]] = {
            "l1": (settings.l1_weight, lambda: losses.l1(made, clips)),
            "multiscale": (settings.multiscale_weight, lambda: losses.multiscale_l1(made, clips)),
            "gradient": (settings.gradient_weight, lambda: losses.gradient_l1(made, clips)),
            "kl": (settings.kl_weight, lambda: losses.kl(posterior)),
            settings.perceptual: (settings.perceptual_weight, lambda: perceptual()(made, clips)),
        }
        if field is not None and posterior.motion is not None:
            motion = posterior.motion
            terms["tracking"] = (settings.tracking_weight, lambda: losses.tracking(field, motion))
        if field is not None:
            terms["roughness"] = (settings.roughness_weight, lambda: losses.roughness(field))
        figures = {f"loss_{name}": w * term() for name, (w, term) in terms.items() if w}
        if discriminators and "judged" in batch:
            figures |= discriminators.against(made, clips, batch["judged"]) | {MADE: made}
        return figures

    return loss


def adversary_of(
    discriminators: Discriminators | None, settings: AutoencoderSettings
) -> Adversary | None:
    """The discriminators as `plugins.training.train` trains them."""
    if discriminators is None:
        return None

    def loss(batch: Batch) -> dict[str, Tensor]:
        if "judged" not in batch:
            return {}
        return discriminators.loss(batch[MADE], batch["clips"], batch["judged"])

    return Adversary(discriminators, loss, settings.discriminator_recipe(), reads=(MADE,))
