"""How fast clips become features, network by network, all with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from measure import flops, peak_memory, timed
from one_generator import start_of_memory
from speed_table import Speed
from torch import Tensor, nn
from torch.nn import functional as F

import plugins.compat  # noqa: F401 - before torchvision
from classifiers.mmaction import MMActionClassifier
from metrics.pixels import Pixels
from metrics.video.features import VideoFeatures
from metrics.video.i3d import I3D
from metrics.video.networks import NETWORKS
from plugins.clips import MemoryClips
from plugins.discovery import discover
from plugins.errors import BenchError
from plugins.known_weights import KNOWN, WeightFile
from plugins.parameter_sets import named
from plugins.reproducible import seeded
from plugins.weights import Registry

PEER_SIZE = 112
"""Pixels of a frame's side that r3d_18 was published for."""

CLASSES = ("benign", "malignant")


@dataclass(frozen=True)
class Task:
    """What is to be measured.

    Attributes:
        network: a key of `METHODS`.
        classifier: ``name`` or ``name:set``, for the network of that name.
        weights: folder with the I3D of `write_random_i3d`.
        batch: clips at once.
        shape: (T, H, W) of a grey clip.
        seconds: to measure for, at least.
        device: a torch device.
        threads: of torch.
    """

    network: str
    classifier: str
    weights: Path
    batch: int
    shape: tuple[int, int, int]
    seconds: float
    device: str
    threads: int


Extract = Callable[[], Tensor]
"""From the clips to their features on the CPU."""


def write_random_i3d(folder: Path) -> None:
    """Write the file of FVD's I3D with random weights, of which only the time is a figure."""
    with seeded(0):
        model = I3D(NETWORKS["google"].classes)
        for module in model.modules():
            if isinstance(module, nn.Conv3d):  # values of usual size to the last layer
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    torch.save(model.state_dict(), folder / _i3d_file().filename)


def feature_speed(task: Task) -> Speed:
    """Extract the features of one batch again and again, after a warm-up.

    Raises:
        BenchError: memory does not hold the batch, or there is no such classifier.
    """
    torch.set_num_threads(task.threads)
    before = start_of_memory(task.device)
    what, extract = METHODS[task.network](task)
    extract()
    seconds = timed(extract, task.device, task.seconds)
    return Speed(
        what,
        task.batch,
        [task.batch / s for s in seconds],
        peak_memory(task.device) - before,
        flops(extract) / task.batch,
        "off",
    )


def _i3d(task: Task) -> tuple[str, Extract]:
    registry = Registry([_i3d_file()], task.weights, caches=())
    seen = VideoFeatures("google", registry, task.device, batch=task.batch)
    clips = _clips(task)

    def extract() -> Tensor:
        features = seen.features(clips)
        if largest and max(largest) < task.batch:
            raise BenchError(f"memory holds {largest[-1]} clips of a batch of {task.batch} only")
        return features

    largest: list[int] = []
    seen.model.register_forward_hook(lambda _, given, __: largest.append(len(given[0])))
    return "I3D (google)", extract


def _pixels(task: Task) -> tuple[str, Extract]:
    clips, pixels = _clips(task), Pixels()
    return "pixels", lambda: pixels.features(clips, task.device)


def _classifier(task: Task) -> tuple[str, Extract]:
    """With initial weights, as `MMActionClassifier.fit` draws them."""
    classifier = configured(task.classifier, task.batch)
    videos = (255 * _clips(task)).byte()
    clips = MemoryClips(videos, [i % len(CLASSES) for i in range(task.batch)], CLASSES)
    notes = {"classes": list(CLASSES), "shape": list(clips.shape)}
    with seeded(0):
        model = classifier._build(notes)
    classifier._model = model.to(task.device).eval()
    classifier._notes, classifier._device = notes, task.device
    return task.classifier, lambda: classifier.features(clips)


def _peer(task: Task) -> tuple[str, Extract]:
    """torchvision's 3D ResNet of 18 layers, without gradients, in float32 as ours."""
    from torchvision.models.video import r3d_18

    with seeded(0):
        model = r3d_18(weights=None).to(task.device).eval()
    clips = _clips(task)

    @torch.no_grad()
    def extract() -> Tensor:
        size = (clips.shape[2], PEER_SIZE, PEER_SIZE)
        with torch.backends.cudnn.flags(
            enabled=True, benchmark=False, deterministic=True, allow_tf32=False
        ):
            given = F.interpolate(clips.to(task.device), size, mode="trilinear")
            features: Tensor = model(given.expand(-1, 3, -1, -1, -1))
        return features.cpu()

    return f"torchvision r3d_18, {PEER_SIZE} px, for scale", extract


METHODS: dict[str, Callable[[Task], tuple[str, Extract]]] = {
    "i3d": _i3d,
    "pixels": _pixels,
    "classifier": _classifier,
    "r3d_18": _peer,
}
"""What makes features, by name; each gives the row's name and the computation."""


def configured(choice: str, batch: int) -> MMActionClassifier:
    """A classifier by ``name`` or ``name:set``.

    Raises:
        BenchError: there is none of this name or set, or its features need a training.
    """
    name, set_name = named(choice)
    offer = discover().get("classifier", name, "--classifier")
    if not issubclass(offer.plugin, MMActionClassifier):
        raise BenchError(
            f"--classifier {choice}: it is no recognizer of MMAction2, and untrained it has no "
            "features; take tsm:quick"
        )
    size = max(2, batch)  # no recognizer learns from less; a set of one clip is a batch of one
    classifier = offer.plugin.configure({"batch_size": size}, "--classifier", set_name)
    assert isinstance(classifier, MMActionClassifier)
    return classifier


def _clips(task: Task) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(task.batch, 1, *task.shape, generator=generator)


def _i3d_file() -> WeightFile:
    """The known file, but for its checksum, which random weights have not."""
    file = next(file for file in KNOWN if file.name == NETWORKS["google"].weights)
    return replace(file, checksum=None)
