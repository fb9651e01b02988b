"""The cache: decoded once, whole or not there, never trusted when damaged."""

import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bench.data import cache as cache_module
from bench.data import cachefile
from bench.data.cache import Cache
from bench.data.readers.folder import FileRecord, Folder
from bench.data.settings import ClipSettings
from plugins.dataset import Box
from plugins.errors import DataError

SETTINGS = ClipSettings(size=16)


@pytest.fixture
def root(tmp_path, tools):
    for name in ("a", "b", "c"):
        tools.write_video(tmp_path / "data" / "x" / f"{name}.mkv", tools.moving_square(6))
    pixels = tools.moving_square(6)
    pixels[0, 0, 0] = 255
    tools.write_video(tmp_path / "data" / "x" / "b.mkv", pixels)
    tools.write_video(tmp_path / "data" / "x" / "c.mkv", pixels[::-1])
    return tmp_path / "data"


def videos(root):
    return Folder(root=str(root)).videos()


def test_what_is_decoded_once_is_reused(tmp_path, root):
    cache, told = Cache(tmp_path / "cache"), []
    records = videos(root)
    filled = cache.fill(records, SETTINGS, report=lambda done, total: told.append((done, total)))
    assert (filled.decoded, filled.reused) == (3, 0)
    assert filled.size == sum(f.stat().st_size for f in (tmp_path / "cache").glob("*.npy"))
    assert told[-1] == (3, 3)
    again = cache.fill(videos(root), SETTINGS)
    assert (again.decoded, again.reused, again.size) == (0, 3, filled.size)
    frames = cache.frames(records[0], SETTINGS)
    assert isinstance(frames, np.memmap)
    assert (frames.shape, frames.dtype) == ((6, 16, 16, 1), np.uint8)
    assert not frames.flags.writeable
    assert cache.length(records[0], SETTINGS) == 6


def test_frames_are_made_where_they_are_missing(tmp_path, root):
    record = videos(root)[0]
    assert len(Cache(tmp_path / "cache").frames(record, SETTINGS)) == 6


def test_the_same_settings_give_the_same_bytes(tmp_path, root):
    files = []
    for folder in ("one", "two"):
        cache = Cache(tmp_path / folder)
        cache.fill(videos(root), SETTINGS)
        files.append({p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()})
    assert files[0] == files[1]
    assert len(files[0]) == 3


def test_only_settings_that_shape_a_frame_make_another_file(tmp_path, root):
    record, cache = videos(root)[0], Cache(tmp_path)
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


def test_a_region_that_cannot_be_read_costs_its_record(tmp_path, tools):
    class Marked(tools.ArrayRecord):
        def region(self):
            raise DataError("mask.png: is damaged")

    class Outside(tools.ArrayRecord):
        def region(self):
            return Box(500, 0, 510, 10)

    good = tools.ArrayRecord(tools.moving_square(4), "good")
    records = [Marked(tools.moving_square(5), "b"), good, Outside(tools.moving_square(6), "far")]
    with pytest.raises(DataError) as error:
        Cache(tmp_path).fill(records, ClipSettings(size=16, region="box"))
    _, first, second = str(error.value).splitlines()
    assert "mask.png: is damaged" in first
    assert "far: the region of interest, left 500" in second
    assert good.decoded == 1


def test_a_mended_decoder_makes_another_file(tmp_path, root, monkeypatch):
    cache, record = Cache(tmp_path / "cache"), videos(root)[0]
    before = cache.path(record, SETTINGS)
    monkeypatch.setattr("bench.data.cache.source_digest", lambda module: f"other {module}")
    assert cache.path(record, SETTINGS) != before


def test_one_pixel_is_another_fingerprint(tools):
    pixels = tools.moving_square(4)
    before = tools.ArrayRecord(pixels.copy()).fingerprint
    pixels[0, 0, 0, 0] += 1
    assert tools.ArrayRecord(pixels).fingerprint != before


@pytest.mark.parametrize("lost", [1, 40, 300, 10**6])
def test_a_cut_file_is_decoded_again(tmp_path, tools, lost):
    record = tools.ArrayRecord(tools.moving_square(4))
    cache = Cache(tmp_path)
    path = cache.path(record, SETTINGS)
    cache.fill([record], SETTINGS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost] if lost < len(whole) else b"")
    assert cache.length(record, SETTINGS) == 4
    assert record.decoded == 2
    assert path.read_bytes() == whole


def test_a_changed_bit_is_found_when_the_cache_is_filled(tmp_path, tools):
    record = tools.ArrayRecord(tools.moving_square(4))
    cache = Cache(tmp_path)
    path = cache.path(record, SETTINGS)
    cache.fill([record], SETTINGS)
    whole = path.read_bytes()
    path.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    assert cache.fill([record], SETTINGS).decoded == 1
    assert path.read_bytes() == whole


def test_a_changed_source_is_decoded_again(tmp_path, root, tools):
    cache = Cache(tmp_path / "cache")
    cache.fill(videos(root), SETTINGS)
    tools.write_video(root / "x" / "a.mkv", tools.moving_square(9))
    assert cache.fill(videos(root), SETTINGS).decoded == 1
    assert cache.length(videos(root)[0], SETTINGS) == 9


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


def test_twins_are_decoded_once(tmp_path, tools):
    one, two = (tools.ArrayRecord(tools.moving_square(4), id) for id in "ab")
    assert Cache(tmp_path).fill([one, two], SETTINGS).decoded == 2
    assert one.decoded + two.decoded == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_all_damaged_files_are_named_and_the_rest_decoded(tmp_path, root):
    data, gone = (root / "x" / "a.mkv").read_bytes(), tmp_path / "gone.mp4"
    gone.write_bytes(data)
    (root / "x" / "e.mp4").symlink_to(gone)
    for name in ("d.mkv", "f.avi"):
        (root / "x" / name).write_bytes(data)
    records = videos(root)
    (root / "x" / "a.mkv").write_bytes(data[: len(data) // 2])
    (root / "x" / "d.mkv").write_bytes(b"")
    gone.unlink()
    (root / "x" / "f.avi").write_text("not a video")
    cache = Cache(tmp_path / "cache")
    with pytest.raises(DataError) as error:
        cache.fill(records, SETTINGS)
    lines = str(error.value).splitlines()
    assert lines[0].startswith("4 of 6 files cannot be read")
    for line, name in zip(lines[1:], ("a.mkv", "d.mkv", "e.mp4", "f.avi"), strict=True):
        assert f"{name}: " in line
    assert len(list((tmp_path / "cache").iterdir())) == 2
    good = Folder(root=str(root), exclude=("a.mkv", "[def].*")).videos()
    assert cache.fill(good, SETTINGS).reused == 2


def test_a_readers_own_mistake_costs_its_record_only(tmp_path, tools):
    class Broken(tools.ArrayRecord):
        def frames(self):
            raise KeyError("oops")

    good = tools.ArrayRecord(tools.moving_square(4), "good")
    broken = Broken(tools.moving_square(5), "broken")
    floats = tools.ArrayRecord(np.zeros((2, 8, 8, 1)), "floats")
    none = tools.ArrayRecord(np.zeros((0, 8, 8, 1), np.uint8), "none")
    with pytest.raises(DataError) as error:
        Cache(tmp_path).fill([good, broken, floats, none], SETTINGS)
    text = str(error.value)
    assert "broken: KeyError: 'oops'" in text
    assert "floats: a frame must be uint8" in text
    assert "none: holds no frames" in text
    assert good.decoded == 1


def test_what_the_report_raises_stops_the_filling(tmp_path, root):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path / "cache").fill(videos(root), SETTINGS, report=stop)


class Seen:
    """Keeps what it sees of one record, and whether the cache had it in the end."""

    def __init__(self, cache, record):
        self.cache, self.record = cache, record
        self.frames, self.was_there = [], None

    def see(self, frame):
        self.frames.append(frame)

    def done(self):
        self.was_there = self.cache.path(self.record, SETTINGS).exists()


def test_a_watcher_sees_every_frame_that_is_decoded_as_it_is(tmp_path, tools):
    cache, seen = Cache(tmp_path), {}

    def watch(record):
        return seen.setdefault(record.id, Seen(cache, record))

    old, new, twin = (
        tools.ArrayRecord(tools.moving_square(n), id)
        for n, id in ((4, "old"), (5, "new"), (5, "t"))
    )
    cache.fill([old], SETTINGS)
    cache.fill([old, new, twin], SETTINGS, watch=watch)
    assert list(seen) == ["new"]
    assert np.array_equal(seen["new"].frames, new.pixels)
    assert seen["new"].was_there
    plain = Cache(tmp_path / "plain")
    plain.fill([new], SETTINGS)
    assert np.array_equal(plain.frames(new, SETTINGS), cache.frames(new, SETTINGS))


def test_a_watcher_of_a_damaged_record_is_never_done(tmp_path, root):
    records, cache, seen = videos(root), Cache(tmp_path / "cache"), []

    def watch(record):
        seen.append(Seen(cache, record))
        return seen[-1]

    data = records[0].path.read_bytes()
    records[0].path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="1 of 1 files cannot be read"):
        cache.fill(records[:1], SETTINGS, watch=watch)
    assert [one.was_there for one in seen] == [None]


def test_a_watchers_mistake_names_the_record(tmp_path, tools):
    class Clumsy(Seen):
        def done(self):
            raise KeyError("oops")

    cache, record = Cache(tmp_path), tools.ArrayRecord(tools.moving_square(4), "a record")
    with pytest.raises(DataError, match="a record: KeyError: 'oops'"):
        cache.fill([record], SETTINGS, watch=lambda record: Clumsy(cache, record))


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


def test_what_is_missing_is_told_before_it_is_decoded(tmp_path, root):
    cache = Cache(tmp_path / "cache")
    records = videos(root)
    size, count = cache.missing_size(records, SETTINGS)
    assert count == 3
    cache.fill(records[:1], SETTINGS)
    assert cache.missing_size(records, SETTINGS).records == 2
    filled = cache.fill(records, SETTINGS)
    assert filled.size <= size < 1.1 * filled.size
    assert cache.missing_size(records, SETTINGS) == (0, 0)
    assert cache.missing_size(records, ClipSettings(size=32)).records == 3


def test_a_length_that_is_not_told_is_guessed_and_refuses_nothing(tmp_path, tools, monkeypatch):
    class Unreadable(tools.ArrayRecord):
        @property
        def fingerprint(self):
            raise DataError("gone")

    untold = [tools.ArrayRecord(tools.moving_square(4), id) for id in "ab"]
    wrong = Unreadable(tools.moving_square(5), "c")
    cache = Cache(tmp_path, reserve=0)
    size, count = cache.missing_size([*untold, wrong], SETTINGS)
    assert count == 1
    assert cache_module.UNTOLD * 256 <= size <= cache_module.UNTOLD * 256 + 512
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, size // 2))
    assert cache.fill(untold, SETTINGS).decoded == 2


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_is_too_small_is_not_filled(tmp_path, root, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 30, 0, (512 << 20) + 1000))
    with pytest.raises(DataError, match=r"cache: the cache needs 0\.0 GiB more .* free some space"):
        Cache(tmp_path / "cache").fill(videos(root), SETTINGS)
    assert not list((tmp_path / "cache").iterdir())


def test_a_disk_that_fills_up_meanwhile_stops_at_once(tmp_path, tools, monkeypatch):
    left = iter([Usage(0, 0, 1 << 40), Usage(0, 0, 1 << 40)])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: next(left, Usage(0, 0, 0)))
    records = [tools.ArrayRecord(tools.moving_square(4 + i), f"{i}") for i in range(5)]
    with pytest.raises(cache_module.DiskFullError, match="free some space"):
        Cache(tmp_path).fill(records, SETTINGS, workers=1)
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_an_error_of_the_disk_is_no_error_of_the_video(tmp_path, tools, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(cache_module.DiskFullError, match="the disk is full"):
        Cache(tmp_path).fill([tools.ArrayRecord(tools.moving_square(4))], SETTINGS)
    assert not list(tmp_path.iterdir())


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path, tools):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DataError, match=r"cache: the cache folder cannot be made"):
        Cache(tmp_path / "cache").fill([tools.ArrayRecord(tools.moving_square(4))], SETTINGS)


def test_old_leftovers_are_removed_and_fresh_ones_left(tmp_path, tools):
    for name, age in ((".a.npy.1.tmp", 2 * 86400), (".b.npy.2.tmp", 60)):
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    Cache(tmp_path).fill([tools.ArrayRecord(tools.moving_square(4))], SETTINGS)
    assert [p.name for p in tmp_path.glob(".*")] == [".b.npy.2.tmp"]


FILL = """
import sys
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from bench.data.cache import Cache
from bench.data.settings import ClipSettings

def record(i):
    video = np.full((200, 64, 64, 1), i, np.uint8)
    return SimpleNamespace(
        id=str(i), fingerprint=str(i), length_hint=lambda: 200, stream=lambda: iter(video)
    )

print(Cache(Path(sys.argv[1])).fill([record(i) for i in range(40)], ClipSettings(size=64)))
"""


def test_two_processes_fill_at_once(tmp_path):
    command = [sys.executable, "-c", FILL, str(tmp_path / "cache")]
    here = Path(__file__).parents[3]
    running = [subprocess.Popen(command, cwd=here) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 40
    assert all(cachefile.is_sound(path, (64, 64, 1)) for path in files)
