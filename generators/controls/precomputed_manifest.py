"""`manifest.toml` of a folder of videos made elsewhere: by what, trained on what."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from plugins import ClipFacts, DataError
from plugins.hints import nearest

NAMES = ("manifest.toml", "manifest.json")
NOTHING = "nothing of this data set"
"""What `SplitEntry.trained_on` says of a model that saw none of the videos."""

_TRAINED_ON = f"a list of ids, a CSV table of the folder that lists them, or '{NOTHING}'"
_ID = "write the id of a video"
_MOST_BYTES = 64 << 20

_Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClipTable(_Table):
    """What the videos are; see `plugins.ClipFacts`."""

    frames: int = Field(ge=1)
    size: int = Field(ge=1)
    channels: int
    offsets: tuple[int, ...]

    def facts(self) -> ClipFacts:
        """The same, as a split tells it."""
        return ClipFacts(**self.model_dump())


class SplitEntry(_Table):
    """The videos of one split.

    Attributes:
        trained_on: ids of the training videos that the model saw, a CSV
            table in the folder whose column ``id`` lists them, or `NOTHING`.
        stills: the CSV table in the folder that says which file is which
            still's video.
    """

    trained_on: _Filled | Annotated[tuple[_Filled, ...], Field(min_length=1)]
    stills: _Filled


class Manifest(_Table):
    """Who made the videos, and what was learned from.

    Attributes:
        model: its name.
        source: where it is published or can be had.
        license: of the videos or the model.
        other_training_data: what else it learned from, or ``none``.
        reads_labels: it was told the class of the images that it continued.
        notes: what else a reader of the tables should know.
        clip: what the videos are.
        split: by the split's name, as ``7:3 r0``.
    """

    model: _Filled
    source: _Filled
    license: _Filled
    other_training_data: _Filled
    reads_labels: bool
    notes: str = ""
    clip: ClipTable
    split: dict[str, SplitEntry] = Field(min_length=1)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        DataError: there is none or there are two, it cannot be read, or a key
            is wrong or not filled in; each fault in a line of its own.
    """
    path = _path(folder)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path}: is larger than {_MOST_BYTES >> 20} MiB: no manifest")
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        return Manifest.model_validate(raw)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        faults = dict.fromkeys(_explained(dict(fault)) for fault in error.errors())
        raise DataError("\n".join(f"{path}: {fault}" for fault in faults)) from None
    except (ValueError, RecursionError) as error:
        kind = path.suffix[1:].upper()
        raise DataError(f"{path}: not valid {kind}: {error}") from None


def _path(folder: Path) -> Path:
    there = [folder / name for name in NAMES if (folder / name).is_file()]
    if len(there) == 1:
        return there[0]
    if there:
        raise DataError(f"{folder}: holds {NAMES[0]} and {NAMES[1]}; remove one")
    what = "holds no manifest.toml" if folder.is_dir() else "there is no such folder"
    raise DataError(
        f"{folder}: {what}: videos made elsewhere are used only where it is said what their model "
        "was trained on; 'bench export EXPERIMENT FOLDER' writes a folder with one to be filled in"
    )


def _explained(fault: dict[str, Any]) -> str:
    place = list(map(str, fault["loc"]))
    if not place:
        return "is no table of keys; 'bench export EXPERIMENT FOLDER' writes one to be filled in"
    if "trained_on" in place:  # behind it pydantic names the member of the union that it tried
        end = place.index("trained_on") + 1
        place, within = place[:end], place[end + 1 :]
        if within:
            return f"'{'.'.join(place)}', id {int(within[0]) + 1} = {fault['input']!r}: {_ID}"
    key = ".".join(place)
    if fault["type"] == "extra_forbidden":
        return f"unknown key '{key}'{nearest(place[-1], _keys(place[:-1]))}"
    if fault["type"] == "missing":
        return f"'{key}' is missing"
    trains = place[-1] == "trained_on"
    if fault["type"] in ("string_too_short", "too_short") or fault["input"] == "":
        return f"'{key}' is empty: fill it in" + (f", with {_TRAINED_ON}" if trains else "")
    return f"'{key}' = {fault['input']!r}: {f'write {_TRAINED_ON}' if trains else fault['msg']}"


def _keys(place: list[str]) -> list[str]:
    if not place:
        return list(Manifest.model_fields)
    table = ClipTable if place[0] == "clip" else SplitEntry
    return list(table.model_fields)
