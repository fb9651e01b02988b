"""Every sampler takes the steps of the reference implementation in diffusers.

diffusers counts time from 0: its timestep is our t less 1, and what it
calls -1 is our 0, where there is no noise.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from torch import Tensor

from generators.lddm.ddim import sample_ddim
from generators.lddm.ddpm import sample_ddpm
from generators.lddm.diffusion import Diffusion
from generators.lddm.dpm_solver import sample_dpm_solver
from generators.lddm.prediction import predictor
from generators.lddm.samplers import descending
from generators.lddm.schedules import BETAS

SHAPE = (2, 3, 2, 2, 2)
CASES = [("linear", "noise"), ("cosine", "v"), ("constant", "v"), ("cosine", "noise")]
EVERY = pytest.mark.parametrize(("schedule", "prediction"), CASES)


def reference(scheduler: type, schedule: str, prediction: str, **options: Any) -> Any:
    """A scheduler of diffusers with our betas."""
    return scheduler(
        num_train_timesteps=1000,
        trained_betas=BETAS[schedule](1000).numpy(),
        prediction_type={"noise": "epsilon", "v": "v_prediction"}[prediction],
        **options,
    )


def network(zt: Tensor, t: Tensor) -> Tensor:
    """Some smooth function of both; what it says need not be sensible."""
    time = t.view(-1, 1, 1, 1, 1) / 1000
    return 0.6 * torch.sin(1.5 * zt + time) + 0.3 * zt * (1 - time)


def start(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), dtype=dtype)


def walked(scheduler: Any, zt: Tensor, times: list[int], **options: Any) -> Tensor:
    """diffusers' samples, by the same network at the same times."""
    for t in times[:-1]:
        output = network(zt, torch.full((len(zt),), t))
        zt = scheduler.step(output, t - 1, zt, **options).prev_sample
    return zt


@EVERY
def test_noise_is_added_alike(schedule, prediction) -> None:
    ours, theirs = Diffusion(1000, schedule, prediction), reference(DDPMScheduler, schedule, "v")
    z0, epsilon, t = start(), start().flip(0), torch.tensor([3, 700])
    noisy = theirs.add_noise(z0, epsilon, t - 1)
    assert torch.allclose(ours.add_noise(z0, t, epsilon), noisy, atol=2e-5)  # theirs is float32
    v = theirs.get_velocity(z0, epsilon, t - 1)
    if prediction == "v":
        assert torch.allclose(ours.target(z0, t, epsilon), v, atol=2e-5)


@EVERY
def test_the_posterior_has_their_mean_and_variance(schedule, prediction) -> None:
    """Mean: their step with the variance taken out; variance: their own figure."""
    ours = Diffusion(1000, schedule, prediction)
    theirs = reference(DDPMScheduler, schedule, prediction, clip_sample=False)
    zt = start()
    for t in (2, 500, 999):
        output = network(zt, torch.full((2,), t))
        z0, _ = ours.clean_and_noise(zt, t, output)
        mean, variance = ours.posterior(zt, z0, t, t - 1)
        due = float(theirs._get_variance(t - 1))
        assert variance == pytest.approx(due, rel=2e-3 if t == 2 else 1e-4)  # theirs is float32
        stepped = theirs.step(output, t - 1, zt, generator=torch.Generator().manual_seed(1))
        noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=zt.dtype)
        assert torch.allclose(stepped.prev_sample - due**0.5 * noise, mean, atol=2e-5, rtol=1e-4)


@EVERY
@pytest.mark.parametrize("steps", [20, 200])
def test_ddpm_takes_their_steps(schedule, prediction, steps: int) -> None:
    ours = Diffusion(1000, schedule, prediction)
    theirs = reference(
        DDPMScheduler, schedule, prediction, clip_sample=False, timestep_spacing="trailing"
    )
    theirs.set_timesteps(steps)
    times = descending(1000, steps)
    assert theirs.timesteps.tolist() == [t - 1 for t in times[:-1]]
    one, other = (torch.Generator().manual_seed(5) for _ in range(2))
    draws = iter([start()])

    def noise() -> Tensor:
        first = next(draws, None)
        if first is not None:
            return first
        return torch.randn(SHAPE, generator=one, dtype=torch.float64)

    got = sample_ddpm(predictor(network, ours), ours, noise, times)
    assert torch.allclose(
        got, walked(theirs, start(), times, generator=other), rtol=1e-3, atol=1e-3
    )


@EVERY
@pytest.mark.parametrize("eta", [0.0, 0.6])
def test_ddim_takes_their_steps(schedule, prediction, eta: float) -> None:
    ours = Diffusion(1000, schedule, prediction)
    theirs = reference(
        DDIMScheduler,
        schedule,
        prediction,
        clip_sample=False,
        set_alpha_to_one=True,
        timestep_spacing="trailing",
    )
    theirs.set_timesteps(25)
    times = descending(1000, 25)
    assert theirs.timesteps.tolist() == [t - 1 for t in times[:-1]]
    one, other = (torch.Generator().manual_seed(5) for _ in range(2))
    draws = iter([start()])

    def noise() -> Tensor:
        first = next(draws, None)
        if first is not None:
            return first
        return torch.randn(SHAPE, generator=one, dtype=torch.float64)

    got = sample_ddim(predictor(network, ours), ours, noise, times, eta)
    due = walked(theirs, start(), times, eta=eta, generator=other)
    assert torch.allclose(got, due, rtol=1e-3, atol=1e-3)


@EVERY
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in diffusers
@pytest.mark.parametrize("steps", [5, 20, 40])
def test_the_second_order_solver_takes_their_steps(schedule, prediction, steps: int) -> None:
    ours = Diffusion(1000, schedule, prediction)
    theirs = reference(
        DPMSolverMultistepScheduler,
        schedule,
        prediction,
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        final_sigmas_type="zero",
        timestep_spacing="trailing",
    )
    theirs.set_timesteps(steps)
    times = descending(1000, steps)
    assert theirs.timesteps.tolist() == [t - 1 for t in times[:-1]]
    got = sample_dpm_solver(predictor(network, ours), ours, start, times)
    assert torch.allclose(got, walked(theirs, start(), times), rtol=1e-3, atol=1e-3)


def test_times_go_down_in_strides() -> None:
    strides = {t - s for t, s in pairwise(descending(1000, 25))}
    assert strides == {40}
