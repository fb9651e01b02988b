"""ATMNet: the published sizes, the written-out network, image weights, and it sees motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from classifiers.active_mixing import HEIGHT, TIME, WIDTH, Sampling
from classifiers.atm import ActiveTokenMixing
from classifiers.atm_backbone import ActiveMLP
from classifiers.atm_sizes import SIZES, Name, Temporal
from classifiers.atm_weights import with_time
from classifiers.atmnet import ATMNet, bench_classifiers
from plugins import compat
from plugins.clips import MemoryClips
from plugins.run import Run
from tests.classifiers import plain_activemlp as plain

Make = Callable[..., MemoryClips]
COUNTS: dict[Name, int] = {
    "xT": 15_349_128,
    "T": 27_152_232,
    "S": 38_631_448,
    "B": 52_154_792,
    "L": 76_238_032,
}


def accuracy(classifier: ATMNet, clips: MemoryClips) -> float:
    guesses = classifier.predict(clips).argmax(dim=1)
    return float((guesses == torch.tensor(clips.labels)).float().mean())


def discs(pairs: int, seed: int) -> MemoryClips:
    """Discs that grow, and the same frames from last to first: 8 frames of 32 x 32."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.arange(32.0)
    clips = []
    for _ in range(pairs):
        x, y = 8 + 16 * torch.rand(2, generator=generator)
        distance = ((place - x) ** 2 + (place[:, None] - y) ** 2).sqrt()
        radius = torch.linspace(2, 10, 8)[:, None, None]
        grows = (255 * torch.sigmoid(radius - distance)).byte()[None]
        clips += [grows, grows.flip(1)]
    return MemoryClips(torch.stack(clips), [0, 1] * pairs, ("grows", "shrinks"))


def small(**parameters: object) -> ATMNet:
    fixed = {"size": "xT", "width": 8, "flip": 0, "shift": 0, "brightness": 0, "gamma": 0}
    return ATMNet.model_validate(fixed | {"lr": 3e-3} | parameters)


def backbone(temporal: Temporal, width: int = 4, size: Name = "xT") -> ActiveMLP:
    """A narrow one in float64, all of whose weights are drawn."""
    torch.manual_seed(0)
    made = ActiveMLP(size, width, temporal).double().eval()
    for parameter in made.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.3
        nn.init.normal_(parameter, std=spread)
    return made


def as_published(image: ActiveMLP) -> dict[str, Tensor]:
    """An image network's weights as microsoft/ActiveMLP names and shapes them, with a head."""
    weights = {
        name: tensor[:, :, None, None]
        if name.endswith(("atm_h.weight", "atm_w.weight"))
        else tensor
        for name, tensor in image.state_dict().items()
    }
    channels = len(weights["norm.weight"])
    head = {"head.weight": torch.randn(1000, channels), "head.bias": torch.randn(1000)}
    return weights | head


def test_hook_and_recipe() -> None:
    assert bench_classifiers() == [ATMNet]
    made = ATMNet()
    assert (made.size, made.width, made.temporal, made.segments) == ("T", None, "active", 8)
    assert (made.optimizer, made.lr, made.weight_decay) == ("adamw", 5e-4, 0.05)


@pytest.mark.parametrize("width", [0, 9, 100])
def test_widths_that_cannot_be_shared_out_are_refused(width: int) -> None:
    with pytest.raises(ValidationError, match="width"):
        ATMNet.model_validate({"width": width})


@pytest.mark.parametrize("size", COUNTS)
def test_parameters_are_as_many_as_published(size: Name) -> None:
    with torch.device("meta"):
        made = ActiveMLP(size, temporal="mean")
    head = 1000 * (made.norm.weight.numel() + 1)
    assert sum(p.numel() for p in made.parameters()) + head == COUNTS[size]


@pytest.mark.parametrize("size", COUNTS)
def test_mixing_along_time_adds_its_branch_offsets_and_kernels(size: Name) -> None:
    with torch.device("meta"):
        image, clip = ActiveMLP(size, temporal="mean"), ActiveMLP(size)
    added = 0
    form, channels = SIZES[size], SIZES[size].channels()
    for c, depth, share in zip(channels, form.depths, (2, 4, 4, 8), strict=True):
        branch = c * c + c + c * (c // 4 + 1)
        n_offsets = len(range(0, depth - 1, form.interval))
        added += depth * branch + n_offsets * (c // share) * (c + 1) + 18 * c
    counts = [sum(p.numel() for p in made.parameters()) for made in (image, clip)]
    assert counts[1] - counts[0] == added


@pytest.mark.parametrize("temporal", ["mean", "active"])
@pytest.mark.parametrize("size", ["xT", "T"])
def test_it_is_the_network_written_out(temporal: Temporal, size: Name) -> None:
    made = backbone(temporal, size=size)
    clips = torch.randn(2, 3, 3, 24, 16, dtype=torch.double)
    weights = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    with torch.no_grad():
        out = made(clips)
    for b in range(2):
        wanted = torch.from_numpy(plain.features(clips[b].numpy(), weights, interval=2))
        torch.testing.assert_close(out[b], wanted, rtol=1e-8, atol=1e-8)


def test_mixing_at_zero_offset_is_pointwise() -> None:
    made = ActiveTokenMixing(8, temporal=True)
    tokens, zero = torch.randn(2, 3, 4, 5, 8), torch.zeros(2, 3, 4, 5, 4)
    out = made(tokens, [Sampling(zero, axis) for axis in (WIDTH, HEIGHT, TIME)])
    order = torch.randperm(20)
    moved = tokens.flatten(2, 3)[:, :, order].unflatten(2, (4, 5))
    again = made(moved, [Sampling(zero, axis) for axis in (WIDTH, HEIGHT, TIME)])
    torch.testing.assert_close(again, out.flatten(2, 3)[:, :, order].unflatten(2, (4, 5)))


def test_with_image_weights_it_is_the_image_network_on_every_frame() -> None:
    image, clip = backbone("mean", 8), backbone("active", 8)
    clip.load_state_dict(with_time(image.state_dict()))
    clips = torch.randn(2, 3, 4, 32, 32, dtype=torch.double)
    with torch.no_grad():
        out = clip(clips)
        torch.testing.assert_close(out, image(clips))
        frames = [image(clips[:, :, t : t + 1]) for t in range(4)]
    torch.testing.assert_close(out, torch.cat(frames, dim=2))


@pytest.mark.parametrize("start", ["drawn", "image"])
def test_gradients_reach_the_offsets_along_time_at_once(start: str) -> None:
    made = ActiveMLP("xT", 8)
    made.init_weights()
    if start == "image":
        made.load_state_dict(with_time(backbone("mean", 8).float().state_dict()))
    layers = [b.offset_layer[1] for stage in made.stages for b in stage if b.offset_layer]
    along_time = [layer.weight.shape[0] // 3 for layer in layers]
    assert not any(x.weight[-n:].any() for x, n in zip(layers, along_time, strict=True))
    made(torch.randn(2, 3, 4, 64, 64)).square().mean(dim=(3, 4)).sum(2).square().sum().backward()
    for layer, n in zip(layers, along_time, strict=True):
        gradient = layer.weight.grad
        assert gradient is not None
        assert float(gradient[-n:].abs().max()) > 0


@pytest.mark.parametrize("temporal", ["mean", "active"])
def test_published_weights_are_found_under_their_names(temporal: Temporal) -> None:
    image = backbone("mean", 8)
    classifier = small(temporal=temporal, segments=4)
    model = classifier._build({"classes": ["a", "b"], "shape": [1, 8, 32, 32]}).double().eval()
    mapped = classifier.mapped(as_published(image))
    assert mapped["cls_head.fc_cls.weight"].shape == (1000, 64)
    fits = {k: v for k, v in mapped.items() if not k.startswith("cls_head")}
    missing, unexpected = model.load_state_dict(fits, strict=False)
    assert sorted(missing) == ["cls_head.fc_cls.bias", "cls_head.fc_cls.weight"]
    assert unexpected == []
    clips = torch.randn(1, 3, 4, 32, 32, dtype=torch.double)
    with torch.no_grad():
        torch.testing.assert_close(model.backbone(clips), image(clips))


def test_its_own_weights_and_foreign_ones_pass_unchanged() -> None:
    own = small()._build({"classes": ["a", "b"], "shape": [1, 8, 32, 32]}).state_dict()
    mapped = small().mapped(own)
    assert list(mapped) == list(own)
    assert all(torch.equal(mapped[name], own[name]) for name in own)
    foreign = {
        "conv1.weight": torch.zeros(4, 3, 7, 7),
        "blocks.0.0.atm.fusion.fc2.bias": torch.ones(4),
        "blocks.0.0.atm.atm_c.weight": torch.tensor(1.0),
    }
    mapped = small().mapped(foreign)
    assert [name.removeprefix("backbone.") for name in mapped] == list(foreign)
    assert all(a is b for a, b in zip(mapped.values(), foreign.values(), strict=True))


def test_weights_of_mean_fit_active() -> None:
    image = small(temporal="mean")._build({"classes": ["a", "b"], "shape": [1, 8, 32, 32]})
    clip = small()._build({"classes": ["a", "b"], "shape": [1, 8, 32, 32]})
    clip.load_state_dict(small().mapped(image.state_dict()))


def test_stochastic_depth_grows_from_nothing() -> None:
    made = ActiveMLP("xT", 8, drop_path=0.3)
    chances = [block.drop_path.drop_prob for stage in made.stages for block in stage]
    assert chances == pytest.approx([0.3 * i / 9 for i in range(10)])


@pytest.mark.parametrize("size", ["S", "L"])
def test_all_sizes_are_scaled_and_built_by_mmaction(size: Name) -> None:
    section = ATMNet(size=size, width=8).section(3, (3, 8, 40, 24))
    model = compat.mmaction_model(section).eval()
    with torch.no_grad():
        out = model.backbone(torch.randn(1, 3, 2, 40, 24))
    assert out.shape == (1, model.cls_head.fc_cls.in_features, 2, 2, 1)


def test_half_precision_stays_near() -> None:
    made = ActiveMLP("xT", 8).eval()
    made.init_weights()
    clips = torch.randn(1, 3, 4, 32, 32)
    with torch.no_grad():
        exact = made(clips)
        with torch.autocast("cpu", torch.bfloat16):
            near = made(clips)
    assert float((near - exact).abs().mean()) < 0.03


def test_frame_by_frame_it_cannot_tell_the_order(tmp_path: Path) -> None:
    classifier = small(temporal="mean", steps=4)
    classifier.fit(discs(8, seed=1), Run(tmp_path, seed=0))
    clips = discs(8, seed=2)
    scores = classifier.predict(clips)
    torch.testing.assert_close(scores[::2], scores[1::2], rtol=1e-4, atol=1e-5)


def test_a_narrow_one_learns_the_order_of_frames(tmp_path: Path) -> None:
    classifier = small(steps=50, segments=4)
    classifier.fit(discs(64, seed=1), Run(tmp_path, seed=0))
    assert accuracy(classifier, discs(32, seed=2)) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("temporal", ["active", "mean"])
def test_it_learns_a_drift_where_it_looks_along_time(
    tmp_path: Path, drifting: Make, temporal: Temporal
) -> None:
    classifier = ATMNet(size="xT", width=16, temporal=temporal, steps=200, lr=2e-3, flip=0)
    classifier.fit(drifting(512, seed=1, size=32), Run(tmp_path, seed=0))
    right = accuracy(classifier, drifting(96, seed=2, size=32))
    assert right > 0.95 if temporal == "active" else right < 0.7
