"""Stage 1: learn the autoencoder."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from generators.autoencoder import losses
from generators.autoencoder.augmentation import Augmentation
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.settings import STAGE_1, AutoencoderSettings
from generators.two_stage.stage import Batch, Stage
from plugins.clips import ClipSet
from plugins.order import Order
from plugins.run import Run
from plugins.seeds import derive

AUTOENCODER = "autoencoder.safetensors"
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
    batches = Clips(
        clips,
        settings.autoencoder_batch,
        layout.latent_shape,
        Augmentation(settings.mirror, settings.augment),
        run.derive("autoencoder"),
    )
    _STAGE.learn(model, stage1_loss(model, settings), batches, settings, layout.shape, run)
    return model


class Clips:
    """The batch of a step: ``clips`` (B, C, T, H, W) and ``noise`` for the latent.

    Args:
        clips: the training clips.
        batch_size: B.
        latent_shape: (c, t, h, w).
        augment: how a clip is disturbed.
        seed: of all draws.
    """

    def __init__(
        self,
        clips: ClipSet,
        batch_size: int,
        latent_shape: tuple[int, int, int, int],
        augment: Augmentation,
        seed: int,
    ) -> None:
        self._clips, self._shape, self._augment, self._seed = clips, latent_shape, augment, seed
        self._order = Order([range(len(clips))], batch_size, seed)

    def __call__(self, step: int) -> Batch:
        """Read the clips of a step."""
        indices = self._order(step)
        starts = [derive(self._seed, "start", step, i) for i in range(len(indices))]
        clips = self._clips.batch(indices, starts)
        generator = torch.Generator().manual_seed(derive(self._seed, "disturbance", step))
        return {
            "clips": self._augment(clips, generator),
            "noise": torch.randn(len(clips), *self._shape, generator=generator),
        }


def stage1_loss(
    model: Autoencoder, settings: AutoencoderSettings
) -> Callable[[Batch], dict[str, Tensor]]:
    """The loss of a batch, by name; terms of weight 0 are not computed."""

    def loss(batch: Batch) -> dict[str, Tensor]:
        clips = batch["clips"]
        decoded, posterior = model(clips, batch["noise"])
        made, field = decoded.clips, decoded.field
        terms: dict[str, tuple[float, Callable[[], Tensor]]] = {
            "l1": (settings.l1_weight, lambda: losses.l1(made, clips)),
            "multiscale": (settings.multiscale_weight, lambda: losses.multiscale_l1(made, clips)),
            "gradient": (settings.gradient_weight, lambda: losses.gradient_l1(made, clips)),
            "kl": (settings.kl_weight, lambda: losses.kl(posterior)),
        }
        if field is not None and posterior.motion is not None:
            motion = posterior.motion
            terms["tracking"] = (settings.tracking_weight, lambda: losses.tracking(field, motion))
        if field is not None:
            terms["roughness"] = (settings.roughness_weight, lambda: losses.roughness(field))
        return {f"loss_{name}": w * term() for name, (w, term) in terms.items() if w}

    return loss
