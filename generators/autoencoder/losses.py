"""What the autoencoder minimises that needs neither pretrained weights nor an adversary."""

from __future__ import annotations

from torch import Tensor

from generators.autoencoder.encoder import Posterior
from generators.autoencoder.shapes import Displacement, Motion
from plugins.types import ClipBatch

SCALES = (2, 4, 8)


def l1(made: ClipBatch, real: ClipBatch) -> Tensor:
    """Mean absolute difference over the frames after frame 0."""
    return (made - real)[:, :, 1:].abs().mean()


def multiscale_l1(made: ClipBatch, real: ClipBatch) -> Tensor:
    """`l1` of the frames averaged over blocks of 2, 4 and 8 pixels, summed.

    Coarse blocks still overlap where a motion is not found yet, so that
    its gradient points the right way. Blocks larger than the frame are left out.
    """
    difference = (made - real)[:, :, 1:]
    fitting = [side for side in SCALES if side <= min(difference.shape[-2:])]
    return sum((_pooled(difference, s).abs().mean() for s in fitting), difference.new_zeros(()))


def gradient_l1(made: ClipBatch, real: ClipBatch) -> Tensor:
    """Mean absolute difference of the image gradients, after frame 0.

    Penalises blur, which `l1` hardly does (Mathieu, Couprie and LeCun,
    ICLR 2016, equation 6, with the sign kept).
    """
    difference = (made - real)[:, :, 1:]
    return difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()


def kl(posterior: Posterior) -> Tensor:
    """KL divergence from the posterior to N(0, 1), mean over the latent's elements, in nats.

    Kingma and Welling, "Auto-Encoding Variational Bayes", appendix B.
    """
    mean, logvar = posterior.mean.float(), posterior.logvar.float()
    return 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean()


def tracking(field: Displacement, motion: Motion) -> Tensor:
    """Mean absolute difference, pixels, of the field's steps from the motion that was tracked.

    Speckle decorrelates within a pixel, so that an image loss finds a
    motion only from nearby; block matching sees it from afar, coarsely.
    Steps are compared at equal places, without following the tissue.

    Args:
        field: (B, 2, T, H, W), displacement since frame 0.
        motion: (B, 2, T, H / s, W / s), from frame to frame.
    """
    side = field.shape[-1] // motion.shape[-1]
    steps = _pooled(field.diff(dim=2), side)
    return (steps - motion[:, :, 1:]).abs().mean()


def roughness(field: Displacement) -> Tensor:
    """Mean absolute strain: the field's change from pixel to pixel, pixels per pixel."""
    return field.diff(dim=-1).abs().mean() + field.diff(dim=-2).abs().mean()


def _pooled(clips: Tensor, side: int) -> Tensor:
    """Means of whole blocks; rows and columns beyond the last one are left out."""
    height, width = (size // side * side for size in clips.shape[-2:])
    clips = clips[..., :height, :width]
    blocks = clips.unflatten(-1, (width // side, side)).unflatten(-3, (height // side, side))
    return blocks.mean((-3, -1))
