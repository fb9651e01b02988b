"""TDN's network, registered with MMAction2 as ``ResNetTDN``.

Wang et al., "TDN: Temporal Difference Networks for Efficient Action
Recognition", CVPR 2021; structure and numbers of the authors' code.
"""

from __future__ import annotations

from collections import OrderedDict

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from classifiers.learned_shift import LearnedShift
from classifiers.tdn_blocks import BasicBlock, Block, Bottleneck, layer
from classifiers.tdn_long_term import LongTermDifference
from classifiers.tdn_short_term import N_FRAMES, ShortTermDifference
from plugins import compat

MODELS = compat.mmaction_registry()

with compat.quiet():
    from mmengine.model import BaseModule

STRUCTURES: dict[int, tuple[type[Block], tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    50: (Bottleneck, (3, 4, 6, 3)),
}


@MODELS.register_module(force=True)
class ResNetTDN(BaseModule):
    """A ResNet on the middle frames of segments, with short- and long-term differences.

    In MMAction2's terms its input is ``SampleFrames(clip_len=5,
    num_clips=num_segments)`` in the format NCHW, and its head is TSMHead
    with as many segments.

    Args:
        depth: layers: 18 or 50.
        width: channels of the stem, 64 in the original.
        num_segments: segments of a clip.
        difference_share: b in (1 - b) * image + b * difference, where the
            short-term differences join the image's maps: before the first
            layer and after it.
    """

    def __init__(
        self,
        depth: int = 50,
        width: int = 64,
        num_segments: int = 8,
        difference_share: float = 0.5,
    ) -> None:
        init = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "layer": "BatchNorm2d", "val": 1.0},
        ]
        super().__init__(init_cfg=init)
        block, blocks = STRUCTURES[depth]
        self.num_segments, self.difference_share = num_segments, difference_share
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(width)
        wide = width
        for i, n in enumerate(blocks):
            planes, stride = width * 2**i, 1 if i == 0 else 2
            temporal = self._temporal if i else nn.Identity
            self.add_module(f"layer{i + 1}", layer(block, n, wide, planes, stride, temporal))
            wide = planes * block.expansion
        first = layer(block, blocks[0], width, width, 1, nn.Identity)
        self.short_term = ShortTermDifference(width, first)

    def _temporal(self, channels: int) -> nn.Module:
        parts = OrderedDict[str, nn.Module]()
        parts["long_term"] = LongTermDifference(channels, self.num_segments)
        parts["shift"] = LearnedShift(channels, self.num_segments)
        return nn.Sequential(parts)

    def init_weights(self) -> None:
        """Draw the initial weights, once; the difference stem starts from the image stem."""
        drawn_before = self.is_init
        super().init_weights()
        if not drawn_before:
            self.short_term.start_from(self.conv1)

    def forward(self, x: Float[Tensor, "M 3 H W"]) -> Float[Tensor, "N D h w"]:
        """The last maps of the segments.

        Args:
            x: the five frames of segment after segment of clip after clip,
                normalised: M = batch * segments * 5.

        Returns:
            one map for each segment, N = batch * segments.
        """
        windows = x.unflatten(0, (-1, N_FRAMES))
        before, after = self.short_term(windows)
        x = self.bn1(self.conv1(windows[:, N_FRAMES // 2])).relu()
        x = self._joined(F.max_pool2d(x, 3, stride=2, padding=1), before)
        x = self._joined(self.layer1(x), after)
        return self.layer4(self.layer3(self.layer2(x)))

    def _joined(self, image: Tensor, difference: Tensor) -> Tensor:
        share = self.difference_share
        larger = F.interpolate(difference, list(image.shape[-2:]))
        return (1 - share) * image + share * larger
