from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from metrics.motion import (
    ROUNDING,
    DifferenceMean,
    DifferenceSpectrum,
    FlowDirection,
    FlowMagnitude,
    bench_metrics,
)
from metrics.setdistance import SetDistance
from plugins import BenchError
from tests.metrics.support import figure, moved, noise, still, translating

ALL = [DifferenceMean(), DifferenceSpectrum(), FlowMagnitude(), FlowDirection()]
STILL = still(translating(0.0, n=3))


def flickering(amplitude: float, cycles: int, t: int = 17, n: int = 2) -> Tensor:
    """Flat clips whose brightness swings, `cycles` times in the T-1 differences."""
    phase = 2 * np.pi * cycles * np.arange(t) / (t - 1)
    brightness = torch.from_numpy(0.5 + amplitude * np.sin(phase)).float()
    return brightness[None, None, :, None, None].expand(n, 1, t, 8, 8).contiguous()


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_identical_sets_are_at_0_in_any_order(metric: SetDistance) -> None:
    clips = torch.cat([translating(1, 30, seed=1), noise(2, t=5, size=64)])
    assert figure(metric, real=clips, generated=clips) == 0
    assert figure(metric, real=clips, generated=clips.flip(0)) == pytest.approx(0, abs=1e-9)
    assert figure(metric, real=STILL, generated=STILL.flip(0)) == 0


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_symmetric(metric: SetDistance) -> None:
    one, other = translating(1, 30, n=3), translating(2, 100)
    there = figure(metric, real=one, generated=other)
    assert there > 0
    assert figure(metric, real=other, generated=one) == pytest.approx(there, rel=1e-9)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_a_still_set_is_the_farther_the_faster_the_other_moves(metric: SetDistance) -> None:
    values = [
        figure(metric, real=translating(speed), generated=STILL)
        for speed in (0, 0.2, 0.4, 0.8, 1.6)
    ]
    if metric.name == "flow-direction":  # full speed is 1 px/frame; what is faster is as far
        assert values.pop() == pytest.approx(90, abs=2)
    assert values == sorted(values)
    assert values[0] == pytest.approx(0, abs=1e-9)
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_a_jittering_set_lies_between_a_still_set_and_one_that_moves_alike(
    metric: SetDistance,
) -> None:
    def swinging(seed: int) -> Tensor:
        way = 3 * (np.sin(2 * np.pi * np.arange(12) / 8 + seed) - np.sin(seed))
        return moved(np.stack([0 * way, way], 1), seed)

    def jittering(seed: int) -> Tensor:
        steps = 0.7 * np.random.default_rng(seed).standard_normal((11, 2))
        return moved(np.vstack([np.zeros(2), steps.cumsum(0)]), seed)

    real = torch.stack([swinging(i) for i in range(4)])
    alike, jitter, motionless = (
        figure(metric, real=real, generated=generated)
        for generated in (
            torch.stack([swinging(i) for i in range(4, 8)]),
            torch.stack([jittering(i) for i in range(4)]),
            still(real),
        )
    )
    assert alike < jitter < motionless


def test_difference_mean_of_a_known_change() -> None:
    ramp = torch.linspace(0, 0.4, 5)[None, None, :, None, None].expand(2, 1, 5, 8, 8).contiguous()
    value = figure(DifferenceMean(), real=ramp, generated=still(ramp))
    assert value == pytest.approx(25.5, abs=1e-4)
    half = torch.cat([ramp[:1], still(ramp[:1])])
    assert figure(DifferenceMean(), real=ramp, generated=half) == pytest.approx(12.75, abs=1e-4)


@pytest.mark.parametrize("cycles", [1, 3, 5, 8])
def test_spectrum_peaks_at_the_frequency_of_a_swing(cycles: int) -> None:
    spectrum = DifferenceSpectrum().describe(flickering(0.2, cycles)[0])
    if cycles == 8:  # sampled at its zeros: no motion at all
        assert spectrum == pytest.approx(10 * np.log10(ROUNDING), abs=0.01)
        return
    # d is a sinusoid of amplitude 2 a sin(pi f); |D|^2 / L = amplitude^2 L / 4
    amplitude = 0.4 * np.sin(np.pi * cycles / 16)
    assert spectrum.argmax() == cycles
    assert spectrum[cycles] == pytest.approx(10 * np.log10(amplitude**2 * 16 / 4), abs=0.01)
    assert np.delete(spectrum, cycles) == pytest.approx(10 * np.log10(ROUNDING), abs=0.01)


def test_spectrum_distance_of_a_known_change() -> None:
    # One of 9 frequencies changes, by 20 dB.
    value = figure(DifferenceSpectrum(), real=flickering(0.4, 2), generated=flickering(0.04, 2))
    assert value == pytest.approx(20 / 3, abs=0.02)


def test_spectrum_tells_a_fast_swing_from_a_slow_one_where_the_mean_cannot() -> None:
    slow, fast = flickering(0.2, 2), flickering(0.2, 4)
    fast = 0.5 + (fast - 0.5) * slow.diff(dim=2).abs().mean() / fast.diff(dim=2).abs().mean()
    given = {"real": slow, "generated": fast}
    assert figure(DifferenceMean(), **given) == pytest.approx(0, abs=1e-3)
    assert figure(DifferenceSpectrum(), **given) > 10


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0, 4.0])
def test_flow_magnitude_of_a_known_speed(speed: float) -> None:
    value = figure(FlowMagnitude(), real=translating(speed, 37), generated=STILL)
    assert value == pytest.approx(speed, abs=0.05)


def test_flow_magnitude_between_two_speeds() -> None:
    value = figure(FlowMagnitude(), real=translating(1.0), generated=translating(1.5, 90))
    assert value == pytest.approx(0.5, abs=0.05)


def test_flow_magnitude_cuts_at_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = np.full((1, 8, 8, 2), 1000, np.float32)
    monkeypatch.setattr("metrics.motion.optical_flow", lambda clip: flow * clip.mean().item())
    ones = torch.ones(2, 1, 2, 8, 8)
    assert figure(FlowMagnitude(), real=ones, generated=0 * ones) == 64


@pytest.mark.parametrize("turn", [5, 10, 45, 90, 180, 270])
def test_flow_direction_of_a_known_turn(turn: int) -> None:
    value = figure(
        FlowDirection(), real=translating(1.5, 20), generated=translating(1.5, 20 + turn)
    )
    assert value == pytest.approx(min(turn, 360 - turn), abs=3)


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.75])
def test_flow_direction_counts_slow_pixels_in_proportion(speed: float) -> None:
    moving = translating(speed, 20)
    value = figure(FlowDirection(), real=moving, generated=STILL)
    assert value == pytest.approx(90 * speed, abs=3)
    value = figure(FlowDirection(full_speed=0.2), real=moving, generated=STILL)
    assert value == pytest.approx(90, abs=2)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 4), max_size=3))
@settings(max_examples=8, deadline=None)
def test_batches_and_order_do_not_matter(seed: int, cuts: list[int]) -> None:
    real, generated = noise(5, t=3, seed=seed), noise(5, t=3, seed=seed + 1) ** 2
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    sizes = np.diff([0, *sorted(set(cuts)), 5]).tolist()
    for metric in ALL:
        whole = figure(metric, real=real, generated=generated)
        metric.reset()
        for x, y in zip(real[order].split(sizes), generated.split(sizes), strict=True):
            metric.update(real=x, generated=y)
        assert metric.compute() == pytest.approx(whole, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_sets_of_different_size_and_colour(metric: SetDistance) -> None:
    grey, other = translating(1.0, n=3), translating(1.5, 90, n=2)
    value = figure(metric, real=grey, generated=other)
    colour = [clips.repeat(1, 3, 1, 1, 1) for clips in (grey, other)]
    assert figure(metric, real=colour[0], generated=colour[1]) == pytest.approx(value, rel=1e-6)


CLIPS = noise(2)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("metric", ALL, ids=repr)
@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (CLIPS, CLIPS * float("nan"), "generated clips: some values are NaN"),
        (CLIPS / 0, CLIPS, "real clips: some values are NaN or infinite"),
        (CLIPS, CLIPS * 2 - 1, r"generated clips: values from -.*; expected \[0, 1\]"),
        ((CLIPS * 255).byte(), CLIPS, "real clips: .* got uint8"),
        (CLIPS, CLIPS[0], r"expected a float tensor \(B, C, T, H, W\)"),
        (CLIPS[:0], CLIPS, "the batch is empty"),
        (CLIPS, CLIPS[:, :, :-1], "differ in clip shape"),
        (CLIPS[:, :, :1], CLIPS[:, :, :1], "one frame only"),
        (CLIPS[:1], CLIPS, "1 real and 2 generated clips; .* at least 2 of each"),
    ],
)
def test_refuses(metric: SetDistance, real: Tensor, generated: Tensor, message: str) -> None:
    with pytest.raises(BenchError, match=message) as refusal:
        figure(metric, real=real, generated=generated)
    assert f"metric '{metric.name}'" in str(refusal.value)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_refuses_nothing_and_another_clip_shape(metric: SetDistance) -> None:
    metric.reset()
    with pytest.raises(BenchError, match="0 real and 0 generated"):
        metric.compute()
    metric.update(real=CLIPS, generated=CLIPS)
    shorter = CLIPS[:, :, :-1]
    with pytest.raises(BenchError, match=r"clips \(1, 5, 24, 24\) after clips \(1, 6, 24, 24\)"):
        metric.update(real=shorter, generated=shorter)
    metric.reset()
    metric.update(real=shorter, generated=shorter)
    assert metric.compute() == 0


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_deterministic(metric: SetDistance) -> None:
    real, generated = noise(t=4, size=32), noise(t=4, size=32, seed=1)
    assert len({figure(metric, real=real, generated=generated) for _ in range(3)}) == 1


def test_what_the_tables_need() -> None:
    assert [(m.name, m.unit) for m in bench_metrics()] == [
        ("difference-mean", "grey levels"),
        ("difference-spectrum", "dB"),
        ("flow-magnitude", "px/frame"),
        ("flow-direction", "degrees"),
    ]
    for metric in bench_metrics():
        assert metric.reads == ("real", "generated")
        assert (metric.direction, metric.paired, metric.weights) == ("lower", False, ())
        assert all(field.description for field in metric.model_fields.values())
    with pytest.raises(BenchError, match="full_speed = 0"):
        FlowDirection.configure({"full_speed": 0}, "here")
