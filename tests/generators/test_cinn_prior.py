"""cINN's prior: an exact likelihood, samples of their noise alone, batches from seed and step."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from generators.cinn.actnorm import ActNorm
from generators.cinn.generator import CINN
from generators.cinn.prior import FlowPrior
from generators.cinn.stage2 import Latents
from generators.two_stage.condition import UNKNOWN
from generators.two_stage.latents import LatentSet
from plugins import TrainingError
from plugins.reproducible import seeded
from tests.generators.conftest import SIZE
from tests.generators.small_cinn import BY_CLASS, TINY


def prior(**fields: Any) -> FlowPrior:
    settings = CINN(**(TINY | fields))
    with seeded(0):
        made = FlowPrior(settings, settings.layout((1, 16, SIZE, SIZE)), ("a", "b"))
        for parameter in made.flow.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    made.scale.shift.fill_(2.0)
    made.scale.factor.fill_(0.5)
    return made.eval()


def latents(n: int = 6) -> LatentSet:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(n, 13, 1, 1, 1, generator=generator)
    images = torch.randint(0, 256, (n, 1, SIZE, SIZE), generator=generator).byte()
    return LatentSet(mean, 0.1 * mean.abs(), images, torch.arange(n) % 2)


def test_a_latent_that_is_not_finite_is_an_error() -> None:
    model = prior()
    with torch.no_grad():
        next(part for part in model.modules() if isinstance(part, ActNorm)).shift[0] = torch.inf
        with pytest.raises(TrainingError, match=r"2 of 2 images.*flow_limit"):
            model.sample(torch.rand(2, 1, SIZE, SIZE), [1, 2])


def test_the_likelihood_is_of_the_latents_themselves() -> None:
    """log N(g; 0, I) + log |det dg/dz| over the whole way, scale included, by autograd."""
    model = prior()
    image, z = torch.rand(1, 1, SIZE, SIZE), latents(1).mean
    with torch.no_grad():
        seen = model.condition(image)
        log_prob = float(model.log_prob(z, image))
        figures = model.loss({"z": z, "images": image, "labels": torch.tensor([UNKNOWN])})

    def noise(vector: torch.Tensor) -> torch.Tensor:
        scaled = model.scale.normalise(vector.view(1, -1, 1, 1, 1)).flatten(1)
        g: torch.Tensor = model.flow(scaled, seen)[0][0]
        return g

    jacobian = torch.autograd.functional.jacobian(noise, z.flatten())
    density = torch.distributions.Normal(0.0, 1.0).log_prob(noise(z.flatten()).detach()).sum()
    due = float(density + torch.linalg.slogdet(jacobian)[1])
    d, log_factor = z.numel(), math.log(0.5)
    assert log_prob == pytest.approx(due, abs=1e-3)
    assert float(figures["loss"]) == pytest.approx(-(due + d * log_factor) / d, abs=1e-4)
    assert float(figures["bits"]) == pytest.approx(-due / (d * math.log(2)), abs=1e-4)


def test_a_latent_is_that_of_its_noise_alone() -> None:
    """Sampling and likelihood are of one flow: a sample's noise comes back."""
    model, images = prior(), torch.rand(2, 1, SIZE, SIZE)
    with torch.no_grad():
        z = model.sample(images, [5, 6], torch.tensor([0, 1]))
        seen = model.condition(images, torch.tensor([0, 1]))
        g = model.flow(model.scale.normalise(z).flatten(1), seen)[0]
    due = [torch.randn(13, generator=torch.Generator().manual_seed(seed)) for seed in (5, 6)]
    assert torch.allclose(g, torch.stack(due), atol=1e-4)


def test_gradients_reach_all_that_learns() -> None:
    model = prior(class_conditioning=True).train()
    settings = CINN(**TINY)
    sum(model.loss(Latents(latents(), settings, 5)(0)).values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


def test_a_batch_follows_from_seed_and_step() -> None:
    settings = CINN(**(TINY | BY_CLASS))
    first, again = (Latents(latents(), settings, 5)(3) for _ in range(2))
    later = Latents(latents(), settings, 5)(4)
    assert set(first) == {"z", "images", "labels"}
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["z"], later["z"])


def test_classes_are_dropped_as_often_as_asked() -> None:
    settings = CINN(**(TINY | BY_CLASS | {"flow_batch": 500}))
    labels = Latents(latents(), settings, 5)(0)["labels"]
    assert 60 < int((labels == UNKNOWN).sum()) < 140
    never = CINN(**(TINY | {"flow_batch": 500}))
    assert int((Latents(latents(), never, 5)(0)["labels"] == UNKNOWN).sum()) == 0
