"""`warp` draws fields with the second moments of the training fields."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from generators.controls.gaussian_motion import GaussianMotion, root
from generators.controls.motion_moments import moments
from generators.controls.pull_back import pull_back
from generators.controls.warp import Warp
from plugins import MemoryClips, Run, Stills
from tests.metrics.support import noise, still

SHAPE = (1, 7, 64, 64)
GRID = 8
DRAWS = 1500


def training_fields() -> Tensor:
    """Fields with a common course in time, a depth that stretches, and unequal sizes."""
    g = torch.Generator().manual_seed(11)
    course = torch.randn(200, 2, 6, 1, 1, generator=g).cumsum(2)
    stretch = torch.randn(200, 2, 6, 1, 1, generator=g).cumsum(2)
    depth = torch.linspace(-1, 1, 8)[:, None]
    white = torch.randn(200, 2, 6, 16, 16, generator=g).numpy()
    bumps = gaussian_filter(white, (0, 0, 0, 1.5, 1.5), mode="wrap")[..., :8, :8]
    size = torch.randn(200, 1, 1, 1, 1, generator=g).mul(0.6).exp()
    return (size * (course + 0.7 * stretch * depth + 4 * torch.from_numpy(bumps))).half()


@pytest.fixture(scope="module")
def fields() -> Tensor:
    return training_fields()


@pytest.fixture(scope="module")
def motion(fields: Tensor) -> GaussianMotion:
    made = GaussianMotion(SHAPE, GRID)
    made.learn(fields)
    return made


@pytest.fixture(scope="module")
def drawn(motion: GaussianMotion) -> Tensor:
    return torch.stack([motion.draw(seed) for seed in range(DRAWS)]).double()


def assert_mean(samples: Tensor, due: Tensor) -> None:
    """The mean over the first axis is what is due, within 5 standard errors."""
    error = samples.std(0) / math.sqrt(len(samples))
    assert float(((samples.mean(0) - due).abs() / error).max()) < 5


def test_frames_move_as_far_as_in_training(fields: Tensor, drawn: Tensor) -> None:
    assert_mean(drawn.square().mean((3, 4)), fields.double().square().mean((0, 3, 4)))


def test_shift_and_deformation_have_the_covariance_over_time(fields, drawn) -> None:
    due = moments(fields)
    shift = drawn.mean((3, 4)).flatten(1)
    assert_mean(shift[:, :, None] * shift[:, None], due.shift)
    rest = (drawn - drawn.mean((3, 4), keepdim=True)).flatten(3)
    assert_mean(torch.einsum("mctx,mcsx->mcts", rest, rest) / 64, due.time)


def test_the_moments_are_those_of_a_plain_reckoning(fields: Tensor) -> None:
    found, plain = moments(fields), fields.double()
    mean = plain.mean((3, 4))
    assert torch.allclose(found.shift[1, 8], (mean[:, 0, 1] * mean[:, 1, 2]).mean())
    rest = plain - mean[..., None, None]
    assert torch.allclose(found.time[1, 2, 5], (rest[:, 1, 2] * rest[:, 1, 5]).mean())
    assert torch.allclose(found.space[0, 3, 17], (rest[:, 0, :, 0, 3] * rest[:, 0, :, 2, 1]).mean())
    total = found.shift.trace() + sum(time.trace() for time in found.time)
    assert torch.allclose(found.energy.mean(), total)


def increments(fields: Tensor, axis: int) -> Tensor:
    """(2, 7): mean squared increments of the deformation by distance, over its variance."""
    rest = fields.double() - fields.double().mean((3, 4), keepdim=True)
    rest = rest.movedim(axis, -1)
    means = [(rest[..., d:] - rest[..., :-d]).square().mean((0, 2, 3, 4)) for d in range(1, 8)]
    return torch.stack(means, -1) / rest.square().mean((0, 2, 3, 4))[:, None]


@pytest.mark.parametrize("axis", [3, 4])
def test_places_move_alike_as_in_training(fields, drawn, axis) -> None:
    """Correlation by distance is 1 less half the increments; within 0.08 of training, and
    farther away the increments are within 25 %."""
    due, found = increments(fields, axis), increments(drawn, axis)
    near = due < 2  # the correlation is above 0
    assert bool(near.any())
    assert float((found - due)[near].abs().max()) / 2 < 0.08
    assert torch.allclose(found, due, rtol=0.25)


def test_clips_differ_in_size_as_in_training(fields, drawn, motion) -> None:
    assert float(motion.spread) > 0.1
    energy, due = moments(drawn.half()).energy, moments(fields).energy
    assert_mean(energy, due.mean())
    # The second moment of a heavy tail is known to a few per cent at best.
    found = float(energy.var() / energy.mean() ** 2)
    assert found == pytest.approx(float(due.var(correction=0) / due.mean() ** 2), rel=0.3)


def test_energy_of_the_gaussian_part_has_the_variance_reckoned_with(fields, motion) -> None:
    even = GaussianMotion(SHAPE, GRID)
    even.load_state_dict(motion.state_dict())
    even.spread.zero_()
    made = torch.stack([even.draw(seed) for seed in range(DRAWS)]).double()
    energy = made.square().mean((3, 4)).sum((1, 2))
    due = even._energy_variance(moments(fields))
    assert float(energy.var()) == pytest.approx(due, rel=0.12)


def test_motion_has_no_preferred_direction(drawn: Tensor) -> None:
    assert_mean(drawn.mean((3, 4)), torch.zeros(2, 6, dtype=torch.float64))


def test_no_motion_in_no_motion_out(tmp_path) -> None:
    videos = (still(noise(3, size=32)) * 255).round().byte()
    generator = Warp()
    generator.fit(MemoryClips(videos, [0, 1, 0], ("a", "b")), Run(tmp_path))
    images = noise(2, size=32)[:, :, 0].contiguous()
    made = generator.sample(Stills(images, seeds=[1, 2]), 6)
    assert torch.allclose(made, still(made), atol=1e-5)


def test_one_clip_is_enough() -> None:
    clip = noise(1, size=32)
    motion = GaussianMotion((1, 6, 32, 32), 16)
    motion.learn(pull_back(clip[0], 16)[None].half())
    assert bool(torch.isfinite(motion.draw(1)).all())


def test_a_root_of_a_singular_covariance() -> None:
    factor = torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    covariance = factor @ factor.T
    assert torch.allclose(root(covariance) @ root(covariance), covariance, atol=1e-9)
    assert torch.allclose(root(covariance), root(covariance).T)
