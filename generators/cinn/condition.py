"""How the flow sees frame 0: by a network that learns with it, or by one that was frozen."""

from __future__ import annotations

from torch import Tensor, nn

from generators.autoencoder.layout import Layout
from generators.cinn.image_autoencoder import ImageEncoder
from generators.cinn.invertible import Seen
from generators.cinn.settings import Settings
from generators.two_stage.condition import Condition, Labels, one_hot
from plugins.types import ImageBatch


class JointCondition(nn.Module):
    """The whole-image features of LDDM's `Condition`, learned with the flow.

    Args:
        layout: of the autoencoder.
        size: e.
        n_classes: K; 0 reads no class.
    """

    def __init__(self, layout: Layout, size: int, n_classes: int) -> None:
        super().__init__()
        self.seen = Condition(layout.shape[0], layout.spatial_factor, [size], n_classes)

    def forward(self, images: ImageBatch, labels: Labels | None = None) -> Seen:
        """Images (B, C, H, W) in [0, 1] and class indices to (B, e)."""
        vector: Tensor = self.seen(images, labels).vector
        return vector


class FrozenCondition(nn.Module):
    """The embedding of an image encoder that does not learn any more; a class adds to it.

    The encoder stays in eval mode whatever mode the rest is in: its batch
    normalisation is then a fixed map, and an image's embedding does not
    depend on its batch. (The reference's code calls ``train()`` on it.)

    Args:
        size: e.
        n_classes: K; 0 reads no class.
    """

    def __init__(self, size: int, n_classes: int) -> None:
        super().__init__()
        self.encoder = ImageEncoder(size).requires_grad_(False).eval()
        self.n_classes = n_classes
        if n_classes:
            self.of_class = nn.Linear(n_classes, size, bias=False)

    def forward(self, images: ImageBatch, labels: Labels | None = None) -> Seen:
        """Images (B, C, H, W) in [0, 1] and class indices to (B, e)."""
        vector: Tensor = self.encoder(images)
        if self.n_classes and labels is not None:
            vector = vector + self.of_class(one_hot(labels, self.n_classes).to(vector.dtype))
        return vector

    def train(self, mode: bool = True) -> FrozenCondition:
        """As any module, but for the encoder."""
        super().train(mode)
        self.encoder.eval()
        return self


def condition(
    settings: Settings, layout: Layout, n_classes: int
) -> JointCondition | FrozenCondition:
    """The network that the settings name, with initial weights."""
    if settings.condition == "image-autoencoder":
        return FrozenCondition(settings.condition_size, n_classes)
    return JointCondition(layout, settings.condition_size, n_classes)
