"""Foreign checkpoints' tensors under the names of `ResNetTDN` and its head.

Two namings are known: the authors' TDN (``base_model.layer2_bak.0.mse…``,
``new_fc``) and torchvision's image ResNets (``layer2.0.conv1.weight``).
"""

from __future__ import annotations

import re

from torch import Tensor

from classifiers.tdn_short_term import inflated

_AUTHORS = [
    (r"^base_model\.", "backbone."),
    (r"^(?=(conv1|bn1|conv1_5|resnext_layer1|layer\d(_bak)?)\.)", "backbone."),
    (r"^backbone\.conv1_5\.0\.", "backbone.short_term.conv."),
    (r"^backbone\.conv1_5\.1\.", "backbone.short_term.bn."),
    (r"^backbone\.resnext_layer1\.", "backbone.short_term.layer1."),
    (r"^backbone\.layer(\d)_bak\.", r"backbone.layer\1."),
    (r"\.shift\.conv\.weight$", ".temporal.shift.weight"),
    (r"\.mse\.conv1\.", ".temporal.long_term.squeeze.0."),
    (r"\.mse\.bn1\.", ".temporal.long_term.squeeze.1."),
    (r"\.mse\.conv2\.", ".temporal.long_term.smooth."),
    (r"\.mse\.conv3_smallscale2\.", ".temporal.long_term.coarse.0."),
    (r"\.mse\.bn3_smallscale2\.", ".temporal.long_term.coarse.1."),
    (r"\.mse\.conv3_smallscale4\.", ".temporal.long_term.fine.0."),
    (r"\.mse\.bn3_smallscale4\.", ".temporal.long_term.fine.1."),
    (r"\.mse\.conv3\.", ".temporal.long_term.expand.0."),
    (r"\.mse\.bn3\.", ".temporal.long_term.expand.1."),
    (r"^new_fc\.", "cls_head.fc_cls."),
]
_RULES = [(re.compile(pattern), name) for pattern, name in _AUTHORS]


def tdn_names(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under our names; a name that fits no rule stays as it is.

    An image network has no short-term module: its stem and first layer
    start from the image's, as in the authors' code.
    """
    named = {_renamed(name): tensor for name, tensor in weights.items()}
    if any(name.startswith("backbone.short_term.") for name in named):
        return named
    return _short_term(named) | named


def _renamed(name: str) -> str:
    for pattern, ours in _RULES:
        name = pattern.sub(ours, name)
    return name


def _short_term(named: dict[str, Tensor]) -> dict[str, Tensor]:
    stem = named.get("backbone.conv1.weight")
    if stem is None or stem.dim() != 4 or not stem.is_floating_point():
        return {}  # no ResNet of these names
    first = "backbone.layer1."
    made = {
        f"backbone.short_term.layer1.{name.removeprefix(first)}": tensor
        for name, tensor in named.items()
        if name.startswith(first)
    }
    return made | {"backbone.short_term.conv.weight": inflated(stem)}
