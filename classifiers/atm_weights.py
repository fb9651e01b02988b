"""ActiveMLP's weights: drawn, named as the reference names them, and taken from images to clips."""

from __future__ import annotations

import math
import re

import torch
from torch import Tensor, nn

ROOTS = ("patch_embed.", "blocks.", "pos_blocks.", "norm.")
CENTRE = 1  # of a kernel over three frames


def draw(network: nn.Module) -> None:
    """Initial weights of the reference: truncated normal (0.02); convolutions by their fan-out.

    A branch along time, which the reference lacks, is drawn like the others,
    and so are three-dimensional kernels.
    """
    for part in network.modules():
        if isinstance(part, nn.Linear):
            nn.init.trunc_normal_(part.weight, std=0.02)
        elif isinstance(part, nn.Conv2d | nn.Conv3d):
            fan_out = math.prod(part.kernel_size) * part.out_channels // part.groups
            nn.init.normal_(part.weight, std=math.sqrt(2 / fan_out))
        if isinstance(part, nn.Linear | nn.Conv2d | nn.Conv3d) and part.bias is not None:
            nn.init.zeros_(part.bias)


def renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of microsoft/ActiveMLP under the names of a recognizer of MMAction2.

    The reference keeps the mixing along an axis as 1 x 1 convolutions; here
    they are matrices. Other tensors pass unchanged.
    """
    new = {}
    for name, tensor in weights.items():
        if re.search(r"\.atm_[hw]\.weight$", name) and tensor.shape[2:] == (1, 1):
            tensor = tensor[:, :, 0, 0]
        if name.startswith(ROOTS):
            name = f"backbone.{name}"
        elif name.startswith("head."):
            name = f"cls_head.fc_cls.{name.removeprefix('head.')}"
        new[name] = tensor
    return new


def with_time(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """An image network's tensors as those of the network that mixes along time too.

    At first it gives exactly what the image network gives for every frame:
    the offsets along time are zero; the branch at the place is split in two
    equal ones, of which one can move in time (equal mixes, and the logarithm
    of 2 off the softmax's logit of either); the positional kernels are zero
    before and after the frame. Tensors that have time already, or do not
    look like an image network's, pass unchanged.
    """
    if any(".atm_t." in name for name in weights):
        return dict(weights)
    new: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        new[name] = tensor
        if tensor.dim() == 0:
            continue
        if name.endswith(".atm.atm_c.weight"):
            mixing = name.removesuffix("c.weight")
            new[f"{mixing}t.weight"] = tensor.clone()
            new[f"{mixing}t.bias"] = tensor.new_zeros(len(tensor))
        elif re.search(r"\.atm\.fusion\.fc2\.(weight|bias)$", name) and len(tensor) % 3 == 0:
            new[name] = _split_branch(tensor)
        elif re.search(r"\.offset_layer\.1\.(weight|bias)$", name) and len(tensor) % 2 == 0:
            new[name] = torch.cat([tensor, torch.zeros_like(tensor[: len(tensor) // 2])])
        elif re.search(r"pos_blocks\.\d+\.proj\.weight$", name) and tensor.dim() == 4:
            new[name] = tensor.new_zeros(*tensor.shape[:2], 3, *tensor.shape[2:])
            new[name][:, :, CENTRE] = tensor
    return new


def _split_branch(fusion: Tensor) -> Tensor:
    """Rows for (channel, branch) of three branches, the last one twice."""
    logits = fusion.unflatten(0, (-1, 3))
    width, height, place = logits.unbind(1)
    if fusion.dim() == 1:
        place = place - math.log(2)
    return torch.stack([width, height, place, place], dim=1).flatten(0, 1)
