"""What a model elsewhere was trained on, by its manifest, and the splits that this rules out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from generators.controls.precomputed_manifest import NOTHING, Manifest, SplitEntry
from generators.controls.precomputed_tables import plain, rows_of, some, table_in
from plugins import DataError, SplitFacts
from plugins.hints import nearest


def entry_of(folder: Path, manifest: Manifest, name: str) -> SplitEntry:
    """What the manifest says of a split.

    Raises:
        DataError: it does not cover it.
    """
    if name not in manifest.split:
        raise DataError(
            f"{folder}: its manifest does not cover the split '{name}'"
            f'{nearest(name, manifest.split)}; add [split."{name}"], or leave the split out'
        )
    return manifest.split[name]


def training_note(folder: Path, manifest: Manifest) -> str:
    """How many videos the model saw, split by split, in words.

    Raises:
        DataError: a table that the manifest names cannot be used.
    """
    by_count: dict[str, list[str]] = {}
    for name, entry in manifest.split.items():
        n = len(_trained_on(folder, name, entry))
        by_count.setdefault(f"{n} training videos" if n else NOTHING, []).append(name)
    each = "; ".join(f"{seen} ({', '.join(names)})" for seen, names in by_count.items())
    return f"says that it was trained on {each}"


def refuse_leak(folder: Path, manifest: Manifest, split: SplitFacts) -> None:
    """Refuse a model that must not be used on a split.

    Raises:
        DataError: the manifest does not cover the split, the model saw a
            video that is not in its training part, or what it saw depends
            on which split its videos are played for.
    """
    trained_on = _trained_on(folder, split.name, entry_of(folder, manifest, split.name))
    tested = _spelled(split.test)
    leaked = sorted(trained_on & tested)
    if leaked:
        raise DataError(
            f"{folder}: leak: its model was trained on {len(leaked)} of the {len(tested)} test "
            f"videos of split '{split.name}': {some(leaked)}; train it on that split's training "
            "videos only"
        )
    strange = sorted(trained_on - _spelled(split.train))
    if strange:
        raise DataError(
            f"{folder}: its model was trained on {len(strange)} videos that are not among the "
            f"{len(split.train)} training videos of split '{split.name}': {some(strange)}; name "
            "data from elsewhere in other_training_data"
        )
    _refuse_two_trainings(folder, manifest, split.name, trained_on)


def _refuse_two_trainings(
    folder: Path, manifest: Manifest, name: str, trained_on: frozenset[str]
) -> None:
    """One table's videos are of one model, and it saw what it saw whatever split plays them."""
    table = manifest.split[name].stills
    for other, entry in manifest.split.items():
        if not _same_file(folder / table, folder / entry.stills):
            continue
        if _trained_on(folder, other, entry) != trained_on:
            raise DataError(
                f"{folder}: leak: the splits '{name}' and '{other}' play the same videos "
                f"({table}) and say that their model was trained on different ones; write in both "
                "all that it saw, or make videos for each split"
            )


def _same_file(first: Path, second: Path) -> bool:
    return os.path.realpath(first) == os.path.realpath(second)


def _trained_on(folder: Path, name: str, entry: SplitEntry) -> frozenset[str]:
    """The ids of the training videos that the model saw."""
    said = entry.trained_on
    if said == NOTHING:
        return frozenset()
    if isinstance(said, tuple):
        return _spelled(said)
    where = f"{folder}: split '{name}', trained_on"
    none_seen = f"where none were seen, write '{NOTHING}'"
    path = table_in(folder, said, where, none_seen)
    ids = []
    for line, cells in rows_of(path, ("id",)):
        if not cells["id"]:
            raise DataError(f"{line}: the id is empty; fill it in, or remove the line")
        ids.append(cells["id"])
    if not ids:
        raise DataError(f"{path}: lists no videos; {none_seen}")
    return frozenset(ids)


def _spelled(ids: Iterable[str]) -> frozenset[str]:
    return frozenset(map(plain, ids))
