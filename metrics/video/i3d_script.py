"""StyleGAN-V's I3D, a TorchScript file: code, which is run only if it is the known one.

Unlike a table of tensors, a TorchScript file is a program. Its bytes are
compared with the published checksum, and those very bytes are then loaded,
so that no other file can come between.
"""

from __future__ import annotations

import io
import warnings

import torch
from jaxtyping import Float
from torch import Tensor, nn

from plugins.errors import DataError
from plugins.weights import Registry

FEATURES = 400


class ScriptedI3D(nn.Module):
    """The network of ``i3d_torchscript.pt``, called as StyleGAN-V calls it.

    That is with ``rescale=True, resize=True, return_features=True``: the file
    itself scales pixels of [0, 255] to [-1, 1], resizes frames to 224 x 224
    and gives the logits, mean over time.

    Source: StyleGAN-V (Skorokhodov, Tulyakov, Elhoseiny, CVPR 2022), its
    ``frechet_video_distance.py``.

    Args:
        registry: where the file is looked up.
        name: of the weight file.

    Raises:
        DataError: the file is not registered, is not the known one, or does
            not load.
    """

    def __init__(self, registry: Registry, name: str = "i3d-torchscript") -> None:
        super().__init__()
        self.origin = f"the weights '{name}'"
        content = registry.read(name)
        try:
            with warnings.catch_warnings():
                # Newer torch advises another format; this file is of the old one.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.script = torch.jit.load(io.BytesIO(content), map_location="cpu")
        except RuntimeError as error:
            raise DataError(
                f"{self.origin} cannot be loaded by torch {torch.__version__} "
                f"({str(error).splitlines()[0]}); use another torch, or another FVD"
            ) from None
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> ScriptedI3D:
        """Stay in evaluation mode: a feature must not depend on its batch."""
        return super().train(False)

    def forward(self, clips: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 400"]:
        """Logits, mean over time.

        Args:
            clips: in [0, 255].

        Raises:
            DataError: the file gives something else.
        """
        found = self.script(clips, rescale=True, resize=True, return_features=True)
        if not isinstance(found, Tensor) or found.shape != (len(clips), FEATURES):
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise DataError(
                f"{self.origin} gave {shape} for {len(clips)} clips, not {FEATURES} features each"
            )
        return found
