"""LPIPS: how differently two pictures look to a network that learned to see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from plugins.errors import BenchError, DataError
from plugins.tensorfile import read_tensors
from plugins.types import ClipBatch, ImageBatch
from plugins.weights import Registry

Net = Literal["alex", "vgg", "squeeze"]

TRUNKS: dict[Net, str] = {
    "alex": "alexnet-imagenet",
    "vgg": "vgg16-imagenet",
    "squeeze": "squeezenet1_1-imagenet",
}
"""The registered weight file of each network."""

SMALLEST: dict[Net, int] = {"alex": 31, "vgg": 16, "squeeze": 17}
"""Pixels of the shortest side that still reaches a network's last layer."""

AT_ONCE = 64
"""Frames that are compared at a time; it bounds the memory of long clips."""

SLACK = 1e-4
"""How far values may leave [0, 1], for rounding."""


class LPIPS(nn.Module):
    """Learned perceptual image patch similarity; 0 for equal pictures, larger is less alike.

    For each of a network's layers, features are scaled to unit length over
    channels, their squared differences are weighted by channel and averaged
    over places; layers are summed. Differentiable in both arguments. Frozen,
    always in evaluation mode, in float32 also under autocast.

    The network's weights are the user's registered file, never random ones;
    the weights of the channels (version 0.1) come with the package ``lpips``.

    Source: Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable
    Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018,
    equation 1, the variant "lin".

    Args:
        net: ``alex`` is what its authors advise for comparing, ``vgg`` for a
            loss; values of different networks do not compare.
        registry: where weight files are looked up; None: the user's.
        checked: refuse values outside [0, 1]. Reading them makes a GPU wait: a
            training whose model cannot leave [0, 1] does without.

    Raises:
        DataError: the network's weight file is not registered or damaged;
            says where to get it.
    """

    def __init__(
        self, net: Net = "alex", registry: Registry | None = None, *, checked: bool = True
    ) -> None:
        super().__init__()
        if net not in TRUNKS:
            raise BenchError(f"LPIPS has no network '{net}'; there is: {', '.join(TRUNKS)}")
        self.net_name, self.checked = net, checked
        trunk = (registry or Registry()).load(TRUNKS[net])
        self.model = _filled(net, trunk)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> LPIPS:
        """Stay in evaluation mode: in training mode the package drops channels at random."""
        return super().train(False)

    def forward(self, made: ImageBatch, real: ImageBatch) -> Float32[Tensor, " B"]:
        """LPIPS of each pair of images.

        Args:
            made: (B, C, H, W) in [0, 1]; C is 1 (repeated to 3) or 3.
            real: of the same shape.

        Raises:
            BenchError: other shapes or values.
        """
        self._check(made, real, "B C H W")
        with torch.autocast(made.device.type, enabled=False):
            # The package's own range is [-1, 1].
            value: Tensor = self.model(*(2 * _coloured(x) - 1 for x in (made, real)))
        return value.flatten()

    def clips(self, made: ClipBatch, real: ClipBatch) -> Float32[Tensor, "B T-1"]:
        """LPIPS of each pair of frames, from frame 1 on: frame 0 is given to a continuation.

        Args:
            made: (B, C, T, H, W) in [0, 1], T at least 2; C is 1 or 3.
            real: of the same shape; frame t is compared with frame t.

        Raises:
            BenchError: other shapes or values.
        """
        self._check(made, real, "B C T H W")
        if made.shape[2] < 2:
            raise BenchError("LPIPS: one frame only; frame 0 is given, so at least 2 are needed")
        frames = [clip[:, :, 1:].transpose(1, 2).flatten(0, 1) for clip in (made, real)]
        pairs = zip(*(f.split(AT_ONCE) for f in frames), strict=True)
        return torch.cat([self(*pair) for pair in pairs]).view(len(made), -1)

    def _check(self, made: Tensor, real: Tensor, form: str) -> None:
        if made.shape != real.shape:
            raise BenchError(f"LPIPS: shapes {tuple(made.shape)} and {tuple(real.shape)} differ")
        if made.ndim != len(form.split()) or made.numel() == 0 or made.shape[1] not in (1, 3):
            raise BenchError(
                f"LPIPS: expected ({', '.join(form.split())}) with C = 1 or 3 and none of them 0, "
                f"got {tuple(made.shape)}"
            )
        least = SMALLEST[self.net_name]
        if min(made.shape[-2:]) < least:
            raise BenchError(
                f"LPIPS: frames of {made.shape[-2]} x {made.shape[-1]} pixels are too small for "
                f"'{self.net_name}', which needs {least} x {least}"
            )
        if self.checked:
            for values in (made, real):
                _check_range(values)


def _check_range(values: Tensor) -> None:
    low, high = (float(v) for v in values.detach().aminmax())  # NaN if any value is
    if not (low >= -SLACK and high <= 1 + SLACK):
        found = "some are NaN" if low != low else f"they go from {low:g} to {high:g}"
        raise BenchError(f"LPIPS: values must lie in [0, 1]; {found}")


def _coloured(images: Tensor) -> Tensor:
    return images.float().expand(-1, 3, -1, -1)


def _filled(net: Net, trunk: Mapping[str, Tensor]) -> nn.Module:
    """The package's network with the registered trunk and the package's own heads."""
    from plugins import compat  # torchvision, which lpips imports, takes a second

    with compat.quiet():
        import lpips

        # Without memory: weights drawn at random would cost seconds, and be thrown away.
        with torch.device("meta"):
            model: nn.Module = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    heads = read_tensors(Path(lpips.__file__).parent / "weights" / "v0.1" / f"{net}.pth")
    state = {}
    for name, wanted in model.state_dict().items():
        room, *rest = name.split(".")
        if room == "scaling_layer":
            continue  # constants of the package, there already
        if room == "net":  # net.slice2.3.weight is torchvision's features.3.weight
            source, key = trunk, ".".join(["features", *rest[1:]])
        else:  # lins.0.model.1.weight is lin0.model.1.weight, the same tensor twice
            source, key = heads, name.replace("lins.", "lin", 1)
        if key not in source or source[key].shape != wanted.shape:
            raise DataError(
                f"LPIPS: no '{key}' of shape {tuple(wanted.shape)} in the weights "
                f"'{TRUNKS[net]}' or in the package lpips; register the file again with "
                "'bench weights add', or install lpips again"
            )
        state[name] = source[key].float().clone()
    model.load_state_dict(state, strict=False, assign=True)
    return model
