"""Each preprocessing is its reference's, in range, shape and the places that it samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from metrics.video import preprocessing
from metrics.video.preprocessing import resize_bilinear_tf1
from plugins.errors import BenchError
from tests.metrics.support import noise

ALL = [
    preprocessing.google,
    preprocessing.videogpt,
    preprocessing.styleganv,
    preprocessing.dtfvd,
    preprocessing.dtfvd_32,
]

PLACES: dict[Callable[[Tensor], Tensor], Callable[[np.ndarray, int], np.ndarray]] = {
    preprocessing.google: lambda x, n: x * n / 224,
    preprocessing.videogpt: lambda x, n: np.maximum((x + 0.5) * n / 224 - 0.5, 0),
    preprocessing.dtfvd: lambda x, n: x * (n - 1) / 223,
    preprocessing.dtfvd_32: lambda x, n: x * (n - 1) / 223,
}


def bilinear(frame: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """A frame read at places between its pixels; past the last one, that one."""
    rows, columns = rows[:, None], columns[None]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom = np.minimum(top + 1, frame.shape[0] - 1)
    right = np.minimum(left + 1, frame.shape[1] - 1)
    down, across = rows - top, columns - left
    return (
        frame[top, left] * (1 - down) * (1 - across)
        + frame[top, right] * (1 - down) * across
        + frame[bottom, left] * down * (1 - across)
        + frame[bottom, right] * down * across
    )


@pytest.mark.parametrize("size", [(20, 64), (224, 300)])
@pytest.mark.parametrize("prepare", PLACES, ids=lambda f: f.__name__)
def test_it_samples_where_its_reference_does(
    prepare: Callable[[Tensor], Tensor], size: tuple[int, int]
) -> None:
    clips = torch.rand(1, 3, 32, *size, generator=torch.Generator().manual_seed(1))
    found = prepare(clips)[0].numpy()
    grid = np.arange(224)
    places = [PLACES[prepare](grid, n) for n in size]
    for channel, frame in ((0, 0), (1, 3), (2, 15)):
        source = clips[0, channel, frame].double().numpy()
        expected = 2 * bilinear(source, *places) - 1
        np.testing.assert_allclose(
            found[channel, frame], expected, atol=1e-4
        )  # places are in float32


def test_the_original_resizes_as_tensorflow_1_did() -> None:
    # What tf.image.resize_bilinear of TensorFlow 1 prints for this image, published.
    image = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).view(1, 1, 1, 2, 2)
    expected = [[0, 0.5, 1, 1], [1, 1.5, 2, 2], [2, 2.5, 3, 3], [2, 2.5, 3, 3]]
    assert resize_bilinear_tf1(image, 4)[0, 0, 0].tolist() == expected
    shrunk = resize_bilinear_tf1(torch.arange(9.0).view(1, 1, 1, 3, 3), 2)
    assert shrunk[0, 0, 0].tolist() == [[0, 1.5], [4.5, 6]]


@pytest.mark.parametrize("prepare", ALL, ids=lambda f: f.__name__)
def test_range_shape_and_channels(prepare: Callable[[Tensor], Tensor]) -> None:
    frames = 32
    low, high = (-1, 1) if prepare is not preprocessing.styleganv else (0, 255)
    grey = noise(2, 1, frames, 30)
    grey[0], grey[1] = 0, 1
    found = prepare(grey)
    length = 16 if prepare is preprocessing.dtfvd else frames
    size = 30 if prepare is preprocessing.styleganv else 224
    assert found.shape == (2, 3, length, size, size)
    assert bool((found[0] == low).all())
    assert bool((found[1] == high).all())
    coloured = noise(1, 3, frames, 30)
    one, of_three = prepare(coloured[:, 1:2])[:, 0], prepare(coloured)[:, 1]
    torch.testing.assert_close(one, of_three, rtol=0, atol=1e-5 * high)


@pytest.mark.parametrize("prepare", ALL, ids=lambda f: f.__name__)
def test_a_clip_does_not_depend_on_its_batch(prepare: Callable[[Tensor], Tensor]) -> None:
    clips = noise(3, 1, 32, 20)
    whole = prepare(clips)
    for i in range(3):
        assert torch.equal(prepare(clips[i : i + 1])[0], whole[i])


@pytest.mark.parametrize("prepare", ALL, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda x: x * 2 - 1, "expected \\[0, 1\\]"),
        (lambda x: x * 255, "expected \\[0, 1\\]"),
        (lambda x: x.log().where(x > 0.5, torch.nan), "NaN"),
        (lambda x: x.expand(-1, 2, -1, -1, -1), "2 channels"),
        (lambda x: x[:, :, :1], "one frame only"),
        (lambda x: x[:0], "empty"),
    ],
)
def test_other_clips_are_refused(
    prepare: Callable[[Tensor], Tensor], spoil: Callable[[Tensor], Tensor], said: str
) -> None:
    with pytest.raises(BenchError, match=said):
        prepare(spoil(noise(1, 1, 32, 20)))


@pytest.mark.parametrize("frames", [3, 11, 15, 16, 20])
def test_dtfvd_loops_a_short_clip_as_its_reference_and_cuts_a_long_one(frames: int) -> None:
    clips = noise(2, 1, frames, 20)
    looped = clips.repeat(1, 1, 6, 1, 1)[:, :, :16]
    assert torch.equal(preprocessing.dtfvd(clips), preprocessing.dtfvd(looped))


@pytest.mark.parametrize("frames", [16, 33])
def test_dtfvd_32_is_of_32_frames(frames: int) -> None:
    with pytest.raises(BenchError, match=f"of 32 frames; these have {frames}.*'dtfvd', of 16"):
        preprocessing.dtfvd_32(noise(1, 1, frames, 20))
