"""Filling the cache: every record that cannot be read is named, and costs itself only."""

import numpy as np
import pytest

from bench.data.cache import Cache
from bench.data.readers.folder import Folder
from bench.data.settings import ClipSettings
from plugins.dataset import Box
from plugins.errors import DataError
from tests.bench.data.cached import SETTINGS, videos


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


def test_all_damaged_files_are_named_and_the_rest_decoded(tmp_path, three_videos):
    data, gone = (three_videos / "x" / "a.mkv").read_bytes(), tmp_path / "gone.mp4"
    gone.write_bytes(data)
    (three_videos / "x" / "e.mp4").symlink_to(gone)
    for name in ("d.mkv", "f.avi"):
        (three_videos / "x" / name).write_bytes(data)
    records = videos(three_videos)
    (three_videos / "x" / "a.mkv").write_bytes(data[: len(data) // 2])
    (three_videos / "x" / "d.mkv").write_bytes(b"")
    gone.unlink()
    (three_videos / "x" / "f.avi").write_text("not a video")
    cache = Cache(tmp_path / "cache")
    with pytest.raises(DataError) as error:
        cache.fill(records, SETTINGS)
    lines = str(error.value).splitlines()
    assert lines[0].startswith("4 of 6 files cannot be read")
    for line, name in zip(lines[1:], ("a.mkv", "d.mkv", "e.mp4", "f.avi"), strict=True):
        assert f"{name}: " in line
    assert len(list((tmp_path / "cache").iterdir())) == 2
    good = Folder(root=str(three_videos), exclude=("a.mkv", "[def].*")).videos()
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


def test_what_the_report_raises_stops_the_filling(tmp_path, three_videos):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path / "cache").fill(videos(three_videos), SETTINGS, report=stop)
