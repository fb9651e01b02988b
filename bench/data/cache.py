"""Decoded videos on disk: each is decoded once, to the size that the experiment uses."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.data import cachefile
from bench.data.each import cores
from bench.data.filling import Filled, Filling
from bench.data.region import FrameSettings, region_of
from bench.data.room import (
    DiskFullError,
    Missing,
    check_room,
    expected_size,
    least_size,
    unwritable,
)
from bench.data.squares import Watcher, named, squares, with_id
from bench.provenance import source_digest
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

VERSION = 1
"""Raise it when the same source and settings come to give other bytes."""

_DAY = 86400


class Cache:
    """A folder of decoded videos, one file each, safe for several processes at once.

    A file is an ordinary .npy, uint8 (T, size, size, channels). Its name
    is the digest of the record's fingerprint, of the settings that shape
    it (and the region of interest, where they ask for it) and of the code
    that decodes it, so that another source, setting, region or decoder is
    another file. It appears whole or not at all, and one that was damaged
    afterwards is decoded again.

    Args:
        folder: made where it is missing.
        reserve: bytes of the disk that are always left free.
    """

    def __init__(self, folder: Path, reserve: int = 512 << 20) -> None:
        self.folder = Path(folder)
        self.reserve = reserve

    def path(self, record: Record, settings: FrameSettings) -> Path:
        """The file of a record, there or not.

        Raises:
            DataError: the source or its region cannot be read.
        """
        shaped = [
            VERSION,
            record.fingerprint,
            settings.size,
            settings.fit,
            settings.channels,
            # So that a mended decoder's pixels are not mistaken for the old one's.
            source_digest("bench.data.square"),
            source_digest(type(record).__module__),
        ]
        box = region_of(record, settings)
        if box:
            cut = [box, settings.region_margin, settings.region_side]
            shaped += [cut, source_digest("bench.data.region")]
        return self.folder / f"{hashlib.sha256(json.dumps(shaped).encode()).hexdigest()}.npy"

    def fill(
        self,
        records: Sequence[Record],
        settings: FrameSettings,
        report: Callable[[int, int], None] | None = None,
        workers: int | None = None,
        watch: Callable[[Record], Watcher] | None = None,
    ) -> Filled:
        """Decode what is missing, and look at what is there.

        Args:
            records: videos or images.
            settings: region, size, fit and channels.
            report: called with records done and their total, in this
                thread; what it raises ends the filling.
            workers: records decoded at once; by default one per core that
                this process may use.
            watch: makes a watcher for each record that is decoded in this
                call, so that what needs every pixel takes no second
                decoding. Called in the decoding threads; what it or a
                watcher raises is taken for the record's own mistake. Of
                equal records the first is watched.

        Raises:
            DataError: one line for every record that cannot be read, after
                all others are decoded; or the disk has too little room,
                before anything is.
        """
        self._tidy()
        filling = Filling(records, report)
        pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="decode")
        try:
            for i, state in enumerate(pool.map(lambda r: self._state(r, settings), records)):
                if isinstance(state, DataError):
                    filling.cannot_be_keyed(i, str(state))
                else:
                    filling.keyed(i, *state)
            if filling.waiting:  # by what is known at least: a guess may not refuse
                missing = [record for _, record in filling.to_decode()]
                self._check_room(least_size(missing, _shape(settings)))
            jobs = {
                pool.submit(self._write, record, path, settings, watch): path
                for path, record in filling.to_decode()
            }
            for job in as_completed(jobs):
                try:
                    job.result()
                except DiskFullError:
                    raise
                except DataError as error:
                    filling.cannot_be_read(jobs[job], str(error))
                else:
                    filling.written(jobs[job])
        finally:
            pool.shutdown(cancel_futures=True)
        return filling.result()

    def missing_size(self, records: Sequence[Record], settings: FrameSettings) -> Missing:
        """What `fill` would decode, told from the records' own hints.

        A record that cannot tell its length counts with `room.UNTOLD` frames.
        Damage within a cached file is left for `fill` to find, and so is
        a source that cannot be read.
        """
        shape, missing = _shape(settings), dict[Path, int]()
        for record in records:
            try:
                path = self.path(record, settings)
            except Exception:  # `fill` names it, with all others
                continue
            if path not in missing and cachefile.length(path, shape) is None:
                missing[path] = expected_size(record, shape)
        return Missing(sum(missing.values()), len(missing))

    def frames(self, record: Record, settings: FrameSettings) -> np.memmap:
        """The frames, mapped from the file; decoded first where it is missing or cut.

        Returns:
            uint8 (T, size, size, channels), read-only.

        Raises:
            DataError: the source cannot be read.
        """
        return self.mapped(self.path(record, settings), record, settings)

    def mapped(self, path: Path, record: Record, settings: FrameSettings) -> np.memmap:
        """`frames`, for those who keep the path and spare the fingerprint."""
        shape = _shape(settings)
        if cachefile.length(path, shape) is None:
            self._write(record, path, settings)
        frames = cachefile.mapped(path, shape)
        if frames is None:
            raise DataError(f"{path}: vanished while it was read; is the cache being cleared?")
        return frames

    def length(self, record: Record, settings: FrameSettings) -> int:
        """The number of frames, T.

        Raises:
            DataError: the source cannot be read.
        """
        path = self.path(record, settings)
        return cachefile.length(path, _shape(settings)) or len(self.mapped(path, record, settings))

    def _state(self, record: Record, settings: FrameSettings) -> tuple[Path, bool] | DataError:
        """The record's file and whether it is sound to the last bit, or why it has none."""
        try:
            path = self.path(record, settings)
        except DataError as error:
            return error
        except Exception as error:  # a reader's own mistake costs its file, not the run
            return DataError(with_id(record, f"{type(error).__name__}: {error}"))
        return path, cachefile.is_sound(path, _shape(settings))

    def _write(
        self,
        record: Record,
        path: Path,
        settings: FrameSettings,
        watch: Callable[[Record], Watcher] | None = None,
    ) -> None:
        self._check_room(0)
        with named(record):
            watcher = watch(record) if watch else None
        made = squares(record, settings, watcher)
        try:
            cachefile.write(path, made, _shape(settings), lambda: self._check_room(0))
        except OSError as error:
            raise unwritable(self.folder, error) from None
        with named(record):
            if watcher:
                watcher.done()

    def _check_room(self, needed: int) -> None:
        check_room(self.folder, needed, self.reserve)

    def _tidy(self) -> None:
        """Remove what killed processes left half written."""
        for path in self.folder.glob(".*.tmp"):
            try:
                if time.time() - path.stat().st_mtime > _DAY:
                    path.unlink(missing_ok=True)
            except OSError:  # another process was quicker
                continue


def _shape(settings: FrameSettings) -> cachefile.Shape:
    return (settings.size, settings.size, settings.channels)
