"""How near a clip is to a real one, frame by frame, beside what no network is needed for.

- held: frame 0, held;
- farneback: frame 0 moved by Farneback's flow from frame 0 to each real frame;
- true field: frame 0 moved by the simulator's displacement, where that is known.

The last two have seen what the encoder sees, and nothing is compressed: the true
field is what a decoder can reach that only moves frame 0.

Measures, all after frame 0: PSNR and SSIM as in the tables (mean over clips),
sharpness (mean magnitude of the image gradient over that of the real clips:
below 1 is blur), the endpoint error of optical flow from frame to frame
(Farneback's of the made clip against Farneback's of the real one) with Pearson's
correlation over all components, and the same two for a displacement field since
frame 0 against the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from bench.data import VideoClips
from generators.autoencoder.heads import Decoded, with_frame_0
from generators.autoencoder.warp import warp
from metrics.image import PSNR, SSIM
from plugins.flow import optical_flow
from plugins.types import Clip, ClipBatch

COLUMNS = (
    "PSNR [dB]",
    "SSIM",
    "sharpness",
    "flow error [px/frame]",
    "flow r",
    "field error [px]",
    "field r",
)


@dataclass
class Vectors:
    """Vector fields, found and true."""

    found: list[np.ndarray] = field(default_factory=list)
    true: list[np.ndarray] = field(default_factory=list)

    def add(self, found: np.ndarray, true: np.ndarray, axis: int) -> None:
        """Two fields of one shape; ``axis`` holds x and y."""
        self.found.append(np.moveaxis(found, axis, -1).reshape(-1, 2))
        self.true.append(np.moveaxis(true, axis, -1).reshape(-1, 2))

    def told(self, places: int) -> list[str]:
        """Mean endpoint error and correlation; dashes where there is none."""
        if not self.true:
            return ["-", "-"]
        found = np.concatenate(self.found).astype(np.float64)
        true = np.concatenate(self.true).astype(np.float64)
        error = np.linalg.norm(found - true, axis=-1).mean()
        still = found.std() == 0
        r = "-" if still else f"{np.corrcoef(found.ravel(), true.ravel())[0, 1]:.2f}"
        return [f"{error:.{places}f}", r]


@dataclass
class Fidelity:
    """The measures of one maker, over clips."""

    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    gradients: list[tuple[float, float]] = field(default_factory=list)
    flow: Vectors = field(default_factory=Vectors)
    truth: Vectors = field(default_factory=Vectors)

    def add(
        self,
        made: Clip,
        real: Clip,
        found: np.ndarray | None = None,
        true: np.ndarray | None = None,
    ) -> None:
        """A clip (C, T, H, W), and its field (2, T, H, W) beside the true one."""
        after, truly = made[:, 1:], real[:, 1:]
        for metric, values in ((PSNR(), self.psnr), (SSIM(), self.ssim)):
            metric.update(real[None], made[None])
            values.append(metric.compute())
        self.gradients.append((_gradient(after), _gradient(truly)))
        self.flow.add(optical_flow(made), optical_flow(real), axis=-1)
        if found is not None and true is not None:
            self.truth.add(found[:, 1:], true[:, 1:], axis=0)

    def row(self) -> list[str]:
        """The figures of `COLUMNS`."""
        made, real = np.array(self.gradients).sum(0)
        return [
            f"{np.mean(self.psnr):.2f}",
            f"{np.mean(self.ssim):.3f}",
            f"{made / real:.2f}",
            *self.flow.told(3),
            *self.truth.told(2),
        ]


def reconstructed(
    clips: VideoClips, indices: list[int], reconstruct: Callable[[ClipBatch], Decoded]
) -> Fidelity:
    """What an autoencoder makes of clips that it is shown."""
    fidelity = Fidelity()
    for i in indices:
        real = clips[i]
        decoded = reconstruct(real[None])
        field = None if decoded.field is None else decoded.field[0].float().cpu().numpy()
        fidelity.add(decoded.clips[0].float().cpu(), real, field, true_displacement(clips, i))
    return fidelity


def references(clips: VideoClips, indices: list[int]) -> Iterator[tuple[str, Fidelity]]:
    """What needs no network."""
    held, farneback, truly = Fidelity(), Fidelity(), Fidelity()
    for i in indices:
        real, true = clips[i], true_displacement(clips, i)
        none = None if true is None else np.zeros_like(true)
        held.add(real[:, :1].expand_as(real), real, none, true)
        flow = flow_since_frame_0(real)
        farneback.add(moved(real, flow), real, flow, true)
        if true is not None:
            truly.add(moved(real, true), real, true, true)
    yield "held: frame 0", held
    yield "frame 0 moved by Farneback's flow", farneback
    if truly.psnr:
        yield "frame 0 moved by the true field", truly


def moved(clip: Clip, displacement: np.ndarray) -> Clip:
    """Frame 0 of a clip, moved by a field (2, T, H, W)."""
    images = clip[None, :, 0]
    frames = warp(images, torch.from_numpy(displacement[None]).float()).clamp(0, 1)
    return with_frame_0(frames, images)[0]


def flow_since_frame_0(clip: Clip) -> np.ndarray:
    """Farneback's flow to every frame from frame 0, given at the places of that frame.

    Estimated backwards, from frame t to frame 0, and negated: what `warp` wants.
    """
    frames = np.rint(clip.mean(0).clamp(0, 1).numpy() * 255).astype(np.uint8)
    found = [np.zeros((2, *frames.shape[1:]), np.float32)]
    guess = np.zeros((*frames.shape[1:], 2), np.float32)
    for frame in frames[1:]:
        guess = cv2.calcOpticalFlowFarneback(
            frame, frames[0], guess, 0.5, 3, 15, 3, 5, 1.1, cv2.OPTFLOW_USE_INITIAL_FLOW
        )
        found.append(-guess.transpose(2, 0, 1))
    return np.stack(found, axis=1)


def true_displacement(clips: VideoClips, index: int) -> np.ndarray | None:
    """(2, T, H, W) in pixels, where the data set knows it for these very frames."""
    known = getattr(clips.records[index], "displacement", None)
    settings = clips.settings
    if known is None or settings.span != settings.frames or clips.starts[index]:
        return None
    there = known(settings.frames)
    return there.transpose(1, 0, 2, 3) if there.shape[-1] == settings.size else None


def _gradient(clip: Clip) -> float:
    """Mean magnitude of the image gradient."""
    right, down = clip.diff(dim=-1)[..., :-1, :], clip.diff(dim=-2)[..., :-1]
    return float((right.square() + down.square()).sqrt().mean())
