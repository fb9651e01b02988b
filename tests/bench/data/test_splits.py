"""Splits: no leak, the right size, and the same for the same seed."""

import hashlib
import json
import random
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.ratio import parse_ratio, ratio_text
from bench.data.splitfile import read_split
from bench.data.splits import Split, split
from bench.data.subject import Subject
from plugins.errors import DataError


def video(id, group, label):
    """A video whose contents are its own."""
    return Subject(id, group, label, hashlib.sha256(id.encode()).hexdigest())


def videos(**per_class):
    return [video(f"{c}/{i}", f"{c}/{i}", c) for c, n in per_class.items() for i in range(n)]


def grouped(sizes):
    """Videos of one-class groups: class name to the sizes of its groups."""
    return [
        video(f"{c}/{g}/{i}", f"{c}/{g}", c)
        for c, groups in sizes.items()
        for g, size in enumerate(groups)
        for i in range(size)
    ]


ratios = st.sampled_from(["7:3", "5:5", "3:7", 0.9, "1:9", "2:1"])
seeds = st.integers(0, 2**63 - 1)
group_sizes = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(1, 9), min_size=2, max_size=20), min_size=1
)


@pytest.mark.parametrize(("ratio", "n"), [("7:3", 56), ("5:5", 93), ("3:7", 130)])
def test_the_published_sizes(ratio, n):
    for seed in range(5):
        drawn = split(videos(malignant=112, benign=74), ratio, seed)
        assert len(drawn.test) == n
        assert sum(drawn.counts("test").values()) == n
        share = 1 - parse_ratio(ratio)
        assert all(
            abs(drawn.counts("test")[c] - total * share) < 1
            for c, total in (("malignant", 112), ("benign", 74))
        )


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(2, 60), min_size=1), ratios, seeds)
@settings(deadline=None, max_examples=60)
def test_single_videos_are_split_to_the_rounding(counts, ratio, seed):
    drawn = split(videos(**counts), ratio, seed)
    share = 1 - parse_ratio(ratio)
    for name, total in counts.items():
        assert 1 <= drawn.counts("test")[name] <= total - 1
        assert abs(drawn.counts("test")[name] - total * share) < 1
        assert drawn.counts("test")[name] + drawn.counts("train")[name] == total
    if all(min(n * share, n * (1 - share)) >= 1 for n in counts.values()):
        assert abs(len(drawn.test) - sum(counts.values()) * share) <= Fraction(1, 2)


@given(group_sizes, ratios, seeds)
@settings(deadline=None, max_examples=100)
def test_groups_stay_whole_and_classes_get_their_share(sizes, ratio, seed):
    records = grouped(sizes)
    drawn = split(records, ratio, seed)
    sides = {r.group: set() for r in records}
    for record in records:
        sides[record.group].add(record.id in drawn.test)
    assert all(len(side) == 1 for side in sides.values())
    assert sorted([*drawn.train, *drawn.test]) == sorted(r.id for r in records)
    _tells_of(drawn, records)
    share = 1 - parse_ratio(ratio)
    for name, groups in sizes.items():
        assert drawn.counts("test")[name] > 0
        assert drawn.counts("train")[name] > 0
        assert abs(drawn.counts("test")[name] - sum(groups) * share) <= max(groups)


@given(group_sizes, ratios, seeds, st.randoms())
@settings(deadline=None, max_examples=30)
def test_the_order_of_the_files_does_not_matter(sizes, ratio, seed, shuffler):
    records = grouped(sizes)
    drawn = split(records, ratio, seed)
    shuffler.shuffle(records)
    again = split(records, ratio, seed)
    assert again == drawn
    assert again.fingerprint == drawn.fingerprint


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), min_size=2, max_size=40), seeds
)
@settings(deadline=None, max_examples=100)
def test_groups_of_several_classes_stay_whole(members, seed):
    records = [video(f"{i}", f"p{g}", c) for i, (g, c) in enumerate(members)]
    try:
        drawn = split(records, "5:5", seed)
    except DataError as error:
        assert "class" in str(error)  # noqa: PT017 - a property: refused, or right
        return
    drawn.check()
    _tells_of(drawn, records)
    in_test = {r.group for r in records if r.id in drawn.test}
    assert not in_test & {r.group for r in records if r.id in drawn.train}
    assert split(records[::-1], "5:5", seed).fingerprint == drawn.fingerprint


def _tells_of(drawn, records):
    """A split holds each video once, and its label, group and content."""
    assert sorted([*drawn.train, *drawn.test]) == sorted(r.id for r in records)
    assert drawn.labels == {r.id: r.label for r in records}
    assert drawn.groups == {r.id: r.group for r in records}
    assert drawn.contents == {r.id: r.content for r in records}


@given(group_sizes, ratios, seeds)
@settings(deadline=None, max_examples=30)
def test_pixels_decide_no_side_but_are_part_of_the_fingerprint(sizes, ratio, seed):
    records = grouped(sizes)
    drawn = split(records, ratio, seed)
    first = records[0]
    again = split([first._replace(content="0" * 64), *records[1:]], ratio, seed)
    assert (again.train, again.test) == (drawn.train, drawn.test)
    assert again.fingerprint != drawn.fingerprint


def test_seeds_draw_different_splits_evenly():
    records = videos(a=10, b=10)
    drawn = [split(records, "5:5", seed) for seed in range(200)]
    assert len({d.fingerprint for d in drawn}) == 200
    times = Counter(id for d in drawn for id in d.test)
    assert all(60 < times[r.id] < 140 for r in records)


def test_a_large_group_is_on_either_side():
    records = grouped({"a": [6] + [1] * 12})
    sides = {"a/0/0" in split(records, "5:5", seed).test for seed in range(40)}
    assert sides == {True, False}


@pytest.mark.parametrize("ratio", ["7:3", "5:5", "3:7"])
def test_a_group_of_several_classes_is_tested_as_often_as_any_other(ratio):
    records = videos(a=21, b=21)
    for n in range(3):
        records += [video(f"{c}/both {n}", f"both {n}", c) for c in "ab"]
    drawn = [split(records, ratio, seed) for seed in range(150)]
    assert all(d.counts("test")["a"] == d.counts("test")["b"] for d in drawn)
    share = float(1 - parse_ratio(ratio))
    times = Counter(id for d in drawn for id in d.test)
    assert all(abs(times[r.id] / 150 - share) < 0.16 for r in records)


@pytest.mark.parametrize(
    ("sizes", "ratio"),
    [({"a": [9, 9]}, "8:2"), ({"a": [1, 9]}, "1:9"), ({"a": [1, 9]}, "9:1"), ({"a": [1, 1]}, 0.99)],
)
def test_few_groups_still_reach_both_sides(sizes, ratio):
    drawn = split(grouped(sizes), ratio, 0)
    assert drawn.counts("train")["a"] > 0
    assert drawn.counts("test")["a"] > 0


def test_what_cannot_be_split_is_named():
    with pytest.raises(DataError, match="class 'b' has one video"):
        split(videos(a=5, b=1), "7:3", 0)
    with pytest.raises(DataError, match=r"class 'b' has 3 videos, all of one group \('b/0'\)"):
        split(grouped({"a": [1, 1], "b": [3]}), "7:3", 0)
    tied = [video("1", "p", "a"), video("2", "p", "b"), video("3", "q", "a"), video("4", "r", "b")]
    tied += [video("5", "q", "c"), video("6", "r", "c"), video("7", "p", "d"), video("8", "q", "d")]
    assert split(tied[:4], "5:5", 0).counts("test")
    triangle = [video(f"{g}{c}", g, c) for g, c in ("pa", "qa", "qb", "rb", "rc", "pc")]
    with pytest.raises(DataError, match=r"so that every class is on both sides: a 2, b 2, c 2"):
        split(triangle, "5:5", 0)
    with pytest.raises(DataError, match="two videos have the id 'a/0'"):
        split([*videos(a=3), *videos(a=1)], "7:3", 0)
    with pytest.raises(DataError, match="no video to split"):
        split([], "7:3", 0)


def test_a_ratio_has_one_spelling():
    same = ["7:3", "70:30", " 7 : 3 ", 0.7, "0.7", "14:6"]
    assert {ratio_text(parse_ratio(r)) for r in same} == {"7:3"}
    assert ratio_text(parse_ratio("1:1")) == "5:5"
    assert ratio_text(parse_ratio(0.75)) == "75:25"
    assert ratio_text(parse_ratio("2:1")) == "2:1"
    records = videos(a=20)
    assert split(records, 0.7, 3) == split(records, "7:3", 3)


@pytest.mark.parametrize(
    "ratio", ["", "7", "7:", ":3", "0:1", "1:0", "-7:-3", 0, 1, 1.5, "7:3:1", "a:b", "nan"]
)
def test_a_ratio_that_is_none(ratio):
    with pytest.raises(DataError, match="write train to test, like '7:3'"):
        split(videos(a=9), ratio, 0)


@pytest.fixture
def saved(tmp_path):
    records = grouped({"a": [2, 1, 3, 2], "é": [1, 2, 2]})
    drawn = split(records, "7:3", 5)
    drawn.save(tmp_path / "split.json")
    return tmp_path / "split.json", records, drawn


def test_a_manifest_is_read_back(saved):
    path, records, drawn = saved
    assert Split.read(path) == drawn
    assert Split.read(path).fingerprint == drawn.fingerprint
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert (manifest["ratio"], manifest["seed"]) == ("7:3", 5)
    assert manifest["rule"] == "stratified-groups/2"
    assert manifest["contents"] == {r.id: r.content for r in records}
    assert read_split(path, records) == drawn
    random.Random(0).shuffle(records)
    assert read_split(path, records) == drawn


def _swapped(m):
    out, into = m["test"][0], m["train"][0]
    m["groups"][out] = m["groups"][into] = "one"


def _emptied(m):
    m["test"] += [id for id in m["train"] if m["labels"][id] == "a"]
    m["train"] = [id for id in m["train"] if m["labels"][id] != "a"]


TAMPERED = [
    (lambda m: m.update(seed=6), "was changed after it was written"),
    (lambda m: m.update(sha256="0" * 64), "was changed after it was written"),
    (lambda m: m.pop("sha256"), "was changed after it was written"),
    (lambda m: m["test"].append(m["train"][0]), "is on both sides"),
    (_swapped, r"'.+' \(train\) and '.+' \(test\) are of one group, 'one'"),
    (_emptied, r"class 'a' has no video on the train side"),
    (lambda m: m["contents"].update({m["train"][0]: "0"}), "was changed after it was written"),
    (lambda m: m["contents"].pop(m["train"][0]), "do not belong together"),
    (lambda m: m["train"].pop(), "do not belong together"),
    (lambda m: m["train"].append(m["train"][0]), "do not belong together"),
    (lambda m: m.update(seeds=6), "is not a split manifest: seeds"),
    (lambda m: m.pop("ratio"), "is not a split manifest: ratio"),
    (lambda m: m.pop("contents"), "is not a split manifest: contents"),
    (lambda m: m.update(ratio="../../7:3"), "is not a split manifest: ratio"),
    (lambda m: m.update(ratio="70:30"), "is not a split manifest: ratio: .*write '7:3'"),
    (lambda m: m.update(seed="five"), "is not a split manifest: seed"),
]


@pytest.mark.parametrize(("tamper", "message"), TAMPERED)
def test_a_manifest_changed_by_hand_is_refused(saved, tamper, message):
    path, records, _ = saved
    manifest = json.loads(path.read_text(encoding="utf-8"))
    tamper(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        Split.read(path)
    with pytest.raises(DataError, match=message):
        read_split(path, records)


@pytest.mark.parametrize("content", ["", "[]", "3", "{", '{"train": 1}', "[" * 100_000])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=r"a\.json: is not a split manifest"):
        Split.read(tmp_path / "a.json")
    with pytest.raises(DataError, match=r"b\.json: cannot be read"):
        Split.read(tmp_path / "b.json")
