"""What is held out of the training clips: whole groups, of every class, real ones."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from classifiers.held_out import held_out
from plugins.clips import ClipSet, MemoryClips
from plugins.errors import DataError


def clips_of(labels: list[int], groups: list[str], made: list[bool] | None = None) -> MemoryClips:
    videos = torch.arange(len(labels), dtype=torch.uint8).view(-1, 1, 1, 1, 1)
    clips = MemoryClips(
        videos.expand(-1, 1, 2, 4, 4), labels, ("a", "b"), [f"v{i}" for i in range(len(labels))]
    )
    clips.groups, clips.synthesized = groups, made or []
    return clips


def numbers(clips: ClipSet | None) -> list[int]:
    assert clips is not None
    return [round(float(clips[i].mean() * 255)) for i in range(len(clips))]


two_classes = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=1, max_size=40
).filter(lambda rows: all(len({g for k, g in rows if k == c}) >= 2 for c in (0, 1)))


@given(two_classes, st.floats(0.01, 0.95))
def test_groups_are_whole_and_classes_on_both_sides(
    rows: list[tuple[int, int]], share: float
) -> None:
    labels, groups = [k for k, _ in rows], [f"{k}-{g}" for k, g in rows]
    rest, held = held_out(clips_of(labels, groups), share, "here")
    assert held is not None
    assert sorted(numbers(rest) + numbers(held)) == list(range(len(rows)))
    assert not set(rest.groups) & set(held.groups)
    assert set(rest.labels) == set(held.labels) == {0, 1}
    for k in (0, 1):
        n = len({g for label, g in zip(labels, groups, strict=True) if label == k})
        due = min(max(1, round(share * n)), n - 1)
        assert (
            len({g for label, g in zip(held.labels, held.groups, strict=True) if label == k}) == due
        )


def test_views_keep_label_id_group_and_pixels() -> None:
    clips = clips_of([0, 1, 0, 1], ["p", "q", "r", "s"])
    for part in held_out(clips, 0.5, "here"):
        assert part is not None
        for i, number in enumerate(numbers(part)):
            row = part.labels[i], part.ids[i], part.groups[i]
            assert row == (clips.labels[number], clips.ids[number], clips.groups[number])
            assert torch.equal(part.draw(i, 3), clips.draw(number, 3))


def test_real_clips_are_judged_by_and_the_same_ones_beside_synthesized_ones() -> None:
    labels, groups = [0, 0, 0, 1, 1, 1], ["a", "b", "c", "d", "e", "f"]
    _, alone = held_out(clips_of(labels, groups), 0.4, "here")
    joined = clips_of(
        [*labels, 0, 1, 1], [*groups, "x", "y", "z"], [False] * len(labels) + [True] * 3
    )
    rest, beside = held_out(joined, 0.4, "here")
    assert numbers(alone) == numbers(beside)
    assert [i for i in numbers(rest) if i > 5] == [6, 7, 8]
    assert sum(rest.synthesized) == 3


def test_what_was_made_of_a_held_out_patient_is_not_learned_from() -> None:
    labels, groups = [0, 0, 1, 1], ["a", "b", "c", "d"]
    joined = clips_of(labels * 2, groups * 2, [False] * 4 + [True] * 4)
    rest, held = held_out(joined, 0.5, "here")
    assert held is not None
    assert not set(rest.groups) & set(held.groups)
    assert len(rest) == 4
    assert len(held) == 2
    assert not any(held.synthesized)


def test_where_all_are_synthesized_some_of_them_are_held_out() -> None:
    made = clips_of([0, 0, 1, 1], ["a", "b", "c", "d"], [True] * 4)
    _, held = held_out(made, 0.5, "here")
    assert held is not None
    assert len(held) == 2


def test_no_share_holds_nothing_out() -> None:
    clips = clips_of([0, 1], ["a", "b"])
    assert held_out(clips, 0.0, "here") == (clips, None)


def test_one_patient_cannot_be_on_both_sides() -> None:
    with pytest.raises(DataError, match=r"^cell: class 'b' has 1 group.* Set validation = 0"):
        held_out(clips_of([0, 0, 1, 1], ["a", "b", "c", "c"]), 0.5, "cell")
