"""The perceptual term of the autoencoder's loss, with and without pretrained weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from jaxtyping import Float32
from torch import Tensor

from generators.autoencoder.ms_ssim import ms_ssim
from plugins.errors import DataError
from plugins.perceptual import LPIPS, TRUNKS, Net
from plugins.types import ClipBatch
from plugins.weights import Registry

Kind = Literal["lpips", "ms-ssim"]

Loss = Callable[[ClipBatch, ClipBatch], Tensor]

NET: Net = "vgg"
"""The cINN's choice (Dorkenwald et al., CVPR 2021), and LPIPS' authors' advice for a loss."""

WEIGHTS = TRUNKS[NET]
"""The registered weight file of LPIPS."""


def resolve(kind: Literal["auto", "lpips", "ms-ssim"], registry: Registry | None = None) -> Kind:
    """Which loss is meant: ``auto`` is LPIPS where its weight file is registered.

    What it resolves to depends on the machine, so a result must say which it was.

    Args:
        kind: the user's choice.
        registry: where weight files are looked up; None: the user's.
    """
    if kind != "auto":
        return kind
    registered = (registry or Registry()).find(WEIGHTS) is not None
    return "lpips" if registered else "ms-ssim"


def perceptual_loss(kind: Kind, registry: Registry | None = None) -> Loss:
    """A loss of made clips against real ones: 0 where they are equal, lower is better.

    ``lpips`` is LPIPS with VGG-16, ``ms-ssim`` is 1 - MS-SSIM (on fewer scales
    where frames are below 176 px). Both take clips (B, C, T, H, W) in [0, 1] with
    C = 1 or 3, skip frame 0, which the decoder is given, compare frame t with
    frame t, and give the mean over frames and clips. That clips lie in [0, 1] is
    not checked: the decoder's do by construction, and the GPU would wait at
    every step.

    Args:
        kind: which one; see `resolve`.
        registry: where weight files are looked up; None: the user's.

    Raises:
        DataError: LPIPS' weight file is not registered or damaged. On calling:
            frames are too small, or there is only one.
    """
    if kind == "ms-ssim":
        return _ms_ssim_loss
    lpips = LPIPS(NET, registry, checked=False)

    def lpips_loss(made: ClipBatch, real: ClipBatch) -> Tensor:
        return lpips.to(made.device).clips(made, real).mean()

    return lpips_loss


def _ms_ssim_loss(made: ClipBatch, real: ClipBatch) -> Tensor:
    if made.shape[2] < 2:
        raise DataError("MS-SSIM: one frame only; frame 0 is given, so at least 2 are needed")
    return 1 - ms_ssim(_frames(made), _frames(real)).mean()


def _frames(clips: ClipBatch) -> Float32[Tensor, "N C H W"]:
    """All frames but the first, N = B (T - 1) images."""
    return clips[:, :, 1:].transpose(1, 2).flatten(0, 1)
