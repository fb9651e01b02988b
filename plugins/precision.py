"""Mixed precision outside a training: in encoding and in sampling."""

from __future__ import annotations

import torch

from plugins.recipe import Amp, Recipe

_TYPES = {"off": None, "fp16": torch.float16, "bf16": torch.bfloat16}


def autocast(amp: Amp, device: str) -> torch.autocast:
    """A context in which what ``amp`` comes to on a device is in force.

    ``off`` turns off a precision that is in force outside.

    Args:
        amp: as in `Recipe.amp`.
        device: a torch device string.

    Raises:
        TrainingError: fp16 was asked for on a device without it.
    """
    dtype = _TYPES[Recipe(amp=amp).precision(device)]
    return torch.autocast(torch.device(device).type, dtype, enabled=dtype is not None)
