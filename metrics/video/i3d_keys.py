"""I3D from a table of tensors: every name and shape fits, or nothing is loaded.

The layout is that of piergiaj's ``pytorch-i3d``: ``Conv3d_1a_7x7.conv3d.weight``,
``Conv3d_1a_7x7.bn.running_mean``, ``Mixed_3b.b1a.conv3d.weight``,
``logits.conv3d.bias``. All four public files follow it, as far as the code
tells that loads each of them without leave to differ (``load_state_dict``,
strict): VideoGPT and cd-fvd ``i3d_pretrained_400.pt``, ``pytorch-i3d``
``rgb_imagenet.pt``, cINN ``I3D_16.pth.tar`` and ``I3D_32.pth.tar``. They are
of two kinds, and both are read: without ``bn.num_batches_tracked``, as the
script writes that converted TensorFlow's weights to ``i3d_pretrained_400.pt``
and as torch before 0.4.1 did, and with it, as torch does since. It counts
training steps, and evaluation does not read it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from metrics.video.i3d import I3D, Triple
from plugins.errors import DataError

COUNTER = "num_batches_tracked"


def i3d_from(
    tensors: Mapping[str, Tensor], origin: str, classes: int, pool: Triple, eps: float
) -> I3D:
    """Build the network and fill it.

    Args:
        tensors: a weight file's, by name.
        origin: the file, for the message.
        classes: as in `I3D`.
        pool: as in `I3D`.
        eps: as in `I3D`.

    Raises:
        DataError: a tensor is missing, of another shape, not finite, or one
            too many; names the first.
    """
    # Without memory: weights drawn at random would cost seconds, and be thrown away.
    with torch.device("meta"):
        model = I3D(classes, pool, eps)
    state = {}
    for name, wanted in model.state_dict().items():
        if name.endswith(COUNTER):
            state[name] = torch.zeros((), dtype=torch.long)
            continue
        if difference := _difference(name, wanted, tensors.get(name)):
            raise DataError(f"{origin}: not an I3D of {classes} classes: {difference}. {_ADVICE}")
        state[name] = tensors[name].detach().cpu().float().clone()
    if surplus := next((name for name in tensors if name not in state), None):
        raise DataError(f"{origin}: not this I3D: it has no '{surplus}'. {_ADVICE}")
    model.load_state_dict(state, assign=True)
    return model.requires_grad_(False)


_ADVICE = "Get the file again, and register it with 'bench weights add'"


def _difference(name: str, wanted: Tensor, found: Tensor | None) -> str | None:
    if found is None:
        return f"'{name}' is missing"
    if found.shape != wanted.shape:
        return f"'{name}' has shape {tuple(found.shape)}, not {tuple(wanted.shape)}"
    if not (found.is_floating_point() and bool(found.isfinite().all())):
        return f"'{name}' holds values that are not finite numbers"
    return None
