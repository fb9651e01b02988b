"""Watchers see every frame on its way into the cache."""

import numpy as np
import pytest

from bench.data.cache import Cache
from plugins.errors import DataError
from tests.bench.data.cached import SETTINGS, videos


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


def test_a_watcher_of_a_damaged_record_is_never_done(tmp_path, three_videos):
    records, cache, seen = videos(three_videos), Cache(tmp_path / "cache"), []

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
