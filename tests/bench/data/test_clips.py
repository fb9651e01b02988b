"""Clips and stills, from frames to tensors."""

import numpy as np
import pytest
import torch

from bench.data.cache import Cache
from bench.data.clips import StillSource, VideoClips, by_length, still_of
from bench.data.settings import ClipSettings
from bench.data.square import square
from plugins.clips import ClipSet
from plugins.dataset import Box
from plugins.errors import DataError
from tests.bench.data.conftest import ArrayRecord


def counting(tools, frames, id="a", label="x", **more):
    """A video of 16 x 16 px whose every frame holds its own number."""
    pixels = np.arange(frames, dtype=np.uint8)[:, None, None, None]
    return tools.ArrayRecord(np.tile(pixels, (1, 16, 16, 1)), id, label, **more)


def numbers(clip):
    return (clip[0, :, 0, 0] * 255).round().int().tolist()


def settings(**update):
    span = {} if update.get("sampling") == "stride" else {"span": 10}
    return ClipSettings(**{"frames": 4, "size": 16, **span, **update})


def test_a_clip_is_sampled_from_the_centre(tmp_path, tools):
    records = [counting(tools, 20, "a", "x", group="p"), counting(tools, 11, "b", "w")]
    clips = VideoClips(records, Cache(tmp_path), settings())
    assert isinstance(clips, ClipSet)
    assert len(clips) == 2
    assert clips.classes == ("w", "x")
    assert (clips.ids, clips.labels, clips.groups) == (["a", "b"], [1, 0], ["p", "b"])
    assert clips.shape == tuple(clips[0].shape) == (1, 4, 16, 16)
    assert clips[0].dtype == torch.float32
    assert numbers(clips[0]) == [5, 8, 11, 14]
    assert clips.batch([1, 0]).shape == (2, 1, 4, 16, 16)
    assert torch.equal(clips.still(0), clips[0][:, 0])


def test_several_clips_of_one_video(tmp_path, tools):
    records = [counting(tools, 20, "a"), counting(tools, 11, "b")]
    clips = VideoClips(records, Cache(tmp_path), settings(per_video=3))
    assert clips.ids == ["a", "a", "a", "b", "b"]
    assert clips.starts == [0, 5, 10, 0, 1]
    assert [numbers(clips[i])[0] for i in range(5)] == clips.starts


@pytest.mark.parametrize(("short", "expected"), [("loop", [0, 3, 1, 4]), ("hold", [0, 3, 4, 4])])
def test_a_short_video(tmp_path, tools, short, expected):
    clips = VideoClips([counting(tools, 5)], Cache(tmp_path), settings(short=short))
    assert numbers(clips[0]) == expected
    assert clips.dropped == ()


def test_short_videos_are_left_out_and_counted(tmp_path, tools):
    records = [counting(tools, 5, "short"), counting(tools, 10, "long")]
    cache, drop = Cache(tmp_path), settings(short="drop")
    clips = VideoClips(records, cache, drop)
    assert (clips.ids, clips.dropped) == (["long"], ("short",))
    assert by_length(records, cache, drop) == ([records[1]], ("short",))
    assert by_length(records, cache, settings()) == (records, ())
    with pytest.raises(DataError, match="no video is left: all 1 are shorter than span = 10"):
        VideoClips(records[:1], cache, drop)
    with pytest.raises(DataError, match="no clips without videos"):
        VideoClips([], cache, drop)


RULES = [
    {},
    {"sampling": "segments", "span": 12},
    {"sampling": "stride", "stride": 3},
    {"sampling": "segments", "span": 30, "short": "hold"},
    {"sampling": "stride", "stride": 9},
]


@pytest.mark.parametrize("rule", RULES)
def test_a_clip_starts_with_its_first_sampled_frame(tmp_path, tools, rule):
    records = [counting(tools, n, f"{n}") for n in (3, 12, 25)]
    chosen = settings(per_video=3, **rule)
    clips, again = (VideoClips(records, Cache(tmp_path / n), chosen) for n in "ab")
    assert set(clips.ids) == {"3", "12", "25"}
    for i in range(len(clips)):
        assert numbers(clips[i])[0] == clips.starts[i]
        assert torch.equal(clips.still(i), clips[i][:, 0])
        assert torch.equal(clips[i], again[i])
        assert torch.equal(clips.draw(i, 7), again.draw(i, 7))


def test_segments_give_their_middles_and_a_stride_its_frames(tmp_path, tools):
    record = counting(tools, 20)
    segments = VideoClips([record], Cache(tmp_path), settings(span=20, sampling="segments"))
    assert numbers(segments[0]) == [2, 7, 12, 17]
    stride = VideoClips([record], Cache(tmp_path), settings(span=7, sampling="stride", stride=2))
    assert numbers(stride[0]) == [6, 8, 10, 12]


def test_a_training_clip_starts_anywhere_by_its_seed_alone(tmp_path, tools):
    records = [counting(tools, 20, "a"), counting(tools, 10, "b")]
    clips = VideoClips(records, Cache(tmp_path), settings(per_video=2))
    assert clips.draws
    drawn = [numbers(clips.draw(0, seed)) for seed in range(300)]
    assert {first for first, *_ in drawn} == set(range(11))
    assert all(clip == [clip[0], clip[0] + 3, clip[0] + 6, clip[0] + 9] for clip in drawn)
    assert [numbers(clips.draw(1, seed)) for seed in range(300)] == drawn
    assert torch.equal(clips.batch([0, 1], [4, 9])[1], clips.draw(1, 9))
    assert numbers(clips[0]) == numbers(clips.batch([0])[0]) == [0, 3, 6, 9]


def test_drawn_segments_lie_within_the_video(tmp_path, tools):
    chosen = settings(span=12, sampling="segments")
    clips = VideoClips([counting(tools, 20)], Cache(tmp_path), chosen)
    drawn = {tuple(numbers(clips.draw(0, seed))) for seed in range(300)}
    assert drawn == {(1 + s, 4 + s, 7 + s, 10 + s) for s in range(9)}


@pytest.mark.parametrize(("length", "more"), [(5, {}), (10, {}), (20, {"start": "fixed"})])
def test_where_there_is_one_start_it_is_drawn(tmp_path, tools, length, more):
    clips = VideoClips([counting(tools, length)], Cache(tmp_path), settings(**more))
    assert not clips.draws
    assert all(torch.equal(clips.draw(0, seed), clips[0]) for seed in range(20))


class Marked(ArrayRecord):
    """A record with a region of interest."""

    box = Box(4, 6, 12, 14)

    def region(self):
        return self.box


def test_clips_stills_and_continuations_are_of_the_region(tmp_path, tools):
    truth = np.random.default_rng(0).integers(0, 256, (20, 24, 32, 1), np.uint8)
    video = Marked(truth[:10], "a", "x", truth=truth)
    bare = tools.ArrayRecord(truth[:10], "b", "x")
    chosen = settings(size=8, region="box", region_margin=0)
    clips = VideoClips([video, bare], Cache(tmp_path), chosen)
    region = truth[[0, 3, 6, 9], 6:14, 4:12, 0]
    assert clips.without_region == ("b",)
    assert torch.equal(clips[0][0], torch.from_numpy(region).float() / 255)
    assert torch.equal(clips.still(0), clips[0][:, 0])
    assert torch.equal(still_of(video, chosen, Cache(tmp_path)), clips[0][:, 0])
    assert torch.equal(clips.source(0).continuation(4, seed=1), clips[0])
    plain = VideoClips([video, bare], Cache(tmp_path), settings(size=8))
    assert plain.without_region == ()
    assert torch.equal(plain[1], clips[1])
    assert not torch.equal(plain[0], clips[0])


def test_a_class_that_the_experiment_has_not_is_named(tmp_path, tools):
    with pytest.raises(DataError, match="class 'z' is none of the experiment's: x, y"):
        VideoClips([counting(tools, 10, label="z")], Cache(tmp_path), settings(), ("x", "y"))


def test_a_clip_survives_a_cache_that_is_emptied(tmp_path, tools):
    clips = VideoClips([counting(tools, 20)], Cache(tmp_path), settings())
    before = clips[0]
    for path in tmp_path.iterdir():
        path.unlink()
    assert torch.equal(clips[0], before)


def test_a_still_is_the_first_frame(tmp_path, tools):
    record = counting(tools, 20)
    record.pixels[0] = 51
    still = still_of(record, settings(), Cache(tmp_path))
    assert still.shape == (1, 16, 16)
    assert still.dtype == torch.float32
    assert torch.allclose(still, torch.tensor(0.2))


def test_a_continuation_is_sampled_as_the_clips_are(tmp_path, tools):
    truth = counting(tools, 40).pixels
    image = tools.ArrayRecord(truth[:1], "image", truth=truth)
    source = StillSource(image, settings())
    assert source.id == "image"
    assert numbers(source.continuation(4, seed=1)) == [0, 3, 6, 9]
    assert numbers(source.continuation(6, seed=1)) == [0, 3, 6, 9, 12, 15]
    assert numbers(source.continuation(1, seed=1)) == [0]
    small = StillSource(image, settings(size=8, channels=3)).continuation(4, seed=1)
    assert small.shape == (3, 4, 8, 8)
    still = still_of(image, settings(), Cache(tmp_path))
    assert torch.equal(source.continuation(4, seed=1)[:, 0], still)


def test_a_continuation_starts_at_the_first_frame(tmp_path, tools):
    video = counting(tools, 20, truth=counting(tools, 40).pixels)
    for rule in ({}, {"sampling": "stride", "stride": 3}, {"sampling": "segments", "span": 6}):
        clips = VideoClips([video], Cache(tmp_path), settings(per_video=2, **rule))
        assert numbers(clips.source(0).continuation(4, seed=1)) == numbers(clips[0])
        with pytest.raises(DataError, match=r"this clip starts at frame 1[04]"):
            clips.source(1).continuation(4, seed=1)
    middles = VideoClips([video], Cache(tmp_path), settings(span=20, sampling="segments"))
    with pytest.raises(DataError, match=r"starts at frame 2; .* and sampling to 'uniform'"):
        middles.source(0).continuation(4, seed=1)


def test_most_data_sets_cannot_tell_what_follows(tools):
    with pytest.raises(DataError, match="cannot tell what follows"):
        StillSource(counting(tools, 20), settings()).continuation(4, seed=1)


def test_a_wide_frame_becomes_a_square():
    frame = np.zeros((10, 30, 1), np.uint8)
    frame[:, 10:20] = 200
    crop = square(frame, settings(size=10, fit="crop"))
    pad = square(frame, settings(size=12, fit="pad"))
    stretch = square(frame, settings(size=12, fit="stretch"))
    assert crop.shape == (10, 10, 1)
    assert (crop == 200).all()
    assert pad.shape == (12, 12, 1)
    assert (pad[:4] == 0).all()
    assert (pad[8:] == 0).all()
    assert pad[5, 6] == 200
    assert stretch.shape == (12, 12, 1)
    assert (stretch[:, 5:7] == 200).all()
    assert stretch[0, 0] == 0


def test_shrinking_is_antialiased():
    stripes = np.zeros((128, 128, 1), np.uint8)
    stripes[:, ::2] = 200
    for fit in ("crop", "pad", "stretch"):
        assert (square(stripes, settings(size=16, fit=fit)) == 100).all()
    assert np.abs(square(stripes[:8], settings(size=16, fit="stretch")).astype(int) - 100).max() < 2


def test_grey_and_colour():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    colour = np.repeat(grey, 3, axis=2)
    assert np.array_equal(square(colour, settings()), grey)
    assert np.array_equal(square(grey, settings(channels=3)), colour)
    assert np.array_equal(square(colour, settings(channels=3)), colour)
