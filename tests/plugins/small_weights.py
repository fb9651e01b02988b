"""Weight files of the real format, drawn from a seed, and a registry that knows them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

import plugins.compat  # noqa: F401 - mends torchvision

# isort: split
import torchvision

from plugins.checksum import Checksum, digest_of
from plugins.known_weights import KNOWN, WeightFile
from plugins.perceptual import TRUNKS, Net
from plugins.weights import Registry

_BUILD = {
    "alex": torchvision.models.alexnet,
    "vgg": torchvision.models.vgg16,
    "squeeze": torchvision.models.squeezenet1_1,
}


def trunk(net: Net, seed: int = 0) -> dict[str, Tensor]:
    """A network's convolutions, as torchvision names them, with weights from a seed."""
    with torch.device("meta"):
        shapes = {k: v.shape for k, v in _BUILD[net]().state_dict().items() if "features" in k}
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        scale = (2 / shape[1:].numel()) ** 0.5 if len(shape) == 4 else 0.1
        state[name] = scale * torch.randn(shape, generator=generator)
    return state


def written(folder: Path, net: Net, state: dict[str, Tensor]) -> WeightFile:
    """Save a trunk, and describe the file as the known one is described."""
    known = next(file for file in KNOWN if file.name == TRUNKS[net])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / known.filename
    torch.save(state, path)
    tensors = {name: shape for name, shape in known.tensors.items() if name in state}
    checksum = Checksum("sha256", digest_of(path, "sha256"))
    return replace(known, size=path.stat().st_size, checksum=checksum, tensors=tensors)


def registry(folder: Path, net: Net, seed: int = 0) -> Registry:
    """A registry with one registered network."""
    return Registry([written(folder, net, trunk(net, seed))], folder, caches=())


def state(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {"a.weight": torch.randn(4, 3, generator=generator), "a.bias": torch.zeros(4)}


def described(path: Path, **changes: object) -> WeightFile:
    file = WeightFile(
        name="net-set",
        filename="net-12345678.pth",
        about="somebody's net",
        licence="MIT",
        source="https://somewhere.example/net-12345678.pth",
        size=path.stat().st_size,
        checksum=Checksum("sha256", digest_of(path, "sha256")),
        tensors={"a.weight": (4, 3)},
    )
    return replace(file, **changes)  # type: ignore[arg-type]


def kept(registry: Registry) -> list[str]:
    return sorted(p.name for p in registry.folder.iterdir()) if registry.folder.exists() else []
