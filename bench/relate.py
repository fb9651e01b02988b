"""Records that are alike stay together, and images whose class is contradicted are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.audit.families import Families, Member, join
from bench.audit.twins import Twins
from bench.cells.part import Part
from bench.data.readers.layout import some
from bench.materials import Alike, Materials, comparable
from plugins.errors import DataError


def relate(materials: Materials, twins: Sequence[Twins]) -> Materials:
    """Give videos and images the groups of their families.

    Args:
        materials: as gathered.
        twins: whose left and right count the videos, then the images.

    Returns:
        Materials in whose parts a group is a family, unique over both.

    Raises:
        DataError: every image is contradicted, so that none is left.
    """
    rule = materials.experiment.duplicates
    members, found = _members(materials), len(twins)
    contradicted = join(members, twins).contradicted
    if rule.near == "ignore":
        twins = [one for one in twins if one.kind == "equal"]
    families = replace(join(members, twins), contradicted=contradicted)
    n_videos = len(materials.videos.ids)
    videos = replace(materials.videos, groups=families.group[:n_videos])
    images = replace(materials.images, groups=families.group[n_videos:])
    notes = _notes(members, families, twins, n_videos, rule.contradicted)
    if len(twins) < found:
        notes.append(
            f"{found - len(twins)} pairs of records show nearly the same frame and may stand on "
            "both sides of a split: duplicates.near = 'ignore'"
        )
    if rule.contradicted == "leave-out":
        out = {members[i].record.id for i in families.contradicted if i >= n_videos}
        images = _without(images, out)
    return replace(
        materials,
        videos=videos,
        images=images,
        alike=_alike(members, twins, n_videos),
        notes=[*notes, *materials.notes],
    )


def _without(images: Part, out: set[str]) -> Part:
    kept = images.among(id for id in images.ids if id not in out)
    if not kept.ids:
        raise DataError(
            f"all {len(out)} images are left out of synthesis, as nearly the same one carries "
            f"another class: {some(images.ids)}; mend their classes, or set "
            "duplicates.contradicted = 'keep'"
        )
    return kept


def _members(materials: Materials) -> list[Member]:
    shared = comparable(materials.videos.dataset, materials.images.dataset)
    spaces = ("", "") if shared else ("videos", "images")
    parts = (materials.videos, materials.images)
    return [
        Member(part.which, space, record)
        for part, space in zip(parts, spaces, strict=True)
        for record in part.records()
    ]


def _alike(members: Sequence[Member], twins: Sequence[Twins], n_videos: int) -> tuple[Alike, ...]:
    return tuple(
        Alike(
            members[one.left].record.id,
            one.left_frame,
            members[one.right].record.id,
            one.right_frame,
            one.words,
        )
        for one in twins
        if one.right < n_videos
    )


def _notes(
    members: Sequence[Member],
    families: Families,
    twins: Sequence[Twins],
    n_videos: int,
    contradicted: str,
) -> list[str]:
    notes = []
    for which, chosen in (("videos", range(n_videos)), ("images", range(n_videos, len(members)))):
        bound = {i for one in twins for i in (one.left, one.right) if i in chosen}
        if bound:
            notes.append(
                f"{len(bound)} of {len(chosen)} {which} show nearly the same frame as another "
                "record and stay on its side of every split"
            )
    if families.merged:
        told = (" + ".join(groups) for groups in families.merged.values())
        notes.append(f"groups joined by nearly equal frames: {some(told)}")
    pairs = ((members[t.left].record, members[t.right].record) for t in twins if t.right < n_videos)
    videos = [f"{a.id} and {b.id}" for a, b in pairs if a.label != b.label]
    if videos:
        notes.append(f"videos of different classes show nearly the same frame: {some(videos)}")
    out = [members[i].record.id for i in sorted(families.contradicted) if i >= n_videos]
    if out:
        done = "left out of synthesis" if contradicted == "leave-out" else "kept all the same"
        notes.append(
            f"{len(out)} of {len(members) - n_videos} images {done}, as nearly the same one "
            f"carries another class: {some(out)}"
        )
    return notes
