"""Which files of POCUS stay on one side of a split."""

from __future__ import annotations

from collections.abc import Iterable

from bench.data.files import natural
from bench.data.readers.layout import some
from bench.data.readers.pocus_names import Item, contributor
from bench.data.readers.pocus_tables import Tables
from plugins.errors import DataError


def group_videos(videos: list[Item], tables: Tables) -> str:
    """Group by clips.csv, else by metadata and name; returns the rule in words."""
    if tables.groups:
        rows = {item.id: tables.own(item) for item in videos}
        told = {id: row.cells["group"] for id, row in rows.items() if row}
        lost = [item.id for item in videos if not told.get(item.id)]
        if lost:
            raise DataError(
                f"{tables.clips_path}: tells no group of {len(lost)} of {len(videos)} videos: "
                f"{some(lost)}; add them, leave them out with 'exclude', or remove the table"
            )
        for item in videos:
            item.group = told[item.id]
        return "clips.csv"
    n_guessed = 0
    for item in videos:
        if not item.keys:
            item.keys = [f"contributor {contributor(item)}"]
            n_guessed += 1
    groups = _joined(item.keys for item in videos)
    for item in videos:
        item.group = groups[item.keys[0]]
    source = "their names only" if tables.metadata is None else "dataset_metadata.csv and names"
    return f"{source} ({n_guessed} of {len(videos)} by their contributor alone)"


def group_images(items: list[Item]) -> int:
    """An image joins all videos whose patient or batch is its own.

    Were it to join one of several groups only, the others could stand on
    the other side of a split than the image.

    Returns:
        How many groups of videos became part of another one.
    """
    videos = [item for item in items if item.kind == "video"]
    images = [item for item in items if item.kind == "image" and item.keys]
    # Only what images ask for: clips.csv goes before the keys of videos.
    asked = {key for image in images for key in image.keys}
    together = [[f"group {v.group}", *(key for key in v.keys if key in asked)] for v in videos]
    leaders = _joined([*together, *(image.keys for image in images)])
    names: dict[str, str] = {}
    before = sorted({video.group for video in videos}, key=natural)
    for group in before:
        names.setdefault(leaders[f"group {group}"], group)
    for video in videos:
        video.group = names[leaders[f"group {video.group}"]]
    for item in items:
        if item.kind == "image":
            leader = leaders[item.keys[0]] if item.keys else item.id
            item.group = names.get(leader, f"still {leader}")
    return len(before) - len(names)


def _joined(keys: Iterable[list[str]]) -> dict[str, str]:
    """The first of all keys that stand together with a key, directly or by others between."""
    leader: dict[str, str] = {}

    def top(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for together in keys:
        for other in together:
            first, last = sorted((top(together[0]), top(other)))
            leader[last] = first
    return {key: top(key) for key in list(leader)}
