"""The losses of the adversarial game against their formulas."""

from __future__ import annotations

import pytest
import torch

from generators.autoencoder.adversarial_losses import (
    feature_matching,
    gradient_penalty,
    hinge_discriminator,
    hinge_generator,
)
from tests.generators.draws import randn


def test_hinge_losses_are_the_formulas() -> None:
    real = torch.tensor([[2.0], [0.5], [-1.0], [1.0]])
    made = torch.tensor([[-3.0], [-0.5], [1.0], [-1.0]])
    # real: 0, 0.5, 2, 0; made: 0, 0.5, 2, 0
    assert float(hinge_discriminator(real, made)) == pytest.approx(0.5 * (2.5 / 4 + 2.5 / 4))
    assert float(hinge_discriminator(0 * real, 0 * made)) == 1
    assert float(hinge_generator(made)) == pytest.approx(3.5 / 4)


def test_feature_matching_is_a_mean_over_layers_and_has_no_gradient_to_the_real() -> None:
    real = [randn(2, 3, 4, 4).requires_grad_(), randn(2, 6, 2, 2, seed=1).requires_grad_()]
    made = [r.detach() + step for r, step in zip(real, (0.25, -1.0), strict=True)]
    made = [m.requires_grad_() for m in made]
    loss = feature_matching(real, made)
    assert float(loss.detach()) == pytest.approx((0.25 + 1) / 2, rel=1e-5)
    loss.backward()
    assert all(r.grad is None for r in real)
    assert torch.allclose(made[0].grad, torch.full_like(made[0], 1 / 96 / 2))


def test_gradient_penalty_is_the_formula_and_can_be_differentiated() -> None:
    clips = randn(3, 1, 2, 4, 4).requires_grad_()
    a = randn(32, seed=1).requires_grad_()
    flat = clips.flatten(1)
    logits = ((flat @ a) ** 2)[:, None]  # gradient 2 (a . x) a
    penalty = gradient_penalty(logits, clips)
    projection, norm = flat.detach() @ a.detach(), float((a.detach() ** 2).sum())
    expected = 0.5 * (4 * projection**2 * norm).mean()
    assert torch.allclose(penalty.detach(), expected, rtol=1e-5)
    penalty.backward()
    by_hand = 4 * (projection**2).mean() * a.detach() + 4 * norm * (
        projection[:, None] * flat.detach()
    ).mean(0)
    assert torch.allclose(a.grad, by_hand, rtol=1e-4, atol=1e-3)


def test_gradient_penalty_averages_the_logits_of_a_clip() -> None:
    clips = randn(2, 1, 2, 4, 4).requires_grad_()
    one = 3 * clips.flatten(1).sum(1, keepdim=True)
    several = torch.cat([one, one, one], dim=1).unflatten(1, (1, 1, 3))
    penalties = [gradient_penalty(logits, clips).detach() for logits in (one, several)]
    assert torch.allclose(penalties[0], torch.tensor(0.5 * 9 * 32))
    assert torch.allclose(penalties[1], penalties[0])
