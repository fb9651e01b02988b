"""What is damaged in the cache, or half written, is never trusted."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.data import cachefile
from bench.data.cache import Cache
from tests.bench.data.cached import SETTINGS


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
