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

from bench.data import cache as cache_module
from bench.data import cachefile
from bench.data.cache import Cache
from bench.data.folder import Folder
from bench.data.settings import ClipSettings
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


def test_twins_are_decoded_once(tmp_path, tools):
    one, two = (tools.ArrayRecord(tools.moving_square(4), id) for id in "ab")
    assert Cache(tmp_path).fill([one, two], SETTINGS).decoded == 2
    assert one.decoded + two.decoded == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_all_damaged_files_are_named_and_the_rest_decoded(tmp_path, root):
    data = (root / "x" / "a.mkv").read_bytes()
    (root / "x" / "a.mkv").write_bytes(data[: len(data) // 2])
    (root / "x" / "d.mkv").write_bytes(b"")
    (root / "x" / "e.mp4").symlink_to(root / "gone.mp4")
    (root / "x" / "f.avi").write_text("not a video")
    cache = Cache(tmp_path / "cache")
    with pytest.raises(DataError) as error:
        cache.fill(videos(root), SETTINGS)
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
    return SimpleNamespace(id=str(i), fingerprint=str(i), frames=lambda: video)

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
