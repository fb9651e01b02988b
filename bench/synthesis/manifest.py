"""``synthesis.json``: how each video was made, and whose folder this is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.store import write_atomically
from bench.synthesis.request import Request, Video
from bench.trained import Trained
from plugins.errors import BenchError

MANIFEST = "synthesis.json"


def manifest_of(trained: Trained, request: Request, videos: Sequence[Video]) -> str:
    """The manifest's text; the same request gives the same."""
    told = {
        **trained.origin,
        "clip": trained.settings.model_dump(mode="json"),
        "frames": request.n_frames,
        "segments": request.segments,
        "seed": request.seed,
        "fps": request.fps,
        "forms": list(request.forms),
        "videos": [
            {
                "image": v.record.id,
                "sha256_of_image": v.record.fingerprint,
                "label": v.record.label,
                "group": v.record.group,
                "sample": v.number,
                "seeds": list(v.seeds),
                "files": [v.path(Path(), form).as_posix() for form in request.forms],
            }
            for v in videos
        ],
    }
    return json.dumps(told, indent=1, sort_keys=True)


def refuse_taken(folder: Path, manifest: str) -> None:
    """Refuse a folder that holds anything but what the same request has begun.

    Raises:
        BenchError: it does, and says how the requests differ; or it
            cannot be read.
    """
    path = folder / MANIFEST
    try:
        if path.is_file():
            there = path.read_text(encoding="utf-8", errors="replace")
            if there != manifest:
                raise BenchError(
                    f"{folder}: holds videos of another request ({_difference(there, manifest)}); "
                    "choose another folder, or remove it"
                )
        elif folder.exists() and any(folder.iterdir()):
            raise BenchError(f"{folder}: is not empty; choose a new folder")
    except OSError as error:
        raise BenchError(f"{folder}: cannot be read: {error.strerror or error}") from None


def claim(folder: Path, manifest: str) -> None:
    """Take a folder that is new, empty, or was begun by the same request.

    Raises:
        BenchError: as `refuse_taken`, or it cannot be written.
    """
    refuse_taken(folder, manifest)
    try:
        write_atomically(folder / MANIFEST, manifest)
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written: {error.strerror or error}") from None


def tidy(folder: Path) -> None:
    """Remove what a killed call left half written in a folder that is claimed.

    Raises:
        BenchError: it cannot be removed.
    """
    try:
        for level in ("", "*/", "*/*/"):  # synthesis.json, groups.csv, videos
            for left in folder.glob(f"{level}.*.tmp"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written: {error.strerror or error}") from None


def _difference(there: str, wanted: str) -> str:
    try:
        old, new = json.loads(there), json.loads(wanted)
    except ValueError:
        return f"{MANIFEST} is damaged"
    if not isinstance(old, dict):
        return f"{MANIFEST} is damaged"
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return "; ".join(_told(name, old.get(name), new.get(name)) for name in names) or MANIFEST


def _told(name: str, old: Any, new: Any) -> str:
    """One line of a difference: both values where they are short."""
    short = all(isinstance(value, str | int | None) for value in (old, new))
    short = short or name == "forms"
    return f"{name}: {_plain(old)} there, {_plain(new)} asked for" if short else f"other {name}"


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
