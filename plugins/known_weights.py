"""Which weight files are known: what each is, where it comes from, how it is told from others.

None of them comes with this program. Another one is another entry of
`KNOWN`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plugins.checksum import Checksum

Shape = tuple[int, ...]


@dataclass(frozen=True)
class WeightFile:
    """A file of pretrained weights that a user may have.

    Attributes:
        name: by which plugins ask for it.
        filename: its usual name, under which it is kept.
        about: what it is, and whose.
        used_for: what it is needed for.
        licence: as its owners state it.
        source: where a person gets it.
        size: bytes, or None where it is not known.
        checksum: of its bytes. None where no digest is published: the file is
            then told by its tensors.
        tensors: names and shapes that it holds, among others.
    """

    name: str
    filename: str
    about: str
    used_for: str
    licence: str
    source: str
    size: int | None = None
    checksum: Checksum | None = None
    tensors: Mapping[str, Shape] = field(default_factory=dict)


_TORCHVISION = (
    "BSD 3-Clause, as torchvision, which adds that the data's own terms may apply "
    "(ImageNet: non-commercial research and education)"
)

KNOWN: tuple[WeightFile, ...] = (
    WeightFile(
        name="alexnet-imagenet",
        filename="alexnet-owt-7be5be79.pth",
        about="torchvision's AlexNet, learned from ImageNet-1k",
        used_for="LPIPS (alex)",
        licence=_TORCHVISION,
        source="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
        size=244_408_911,
        checksum=Checksum(
            "sha256", "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02"
        ),
        tensors={
            "features.0.weight": (64, 3, 11, 11),
            "features.10.weight": (256, 256, 3, 3),
            "classifier.6.weight": (1000, 4096),
        },
    ),
    WeightFile(
        name="vgg16-imagenet",
        filename="vgg16-397923af.pth",
        about="torchvision's VGG-16, learned from ImageNet-1k",
        used_for="LPIPS (vgg): the autoencoder's perceptual loss",
        licence=_TORCHVISION,
        source="https://download.pytorch.org/models/vgg16-397923af.pth",
        size=553_433_881,
        checksum=Checksum(
            "sha256", "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"
        ),
        tensors={
            "features.0.weight": (64, 3, 3, 3),
            "features.28.weight": (512, 512, 3, 3),
            "classifier.6.weight": (1000, 4096),
        },
    ),
    WeightFile(
        name="squeezenet1_1-imagenet",
        filename="squeezenet1_1-b8a52dc0.pth",
        about="torchvision's SqueezeNet 1.1, learned from ImageNet-1k",
        used_for="LPIPS (squeeze)",
        licence=_TORCHVISION,
        source="https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
        size=4_958_839,
        checksum=Checksum(
            "sha256", "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b"
        ),
        tensors={
            "features.0.weight": (64, 3, 3, 3),
            "features.12.expand3x3.weight": (256, 64, 3, 3),
            "classifier.1.weight": (1000, 512, 1, 1),
        },
    ),
)
"""The digests are those of the published files; each begins as the file's own name says."""
