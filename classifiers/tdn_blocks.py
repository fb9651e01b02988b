"""TDN's residual blocks: torchvision's, with biases, and time after the first convolution.

The names of the parts are torchvision's. The temporal modules stand
where the authors' code has them in the bottleneck: between the first
convolution's ReLU and the second convolution.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

Segments = Float[Tensor, "BT C H W"]
MakeTemporal = Callable[[int], nn.Module]
"""From the channels after the first convolution to the module that follows."""


class Block(nn.Module, ABC):
    """A residual block.

    Args:
        wide_in: channels that come in.
        planes: channels of its first convolution.
        stride: of the block, in space.
        temporal: makes the module between the first and the second convolution.
    """

    expansion: ClassVar[int]

    def __init__(self, wide_in: int, planes: int, stride: int, temporal: MakeTemporal) -> None:
        super().__init__()
        wide = planes * self.expansion
        self.temporal = temporal(planes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or wide_in != wide:
            conv = nn.Conv2d(wide_in, wide, 1, stride=stride)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(wide))

    def forward(self, x: Segments) -> Float[Tensor, "BT D h w"]:
        """Segments of the clips of a batch, clip after clip."""
        return self.relu(self.residual(x) + self.downsample(x))

    @abstractmethod
    def residual(self, x: Segments) -> Float[Tensor, "BT D h w"]:
        """What the block adds to its input."""


class BasicBlock(Block):
    """Two 3 x 3 convolutions (ResNet-18)."""

    expansion = 1

    def __init__(self, wide_in: int, planes: int, stride: int, temporal: MakeTemporal) -> None:
        super().__init__(wide_in, planes, stride, temporal)
        self.conv1 = nn.Conv2d(wide_in, planes, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(planes)

    def residual(self, x: Segments) -> Float[Tensor, "BT D h w"]:
        """Two convolutions."""
        x = self.temporal(self.relu(self.bn1(self.conv1(x))))
        return self.bn2(self.conv2(x))


class Bottleneck(Block):
    """1 x 1, 3 x 3 and 1 x 1 (ResNet-50); the middle one has the stride."""

    expansion = 4

    def __init__(self, wide_in: int, planes: int, stride: int, temporal: MakeTemporal) -> None:
        super().__init__(wide_in, planes, stride, temporal)
        self.conv1 = nn.Conv2d(wide_in, planes, 1)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=1)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1)
        self.bn3 = nn.BatchNorm2d(4 * planes)

    def residual(self, x: Segments) -> Float[Tensor, "BT D h w"]:
        """Three convolutions."""
        x = self.temporal(self.relu(self.bn1(self.conv1(x))))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


def layer(
    block: type[Block], n: int, wide_in: int, planes: int, stride: int, temporal: MakeTemporal
) -> nn.Sequential:
    """``n`` blocks, the first of them with the stride."""
    wide = planes * block.expansion
    blocks = [block(wide_in, planes, stride, temporal)]
    return nn.Sequential(*blocks, *(block(wide, planes, 1, temporal) for _ in range(n - 1)))
