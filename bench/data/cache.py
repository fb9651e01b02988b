"""Decoded videos on disk: each is decoded once, to the size that the experiment uses."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.data import cachefile
from bench.data.square import SquareSettings, square
from bench.provenance import source_digest
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

VERSION = 1
"""Raise it when the same source and settings come to give other bytes."""

_DAY = 86400


class DiskFullError(DataError):
    """The cache would fill, or cannot write, its disk: no matter of one file."""


@dataclass(frozen=True)
class Filled:
    """What filling the cache did.

    Attributes:
        decoded: records that were decoded.
        reused: records that were there.
        size: bytes of all of them in the cache.
    """

    decoded: int
    reused: int
    size: int


class Cache:
    """A folder of decoded videos, one file each, safe for several processes at once.

    A file is an ordinary .npy, uint8 (T, size, size, channels). Its name
    is the digest of the record's fingerprint, of the settings that shape
    it and of the code that decodes it, so that another source, setting or
    decoder is another file. It
    appears whole or not at all, and one that was damaged afterwards is
    decoded again.

    A record may offer beside ``frames()``, so that long videos need
    little memory and space is checked beforehand: ``stream()``, its
    frames one by one, each (H, W, C); and ``length_hint()``, about how
    many there are.

    Args:
        folder: made where it is missing.
        reserve: bytes of the disk that are always left free.
    """

    def __init__(self, folder: Path, reserve: int = 512 << 20) -> None:
        self.folder = Path(folder)
        self.reserve = reserve

    def path(self, record: Record, settings: SquareSettings) -> Path:
        """The file of a record, there or not.

        Raises:
            DataError: the source cannot be read.
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
        return self.folder / f"{hashlib.sha256(json.dumps(shaped).encode()).hexdigest()}.npy"

    def fill(
        self,
        records: Sequence[Record],
        settings: SquareSettings,
        report: Callable[[int, int], None] | None = None,
        workers: int = 2,
    ) -> Filled:
        """Decode what is missing, and look at what is there.

        Args:
            records: videos or images.
            settings: size, fit and channels.
            report: called with records done and their total, in this
                thread; what it raises ends the filling.
            workers: records decoded at once.

        Raises:
            DataError: one line for every record that cannot be read, after
                all others are decoded; or the disk has too little room,
                before anything is.
        """
        self._tidy()
        tell = report or _silent
        wrong: dict[int, str] = {}
        waiting: dict[Path, list[int]] = {}
        done = 0
        pool = ThreadPoolExecutor(max(workers, 1), thread_name_prefix="decode")
        try:
            paths: list[Path | None] = []
            for i, state in enumerate(pool.map(lambda r: self._state(r, settings), records)):
                path, sound, problem = state
                paths.append(path)
                if path is None:
                    wrong[i] = problem
                elif not sound:
                    waiting.setdefault(path, []).append(i)
                done += path is None or sound
                tell(done, len(records))
            reused = done - len(wrong)
            self._check_room([records[which[0]] for which in waiting.values()], settings)
            jobs = {
                pool.submit(self._write, records[which[0]], path, settings): which
                for path, which in waiting.items()
            }
            for job in as_completed(jobs):
                which = jobs[job]
                try:
                    job.result()
                except DiskFullError:
                    raise
                except DataError as error:
                    first, *same = which
                    wrong[first] = str(error)
                    for i in same:
                        wrong[i] = f"{records[i].id}: the same bytes as {records[first].id}"
                done += len(which)
                tell(done, len(records))
        finally:
            pool.shutdown(cancel_futures=True)
        if wrong:
            lines = [wrong[i] for i in sorted(wrong)]
            raise DataError(
                f"{len(wrong)} of {len(records)} files cannot be read:\n  " + "\n  ".join(lines)
            )
        size = sum(path.stat().st_size for path in set(paths) if path)
        return Filled(decoded=len(records) - reused, reused=reused, size=size)

    def frames(self, record: Record, settings: SquareSettings) -> np.memmap:
        """The frames, mapped from the file; decoded first where it is missing or cut.

        Returns:
            uint8 (T, size, size, channels), read-only.

        Raises:
            DataError: the source cannot be read.
        """
        return self.mapped(self.path(record, settings), record, settings)

    def mapped(self, path: Path, record: Record, settings: SquareSettings) -> np.memmap:
        """`frames`, for those who keep the path and spare the fingerprint."""
        shape = _shape(settings)
        if cachefile.length(path, shape) is None:
            self._write(record, path, settings)
        frames = cachefile.mapped(path, shape)
        if frames is None:
            raise DataError(f"{path}: vanished while it was read; is the cache being cleared?")
        return frames

    def length(self, record: Record, settings: SquareSettings) -> int:
        """The number of frames, T.

        Raises:
            DataError: the source cannot be read.
        """
        path = self.path(record, settings)
        return cachefile.length(path, _shape(settings)) or len(self.mapped(path, record, settings))

    def _state(self, record: Record, settings: SquareSettings) -> tuple[Path | None, bool, str]:
        """The record's file, whether it is sound to the last bit, and else why it has none."""
        try:
            path = self.path(record, settings)
        except DataError as error:
            return None, False, str(error)
        except Exception as error:  # a reader's own mistake costs its file, not the run
            return None, False, _named(record, f"{type(error).__name__}: {error}")
        return path, cachefile.is_sound(path, _shape(settings)), ""

    def _write(self, record: Record, path: Path, settings: SquareSettings) -> None:
        self._check_free(0)
        try:
            cachefile.write(
                path, _squares(record, settings), _shape(settings), lambda: self._check_free(0)
            )
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "the disk is full" if full else error.strerror or str(error)
            raise DiskFullError(
                f"{self.folder}: the cache cannot be written: {reason}; free some space, "
                "or set another cache folder"
            ) from None

    def _needed(self, missing: Sequence[Record], settings: SquareSettings) -> int:
        frame = settings.size**2 * settings.channels
        return sum(_hint(record) * frame + 256 for record in missing)

    def _check_room(self, missing: Sequence[Record], settings: SquareSettings) -> None:
        if missing:
            self._check_free(self._needed(missing, settings))

    def _check_free(self, needed: int) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise DiskFullError(
                f"{self.folder}: the cache folder cannot be made: {error.strerror or error}; "
                "set another one"
            ) from None
        if needed + self.reserve > free:
            raise DiskFullError(
                f"{self.folder}: the cache needs {_gib(needed)} more and leaves "
                f"{_gib(self.reserve)} free, but the disk has {_gib(free)}; free some space, "
                "or set another cache folder"
            )

    def _tidy(self) -> None:
        """Remove what killed processes left half written."""
        for path in self.folder.glob(".*.tmp"):
            try:
                if time.time() - path.stat().st_mtime > _DAY:
                    path.unlink(missing_ok=True)
            except OSError:  # another process was quicker
                continue


def _silent(done: int, total: int) -> None:
    """Report nothing."""


def _hint(record: Record) -> int:
    """About how many frames a record has, 0 where it cannot tell."""
    try:
        return int(record.length_hint()) if hasattr(record, "length_hint") else 0
    except Exception:  # only a hint: decoding says what is wrong
        return 0


def _squares(record: Record, settings: SquareSettings) -> Iterator[np.ndarray]:
    """The record's frames at their final size.

    Raises:
        DataError: whatever the record raises, with its id.
    """
    count = 0
    try:
        stream = getattr(record, "stream", None)
        for frame in stream() if stream else record.frames():
            yield square(frame, settings)
            count += 1
    except DataError as error:
        raise DataError(_named(record, str(error))) from None
    except Exception as error:  # a reader's own mistake costs its file, not the run
        raise DataError(_named(record, f"{type(error).__name__}: {error}")) from error
    if count == 0:
        raise DataError(_named(record, "holds no frames"))


def _named(record: Record, message: str) -> str:
    return message if record.id in message else f"{record.id}: {message}"


def _shape(settings: SquareSettings) -> cachefile.Shape:
    return (settings.size, settings.size, settings.channels)


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
