"""The flow is a density: inverse and log-determinants are exact, part by part and as a whole."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from generators.cinn.actnorm import ActNorm
from generators.cinn.coupling import HalfCoupling
from generators.cinn.flow import Flow, bits_per_dimension, log_normal
from generators.cinn.invertible import Invertible
from generators.cinn.leaky import InvertibleLeakyReLU
from generators.cinn.permutation import Permutation
from plugins.reproducible import seeded

QUICK = settings(max_examples=12, deadline=None, derandomize=True)
D, E = 5, 3


def lively(flow: Invertible) -> Invertible:
    """The same with couplings that are no longer the identity that they start at."""
    for part in flow.modules():
        if isinstance(part, HalfCoupling):
            for network in (part.scale, part.shift):
                network[-1].reset_parameters()
    return flow


def flow_of(d: int, e: int, blocks: int, limit: float | None = None, seed: int = 0) -> Flow:
    with seeded(seed):
        made = lively(Flow(d, e, blocks, width=16, depth=2, limit=limit))
        made.initialise(torch.randn(32, d) * 3 + 1, torch.randn(32, e))
    assert isinstance(made, Flow)
    return made


def drawn(n: int, d: int, e: int, seed: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = 3 * torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x.to(dtype), torch.randn(n, e, generator=generator, dtype=torch.float64).to(dtype)


def parts() -> dict[str, Invertible]:
    with seeded(1):
        actnorm = ActNorm(D)
        actnorm.initialise(torch.randn(16, D) * 4 + 2, torch.zeros(16, E))
        return {
            "actnorm": actnorm,
            "leaky": InvertibleLeakyReLU(),
            "first half": lively(HalfCoupling(D, E, 16, 2, None, second=False)),
            "second half": lively(HalfCoupling(D, E, 16, 1, 2.0, second=True)),
            "permutation": Permutation(D),
            "flow": flow_of(D, E, 3),
            "flow of 2": flow_of(2, E, 2, limit=1.0),
        }


def jacobian_logdets(part: Invertible, x: Tensor, seen: Tensor) -> Tensor:
    """log |det| of each vector's Jacobian, by autograd: the definition."""

    def alone(row: Tensor, given_: Tensor) -> Tensor:
        return part(row[None], given_[None])[0][0]

    rows = [
        torch.autograd.functional.jacobian(lambda row, c=c: alone(row, c), r)
        for r, c in zip(x, seen, strict=True)
    ]
    return torch.stack([torch.linalg.slogdet(row)[1] for row in rows])


@pytest.mark.parametrize("name", list(parts()))
def test_log_determinants_are_autograds(name: str) -> None:
    part = parts()[name].double()
    x, seen = drawn(6, 2 if name == "flow of 2" else D, E, 3, torch.float64)
    assert torch.allclose(part(x, seen)[1], jacobian_logdets(part, x, seen), atol=1e-10)


def test_negative_values_count_in_the_leaky_relu() -> None:
    leaky = InvertibleLeakyReLU(0.9)
    x = torch.tensor([[1.0, -2.0, -3.0], [4.0, 5.0, 6.0]])
    y, logdet = leaky(x, torch.zeros(2, 1))
    assert torch.allclose(y, torch.tensor([[1.0, -1.8, -2.7], [4.0, 5.0, 6.0]]))
    assert torch.allclose(logdet, torch.tensor([2 * math.log(0.9), 0.0]))


@pytest.mark.parametrize("name", list(parts()))
def test_each_part_inverts_itself(name: str) -> None:
    part = parts()[name].double()
    x, seen = drawn(6, 2 if name == "flow of 2" else D, E, 4, torch.float64)
    assert torch.allclose(part.inverse(part(x, seen)[0], seen), x, atol=1e-12)


@QUICK
@given(
    d=st.integers(2, 9), e=st.integers(1, 4), blocks=st.integers(1, 6), seed=st.integers(0, 2**30)
)
def test_the_inverse_is_exact_for_any_sizes(d: int, e: int, blocks: int, seed: int) -> None:
    flow = flow_of(d, e, blocks, seed=seed).double()
    x, seen = drawn(8, d, e, seed, torch.float64)
    assert torch.allclose(flow.inverse(flow(x, seen)[0], seen), x, rtol=0, atol=1e-10)
    assert torch.allclose(flow(flow.inverse(x, seen), seen)[0], x, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_the_inverse_is_exact_at_full_size(dtype: torch.dtype, error: float) -> None:
    """20 blocks over 64 dimensions, on data of unit variance, as the latents are."""
    with seeded(2):
        flow = lively(Flow(64, 128, 20, width=72, depth=3, limit=2.0))
        flow.initialise(torch.randn(64, 64), torch.randn(64, 128))
    x, seen = drawn(16, 64, 128, 5, dtype)
    x, flow = x / 3, flow.to(dtype)
    with torch.no_grad():
        there, _ = flow(x, seen)
        assert float((flow.inverse(there, seen) - x).abs().max()) < error
    assert float((there - x).abs().max()) > 0.5


def test_the_density_sums_to_1_for_each_condition() -> None:
    flow = flow_of(2, 1, 3).double()
    axis = torch.arange(-40, 40, 0.2, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    for value in (-1.0, 0.7):
        with torch.no_grad():
            log_prob = flow.log_prob(grid, torch.full((len(grid), 1), value, dtype=torch.float64))
        assert float(log_prob.exp().sum()) * 0.2**2 == pytest.approx(1, abs=0.01)


def test_figures_of_a_standard_normal() -> None:
    x, _ = drawn(4, D, E, 0, torch.float64)
    due = torch.distributions.MultivariateNormal(x.new_zeros(D), torch.eye(D, dtype=x.dtype))
    assert torch.allclose(log_normal(x), due.log_prob(x))
    entropy = bits_per_dimension(-due.entropy(), D)
    assert float(entropy) == pytest.approx(0.5 * math.log2(2 * math.pi * math.e))


def test_actnorm_starts_from_its_first_batch_and_from_no_other() -> None:
    x, seen = drawn(200, D, E, 6, torch.float32)
    x = x * torch.arange(1, D + 1) + 5
    actnorm = ActNorm(D)
    assert not actnorm.initialised
    y = actnorm.initialise(x, seen)
    assert torch.allclose(y.mean(0), torch.zeros(D), atol=1e-5)
    assert torch.allclose(y.std(0, correction=0), torch.ones(D), atol=1e-5)
    before = {name: tensor.clone() for name, tensor in actnorm.state_dict().items()}
    copy = ActNorm(D)
    copy.load_state_dict(before)
    for one in (actnorm, copy):
        one.initialise(7 - 3 * x, seen)
        assert all(torch.equal(tensor, before[n]) for n, tensor in one.state_dict().items())


def test_a_constant_dimension_stays_finite() -> None:
    actnorm = ActNorm(2)
    x = torch.tensor([[1.0, 5.0], [2.0, 5.0]])
    assert bool(torch.isfinite(actnorm.initialise(x, torch.zeros(2, 1))).all())


def test_every_parts_actnorm_sees_what_arrives_there() -> None:
    with seeded(0):
        flow = Flow(D, E, 3, width=8, depth=1)
    x, seen = drawn(300, D, E, 7, torch.float32)
    flow.initialise(4 * x + 3, seen)
    arrived: list[Tensor] = []
    for part in flow.modules():
        if isinstance(part, ActNorm):
            part.register_forward_hook(lambda _, __, out: arrived.append(out[0]))
    flow(4 * x + 3, seen)
    assert len(arrived) == 3
    for y in arrived:
        assert torch.allclose(y.std(0, correction=0), torch.ones(D), atol=1e-4)


def test_gradients_reach_every_parameter() -> None:
    flow = flow_of(D, E, 2, limit=2.0)
    x, seen = drawn(8, D, E, 8, torch.float32)
    flow.log_prob(x, seen).mean().backward()
    for name, parameter in flow.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


def test_couplings_start_at_the_identity() -> None:
    coupling = HalfCoupling(D, E, 8, 2, 2.0, second=True)
    x, seen = drawn(4, D, E, 9, torch.float32)
    y, logdet = coupling(x, seen)
    assert torch.equal(y, x)
    assert torch.equal(logdet, torch.zeros(4))


def mixture(c: Tensor) -> torch.distributions.Distribution:
    """Two Gaussians in the plane, whose weights and places depend on c (B, 1) in [-1, 1]."""
    weight = 0.3 + 0.4 * (c[:, 0] > 0)
    means = torch.stack(
        [torch.cat([2 * c, torch.ones_like(c)], 1), torch.cat([-1 - c, c - 1], 1)], 1
    )
    deviations = torch.tensor([[0.5, 0.8], [0.7, 0.4]]).expand_as(means)
    return torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.stack([weight, 1 - weight], 1)),
        torch.distributions.Independent(torch.distributions.Normal(means, deviations), 1),
    )


def test_it_learns_a_known_conditional_mixture() -> None:
    """Held-out log-likelihood within 0.15 nats of the truth; one Gaussian per c is far below."""
    with seeded(11):
        flow = Flow(2, 1, 5, width=32, depth=2, limit=2.0)
        c = 2 * torch.rand(8192, 1) - 1
        x = mixture(c).sample()
        flow.initialise(x[:256], c[:256])
        optimizer, steps = torch.optim.Adam(flow.parameters(), lr=5e-3), 250
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for step in range(steps):
            batch = torch.randint(0, 8192, (256,), generator=torch.Generator().manual_seed(step))
            optimizer.zero_grad()
            (-flow.log_prob(x[batch], c[batch]).mean()).backward()
            optimizer.step()
            schedule.step()
        unseen = 2 * torch.rand(4096, 1) - 1
        held = mixture(unseen).sample()
    truth = mixture(unseen)
    near = torch.distributions.Normal(truth.mean, truth.variance.sqrt())
    with torch.no_grad():
        learned = float(flow.log_prob(held, unseen).mean())
    best = float(truth.log_prob(held).mean())
    assert best - 0.15 < learned < best + 0.03
    assert learned > float(near.log_prob(held).sum(1).mean()) + 0.3
