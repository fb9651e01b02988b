"""Sampling along an axis: against loops and torchvision, outside, at low precision; slopes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from classifiers.active_mixing import HEIGHT, TIME, WIDTH, Sampling
from plugins import compat  # noqa: F401 - makes torchvision importable
from plugins.reproducible import deterministic
from tests.classifiers.plain_activemlp import sampled

AXES = [TIME, HEIGHT, WIDTH]
SHAPE = (2, 3, 4, 5, 6)


def drawn(spread: float = 2.0, groups: int = 3, shape: tuple[int, ...] = SHAPE) -> list[Tensor]:
    """Tokens, and offsets that reach far outside."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(shape, generator=generator, dtype=torch.double)
    offsets = torch.randn(*shape[:4], groups, generator=generator, dtype=torch.double)
    return [tokens, spread * offsets]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_it_is_the_sum_with_the_hat_function(axis: int, groups: int) -> None:
    tokens, offsets = drawn(groups=groups)
    out = Sampling(offsets, axis)(tokens)
    for b in range(2):
        wanted = sampled(tokens[b].numpy(), offsets[b].numpy(), axis - 1)
        torch.testing.assert_close(out[b], torch.from_numpy(wanted))


@pytest.mark.parametrize("axis", AXES)
def test_offsets_of_zero_change_nothing(axis: int) -> None:
    tokens = torch.randn(SHAPE)
    assert torch.equal(Sampling(torch.zeros(*SHAPE[:4], 3), axis)(tokens), tokens)


@pytest.mark.parametrize("axis", AXES)
def test_whole_offsets_shift_and_zeros_come_in(axis: int) -> None:
    tokens = torch.randn(SHAPE)
    length = SHAPE[axis]
    for by in (-length, -1, 1, length):
        out = Sampling(torch.full((*SHAPE[:4], 1), float(by)), axis)(tokens)
        wanted = torch.zeros(SHAPE)
        if abs(by) < length:
            source = tokens.narrow(axis, max(by, 0), length - 1)
            wanted.narrow(axis, max(-by, 0), length - 1).copy_(source)
        assert torch.equal(out, wanted)


def test_an_axis_of_one() -> None:
    tokens = torch.ones(1, 1, 1, 1, 4)
    offsets = torch.tensor([-2.0, -0.25, 0.75, 1.5]).view(1, 1, 1, 1, 4)
    assert Sampling(offsets, WIDTH)(tokens).flatten().tolist() == [0, 0.75, 0.25, 0]


@pytest.mark.parametrize("axis", AXES)
def test_gradients_are_the_slopes(axis: int) -> None:
    tokens, offsets = drawn(shape=(1, 2, 3, 2, 4), groups=2)  # the kinks have measure zero
    inputs = (tokens.requires_grad_(), offsets.requires_grad_())
    assert torch.autograd.gradcheck(lambda x, o: Sampling(o, axis)(x), inputs)


def test_a_zero_offset_feels_the_next_token() -> None:
    tokens = torch.randn(1, 4, 1, 1, 2)
    offsets = torch.zeros(1, 4, 1, 1, 1, requires_grad=True)
    Sampling(offsets, TIME)(tokens).sum().backward()
    following = torch.cat([tokens[:, 1:], torch.zeros(1, 1, 1, 1, 2)], dim=1)
    assert offsets.grad is not None
    torch.testing.assert_close(offsets.grad, (following - tokens).sum(-1, keepdim=True))


def test_far_outside_there_is_nothing_and_no_slope() -> None:
    tokens = torch.randn(SHAPE, requires_grad=True)
    for by in (-1e30, -6.0, 6.0, 1e30, float("inf")):
        offsets = torch.full((*SHAPE[:4], 3), by, requires_grad=True)
        out = Sampling(offsets, HEIGHT)(tokens)
        out.sum().backward()
        assert out.abs().sum() == 0
        assert offsets.grad is not None
        assert offsets.grad.abs().sum() == 0


def test_not_a_number_reaches_the_output() -> None:
    out = Sampling(torch.full((*SHAPE[:4], 3), float("nan")), HEIGHT)(torch.randn(SHAPE))
    assert out.isnan().all()


def test_a_clip_does_not_depend_on_its_batch() -> None:
    tokens, offsets = drawn()
    for axis in AXES:
        together = Sampling(offsets, axis)(tokens)
        assert torch.equal(Sampling(offsets[1:], axis)(tokens[1:]), together[1:])


def test_positions_are_not_rounded_to_the_tokens_precision() -> None:
    ramp = torch.arange(300.0).view(1, 1, 1, 300, 1).expand(-1, -1, -1, -1, 2)
    offsets = torch.full((1, 1, 1, 300, 1), 0.25, dtype=torch.bfloat16)
    out = Sampling(offsets, WIDTH)(ramp)
    torch.testing.assert_close(out[..., :299, :], ramp[..., :299, :] + 0.25)
    low = Sampling(offsets, WIDTH)(ramp.bfloat16())
    assert low.dtype == torch.bfloat16
    torch.testing.assert_close(low.float()[..., :299, :], out[..., :299, :], rtol=1e-2, atol=0.5)


def test_low_precision_gradients_keep_their_types() -> None:
    tokens, offsets = (x.bfloat16().requires_grad_() for x in drawn())
    Sampling(offsets, TIME)(tokens).sum().backward()
    assert tokens.grad is not None
    assert offsets.grad is not None
    assert tokens.grad.dtype == offsets.grad.dtype == torch.bfloat16


def test_deterministic_mode_changes_nothing() -> None:
    gradients = []
    for _ in range(2):
        tokens, offsets = (x.requires_grad_() for x in drawn())
        with deterministic():
            Sampling(offsets, WIDTH)(tokens).square().sum().backward()
        gradients.append((tokens.grad, offsets.grad))
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize("axis", [HEIGHT, WIDTH])
def test_torchvisions_deformable_convolution_agrees(axis: int) -> None:
    from torchvision.ops import deform_conv2d

    tokens, offsets = (x.float().requires_grad_() for x in drawn())
    frames = tokens.flatten(0, 1).permute(0, 3, 1, 2)
    moves = torch.zeros(6, 12, 4, 5)
    each = offsets.flatten(0, 1).permute(0, 3, 1, 2).repeat_interleave(2, dim=1)
    moves[:, 0 if axis == HEIGHT else 1 :: 2] = each
    try:
        theirs = deform_conv2d(frames, moves, torch.eye(6)[:, :, None, None])
    except RuntimeError as error:  # this torchvision has no compiled operators
        pytest.skip(str(error)[:80])
    ours = Sampling(offsets, axis)(tokens)
    torch.testing.assert_close(ours.flatten(0, 1).permute(0, 3, 1, 2), theirs)
    weights = torch.randn(theirs.shape)
    wanted = torch.autograd.grad((theirs * weights).sum(), (tokens, offsets))
    ours = ours.flatten(0, 1).permute(0, 3, 1, 2)
    got = torch.autograd.grad((ours * weights).sum(), (tokens, offsets))
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)
