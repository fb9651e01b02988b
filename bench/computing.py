"""Compute one cell: from its work folder to its result, or to a recorded failure."""

from __future__ import annotations

import contextlib
import logging
import resource
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cells import Cell, Surroundings
from bench.provenance import surroundings
from bench.store import Store
from plugins.errors import BenchError, Cancelled
from plugins.run import Progress, Run

LOG = "log.txt"


@dataclass(frozen=True)
class Outcome:
    """How it went: ``error`` is empty where the result is in the store."""

    seconds: float
    error: str = ""


def compute_cell(
    cell: Cell,
    store: Store,
    device: str,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Outcome:
    """Compute a cell and put its result in the store, or record its failure.

    Everything that is printed, logged or warned goes to the cell's
    ``log.txt``.

    Raises:
        Cancelled: the run was asked to stop; the work folder stays.
    """
    started = time.perf_counter()
    with store.lock(cell.key):
        if store.result(cell.key):  # another process was at it
            return Outcome(0.0)
        folder = store.begin(cell.key)
        run = Run(
            folder=folder,
            device=device,
            name=cell.key,
            title=cell.title,
            report=report,
            cancelled=cancelled,
        )
        given = Surroundings(run, lambda needed: store.cell(needed.key), store.cache)
        _forget_peak_memory(device)
        try:
            with _logged(folder / LOG):
                figures = cell.compute(given)
            seconds = time.perf_counter() - started
            store.finish(cell.key, _result(cell, figures, seconds, device))
        except Cancelled:
            raise
        except (Exception, SystemExit) as error:  # a plugin's sys.exit ends its cell, not the run
            return _failed(cell, store, error, time.perf_counter() - started)
        return Outcome(seconds)


def _result(cell: Cell, figures: dict[str, Any], seconds: float, device: str) -> dict[str, Any]:
    return {
        "key": cell.key,
        "kind": cell.kind,
        "title": cell.title,
        "plugin": cell.plugin_name,
        "reads": [needed.key for needed in cell.reads],
        "identity": cell.identity(),
        "figures": figures,
        "seconds": seconds,
        "peak_memory_bytes": _peak_memory(device),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **surroundings(device),
    }


def _failed(cell: Cell, store: Store, error: Exception | SystemExit, seconds: float) -> Outcome:
    message = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    log = store.work(cell.key) / LOG
    kept = store.root / "failed" / f"{cell.key}.log"
    failure = {
        "key": cell.key,
        "kind": cell.kind,
        "title": cell.title,
        "error": message,
        "traceback": trace,
        "log": str(kept),
        "seconds": seconds,
    }
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(trace)
        shutil.copyfile(log, kept)
        store.fail(cell.key, failure)
    except OSError as full:
        raise BenchError(
            f"{store.root}: cannot be written ({full.strerror}); finished results are kept. "
            f"What failed before: {cell.title}: {message}"
        ) from None
    return Outcome(seconds, message)


@contextlib.contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Send prints, log records and warnings to a file."""
    with path.open("a", encoding="utf-8", buffering=1) as log:
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        level = root.level
        root.setLevel(logging.INFO)
        try:
            with (
                contextlib.redirect_stdout(log),
                contextlib.redirect_stderr(log),
                warnings.catch_warnings(),
            ):
                logging.captureWarnings(True)
                yield
        finally:
            logging.captureWarnings(False)
            root.setLevel(level)
            root.removeHandler(handler)


def _forget_peak_memory(device: str) -> None:
    if device.startswith("cuda"):
        import torch

        torch.cuda.reset_peak_memory_stats(device)


def _peak_memory(device: str) -> dict[str, int]:
    """Of this process, the highest so far; of the device, the cell's own."""
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, KiB elsewhere
    peak = {"process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    if device.startswith("cuda"):
        import torch

        peak["device"] = torch.cuda.max_memory_allocated(device)
    return peak
