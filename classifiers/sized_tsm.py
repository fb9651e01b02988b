"""MMAction2's TSM backbone in other widths, registered with MMAction2 as ``SizedResNetTSM``."""

from __future__ import annotations

from typing import Any

from torch import nn

from plugins import compat

MODELS = compat.mmaction_registry()

with compat.quiet():
    from mmaction.models.backbones.resnet import make_res_layer
    from mmaction.models.backbones.resnet_tsm import ResNetTSM
    from mmcv.cnn import ConvModule
    from mmengine.model import BaseModule


@MODELS.register_module(force=True)
class SizedResNetTSM(ResNetTSM):
    """ResNetTSM whose widths scale with that of its stem; shift, forward and init are MMAction2's.

    Args:
        depth: layers: 18, 34 or 50.
        width: channels of the stem, 64 in the original.
        num_segments: frames.
        shift_div: one channel in so many is shifted each way.
    """

    def __init__(
        self, depth: int, width: int = 64, num_segments: int = 8, shift_div: int = 8
    ) -> None:
        init = [
            {"type": "Kaiming", "layer": "Conv2d"},
            {"type": "Constant", "layer": "BatchNorm2d", "val": 1.0},
        ]
        BaseModule.__init__(self, init_cfg=init)  # not ResNet's, which has its widths in it
        block, blocks = self.arch_settings[depth]
        conv, norm = {"type": "Conv"}, {"type": "BN2d", "requires_grad": True}
        act = {"type": "ReLU", "inplace": True}
        self.conv1 = ConvModule(
            3, width, 7, stride=2, padding=3, bias=False, conv_cfg=conv, norm_cfg=norm, act_cfg=act
        )
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        wide = width
        for i, n_blocks in enumerate(blocks):
            planes = width * 2**i
            layer = make_res_layer(
                block,
                wide,
                planes,
                n_blocks,
                stride=1 if i == 0 else 2,
                conv_cfg=conv,
                norm_cfg=norm,
                act_cfg=act,
            )
            self.add_module(f"layer{i + 1}", layer)
            wide = planes * block.expansion
        self.res_layers = [f"layer{i + 1}" for i in range(len(blocks))]
        self.out_indices = (len(blocks) - 1,)
        self.frozen_stages, self.norm_eval, self.partial_bn = -1, False, False
        self.num_segments, self.shift_div, self.shift_place = num_segments, shift_div, "blockres"
        self.is_shift, self.temporal_pool = True, False
        self.non_local_cfg: dict[str, Any] = {}
        self.pretrained, self.pretrained2d = None, False
        self.init_structure()
