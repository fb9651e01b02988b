"""Weight files of the real formats with weights from a seed, and registries that know them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.checksum import Checksum, digest_of
from plugins.known_weights import KNOWN, WeightFile
from plugins.weights import Registry


def entry(name: str) -> WeightFile:
    return next(file for file in KNOWN if file.name == name)


def registered(folder: Path, name: str, table: dict[str, Tensor], **beside: object) -> Registry:
    """A registry with one I3D, as a table or, with other things beside it, as a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / entry(name).filename
    torch.save({"state_dict": table, **beside} if beside else table, path)
    return described(folder, name)


def described(folder: Path, name: str) -> Registry:
    """A registry that knows the file that lies in the folder."""
    file = entry(name)
    path = folder / file.filename
    checksum = Checksum("git-blob", digest_of(path, "git-blob")) if file.checksum else None
    return Registry([replace(file, checksum=checksum)], folder, caches=())


class StandIn(nn.Module):
    """A program that is called as StyleGAN-V's is."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(
        self,
        x: Tensor,
        rescale: bool = False,
        resize: bool = False,
        return_features: bool = False,
    ) -> Tensor:
        if resize:
            b, c, t, h, w = x.shape
            frames = x.permute(0, 2, 1, 3, 4).reshape(b * t, c, h, w)
            frames = F.interpolate(frames, size=[224, 224], mode="bilinear", align_corners=False)
            x = frames.reshape(b, t, c, 224, 224).permute(0, 2, 1, 3, 4)
        if rescale:
            x = 2 * x / 255 - 1
        logits = self.network(x)
        if return_features:
            return logits
        return logits.softmax(1)


def scripted(folder: Path, network: nn.Module, example: Tensor | None = None) -> Registry:
    """A registry with a network as a program: traced on an example, or compiled."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that shapes are fixed, and that scripts are old
        if example is not None:
            network = torch.jit.trace(network, example, check_trace=False)
        torch.jit.script(StandIn(network)).save(folder / entry("i3d-torchscript").filename)
    return described(folder, "i3d-torchscript")
