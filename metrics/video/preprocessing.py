"""What each FVD does to a clip before its network sees it.

All take clips (B, C, T, H, W) in [0, 1], grey (repeated to three channels) or
RGB, and stretch each frame to 224 x 224 without antialiasing; they differ in
where the samples lie. Frames are resized before they are scaled.

============  =================================  ==========================
name          a place x of 224, in the source    values, frames
============  =================================  ==========================
`google`      x n / 224                          [-1, 1], all
`videogpt`    (x + 1/2) n / 224 - 1/2            [-1, 1], all
`dtfvd`       x (n - 1) / 223                    [-1, 1], 16, looped
`dtfvd_32`    x (n - 1) / 223                    [-1, 1], 32
`styleganv`   resized by the network's own file  [0, 255], all
============  =================================  ==========================
"""

from __future__ import annotations

import torch
from jaxtyping import Float32
from torch import Tensor
from torch.nn import functional as F

from metrics.checks import check_clips
from plugins.errors import BenchError
from plugins.types import ClipBatch

SIZE = 224

Input = Float32[Tensor, "B 3 _ 224 224"]
"""What a network of 224 px takes."""


def google(clips: ClipBatch) -> Input:
    """As the original FVD: ``tf.image.resize_bilinear`` with its defaults.

    These are ``align_corners=False, half_pixel_centers=False``: the top left
    pixels' centres coincide, pixel x of the result lies at x n / 224 of the
    source, and past its last pixel that one is repeated. Torch has no such
    mode, and with 64 px it moves the frame by 1.25 of the result's pixels.

    Source: Unterthiner et al., "Towards Accurate Generative Models of Video:
    A New Metric and Challenges", 2018; google-research,
    ``frechet_video_distance.py``, ``preprocess``.

    Raises:
        BenchError: other shapes or values.
    """
    return _signed(resize_bilinear_tf1(_checked("google", clips), SIZE))


def videogpt(clips: ClipBatch) -> Input:
    """As TATS and cd-fvd, from VideoGPT's: torch's bilinear, ``align_corners=False``.

    VideoGPT's own script cuts out the centre square and gives values of
    [-0.5, 0.5]; its successors, whose figures are compared, do not.

    Source: content-debiased-fvd, ``i3d/utils.py``, ``preprocess_i3d``; TATS,
    ``fvd.py``, ``preprocess``.

    Raises:
        BenchError: other shapes or values.
    """
    return _signed(_interpolated(_checked("videogpt", clips), align_corners=False))


def styleganv(clips: ClipBatch) -> Float32[Tensor, "B 3 T H W"]:
    """As StyleGAN-V: pixels in [0, 255] of the clip's own size; its network resizes them.

    Source: StyleGAN-V, ``frechet_video_distance.py``, ``detector_kwargs``.

    Raises:
        BenchError: other shapes or values.
    """
    return _coloured(_checked("styleganv", clips) * 255)


def dtfvd(clips: ClipBatch) -> Input:
    """As cINN's DTFVD of 16 frames: torch's bilinear, ``align_corners=True``.

    The first 16 frames; a shorter clip is begun anew until there are 16. The
    reference repeats it three times only, and fails for fewer than 3 frames.

    Source: Dorkenwald et al., "Stochastic Image-to-Video Synthesis using
    cINNs", CVPR 2021, supplement C3; ``DTFVD_Score.py``, ``calculate_FVD``.

    Raises:
        BenchError: other shapes or values.
    """
    clips = _checked("dtfvd", clips)
    frames = torch.arange(16, device=clips.device) % clips.shape[2]
    return _signed(_interpolated(clips[:, :, frames], align_corners=True))


def dtfvd_32(clips: ClipBatch) -> Input:
    """As cINN's DTFVD of 32 frames: as `dtfvd`, but of clips of exactly 32 frames.

    Source: as `dtfvd`; ``calculate_FVD32``.

    Raises:
        BenchError: other shapes or values.
    """
    clips = _checked("dtfvd-32", clips)
    if clips.shape[2] != 32:
        raise BenchError(
            f"'dtfvd-32' is defined on clips of 32 frames; these have {clips.shape[2]}. "
            "Use 'dtfvd', of 16, for other lengths"
        )
    return _signed(_interpolated(clips, align_corners=True))


def resize_bilinear_tf1(clips: ClipBatch, size: int) -> Float32[Tensor, "B C T {size} {size}"]:
    """TensorFlow's ``resize_bilinear`` of each frame, as version 1 had it by default."""
    for dim in (3, 4):
        source = clips.shape[dim]
        place = torch.arange(size, device=clips.device, dtype=torch.float32) * (source / size)
        before = place.floor().long()
        after = (before + 1).clamp(max=source - 1)
        share = (place - before).view(-1, 1) if dim == 3 else place - before
        low, high = clips.index_select(dim, before), clips.index_select(dim, after)
        clips = low + (high - low) * share
    return clips


def _interpolated(clips: Tensor, *, align_corners: bool) -> Tensor:
    batch = len(clips)
    frames = clips.transpose(1, 2).flatten(0, 1)
    resized = F.interpolate(frames, (SIZE, SIZE), mode="bilinear", align_corners=align_corners)
    return resized.unflatten(0, (batch, -1)).transpose(1, 2).contiguous()


def _checked(name: str, clips: Tensor) -> Tensor:
    check_clips(name, "input", clips)
    return clips.float()


def _signed(clips: Tensor) -> Tensor:
    return _coloured(clips * 2 - 1)


def _coloured(clips: Tensor) -> Tensor:
    return clips.expand(-1, 3, -1, -1, -1)
