"""Metrics of features: FVD, KVD, copies and diversity, on features that are given."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from metrics.distance.frechet import frechet_distance
from metrics.distance.kernel_distance import kernel_distance
from metrics.feature_diversity import DTI3DDiversity, I3DDiversity
from metrics.fvd import DTFVD, FVD
from metrics.kvd import KVD
from metrics.memorization import Copies
from metrics.nearest import nearest
from metrics.pixels import Pixels
from plugins import BenchError
from plugins.features import FeatureSet
from plugins.metric import Metric
from tests.metrics.support import noise


def features(
    n: int = 12, s: int = 1, d: int = 5, seed: int = 0, shift: float = 0.0, prefix: str = "v"
) -> FeatureSet:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(n, s, d, generator=generator) + shift
    return of(values, prefix)


def of(values: Tensor, prefix: str = "v") -> FeatureSet:
    ids = [f"{prefix}{i}" for i in range(len(values))]
    return FeatureSet(
        values, ids, [f"{prefix}p{i // 2}" for i in range(len(values))], [0] * len(ids)
    )


def figure(metric: Metric, **sets: FeatureSet) -> float:
    metric.reset()
    metric.update(**sets)
    return metric.compute()


@pytest.mark.parametrize(("backend", "ddof"), [("google", 1), ("styleganv", 0), ("videogpt", 0)])
def test_fvd_is_the_mean_distance_of_the_samples(backend: str, ddof: int) -> None:
    real, made = features(seed=1), features(s=3, seed=2, shift=0.3)
    value = figure(FVD(backend=backend), real_features=real, generated_features=made)
    each = [frechet_distance(real.features[:, 0], made.features[:, s], ddof=ddof) for s in range(3)]
    assert value == pytest.approx(sum(each) / 3, rel=1e-12)


def test_what_stands_beside_a_distance_tells_equal_from_unequal() -> None:
    metric = FVD(backend="self")
    figure(metric, real_features=features(seed=1), generated_features=features(seed=2))
    alike = metric.details()
    figure(metric, real_features=features(seed=1), generated_features=features(seed=2, shift=3.0))
    unlike = metric.details()
    assert list(alike) == ["p", "half", "floor"]
    assert alike["p"] > 0.05 > unlike["p"]
    assert alike["floor"] == unlike["floor"]
    assert unlike["half"] > 2 * unlike["floor"] > alike["half"]


def test_details_are_left_out_where_there_are_too_few_patients() -> None:
    metric = FVD(backend="self")
    three = of(torch.randn(3, 1, 4, generator=torch.Generator().manual_seed(0)))
    figure(metric, real_features=three, generated_features=three)
    assert list(metric.details()) == ["p"]
    two = FeatureSet(three.features[:2], ["a", "b"], ["p", "p"], [0, 0])
    figure(metric, real_features=two, generated_features=two)
    assert metric.details() == {}


def test_far_past_the_number_of_features_it_is_extrapolated() -> None:
    metric = FVD(backend="self", draws=19, halvings=1)
    figure(metric, real_features=features(60, d=3), generated_features=features(60, d=3, seed=5))
    assert abs(metric.details()["at infinite n"]) < 0.3


def test_kvd_is_the_unbiased_kernel_distance_over_patients() -> None:
    real, made = features(seed=1), features(seed=2, shift=0.5)
    metric = KVD(backend="self")
    value = figure(metric, real_features=real, generated_features=made)
    due = kernel_distance(real.features[:, 0], made.features[:, 0], units=list(real.groups))
    assert value == due.value
    assert metric.details()["SE"] == due.standard_error
    assert {"p", "half", "floor"} < set(metric.details())


@pytest.mark.parametrize("metric", [FVD(), DTFVD(), KVD()], ids=repr)
def test_sets_of_other_videos_and_a_second_set_are_refused(metric: Metric) -> None:
    real = features()
    with pytest.raises(BenchError, match="not of the same videos"):
        figure(metric, real_features=real, generated_features=features(prefix="w"))
    metric.reset()
    with pytest.raises(BenchError, match="no clips"):
        metric.compute()
    metric.update(real_features=real, generated_features=real)
    with pytest.raises(BenchError, match="once"):
        metric.update(real_features=real, generated_features=real)


def test_names_weights_and_networks_follow_the_backend() -> None:
    assert FVD.title == "FVD (google)"
    assert FVD(backend="styleganv").weights == ("i3d-torchscript",)
    own = FVD(backend="self", of="tsm")
    assert (own.title, own.weights, own.network, own.classifier) == (
        "FD (own classifier)",
        (),
        None,
        "tsm",
    )
    names = {m.network.name for m in (FVD(), FVD(backend="videogpt"), DTFVD()) if m.network}
    assert len(names) == 3


def test_copies_are_found_and_unseen_videos_are_not_taken_for_them() -> None:
    learned = features(20, d=30, seed=1, prefix="t")
    unseen = features(20, d=30, seed=2)
    fresh = features(20, s=2, d=30, seed=3)
    copied = fresh.features.clone()
    copied[:5, 1] = learned.features[3:8, 0] + 0.05 * copied[:5, 1]
    metric = Copies()
    sets = {"real_features": unseen, "training_features": learned}
    assert figure(metric, **sets, generated_features=fresh) <= 100 / 20
    assert metric.details()["nearness"] == pytest.approx(1, abs=0.05)
    found = figure(metric, **sets, generated_features=of(copied))
    assert found == pytest.approx(100 * 5 / 40, abs=100 * 2 / 40)
    assert found >= 100 * 5 / 40
    every = figure(metric, **sets, generated_features=of(learned.features))
    assert every == 100
    assert metric.details()["nearness"] == 0


def test_what_is_near_to_everything_is_no_copy() -> None:
    learned, unseen = features(40, d=30, seed=1, prefix="t"), features(40, d=30, seed=2)
    # Shrunk towards the mean, as smooth clips are: nearer to all training clips alike.
    smooth = of(0.5 * features(40, d=30, seed=3).features)
    made = figure(
        Copies(), real_features=unseen, generated_features=smooth, training_features=learned
    )
    assert made < 10


def test_ratios_by_hand_and_in_any_batch() -> None:
    learned = of(torch.tensor([[0.0], [1.0], [4.0], [10.0]])[:, None])  # patients 0, 0, 1, 1
    clips = of(torch.tensor([[0.5], [5.0], [4.0]])[:, None])
    # 0.5: nearest 0 or 1 of patient 0, others at 3.5 and 9.5; nanmedian takes the lower.
    found = nearest(clips, learned)
    assert found.ratios.tolist() == pytest.approx([0.5 / 3.5, 1 / 4, 0.0])
    assert found.rows.tolist() == [0, 2, 2]
    alone = [nearest(of(row[None]), learned) for row in clips.features]
    assert found.ratios.tolist() == pytest.approx([float(one.ratios) for one in alone])
    assert found.rows.tolist() == [int(one.rows) for one in alone]


def test_copies_take_two_patients() -> None:
    one = FeatureSet(torch.ones(2, 1, 3), ["a", "b"], ["p", "p"], [0, 0])
    with pytest.raises(BenchError, match="one patient"):
        figure(Copies(), real_features=one, generated_features=one, training_features=one)


def test_pixels_apart_are_grey_levels_and_frame_0_is_left_out() -> None:
    clips = noise(2, t=4, size=48)
    other = (clips * 0.5).clone()
    other[:, :, 0] = 0
    seen = [Pixels().features(c, "cpu") for c in (clips, other)]
    apart = (seen[0] - seen[1]).norm(dim=1)
    small = torch.nn.functional.adaptive_avg_pool2d((clips - other)[:, 0, 1:], 32)
    torch.testing.assert_close(apart, 255 * small.square().mean((1, 2, 3)).sqrt())
    with pytest.raises(BenchError, match=r"pixels \(32 x 32\)"):
        Pixels().features(clips + 1, "cpu")


@pytest.mark.parametrize(("metric", "scale"), [(I3DDiversity(), 1), (DTI3DDiversity(), 1000)])
def test_diversity_of_features_is_the_mean_over_pairs(metric: Metric, scale: float) -> None:
    made = features(6, s=4, seed=7)
    due = [
        float((row[i] - row[j]).square().mean())
        for row in made.features.double()
        for i in range(4)
        for j in range(4)
        if i != j
    ]
    value = figure(metric, generated_features=made)
    assert value == pytest.approx(scale * sum(due) / len(due), rel=1e-9)
    with pytest.raises(BenchError, match="per_test_video"):
        figure(metric, generated_features=features(s=1))
