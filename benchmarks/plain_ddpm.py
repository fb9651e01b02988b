"""The named peer: DDPM over a plain 3D U-Net in pixel space, as one writes it with diffusers.

diffusers has no unconditional 3D U-Net (its `UNet3DConditionModel` wants
text), so the network is the usual one of residual blocks; timestep
embedding, noise schedule and sampling loop are diffusers'. Training and
sampling are the loops of its tutorial on unconditional generation.
"""

from __future__ import annotations

from bisect import bisect_left

import torch
from diffusers import DDPMScheduler
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.precision import autocast
from plugins.recipe import Amp

STEPS = 1000
GROUPS = 4


class Residual(nn.Module):
    """GroupNorm, SiLU, convolution; twice, with the time between; and a shortcut."""

    def __init__(self, before: int, after: int, time: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(GROUPS, before), nn.GroupNorm(GROUPS, after)
        self.conv1, self.conv2 = (nn.Conv3d(c, after, 3, 1, 1) for c in (before, after))
        self.time = nn.Linear(time, after)
        self.shortcut = nn.Conv3d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(time))[:, :, None, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class UNet3D(nn.Module):
    """Three levels, each half as high and wide as the one before.

    Args:
        channels: C of the clip.
        width: channels of the first level, a multiple of `GROUPS`; the second has twice as many.
        widest: of the third, a multiple of `GROUPS`.
    """

    def __init__(self, channels: int, width: int, widest: int) -> None:
        super().__init__()
        widths = [width, 2 * width, widest]
        self.sinusoids = Timesteps(width, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time = TimestepEmbedding(width, 4 * width)
        self.enter = nn.Conv3d(channels, width, 3, 1, 1)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        before = width
        for after in widths:
            self.down.append(Residual(before, after, 4 * width))
            self.shrink.append(nn.Conv3d(after, after, 3, (1, 2, 2), 1))
            before = after
        self.middle = Residual(before, before, 4 * width)
        for after in reversed(widths):
            self.grow.append(nn.Conv3d(before, after, 3, 1, 1))
            self.up.append(Residual(2 * after, after, 4 * width))
            before = after
        self.norm, self.leave = nn.GroupNorm(GROUPS, width), nn.Conv3d(width, channels, 3, 1, 1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise in clips x (B, C, T, H, W) at times t (B,)."""
        time = self.time(self.sinusoids(t))
        h, kept = self.enter(x), []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            h = block(h, time)
            kept.append(h)
            h = shrink(h)
        h = self.middle(h, time)
        for block, grow in zip(self.up, self.grow, strict=True):
            h = grow(F.interpolate(h, scale_factor=(1.0, 2.0, 2.0), mode="nearest"))
            h = block(torch.cat([h, kept.pop()], dim=1), time)
        return self.leave(F.silu(self.norm(h)))


def unet_of_size(channels: int, parameters: int) -> UNet3D:
    """The U-Net whose number of parameters is nearest to a given one.

    Its third level is about four times as wide as the first, as usual; the
    last channels of it set the number.

    Raises:
        SystemExit: none comes within a tenth.
    """

    def size(widths: tuple[int, int]) -> int:
        with torch.device("meta"):
            return size_of(UNet3D(channels, *widths))

    grown = (parameters / size((32, 128))) ** 0.5  # the number is about quadratic in the width
    width = max(GROUPS * round(32 * grown / GROUPS), GROUPS)
    wider = [(width, k) for k in range(GROUPS, 8 * width + 1, GROUPS)]
    place = bisect_left(wider, parameters, key=size)
    near = wider[max(place - 1, 0) : place + 1]
    nearest = min(near, key=lambda widths: abs(size(widths) - parameters))
    if abs(size(nearest) - parameters) > 0.1 * parameters:
        raise SystemExit(f"no plain U-Net has about {parameters} parameters: take a larger LDDM")
    return UNet3D(channels, *nearest)


def size_of(module: nn.Module) -> int:
    """Number of parameters."""
    return sum(p.numel() for p in module.parameters())


class PlainDDPM:
    """Its training step and its sampling loop.

    Args:
        unet: on the device.
        amp: precision of training.
        device: a torch device string.
    """

    def __init__(self, unet: UNet3D, amp: Amp, device: str) -> None:
        self.unet, self._amp, self._device = unet, amp, device
        self._scheduler = DDPMScheduler(num_train_timesteps=STEPS)
        self._optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4)

    def step(self, clips: Tensor) -> None:
        """One update with clips (B, C, T, H, W) in [0, 1]."""
        clips = 2 * clips.to(self._device) - 1
        noise = torch.randn_like(clips)
        t = torch.randint(0, STEPS, (len(clips),), device=self._device)
        with autocast(self._amp, self._device):
            said = self.unet(self._scheduler.add_noise(clips, noise, t), t)
            loss = F.mse_loss(said.float(), noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        self._optimizer.step()
        self._optimizer.zero_grad()

    @torch.no_grad()
    def sample(self, shape: tuple[int, ...], steps: int, amp: Amp) -> Tensor:
        """The first ``steps`` of the `STEPS` steps from noise to clips of a shape."""
        self._scheduler.set_timesteps(STEPS, device=self._device)
        x = torch.randn(shape, device=self._device)
        for t in self._scheduler.timesteps[:steps]:
            with autocast(amp, self._device):
                said = self.unet(x, t.expand(len(x)))
            x = self._scheduler.step(said.float(), t, x).prev_sample
        return (x / 2 + 0.5).clamp(0, 1).cpu()
