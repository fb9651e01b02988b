"""MMAction2's C3D backbone in other widths, registered with MMAction2 as ``SizedC3D``."""

from __future__ import annotations

from typing import Any

from torch import nn

from plugins import compat

MODELS = compat.mmaction_registry()

with compat.quiet():
    from mmaction.models.backbones.c3d import C3D
    from mmcv.cnn import ConvModule


@MODELS.register_module(force=True)
class SizedC3D(C3D):
    """C3D whose widths scale with that of its first layer; forward and init are MMAction2's.

    Args:
        width: channels of the first convolution, 64 in the original.
        out_dim: numbers that the last pooling leaves of a clip.
        norm_cfg: the normalisation after each convolution, or None.
        dropout_ratio: between the linear layers.
        init_std: of the linear layers' initial weights.
    """

    def __init__(
        self,
        width: int = 64,
        out_dim: int = 8192,
        norm_cfg: dict[str, Any] | None = None,
        dropout_ratio: float = 0.5,
        init_std: float = 0.005,
    ) -> None:
        nn.Module.__init__(self)  # not C3D's, which would make the full width first
        self.pretrained, self.init_std = None, init_std

        def conv(wide_in: int, wide_out: int) -> ConvModule:
            return ConvModule(
                wide_in,
                wide_out,
                kernel_size=(3, 3, 3),
                padding=(1, 1, 1),
                conv_cfg={"type": "Conv3d"},
                norm_cfg=norm_cfg,
                act_cfg={"type": "ReLU"},
            )

        w = width
        self.conv1a = conv(3, w)
        self.pool1 = nn.MaxPool3d((1, 2, 2), (1, 2, 2))
        self.conv2a = conv(w, 2 * w)
        self.pool2 = nn.MaxPool3d(2, 2)
        self.conv3a, self.conv3b = conv(2 * w, 4 * w), conv(4 * w, 4 * w)
        self.pool3 = nn.MaxPool3d(2, 2)
        self.conv4a, self.conv4b = conv(4 * w, 8 * w), conv(8 * w, 8 * w)
        self.pool4 = nn.MaxPool3d(2, 2)
        self.conv5a, self.conv5b = conv(8 * w, 8 * w), conv(8 * w, 8 * w)
        self.pool5 = nn.MaxPool3d(2, 2, padding=(0, 1, 1))
        self.fc6 = nn.Linear(out_dim, 64 * w)
        self.fc7 = nn.Linear(64 * w, 64 * w)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(dropout_ratio)
