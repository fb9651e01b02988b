"""The cache: decoded once, and a file for each source and each setting that shapes it."""

import os
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bench.data import cache as cache_module
from bench.data.cache import Cache
from bench.data.readers.folder import FileRecord
from bench.data.settings import ClipSettings
from plugins.dataset import Box
from tests.bench.data.cached import SETTINGS, videos


def test_what_is_decoded_once_is_reused(tmp_path, three_videos):
    cache, told = Cache(tmp_path / "cache"), []
    records = videos(three_videos)
    filled = cache.fill(records, SETTINGS, report=lambda done, total: told.append((done, total)))
    assert (filled.decoded, filled.reused) == (3, 0)
    assert filled.size == sum(f.stat().st_size for f in (tmp_path / "cache").glob("*.npy"))
    assert told[-1] == (3, 3)
    again = cache.fill(videos(three_videos), SETTINGS)
    assert (again.decoded, again.reused, again.size) == (0, 3, filled.size)
    frames = cache.frames(records[0], SETTINGS)
    assert isinstance(frames, np.memmap)
    assert (frames.shape, frames.dtype) == ((6, 16, 16, 1), np.uint8)
    assert not frames.flags.writeable
    assert cache.length(records[0], SETTINGS) == 6


def test_frames_are_made_where_they_are_missing(tmp_path, three_videos):
    record = videos(three_videos)[0]
    assert len(Cache(tmp_path / "cache").frames(record, SETTINGS)) == 6


def test_the_same_settings_give_the_same_bytes(tmp_path, three_videos):
    files = []
    for folder in ("one", "two"):
        cache = Cache(tmp_path / folder)
        cache.fill(videos(three_videos), SETTINGS)
        files.append({p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()})
    assert files[0] == files[1]
    assert len(files[0]) == 3


def test_only_settings_that_shape_a_frame_make_another_file(tmp_path, three_videos):
    record, cache = videos(three_videos)[0], Cache(tmp_path)
    path = cache.path(record, SETTINGS)
    other = [{"size": 32}, {"fit": "pad"}, {"fit": "stretch"}, {"channels": 3}]
    paths = {cache.path(record, SETTINGS.model_copy(update=update)) for update in other}
    assert len(paths | {path}) == 5
    same = SETTINGS.model_copy(update={"span": 99, "frames": 4, "short": "drop", "per_video": 3})
    assert cache.path(record, same) == path


def test_a_region_makes_another_file_where_it_is_used(tmp_path, tools):
    class Marked(tools.ArrayRecord):
        box = None

        def region(self):
            return self.box

    cache, record = Cache(tmp_path), Marked(tools.moving_square(3))
    settings = ClipSettings(size=16, region="box")
    plain = cache.path(record, SETTINGS)
    assert cache.path(record, settings) == plain
    record.box = Box(10, 10, 30, 30)
    assert cache.path(record, SETTINGS) == plain
    paths = [cache.path(record, settings)]
    for update in ({"region_margin": 0.2}, {"region_side": 20}):
        paths.append(cache.path(record, ClipSettings(size=16, region="box", **update)))
    record.box = Box(10, 10, 30, 31)
    paths.append(cache.path(record, settings))
    assert len({plain, *paths}) == 5
    record.box = Box(8, 16, 24, 32)
    tight = ClipSettings(size=16, region="box", region_margin=0, channels=3)
    cache.fill([record], tight)
    assert np.array_equal(cache.frames(record, tight), record.pixels[:, 16:32, 8:24])


def test_a_mended_decoder_makes_another_file(tmp_path, three_videos, monkeypatch):
    cache, record = Cache(tmp_path / "cache"), videos(three_videos)[0]
    before = cache.path(record, SETTINGS)
    monkeypatch.setattr("bench.data.cache.source_digest", lambda module: f"other {module}")
    assert cache.path(record, SETTINGS) != before


def test_one_pixel_is_another_fingerprint(tools):
    pixels = tools.moving_square(4)
    before = tools.ArrayRecord(pixels.copy()).fingerprint
    pixels[0, 0, 0, 0] += 1
    assert tools.ArrayRecord(pixels).fingerprint != before


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2), st.integers(0, 7), st.integers(0, 9), st.integers(1, 255))
def test_one_pixel_of_one_frame_makes_another_file(tmp_path_factory, frame, row, column, change):
    folder, cache = tmp_path_factory.mktemp("frames"), Cache(Path("unused"))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 10), np.uint8)
    for t in range(3):
        Image.fromarray(pixels[t]).save(folder / f"{t}.png")
    before, same = (FileRecord(folder, "v", "v", "x") for _ in range(2))
    assert cache.path(before, SETTINGS) == cache.path(same, SETTINGS)
    pixels[frame, row, column] ^= change
    Image.fromarray(pixels[frame]).save(folder / f"{frame}.png")
    after = FileRecord(folder, "v", "v", "x")
    assert after.fingerprint != before.fingerprint
    assert cache.path(after, SETTINGS) != cache.path(before, SETTINGS)


def test_a_changed_source_is_decoded_again(tmp_path, three_videos, tools):
    cache = Cache(tmp_path / "cache")
    cache.fill(videos(three_videos), SETTINGS)
    tools.write_video(three_videos / "x" / "a.mkv", tools.moving_square(9))
    assert cache.fill(videos(three_videos), SETTINGS).decoded == 1
    assert cache.length(videos(three_videos)[0], SETTINGS) == 9


def test_twins_are_decoded_once(tmp_path, tools):
    one, two = (tools.ArrayRecord(tools.moving_square(4), id) for id in "ab")
    assert Cache(tmp_path).fill([one, two], SETTINGS).decoded == 2
    assert one.decoded + two.decoded == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_all_cores_that_may_be_used_decode(tmp_path, tools, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    used, pool = [], cache_module.ThreadPoolExecutor

    def counted(workers, **more):
        used.append(workers)
        return pool(workers, **more)

    monkeypatch.setattr(cache_module, "ThreadPoolExecutor", counted)
    records = [tools.ArrayRecord(tools.moving_square(4))]
    Cache(tmp_path).fill(records, SETTINGS)
    Cache(tmp_path).fill(records, SETTINGS, workers=1)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    Cache(tmp_path).fill(records, SETTINGS)
    assert used == [3, 1, 7]
