"""TDN: its windows, its start from an image network, its names, and it sees motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from classifiers.learned_shift import LearnedShift
from classifiers.pretrained import lay_over
from classifiers.tdn import TDN, bench_classifiers
from classifiers.tdn_backbone import ResNetTDN
from classifiers.tdn_long_term import LongTermDifference
from plugins import compat
from plugins.clips import MemoryClips
from plugins.errors import BenchError, DataError
from plugins.run import Run

Make = Callable[..., MemoryClips]


def built(classifier: TDN, size: int = 32) -> nn.Module:
    return classifier._build({"classes": ["a", "b"], "shape": [1, 16, size, size]})


def accuracy(classifier: TDN, clips: MemoryClips) -> float:
    guesses = classifier.predict(clips).argmax(dim=1)
    return float((guesses == torch.tensor(clips.labels)).float().mean())


def both_ways(clips: MemoryClips) -> MemoryClips:
    """Each clip, and the same frames in reverse: classes that differ by order alone."""
    left = clips.videos[::2]
    videos = torch.stack([left, left.flip(2)], dim=1).flatten(0, 1)
    return MemoryClips(videos, [0, 1] * len(left), ("forth", "back"))


def test_hook() -> None:
    assert bench_classifiers() == [TDN]
    fields = TDN()
    assert (fields.depth, fields.width, fields.segments, fields.dropout) == (50, 64, 8, 0.5)
    assert all(field.description for field in TDN.model_fields.values())


def test_published_size() -> None:
    with torch.device("meta"):
        published = ResNetTDN(depth=50, width=64, num_segments=8)
    assert sum(p.numel() for p in published.parameters()) == 24_054_048


def test_windows_of_sixteen_frames() -> None:
    positions = TDN().frame_positions(16)
    assert positions[::5] == [0, 2, 3, 5, 6, 8, 9, 11]
    assert positions[15:20] == [5, 6, 7, 8, 9]
    assert TDN(segments=2).frame_positions(5) == [0, 1, 2, 3, 4] * 2


@pytest.mark.parametrize("segments", [2, 7, 8, 16])
def test_windows_start_at_the_middles_of_equal_parts_of_the_starts(segments: int) -> None:
    classifier = TDN(segments=segments)
    for frames in range(5, 120):
        positions = classifier.frame_positions(frames)
        starts = [(2 * i + 1) * (frames - 4) // (2 * segments) for i in range(segments)]
        assert positions == [start + i for start in starts for i in range(5)]
        assert len(positions) == classifier.n_frames
        assert max(positions) < frames


def test_short_clips_are_refused(tmp_path: Path, drifting: Make) -> None:
    with pytest.raises(DataError, match=r"at least 5 frames, not 4: set clip\.frames"):
        TDN(depth=18, width=8, steps=1).fit(drifting(4, 0, 32, 4), Run(tmp_path, seed=0))


def test_channels_of_motion_are_refused() -> None:
    with pytest.raises(BenchError, match=r"channels = 'motion'"):
        TDN.configure({"channels": "motion"}, "quick.toml")


@pytest.mark.parametrize(("segments", "share"), [(4, 0.5), (8, 0.5), (9, 0.25), (16, 0.25)])
def test_share_of_the_differences(segments: int, share: float) -> None:
    backbone = built(TDN(depth=18, width=8, segments=segments)).backbone
    assert (backbone.num_segments, backbone.difference_share) == (segments, share)


@pytest.mark.parametrize(("depth", "channels"), [(18, 8 * 8), (50, 32 * 8)])
def test_recognizer_gives_segments_and_averages_them(depth: int, channels: int) -> None:
    model = built(TDN(depth=depth, width=8, segments=3)).eval()
    clips = torch.randn(2, 15, 3, 32, 32)
    with torch.no_grad():
        maps, logits = (model(clips, mode="tensor", stage=s) for s in ("neck", "head"))
        fused = model.cls_head.fc_cls(maps.mean((2, 3)).reshape(2, 3, channels)).mean(1)
    assert maps.shape == (6, channels, 1, 1)
    torch.testing.assert_close(logits, fused)


def test_initial_weights() -> None:
    backbone = built(TDN(depth=50, width=16)).backbone
    stem, changes = backbone.conv1.weight, backbone.short_term.conv.weight
    assert torch.equal(changes, stem.mean(1, keepdim=True).expand(-1, 12, -1, -1))
    drawn = float(backbone.layer3[1].conv2.weight.detach().std())
    assert drawn == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)
    assert float(backbone.layer1[0].conv1.bias.detach().abs().sum()) == 0
    image, change = backbone.layer1[0].conv2, backbone.short_term.layer1[0].conv2
    assert not torch.equal(image.weight, change.weight)  # two draws


def test_shift_starts_as_tsms() -> None:
    with compat.quiet():
        from mmaction.models.backbones.resnet_tsm import TemporalShift
    x = torch.randn(12, 24, 3, 5)
    assert torch.equal(LearnedShift(24, 4)(x), TemporalShift.shift(x, 4, shift_div=8))


def test_long_term_multiplies_within_bounds_and_by_one_where_it_is_silent() -> None:
    module = LongTermDifference(32, 4)
    x = torch.randn(8, 32, 6, 6)
    ratio = (module(x) / x).detach()
    assert float(ratio.min()) > 0.5
    assert float(ratio.max()) < 1.5
    assert float(ratio.std()) > 0.05
    nn.init.zeros_(module.expand[1].weight)
    torch.testing.assert_close(module(x), x)


def test_last_and_first_segment_have_no_difference_in_one_direction() -> None:
    forward, backward = LongTermDifference(32, 4).differences(torch.randn(8, 32, 6, 6))
    assert [i for i in range(8) if not forward[i].any()] == [3, 7]
    assert [i for i in range(8) if not backward[i].any()] == [0, 4]


def test_segments_of_other_clips_do_not_mix() -> None:
    model = built(TDN(depth=18, width=8)).backbone.eval()
    clips = torch.randn(3, 40, 3, 32, 32)
    with torch.no_grad():
        together = model(clips.flatten(0, 1)).unflatten(0, (3, 8))
        for clip, out in zip(clips, together, strict=True):
            torch.testing.assert_close(model(clip), out, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("depth", [18, 50])
def test_gradients_reach_every_weight(depth: int) -> None:
    model = built(TDN(depth=depth, width=8, segments=2), size=64)
    logits = model(torch.randn(2, 10, 3, 64, 64), mode="tensor", stage="head")
    logits.square().sum().backward()
    weights = [(n, p.grad) for n, p in model.named_parameters() if n.endswith("weight")]
    assert any(".long_term." in n for n, _ in weights)
    assert [n for n, g in weights if g is None or not g.abs().sum() > 0] == []


def image_network(depth: int) -> nn.Module:
    with compat.quiet():
        from torchvision import models
    network = getattr(models, f"resnet{depth}")(weights=None).double().eval()
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if "running" in name:
            noise = torch.rand(tensor.shape, generator=generator, dtype=torch.double)
            tensor.copy_(0.5 + noise if name.endswith("var") else 0.1 * noise)
    return network


@pytest.mark.parametrize("depth", [18, 50])
def test_image_weights_give_the_image_network_where_time_is_silent(depth: int) -> None:
    image = image_network(depth)
    model = built(TDN(depth=depth, segments=2), size=64).double().eval()
    mapped = TDN(depth=depth).mapped(image.state_dict())
    left = model.load_state_dict(mapped, strict=False)
    assert left.unexpected_keys == ["fc.weight", "fc.bias"]
    biases = re.compile(r"(conv\d|downsample\.0)\.bias$")  # torchvision's convolutions have none
    new = re.compile(r"\.temporal\.|\.short_term\.bn\.|cls_head\.")
    assert [k for k in left.missing_keys if not biases.search(k) and not new.search(k)] == []
    stem = mapped["backbone.short_term.conv.weight"]
    assert torch.equal(stem, image.conv1.weight.mean(1, keepdim=True).expand(-1, 12, -1, -1))
    first, own = image.layer1.state_dict(), model.backbone.short_term.layer1.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in first.items())

    backbone = model.backbone
    backbone.difference_share = 0.0
    for module in backbone.modules():
        if isinstance(module, LongTermDifference):
            nn.init.zeros_(module.expand[1].weight)
        if isinstance(module, LearnedShift):
            module.weight.data.copy_(torch.tensor([0.0, 1.0, 0.0]).expand_as(module.weight))
    frames = torch.randn(10, 3, 64, 64, dtype=torch.double)
    with torch.no_grad():
        x = image.maxpool(image.relu(image.bn1(image.conv1(frames[2::5]))))
        due = image.layer4(image.layer3(image.layer2(image.layer1(x))))
        torch.testing.assert_close(backbone(frames), due)


def test_still_clip_has_no_short_term_difference_at_first() -> None:
    backbone = built(TDN(depth=18, width=8)).backbone.eval()
    still = torch.randn(2, 1, 3, 32, 32).expand(-1, 40, -1, -1, -1)
    with torch.no_grad():
        before, after = backbone.short_term(still.reshape(16, 5, 3, 32, 32))
    assert float(before.abs().sum() + after.abs().sum()) == 0


def authors(name: str) -> str:
    """Our name as the authors' training writes it."""
    parts = {
        "squeeze.0": "conv1", "squeeze.1": "bn1", "smooth": "conv2",
        "coarse.0": "conv3_smallscale2", "coarse.1": "bn3_smallscale2",
        "fine.0": "conv3_smallscale4", "fine.1": "bn3_smallscale4",
        "expand.0": "conv3", "expand.1": "bn3",
    }  # fmt: skip
    name = name.replace("cls_head.fc_cls", "new_fc").replace("backbone.", "base_model.")
    for ours, theirs in parts.items():
        name = name.replace(f"temporal.long_term.{ours}.", f"mse.{theirs}.")
    name = name.replace("temporal.shift.", "shift.conv.")
    if "short_term" not in name:
        name = name.replace(".layer1.", ".layer1_bak.").replace(".layer2.", ".layer2_bak.")
        name = name.replace(".layer3.", ".layer3_bak.").replace(".layer4.", ".layer4_bak.")
    name = name.replace("short_term.conv.", "conv1_5.0.").replace("short_term.bn.", "conv1_5.1.")
    return name.replace("short_term.layer1.", "resnext_layer1.")


def test_authors_checkpoint_is_ours_by_name() -> None:
    classifier = TDN(depth=50, width=8)
    weights = built(classifier).state_dict()
    theirs = {authors(name): tensor for name, tensor in weights.items()}
    for name in (
        "base_model.conv1_5.0.weight", "base_model.resnext_layer1.2.bn3.running_var",
        "base_model.layer3_bak.5.mse.bn3_smallscale4.num_batches_tracked", "new_fc.bias",
        "base_model.layer2_bak.0.shift.conv.weight", "base_model.layer4_bak.0.downsample.0.bias",
    ):  # fmt: skip
        assert name in theirs
    unused = {"base_model.conv1_temp.weight": torch.rand(8, 3, 7, 7)}
    mapped = classifier.mapped(theirs | unused)
    assert mapped.pop("backbone.conv1_temp.weight") is unused["base_model.conv1_temp.weight"]
    assert mapped.keys() == weights.keys()
    assert all(mapped[name] is tensor for name, tensor in weights.items())


def test_authors_checkpoint_file_is_taken_whole(tmp_path: Path) -> None:
    given = built(TDN(depth=18, width=8)).state_dict()
    theirs = {f"module.{authors(name)}": tensor for name, tensor in given.items()}
    theirs["module.base_model.conv1_temp.bias"] = torch.zeros(8)
    torch.save({"epoch": 3, "arch": "resnet18", "state_dict": theirs}, tmp_path / "best.pth.tar")
    classifier = TDN(depth=18, width=8, pretrained=tmp_path / "best.pth.tar")
    model = built(classifier)
    assert not torch.equal(model.backbone.conv1.weight, given["backbone.conv1.weight"])
    initial = lay_over(model, classifier.pretrained, classifier.mapped)
    assert (initial.drawn, initial.unused) == ((), ("backbone.conv1_temp.bias",))
    assert all(torch.equal(tensor, given[name]) for name, tensor in model.state_dict().items())


def test_own_and_foreign_names_pass() -> None:
    own = built(TDN(depth=18, width=8)).state_dict()
    assert TDN().mapped(dict(own)).keys() == own.keys()
    other: dict[str, Tensor] = {"blocks.0.attn.qkv.weight": torch.rand(3, 3)}
    odd = {"conv1.weight": torch.ones(4, dtype=torch.int64)}
    assert TDN().mapped(other) == other
    assert TDN().mapped(odd).keys() == {"backbone.conv1.weight"}


def test_scores_come_back_and_do_not_depend_on_the_batch(tmp_path: Path, drifting: Make) -> None:
    clips = drifting(6, seed=0, size=32)
    small = {"depth": 18, "width": 8, "segments": 3, "steps": 2}
    classifier = TDN(**small, batch_size=4)
    classifier.fit(clips, Run(tmp_path, seed=7))
    again = TDN(**small, batch_size=5)
    again.load(Run(tmp_path, seed=7))
    torch.testing.assert_close(
        again.predict(clips), classifier.predict(clips), rtol=1e-4, atol=1e-5
    )
    assert again.features(clips).shape == (6, 64)


def test_narrow_one_learns_the_order_of_frames(tmp_path: Path, drifting: Make) -> None:
    classifier = TDN(depth=18, width=8, segments=4, steps=40, lr=3e-3, flip=0)
    train, test = (both_ways(drifting(32, seed=seed, size=48)) for seed in (1, 2))
    classifier.fit(train, Run(tmp_path, seed=0))
    assert accuracy(classifier, test) > 0.95


@pytest.mark.slow
def test_deep_one_learns_the_order_of_frames(tmp_path: Path, drifting: Make) -> None:
    classifier = TDN(depth=50, width=16, steps=80, lr=3e-3, flip=0)
    train, test = (both_ways(drifting(64, seed=seed)) for seed in (1, 2))
    classifier.fit(train, Run(tmp_path, seed=0))
    assert accuracy(classifier, test) > 0.95
