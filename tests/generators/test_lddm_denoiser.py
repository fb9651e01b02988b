"""Both denoisers: what they see, what they can be built for, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from generators.lddm.denoiser import Denoiser
from generators.lddm.unet import halvings
from generators.two_stage.condition import UNKNOWN, nothing
from plugins import DataError
from plugins.reproducible import seeded

GRIDS = {
    "transformer": ((4, 2, 2, 2), 16, (32, 32)),
    "unet": ((4, 4, 8, 8), 4, (32, 32)),
    "unet of odd sizes": ((4, 3, 6, 10), 8, (48, 80)),
    "vector": ((6, 1, 1, 1), 16, (32, 32)),
}
EVERY = pytest.mark.parametrize("kind", list(GRIDS))


def build(kind: str, n_classes: int = 0, **options: object) -> tuple[Denoiser, Tensor, Tensor]:
    """A denoiser with the weights of a seed, a noisy latent and images."""
    shape, factor, size = GRIDS[kind]
    with seeded(0):
        denoiser = Denoiser(
            shape,
            1,
            factor,
            "unet" if "unet" in kind else "transformer",
            width=32,
            depth=2,
            heads=2,
            levels=2,
            n_classes=n_classes,
            **options,  # type: ignore[arg-type]
        )
        return denoiser, torch.randn(3, *shape), torch.rand(3, 1, *size)


T = torch.tensor([1, 500, 1000])


@EVERY
def test_it_sees_noise_time_and_image(kind: str) -> None:
    denoiser, zt, images = build(kind)
    out = denoiser(zt, T, denoiser.see(images))
    assert out.shape == zt.shape
    for changed in ((zt + 1, T, images), (zt, T.flip(0), images), (zt, T, 1 - images)):
        z, t, x = changed
        assert not torch.allclose(denoiser(z, t, denoiser.see(x)), out, atol=1e-4)


@pytest.mark.parametrize("kind", ["transformer", "unet", "unet of odd sizes"])
def test_gradients_reach_every_parameter(kind: str) -> None:
    denoiser, zt, images = build(kind, n_classes=2)
    seen = denoiser.see(images, torch.tensor([0, 1, UNKNOWN]))
    denoiser(zt, T, seen).square().sum().backward()
    without = [n for n, p in denoiser.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_a_vector_latents_one_cell_sees_the_whole_image() -> None:
    """Its gradient reaches all but what tells one cell from another."""
    denoiser, zt, images = build("vector")
    with torch.no_grad():
        seen = denoiser.see(images)
        (fine,) = seen.maps.values()
        assert fine.shape[-2:] == (2, 2)
        shuffled = seen._replace(maps={s: m.flip(-1) for s, m in seen.maps.items()})
        assert torch.allclose(
            denoiser(zt, T, shuffled), denoiser(zt, T, seen), atol=1e-5
        )  # the mean alone counts
    denoiser(zt, T, denoiser.see(images)).square().sum().backward()
    without = [n for n, p in denoiser.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []  # to_qkv is one parameter: its values have a gradient


@EVERY
def test_a_sample_does_not_depend_on_its_batch(kind: str) -> None:
    denoiser, zt, images = build(kind, n_classes=2)
    labels = torch.tensor([0, 1, UNKNOWN])
    with torch.no_grad():
        together = denoiser(zt, T, denoiser.see(images, labels))
        for i in range(3):
            one = slice(i, i + 1)
            alone = denoiser(zt[one], T[one], denoiser.see(images[one], labels[one]))
            assert torch.allclose(alone, together[one], atol=1e-5)


@EVERY
def test_a_dropped_condition_is_not_seen_at_all(kind: str) -> None:
    denoiser, zt, images = build(kind, n_classes=2)
    dropped, unknown = torch.tensor([True, False, True]), torch.full((3,), UNKNOWN)
    with torch.no_grad():
        one = denoiser(zt, T, denoiser.see(images, unknown, dropped))
        other = denoiser(zt, T, denoiser.see(1 - images, unknown, dropped))
        none = denoiser(zt, T, nothing(denoiser.see(images)))
    assert torch.equal(one[dropped], other[dropped])
    assert not torch.allclose(one[~dropped], other[~dropped], atol=1e-4)
    assert torch.allclose(none[dropped], one[dropped], atol=1e-6)


@EVERY
def test_the_class_matters_where_it_is_known(kind: str) -> None:
    denoiser, zt, images = build(kind, n_classes=2)
    with torch.no_grad():
        by_class = [
            denoiser(zt, T, denoiser.see(images, torch.full((3,), label)))
            for label in (0, 1, UNKNOWN)
        ]
        unsaid = denoiser(zt, T, denoiser.see(images))
    assert not torch.allclose(by_class[0], by_class[1], atol=1e-4)
    assert not torch.allclose(by_class[0], by_class[2], atol=1e-4)
    assert torch.equal(by_class[2], unsaid)


@pytest.mark.parametrize("kind", ["transformer", "unet"])
def test_dropout_is_for_training_alone(kind: str) -> None:
    plain, zt, images = build(kind)
    dropping, _, _ = build(kind, dropout=0.5)
    with torch.no_grad():
        due = plain(zt, T, plain.see(images))
        dropping.eval()
        assert torch.equal(dropping(zt, T, dropping.see(images)), due)
        dropping.train()
        with seeded(1):
            assert not torch.allclose(dropping(zt, T, dropping.see(images)), due, atol=1e-3)


def test_colours_are_seen() -> None:
    denoiser = Denoiser((4, 2, 2, 2), 3, 16, width=32, depth=1, heads=2)
    out = denoiser(torch.randn(2, 4, 2, 2, 2), T[:2], denoiser.see(torch.rand(2, 3, 32, 32)))
    assert out.shape == (2, 4, 2, 2, 2)


@pytest.mark.parametrize(
    ("grid", "levels", "strides"),
    [
        ((4, 8, 8), 1, []),
        ((4, 8, 8), 3, [(2, 2, 2), (2, 2, 2)]),
        ((1, 12, 6), 3, [(1, 2, 2), (1, 2, 1)]),
    ],
)
def test_axes_are_halved_while_they_are_even(grid, levels, strides) -> None:
    assert halvings(grid, levels) == strides


@pytest.mark.parametrize(("grid", "levels", "most"), [((1, 1, 1), 2, 1), ((1, 6, 2), 4, 2)])
def test_a_grid_too_small_names_the_parameter(grid, levels, most) -> None:
    with pytest.raises(DataError, match=f"unet_levels = {most} or less"):
        halvings(grid, levels)
