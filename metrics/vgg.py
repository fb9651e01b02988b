"""VGG-16's features of images, on the weights that the user registered."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn import functional as F

from plugins import DataError
from plugins.types import ImageBatch
from plugins.weights import Registry

WEIGHTS = "vgg16-imagenet"
SIZE = 224
"""Pixels: the side of the images that the network learned from."""

LAYERS = {"relu1_2": 3, "relu2_2": 8, "relu3_3": 15, "relu4_3": 22, "relu5_3": 29}
"""Index of each layer in torchvision's ``vgg16().features``."""

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue."""


class VGG16(nn.Module):
    """The last activation of each of VGG-16's five blocks.

    Images are normalized by ImageNet's mean and deviation and resized to
    224 x 224, bilinearly, with ``align_corners=False`` and no antialiasing,
    as cINN's reference does for DIV. Frozen, in float32 also under autocast.

    The graph is torchvision's; the weights are the user's registered file,
    never random ones.

    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for
    Large-Scale Image Recognition", ICLR 2015, configuration D.

    Args:
        registry: where the weight file is looked up; None: the user's.

    Raises:
        DataError: the file is not registered or damaged; says where to get it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, registry: Registry | None = None) -> None:
        super().__init__()
        self.features = _filled((registry or Registry()).load(WEIGHTS))
        for name, values in (("mean", MEAN), ("deviation", DEVIATION)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)
        self.requires_grad_(False)
        self.eval()

    def forward(self, images: ImageBatch) -> list[Float32[Tensor, "B D h w"]]:
        """The features of each layer of `LAYERS`.

        Args:
            images: (B, C, H, W) in [0, 1]; C is 1 (repeated to 3) or 3.
        """
        with torch.autocast(images.device.type, enabled=False):
            x = (images.float().expand(-1, 3, -1, -1) - self.mean) / self.deviation
            x = F.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False)
            found = []
            for index, layer in enumerate(self.features):
                x = layer(x)
                if index in LAYERS.values():
                    found.append(x)
        return found


def _filled(weights: Mapping[str, Tensor]) -> nn.Sequential:
    """torchvision's convolutions up to relu5_3, with the registered weights."""
    from plugins import compat  # torchvision takes a second

    with compat.quiet():
        import torchvision

        # Without memory: weights drawn at random would cost seconds, and be thrown away.
        with torch.device("meta"):
            whole = torchvision.models.vgg16(weights=None, init_weights=False).features
    features = whole[: max(LAYERS.values()) + 1]
    state = {}
    for name, wanted in features.state_dict().items():
        given = weights.get(f"features.{name}")
        if given is None or given.shape != wanted.shape:
            raise DataError(
                f"VGG-16: no 'features.{name}' of shape {tuple(wanted.shape)} in the weights "
                f"'{WEIGHTS}'; register the file again with 'bench weights add'"
            )
        state[name] = given.float().clone()
    features.load_state_dict(state, assign=True)
    return features
