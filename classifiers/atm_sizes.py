"""ActiveMLP's published sizes.

Wei et al., "Active Token Mixer", AAAI 2023, and its reference code,
microsoft/ActiveMLP.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Name = Literal["xT", "T", "S", "B", "L"]
Temporal = Literal["active", "mean"]
SHARE = (2, 4, 4, 8)  # channels that share an offset, stage by stage


@dataclass(frozen=True)
class Size:
    """A published network, stage by stage.

    Attributes:
        depths: blocks.
        mlp_ratios: hidden channels of a block's MLP over its channels.
        interval: blocks that use the same offsets.
        width: channels of the first stage.
        proportions: channels over those of the first stage.
    """

    depths: tuple[int, ...]
    mlp_ratios: tuple[int, ...] = (4, 4, 4, 4)
    interval: int = 6
    width: int = 64
    proportions: tuple[int, ...] = (1, 2, 5, 8)

    def channels(self, width: int | None = None) -> tuple[int, ...]:
        """Channels of each stage, for a width of the first: a multiple of 4; None: published."""
        return tuple((width or self.width) * p for p in self.proportions)


SIZES: dict[Name, Size] = {
    "xT": Size((2, 2, 4, 2), interval=2),
    "T": Size((2, 3, 10, 3), interval=2),
    "S": Size((3, 4, 18, 3), mlp_ratios=(8, 8, 4, 4)),
    "B": Size((3, 8, 27, 3), mlp_ratios=(8, 8, 4, 4)),
    "L": Size((3, 4, 24, 3), width=96, proportions=(1, 2, 4, 8)),
}
