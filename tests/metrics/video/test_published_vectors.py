"""Published figures, where the real weights are registered; elsewhere these tests are skipped."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from metrics.video.features import VideoFeatures
from metrics.video.networks import NETWORKS
from plugins.errors import DataError


def real(network: str) -> VideoFeatures:
    """The network with the user's weights; skips, and says why, where there are none."""
    try:
        return VideoFeatures(network)
    except DataError as error:
        pytest.skip(str(error))


def black_against_white(seen: VideoFeatures, frames: int) -> float:
    """The Fréchet distance of sets without variance: the squared distance of their features."""
    clips = torch.stack([torch.zeros(1, frames, 64, 64), torch.ones(1, frames, 64, 64)])
    black, white = seen.features(clips).double()
    return float((black - white).square().sum())


def test_the_original_example_is_about_131() -> None:
    # google-research, frechet_video_distance/example.py: "should be around 131".
    assert black_against_white(real("google"), 15) == pytest.approx(131, rel=0.03)


@pytest.mark.parametrize(("frames", "expected"), [(15, 133.703), (16, 152.918), (30, 151.256)])
def test_black_against_white_by_length(frames: int, expected: float) -> None:
    assert black_against_white(real("styleganv"), frames) == pytest.approx(expected, rel=5e-3)


def test_the_table_and_the_program_hold_the_same_network() -> None:
    clips = torch.rand(1, 3, 16, 224, 224, generator=torch.Generator().manual_seed(1))
    table, program = real("google").features(clips), real("styleganv").features(clips)
    scale = float(program.abs().max())
    torch.testing.assert_close(table / scale, program / scale, rtol=0, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("network", ["styleganv", "google"])
def test_noise_against_noise(network: str) -> None:
    # fvd-comparison: uniform values in [0, 1] go into the network as they are, unscaled;
    # TensorFlow's and StyleGAN-V's FVD both come to 10.13808, with covariances over N - 1.
    seen = real(network)
    features = []
    for seed in (1, 2):
        values = np.random.RandomState(seed).rand(128, 16, 224, 224, 3).astype(np.float32)
        clips = torch.from_numpy(values).permute(0, 4, 1, 2, 3)
        features.append(torch.cat([seen.features((1 + c) / 2) for c in clips.split(4)]).double())
    assert frechet(*features) == pytest.approx(10.13808, rel=1e-3)


def frechet(real: Tensor, made: Tensor) -> float:
    """Of fewer samples than features: the cross term is a nuclear norm."""
    centred = [x - x.mean(0) for x in (real, made)]
    spread = sum(float(x.square().sum()) / (len(x) - 1) for x in centred)
    scale = np.sqrt((len(real) - 1) * (len(made) - 1))
    cross = float(torch.linalg.matrix_norm(centred[0] @ centred[1].T, "nuc")) / scale
    return float((real.mean(0) - made.mean(0)).square().sum()) + spread - 2 * cross


@pytest.mark.parametrize("network", NETWORKS)
def test_the_real_weights_give_finite_features_that_tell_clips_apart(network: str) -> None:
    seen = real(network)
    clips = torch.rand(2, 1, 32, 32, 32, generator=torch.Generator().manual_seed(1))
    features = seen.features(clips)
    assert features.shape == (2, seen.dim)
    assert bool(features.isfinite().all())
    assert float((features[0] - features[1]).norm()) > 0
