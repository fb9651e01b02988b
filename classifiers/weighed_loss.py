"""Cross-entropy weighed by class, registered with MMAction2 as ``WeighedCrossEntropy``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from plugins import compat

MODELS = compat.mmaction_registry()

with compat.quiet():
    from mmaction.models.losses.base import BaseWeightedLoss


@MODELS.register_module(force=True)
class WeighedCrossEntropy(BaseWeightedLoss):
    """The mean over the batch of w_y times the cross-entropy of each clip.

    MMAction2's own loss divides by the sum of the batch's weights instead,
    so that a weight counts less the smaller the batch.

    Args:
        class_weight: w_k of every class.
        loss_weight: factor of the whole.
    """

    def __init__(self, class_weight: Sequence[float], loss_weight: float = 1.0) -> None:
        super().__init__(loss_weight=loss_weight)
        self.class_weight = torch.tensor(list(class_weight))

    def _forward(self, cls_score: Tensor, label: Tensor) -> Tensor:
        """Of logits (B, K) and labels, either (B,) classes or (B, K) shares of classes."""
        weight = self.class_weight.to(cls_score.device)
        shares = label if label.shape == cls_score.shape else F.one_hot(label, len(weight))
        of_clip = weight[shares.argmax(dim=1)]  # smoothing leaves the true class the largest share
        return -(of_clip * (shares * cls_score.log_softmax(dim=1)).sum(dim=1)).mean()


def inverse_shares(labels: Sequence[int], n_classes: int) -> list[float]:
    """N / (K n_k) for every class k, of which there is at least one label."""
    counts = torch.bincount(torch.tensor(labels), minlength=n_classes)
    return [len(labels) / (n_classes * int(n)) for n in counts]
