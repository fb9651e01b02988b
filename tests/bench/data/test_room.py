"""Room on the disk: told before anything is decoded, and watched while it is."""

import os
import shutil
from collections import namedtuple

import pytest

from bench.data import room
from bench.data.cache import Cache
from bench.data.settings import ClipSettings
from plugins.errors import DataError
from tests.bench.data.cached import SETTINGS, videos

Usage = namedtuple("Usage", "total used free")


def test_what_is_missing_is_told_before_it_is_decoded(tmp_path, three_videos):
    cache = Cache(tmp_path / "cache")
    records = videos(three_videos)
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
    assert room.UNTOLD * 256 <= size <= room.UNTOLD * 256 + 512
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, size // 2))
    assert cache.fill(untold, SETTINGS).decoded == 2


def test_a_disk_that_is_too_small_is_not_filled(tmp_path, three_videos, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 30, 0, (512 << 20) + 1000))
    with pytest.raises(DataError, match=r"cache: the cache needs 0\.0 GiB more .* free some space"):
        Cache(tmp_path / "cache").fill(videos(three_videos), SETTINGS)
    assert not list((tmp_path / "cache").iterdir())


def test_a_disk_that_fills_up_meanwhile_stops_at_once(tmp_path, tools, monkeypatch):
    left = iter([Usage(0, 0, 1 << 40), Usage(0, 0, 1 << 40)])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: next(left, Usage(0, 0, 0)))
    records = [tools.ArrayRecord(tools.moving_square(4 + i), f"{i}") for i in range(5)]
    with pytest.raises(room.DiskFullError, match="free some space"):
        Cache(tmp_path).fill(records, SETTINGS, workers=1)
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_an_error_of_the_disk_is_no_error_of_the_video(tmp_path, tools, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(room.DiskFullError, match="the disk is full"):
        Cache(tmp_path).fill([tools.ArrayRecord(tools.moving_square(4))], SETTINGS)
    assert not list(tmp_path.iterdir())


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path, tools):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DataError, match=r"cache: the cache folder cannot be made"):
        Cache(tmp_path / "cache").fill([tools.ArrayRecord(tools.moving_square(4))], SETTINGS)
