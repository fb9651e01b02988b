"""What any stage 2 learns: a distribution of the autoencoder's latents, given frame 0."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from torch import Tensor, nn

from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent
from generators.two_stage.condition import Labels
from generators.two_stage.latents import Scale
from generators.two_stage.stage import Batch
from plugins.types import ImageBatch


class Prior(nn.Module, ABC):
    """A model of latents that can be learned and sampled.

    Args:
        layout: of the autoencoder.
        classes: the names of the classes that are a condition; none: they are not.
        unknown_learned: it also learns without the class, which may then be unknown.

    Attributes:
        called: names what draws a sample, in messages.
        scale: of the latents; measured before the first step. A subclass makes it.
    """

    called: ClassVar[str]
    scale: Scale

    def __init__(self, layout: Layout, classes: tuple[str, ...], unknown_learned: bool) -> None:
        super().__init__()
        self.latent_shape, self.classes = layout.latent_shape, classes
        self.unknown_learned = unknown_learned

    def begin(self, batch: Batch) -> None:
        """Set what is taken from the first batch (on the CPU) and not learned by steps."""

    @abstractmethod
    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Named scalars of a batch; those whose name holds ``loss`` are minimised."""

    @property
    @abstractmethod
    def network(self) -> Callable[..., Tensor]:
        """What draws a sample, as `sample` calls it and as it can be compiled."""

    @abstractmethod
    def sample(
        self,
        images: ImageBatch,
        seeds: list[int],
        labels: Labels | None = None,
        network: Callable[..., Any] | None = None,
    ) -> Latent:
        """A latent for each image, each from its own seed.

        Args:
            images: (B, C, H, W) in [0, 1].
            seeds: B of them.
            labels: (B,), indices of `classes` or `condition.UNKNOWN`; None: all unknown.
            network: computes what the prior's own does, such as its compiled form.
        """
