"""Each control is what it says it is a control for."""

from __future__ import annotations

import pytest
import torch

from bench.conformance_data import simulated_clips, simulated_stills
from generators.controls.jitter import Jitter
from generators.controls.oracle import Oracle
from generators.controls.oracle_blind import OracleBlind
from generators.controls.still import Still
from plugins import DataError, Generator, Stills
from plugins.conformance import check_generator
from tests.generators.conftest import SIZE


@pytest.mark.parametrize("generator", [Still(), Jitter(), Oracle(), OracleBlind()])
def test_controls_keep_the_contract(generator: Generator, cache, stills, tmp_path) -> None:
    clips = simulated_clips(cache, SIZE)
    findings = check_generator(generator, clips, stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


def test_still_does_not_move(stills: Stills) -> None:
    clips = Still().sample(stills, 5)
    assert torch.equal(clips, stills.images[:, :, None].expand_as(clips))


def test_jitter_of_a_blob_moves_it_rigidly() -> None:
    """A blob's centre follows the path, and its mass and width stay as they are."""
    axis = torch.arange(64.0)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    blob = torch.exp(-((x - 32) ** 2 + (y - 32) ** 2) / (2 * 5.0**2))[None, None]
    clip = Jitter(translation=0.05, rotation=0.0).sample(Stills(blob, seeds=[3]), 16)[0, 0]
    mass = clip.sum((1, 2))
    centre = (clip * x).sum((1, 2)) / mass
    width = ((clip * (x - centre[:, None, None]) ** 2).sum((1, 2)) / mass).sqrt()
    assert torch.allclose(mass, mass[0].expand(16), rtol=0.02)
    assert torch.allclose(width, width[0].expand(16), rtol=0.03)
    assert float((centre - centre[0]).abs().max()) > 0.5


def test_jitter_without_amplitude_is_still(stills: Stills) -> None:
    clips = Jitter(translation=0.0, rotation=0.0).sample(stills, 8)
    assert torch.allclose(clips, Still().sample(stills, 8), atol=1e-5)


def test_jitter_seeds_give_different_paths(stills: Stills) -> None:
    images = stills.images[:1].repeat(2, 1, 1, 1)
    clips = Jitter().sample(Stills(images, seeds=[1, 2]), 8)
    assert float((clips[0] - clips[1]).abs().max()) > 0.01


def test_oracles_refuse_data_that_cannot_tell(stills: Stills) -> None:
    bare = Stills(stills.images, seeds=stills.seeds)
    for generator in (Oracle(), OracleBlind()):
        with pytest.raises(DataError, match="simulated"):
            generator.sample(bare, 4)


def test_oracle_moves_more_than_still_and_blind_differs_somewhere(cache) -> None:
    stills = simulated_stills(cache, SIZE, n=12)
    told = Oracle().sample(stills, 16)
    blind = OracleBlind().sample(stills, 16)
    assert float((told[:, :, 1:] - told[:, :, :1]).abs().mean()) > 0.01
    differs = (told - blind).abs().amax((1, 2, 3, 4)) > 0
    assert bool(differs.any())
