"""Multi-scale structural similarity, as a loss needs it: differentiable, and free of weights.

Wang, Simoncelli, Bovik, "Multi-scale structural similarity for image
quality assessment", Asilomar 2003, equations 1 to 7.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from plugins.errors import DataError
from plugins.types import ImageBatch

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales, finest first (the paper's section 3.2)."""

WINDOW = 11
"""Pixels; with sigma 1.5."""

SIGMA = 1.5

C1, C2 = 0.01**2, 0.03**2
"""(K1 L)^2 and (K2 L)^2 for values of range L = 1."""

FLOOR = 1e-3
"""The least similarity of a scale. Frames that have nothing to do with each other may have a
negative one, of which there is no power, and at 0 the power's gradient is infinite."""


def scales(height: int, width: int) -> int:
    """How many scales a frame has: each halves it, and the last must hold a window.

    2 from 22 px on the shorter side, 3 from 44, 4 from 88, and the paper's 5 from 176.

    Raises:
        DataError: not even the frame itself holds a window.
    """
    side = min(height, width)
    if side < WINDOW:
        raise DataError(
            f"MS-SSIM: frames of {height} x {width} pixels are smaller than its window of "
            f"{WINDOW} x {WINDOW}; use larger clips, or perceptual_weight = 0"
        )
    return sum(side // 2**scale >= WINDOW for scale in range(len(WEIGHTS)))


def ms_ssim(made: ImageBatch, real: ImageBatch) -> Float[Tensor, " B"]:
    """MS-SSIM of each pair of images, in (0, 1]; 1 for equal ones.

    Where a frame is too small for the paper's five scales, the finest are
    taken and their exponents are scaled to sum to 1, as the five do. Every
    channel counts for itself; windows lie wholly in the frame. In float32
    also under autocast.

    Args:
        made: (B, C, H, W) in [0, 1].
        real: of the same shape.

    Raises:
        DataError: the images are smaller than a window.
    """
    exponents = torch.tensor(WEIGHTS[: scales(*made.shape[-2:])], dtype=torch.float64)
    value = made.new_ones(made.shape[:2], dtype=torch.float32)
    with torch.autocast(made.device.type, enabled=False):
        x, y = made.float(), real.float()
        for scale, exponent in enumerate((exponents / exponents.sum()).tolist()):
            if scale:
                x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
            luminance, structure = _terms(x, y)
            last = scale == len(exponents) - 1
            similar = luminance * structure if last else structure
            value = value * similar.mean((-2, -1)).clamp(min=FLOOR) ** exponent
    return value.mean(1)


def _terms(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Of each window: luminance (equation 1), and contrast times structure (2 and 3)."""
    # Variances do not change with the zero point, but rounding does.
    zero = y.detach().mean((-2, -1), keepdim=True)
    x, y = x - zero, y - zero
    mean_x, mean_y, xx, yy, xy = _averages(torch.stack([x, y, x * x, y * y, x * y]))
    structure = (2 * (xy - mean_x * mean_y) + C2) / (xx - mean_x**2 + yy - mean_y**2 + C2)
    mean_x, mean_y = mean_x + zero, mean_y + zero
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, structure


def _averages(maps: Tensor) -> Tensor:
    """Gaussian averages over every window that lies wholly in the frame.

    As two products with a band matrix: many times as fast as a convolution
    of one channel, and exact where convolutions are rounded to TF32.
    """
    return _band(maps.shape[-2], maps) @ maps @ _band(maps.shape[-1], maps).T


def _band(size: int, like: Tensor) -> Tensor:
    """(size - WINDOW + 1, size): the window's weights, a row for each of its places."""
    places = torch.arange(size, device=like.device, dtype=like.dtype)
    offset = places - places[: size - WINDOW + 1, None] - WINDOW // 2
    gauss = torch.exp(-(offset**2) / (2 * SIGMA**2)) * (offset.abs() <= WINDOW // 2)
    return gauss / gauss.sum(1, keepdim=True)
