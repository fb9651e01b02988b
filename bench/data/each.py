"""Look at every record of a data set, several at once; a fault costs its record alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from bench.data.squares import with_id
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

T = TypeVar("T")


def each(
    records: Sequence[Record],
    look: Callable[[Record], T],
    report: Callable[[int, int], None] | None = None,
    workers: int = 0,
) -> list[T | DataError]:
    """What `look` returns for each record, in order.

    Args:
        records: videos or images.
        look: called in several threads.
        report: called with records done and their total, in this thread;
            what it raises ends the looking.
        workers: records looked at at once; by default one per core.

    Returns:
        Per record the result, or a DataError that names the record where
        `look` raised anything.
    """
    pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="look")
    found: list[T | DataError] = []
    try:
        for result in pool.map(lambda record: _looked(record, look), records):
            found.append(result)
            if report:
                report(len(found), len(records))
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _looked(record: Record, look: Callable[[Record], T]) -> T | DataError:
    try:
        return look(record)
    except DataError as error:
        message = str(error)
    except Exception as error:  # a reader's own mistake costs its record, not the rest
        message = f"{type(error).__name__}: {error}"
    return DataError(with_id(record, message))
