"""Features come from registered weights only, and belong to the clip and not to its batch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from metrics.video import features as video_features
from metrics.video.features import VideoFeatures
from metrics.video.i3d_keys import i3d_from
from metrics.video.networks import NETWORKS, VideoNetwork
from metrics.video.preprocessing import videogpt
from plugins.errors import BenchError, DataError
from plugins.weights import Registry
from tests.metrics.support import noise
from tests.metrics.video import plain_i3d
from tests.metrics.video.i3d_weights import described, entry, registered, scripted

STATE = [name for name, network in NETWORKS.items() if network.eps is not None]


def cropped(clips: Tensor) -> Tensor:
    """Instead of 224 px, which take a slow core seconds."""
    return clips.expand(-1, 3, -1, -1, -1) * 2 - 1


@pytest.fixture(scope="module")
def kinetics(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return registered(tmp_path_factory.mktemp("400"), "i3d-kinetics-400", plain_i3d.drawn(400))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> dict[str, VideoNetwork]:
    """The networks on clips of 32 px: their pool and their preprocessing are made smaller."""
    shrunk = {
        name: replace(network, pool=(network.pool[0], 1, 1), prepare=cropped)
        if network.eps is not None
        else network
        for name, network in NETWORKS.items()
    }
    monkeypatch.setattr(video_features, "NETWORKS", shrunk)
    return shrunk


@pytest.mark.parametrize("name", STATE)
def test_a_network_is_its_weights_epsilon_pool_and_layer(
    name: str, small: dict[str, VideoNetwork], tmp_path: Path
) -> None:
    network = small[name]
    table = plain_i3d.drawn(network.classes, counters=name.startswith("dtfvd"))
    beside = {"epoch": 3, "optimizer": {"lr": 0.1}} if name.startswith("dtfvd") else {}
    registry = registered(tmp_path, network.weights, table, **beside)
    clips = noise(1, 1, max(16, network.shortest), 32)
    assert network.eps is not None
    logits, pooled = plain_i3d.features(table, cropped(clips), network.pool, network.eps)
    for layer, expected in (("logits", logits), ("pooled", pooled)):
        seen = VideoFeatures(name, registry, layer=layer)  # type: ignore[arg-type]
        found = seen.features(clips)
        assert found.shape == (1, seen.dim)
        assert seen.name == (name if layer == network.layer else f"{name}:{layer}")
        scale = float(expected.abs().max())
        torch.testing.assert_close(found.double() / scale, expected / scale, rtol=0, atol=1e-5)


def test_the_networks_are_the_published_ones() -> None:
    told = {
        name: (n.weights, n.prepare.__name__, n.eps, n.layer, n.pool[0], n.classes)  # type: ignore[attr-defined]
        for name, n in NETWORKS.items()
    }
    assert told == {
        "google": ("i3d-kinetics-400", "google", 1e-3, "logits", 2, 400),
        "videogpt": ("i3d-kinetics-400", "videogpt", 1e-5, "logits", 2, 400),
        "styleganv": ("i3d-torchscript", "styleganv", None, "logits", 2, 400),
        "dtfvd": ("i3d-dtdb-16", "dtfvd", 1e-5, "pooled", 2, 18),
        "dtfvd-32": ("i3d-dtdb-32", "dtfvd_32", 1e-5, "pooled", 4, 18),
        "imagenet": ("i3d-imagenet-kinetics", "google", 1e-3, "logits", 2, 400),
    }
    for network in NETWORKS.values():
        assert entry(network.weights)


def test_clips_of_any_size_pass_through_the_real_network(tmp_path: Path) -> None:
    table = plain_i3d.drawn(18)
    seen = VideoFeatures("dtfvd", registered(tmp_path, "i3d-dtdb-16", table))
    assert seen.features(noise(1, 1, 2, 5)).shape == (1, 1024)


@pytest.mark.usefixtures("small")
def test_batches_and_order_do_not_matter(kinetics: Registry) -> None:
    seen = VideoFeatures("videogpt", kinetics)
    clips = noise(5, 3, 10, 32)
    whole = seen.features(clips)
    scale = float(whole.abs().max())
    for seen.batch in (1, 2, 4):
        found = seen.features(clips.flip(0)).flip(0)
        torch.testing.assert_close(found / scale, whole / scale, rtol=0, atol=2e-6)
    seen.batch = None
    with torch.autocast("cpu", torch.bfloat16):
        again = seen.features(clips)
    assert torch.equal(again, whole)


@pytest.mark.usefixtures("small")
def test_a_batch_that_memory_does_not_hold_is_halved(
    kinetics: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = VideoFeatures("videogpt", kinetics, batch=5)
    clips = noise(5, 1, 9, 32)
    whole = seen.features(clips)
    forward, sizes = seen.model.forward, []

    def short(x: Tensor, room: int) -> Tensor:
        sizes.append(len(x))
        if len(x) > room:
            raise torch.OutOfMemoryError("out of memory")
        return forward(x)

    monkeypatch.setattr(seen.model, "forward", partial(short, room=2))
    found = seen.features(clips)
    assert sizes == [5, 2, 2, 1]
    torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(seen.model, "forward", partial(short, room=0))
    with pytest.raises(BenchError, match="one clip does not fit into the memory of cpu"):
        seen.features(clips)

    def broken(_: Tensor) -> Tensor:
        raise RuntimeError("not about memory")

    monkeypatch.setattr(seen.model, "forward", broken)
    with pytest.raises(RuntimeError, match="not about memory"):
        seen.features(clips)


@pytest.mark.usefixtures("small")
def test_the_batch_is_sized_to_memory(kinetics: Registry) -> None:
    seen = VideoFeatures("google", kinetics)
    sizes = [seen._fitting(torch.empty(1, 1, frames, 8, 8)) for frames in (16, 32, 512)]
    assert sizes == [8, 4, 1]


@pytest.mark.usefixtures("small", "unchecked_shapes")
def test_other_clips_are_refused(kinetics: Registry) -> None:
    seen = VideoFeatures("videogpt", kinetics)
    with pytest.raises(BenchError, match=r"'videogpt': clips of 8 frames; .* shorter ones than 9"):
        seen.features(noise(1, 1, 8, 32))
    seen.network = NETWORKS["videogpt"]
    for clips, said in (
        (noise(1, 1, 9, 32) * 2 - 1, r"expected \[0, 1\]"),
        (noise(1, 1, 9, 32)[:0], "the batch is empty"),
        (noise(1, 1, 9, 32)[0], "expected a float tensor"),
        (noise(1, 2, 9, 32), "2 channels"),
    ):
        with pytest.raises(BenchError, match=said):
            seen.features(clips)


def test_without_the_file_there_is_no_network(tmp_path: Path) -> None:
    for name, network in NETWORKS.items():
        registry = Registry(folder=tmp_path, caches=())
        with pytest.raises(DataError, match=f"'{network.weights}'.* not registered.*weights add"):
            VideoFeatures(name, registry)
    with pytest.raises(BenchError, match="'gogle'; did you mean 'google'"):
        VideoFeatures("gogle")
    with pytest.raises(BenchError, match="batch = 0"):
        VideoFeatures("google", batch=0)


@pytest.mark.usefixtures("small")
@pytest.mark.usefixtures("unchecked_shapes")  # in a trace sizes are tensors
def test_the_program_agrees_with_the_table(tmp_path: Path) -> None:
    model = i3d_from(plain_i3d.drawn(400), "file", 400, (2, 7, 7), 1e-3)
    clips = noise(1, 1, 10, 40)
    expected = model(videogpt(clips))
    registry = scripted(tmp_path, model, example=torch.zeros(1, 3, 10, 224, 224))
    seen = VideoFeatures("styleganv", registry)
    found = seen.features(clips)
    assert (seen.dim, found.shape) == (400, (1, 400))
    scale = float(expected.abs().max())
    torch.testing.assert_close(found / scale, expected / scale, rtol=0, atol=1e-5)


class Means(nn.Module):
    """A program of no weights: 400 times the mean."""

    def __init__(self, features: int = 400) -> None:
        super().__init__()
        self.features = features
        self.register_buffer("ones", torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((1, 2, 3, 4))[:, None] * self.ones


def test_the_program_is_called_as_its_authors_do(tmp_path: Path) -> None:
    seen = VideoFeatures("styleganv", scripted(tmp_path, Means()))
    clips = noise(3, 1, 10, 8)
    clips[0], clips[1] = 0, 1
    found = seen.features(clips)
    assert found[:2, 0].tolist() == pytest.approx([-1, 1], abs=1e-5)  # rescaled, and no softmax
    with pytest.raises(BenchError, match="shorter ones than 10"):
        seen.features(noise(1, 1, 9, 8))
    with pytest.raises(BenchError, match="logits only; for pooled features use 'google'"):
        VideoFeatures("styleganv", described(tmp_path, "i3d-torchscript"), layer="pooled")


def test_no_other_program_is_run(tmp_path: Path) -> None:
    known = scripted(tmp_path / "known", Means())
    scripted(tmp_path / "other", Means(401))
    filename = entry("i3d-torchscript").filename
    other = (tmp_path / "other" / filename).read_bytes()
    (tmp_path / "known" / filename).write_bytes(other)
    with pytest.raises(DataError, match="damaged, or another edition of 'i3d-torchscript'"):
        VideoFeatures("styleganv", known)
    # Known by its checksum, but of another form, or no program at all.
    with pytest.raises(DataError, match=r"gave \(1, 401\) for 1 clips, not 400 features each"):
        VideoFeatures("styleganv", described(tmp_path / "known", "i3d-torchscript")).features(
            noise(1, 1, 10, 8)
        )
    (tmp_path / "known" / filename).write_bytes(b"no program")
    with pytest.raises(DataError, match="cannot be loaded by torch"):
        VideoFeatures("styleganv", described(tmp_path / "known", "i3d-torchscript"))


def test_another_program_is_not_registered(tmp_path: Path) -> None:
    scripted(tmp_path, Means())
    registry = Registry(folder=tmp_path / "mine", caches=())
    with pytest.raises(DataError, match="damaged, or another edition of 'i3d-torchscript'"):
        registry.add(tmp_path / entry("i3d-torchscript").filename)
    nameless = (tmp_path / entry("i3d-torchscript").filename).rename(tmp_path / "nameless")
    with pytest.raises(DataError, match="it is a TorchScript program, which would have to be run"):
        registry.add(nameless)
