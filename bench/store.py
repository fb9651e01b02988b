"""The store: every result a folder under its cell's key, whole or not there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from plugins.errors import BenchError
from plugins.files import flush, flush_folder, replacing

RESULT = "result.json"


class Store:
    """Results, failures, work in progress and caches, in one folder.

    ============  ===========================================================
    folder        holds
    ============  ===========================================================
    cells         finished results: ``result.json`` and artefacts, by key
    work          what a running or killed cell has written so far, by key
    failed        the error and the log of cells that failed, by key
    cache         decoded videos
    experiments   by name: the experiment as it was run, its plan, its splits
    ============  ===========================================================

    Args:
        root: made if missing.

    Raises:
        BenchError: the folder cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for name in ("cells", "work", "failed", "cache", "experiments", "locks"):
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BenchError(
                f"the store {root} cannot be written ({error.strerror}); "
                "choose another with --store"
            ) from None

    @property
    def cache(self) -> Path:
        """The folder of decoded videos."""
        return self.root / "cache"

    def experiment(self, name: str) -> Path:
        """The folder of what was run under an experiment's name."""
        return self.root / "experiments" / name

    def cell(self, key: str) -> Path:
        """Where the cell's finished result is, or will be."""
        return self.root / "cells" / key

    def work(self, key: str) -> Path:
        """Where the cell writes while it runs."""
        return self.root / "work" / key

    def result(self, key: str) -> dict[str, Any] | None:
        """The finished result, or None.

        A result whose files are missing or have another size than when it
        was written (a full or damaged disk) counts as not there.
        """
        path = self.cell(key) / RESULT
        try:
            result = json.loads(path.read_text())
        except (OSError, ValueError):
            return None
        for name, size in result["files"].items():
            file = self.cell(key) / name
            if not file.is_file() or file.stat().st_size != size:
                return None
        return result

    def failure(self, key: str) -> dict[str, Any] | None:
        """How the cell failed when it was last tried, or None."""
        try:
            return json.loads((self.root / "failed" / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Keep other processes off this cell; waits for one that is at it."""
        with FileLock(self.root / "locks" / f"{key}.lock"):
            yield

    def begin(self, key: str) -> Path:
        """The work folder of a cell, holding whatever a killed run left in it."""
        folder = self.work(key)
        folder.mkdir(exist_ok=True)
        return folder

    def finish(self, key: str, result: dict[str, Any]) -> None:
        """Make the work folder the cell's result, in one step."""
        folder = self.work(key)
        for left_behind in folder.rglob(".*.tmp"):  # half written by a killed run
            left_behind.unlink()
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / RESULT)
        result = result | {
            "files": {p.relative_to(folder).as_posix(): p.stat().st_size for p in files}
        }
        for file in files:
            flush(file)
        write_atomically(folder / RESULT, json.dumps(result, indent=1, sort_keys=True))
        shutil.rmtree(self.cell(key), ignore_errors=True)  # a damaged one
        folder.rename(self.cell(key))
        flush_folder(self.cell(key).parent)
        (self.root / "failed" / f"{key}.json").unlink(missing_ok=True)

    def fail(self, key: str, failure: dict[str, Any]) -> None:
        """Record a failure. The work folder stays: a next run continues in it."""
        write_atomically(
            self.root / "failed" / f"{key}.json", json.dumps(failure, indent=1, sort_keys=True)
        )


def write_atomically(path: Path, text: str) -> None:
    """Write a text file, UTF-8, that is there whole or not at all."""
    with replacing(path) as file:
        file.write(text.encode())
