"""Families: records of one patient, and records that are alike, stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.audit.families import Families, Member, join
from bench.audit.twins import Twins
from plugins.dataset import Record


class Named(Record):
    """A record that families look at: no pixels are needed."""

    def __init__(self, id: str, group: str, label: str) -> None:
        self.id, self.group, self.label = id, group, label

    @property
    def fingerprint(self) -> str:
        return self.id

    def frames(self) -> np.ndarray:
        return np.zeros((1, 8, 8, 1), np.uint8)


def video(group: str, label: str = "a", space: str = "") -> Member:
    return Member("videos", space, Named(f"video of {group}", group, label))


def image(group: str, label: str = "a", space: str = "") -> Member:
    return Member("images", space, Named(f"image of {group}", group, label))


def alike(*pairs: tuple[int, int]) -> list[Twins]:
    return [Twins(min(pair), max(pair), 0, 0, "copy") for pair in pairs]


def test_a_patient_is_a_family_and_others_are_apart() -> None:
    found = join([video("p1"), video("p2"), video("p1"), image("p2"), image("p3")], [])
    assert found == Families(("p1", "p2", "p1", "p2", "p3"))


def test_records_that_are_alike_are_a_family() -> None:
    found = join([video("p1"), video("p2"), video("p3")], alike((1, 2)))
    assert found.group == ("p1", "p2", "p2")
    assert found.merged == {"p2": ("p2", "p3")}


def test_likeness_and_patients_join_by_others_between_them() -> None:
    """p1 is like p9 by an image of p5; the second video of p9 goes with its patient."""
    members = [video("p9"), video("p1"), image("p5"), video("p9"), video("p4"), image("p5")]
    found = join(members, alike((0, 2), (1, 5)))
    assert found.group == ("p1", "p1", "p1", "p1", "p4", "p1")
    assert found.merged == {"p1": ("p1", "p5", "p9")}


def test_names_are_in_natural_order_and_a_video_gives_them() -> None:
    members = [video("p10"), video("p9"), image("p2"), image("p11"), image("p12")]
    found = join(members, alike((0, 1), (1, 2), (3, 4)))
    assert found.group == ("p9", "p9", "p9", "p11", "p11")
    assert found.merged == {"p9": ("p2", "p9", "p10"), "p11": ("p11", "p12")}


def test_one_name_in_two_spaces_is_two_patients() -> None:
    members = [
        video("p1", space="videos"),
        image("p1", space="images"),
        image("p2", space="images"),
        video("p3", space="videos"),
        image("image p1", space="images"),
    ]
    found = join(members, [])
    assert len(set(found.group)) == len(members)
    assert (found.group[0], found.group[3]) == ("p1", "p3")
    assert found.merged == {}
    joined = join(members, alike((0, 1)))
    assert joined.group == ("p1", "p1", "p2", "p3", "image p1")
    assert joined.merged == {"p1": ("p1", "p1")}


def test_names_stay_apart_where_families_share_them() -> None:
    members = [video("p1", space="one"), video("p1", space="two"), video("p1", space="three")]
    assert len(set(join(members, []).group)) == 3


def test_contradicted_are_all_that_are_alike_to_another_class() -> None:
    members = [
        image("p1", "a"),
        image("p2", "a"),
        image("p3", "b"),
        video("p4", "b"),
        image("p5", "a"),
        image("p3", "b"),
        image("p1", "b"),
    ]
    found = join(members, alike((0, 1), (1, 2), (3, 5)))
    assert found.contradicted == {0, 1, 2}
    assert join(members, alike((3, 4))).contradicted == {3, 4}
    assert join(members, []).contradicted == frozenset(), "a patient may have both classes"


def test_of_nothing_there_is_no_family() -> None:
    assert join([], []) == Families(())


places = st.tuples(
    st.sampled_from(["videos", "images"]),
    st.sampled_from(["", "one", "two"]),
    st.sampled_from(["p1", "p2", "p10", "image p1", "video p1"]),
    st.sampled_from("ab"),
)


@given(st.data(), st.lists(places, min_size=1, max_size=14))
@settings(deadline=None, max_examples=150)
def test_families_are_the_smallest_that_tear_nothing(data, rows) -> None:
    n = len(rows)
    members = [Member(w, s, Named(f"{i}", g, c)) for i, (w, s, g, c) in enumerate(rows)]
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    pairs = data.draw(st.lists(pair, max_size=8)) if n > 1 else []
    found = join(members, alike(*pairs))
    patients = {(i, j) for i in range(n) for j in range(n) if rows[i][1:3] == rows[j][1:3]}
    reached, kinds = _closed(n, {*patients, *pairs}), _closed(n, set(pairs))
    for i in range(n):
        assert {j for j in range(n) if found.group[j] == found.group[i]} == reached[i]
        classes = {rows[j][3] for j in kinds[i]}
        assert (i in found.contradicted) == (len(classes) > 1)

    order = data.draw(st.permutations(range(n)))
    place = {old: new for new, old in enumerate(order)}
    again = join([members[i] for i in order], alike(*((place[i], place[j]) for i, j in pairs)))
    assert [again.group[place[i]] for i in range(n)] == list(found.group)
    assert again.merged == found.merged
    assert again.contradicted == {place[i] for i in found.contradicted}


def _closed(n: int, edges: set[tuple[int, int]]) -> Sequence[set[int]]:
    """All that each can reach, found by going on until nothing is new."""
    reached = [{i} for i in range(n)]
    while True:
        wider = [set(own) for own in reached]
        for i, j in edges:
            both = wider[i] | wider[j]
            for k in both:
                wider[k] = wider[k] | both
        if wider == reached:
            return reached
        reached = wider
