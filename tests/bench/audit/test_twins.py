"""Which records are alike, in whatever order they come."""

from __future__ import annotations

import random
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.audit.candidates import _blocks
from bench.audit.hashing import near, perceptual_hash
from bench.audit.likeness import COPY, SAME_VIEW, correlations
from bench.audit.signature import KEY_EVERY, Signature, Signing
from bench.audit.twins import Twins, find_twins
from plugins.errors import DataError
from tests.bench.pictures import moving, texture


def signed(frames: np.ndarray) -> Signature:
    """The signature of uint8 (T, H, W)."""
    signing = Signing()
    for frame in frames:
        signing.see(frame[..., None])
    return signing.signature()


def named(records: dict[str, Signature], order: list[str]) -> set[tuple]:
    """What is found, by names in place of places."""
    found = set()
    for one in find_twins([records[name] for name in order]):
        ends = [(order[one.left], one.left_frame), (order[one.right], one.right_frame)]
        found.add((*sorted(ends), one.kind, one.correlation, one.detail, one.shared))
    return found


@pytest.fixture(scope="module")
def records() -> dict[str, Signature]:
    """Videos and images of which some are alike, in every way."""
    videos = {f"v{i}": moving(i, 20) for i in range(5)}
    videos["v3"][5:8] = videos["v1"][12:15]
    videos["v4"] = videos["v4"][::-1].copy()
    videos["v4"][:3] = videos["v1"][[14, 13, 12]]
    noise = np.random.default_rng(0).normal(0, 4, videos["v2"][3].shape)
    images = {
        "crop": videos["v0"][8, 8:80, 20:120],
        "mirror": videos["v0"][16, :, ::-1],
        "noisy": np.clip(videos["v2"][3] + noise, 0, 255).astype(np.uint8),
        "alone": texture(77),
        "again": videos["v2"][9],
    }
    frames = videos | {name: image[None] for name, image in images.items()}
    return {name: signed(one) for name, one in frames.items()}


def test_all_kinds_of_likeness_are_found(records: dict[str, Signature]) -> None:
    found = {
        (a[0], b[0]): (kind, shared) for a, b, kind, _, _, shared in named(records, [*records])
    }
    assert found == {
        ("v1", "v3"): ("equal", 3),
        ("v1", "v4"): ("equal", 3),
        ("v3", "v4"): ("equal", 3),
        ("again", "v2"): ("equal", 1),
        ("crop", "v0"): ("copy", 0),
        ("mirror", "v0"): ("copy", 0),
        ("noisy", "v2"): ("copy", 0),
    }


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_records_does_not_matter(records: dict[str, Signature], seed: int) -> None:
    order = [*records]
    expected = named(records, order)
    random.Random(seed).shuffle(order)
    assert named(records, order) == expected
    assert named(records, order[::-1]) == expected


def test_what_two_records_share_depends_on_no_others(
    records: dict[str, Signature], monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few that every limit is met.
    monkeypatch.setattr("bench.audit.candidates._MOST_FRAMES", 30)
    monkeypatch.setattr("bench.audit.candidates._MOST_KEYS", 2)
    monkeypatch.setattr("bench.audit.candidates._NEAREST_WHOLE", 3)
    monkeypatch.setattr("bench.audit.candidates._NEAREST_CROPS", 1)
    among_all = named(records, [*records])
    alone = set().union(*(named(records, [*pair]) for pair in combinations(records, 2)))
    assert among_all == alone


def test_pairs_are_in_the_order_of_the_records(records: dict[str, Signature]) -> None:
    found = find_twins([*records.values()])
    places = [(one.left, one.right) for one in found]
    assert places == sorted(places)
    assert all(left < right for left, right in places)


def test_a_crop_is_found_in_key_frames_only() -> None:
    still = np.repeat(texture(50)[None], 20, axis=0)
    still[KEY_EVERY // 2] = texture(51)
    crop = signed(texture(51)[None, 8:80, 20:120])
    assert find_twins([signed(still), crop]) == []
    still[KEY_EVERY] = texture(51)
    (found,) = find_twins([signed(still), crop])
    assert (found.kind, found.left_frame, found.right_frame) == ("copy", KEY_EVERY, 0)


def like_views(share: float) -> tuple[np.ndarray, np.ndarray]:
    """Two frames, (1, H, W), of one layout; speckle of their own has a share of its contrast."""
    layout, *speckles = (
        cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(96, 128)), (0, 0), blur)
        for seed, blur in ((1, 12), (2, 2), (3, 2))
    )
    made = [layout / layout.std() + share * own / own.std() for own in speckles]
    first, second = (np.clip(110 + 35 * one, 0, 255).astype(np.uint8)[None] for one in made)
    return first, second


def test_speckle_tells_a_copy_from_another_frame_of_a_like_view() -> None:
    first, second = (signed(one) for one in like_views(0.16))
    (r,) = correlations(first.small, second.small)
    assert COPY < r < SAME_VIEW
    assert find_twins([first, second]) == []
    brighter = np.clip(like_views(0.16)[0].astype(int) + 20, 0, 255).astype(np.uint8)
    (found,) = find_twins([first, signed(brighter)])
    assert found.kind == "copy"
    smooth = [signed(one) for one in like_views(0.1)]
    (found,) = find_twins(smooth)
    assert (found.kind, found.detail) == ("same view", None)


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(1, 6))
def test_limits_hold_for_whole_records_or_parts_of_one(lengths: list[int], most: int) -> None:
    owner = np.repeat(np.arange(len(lengths)), lengths)
    blocks = [list(range(len(owner)))[block] for block in _blocks(owner, most)]
    assert [place for block in blocks for place in block] == list(range(len(owner)))
    begins = np.cumsum([0, *lengths])
    for block in blocks:
        first = block[0] - begins[owner[block[0]]]
        assert first % most == 0
        assert len(block) <= most
        if first == 0 and lengths[owner[block[0]]] <= most:
            assert block[-1] + 1 in begins


def test_few_records_have_no_twins() -> None:
    assert find_twins([]) == []
    assert find_twins([signed(moving(1))]) == []
    flat = signed(np.full((2, 20, 20), 80, np.uint8))
    assert find_twins([flat, flat, flat]) == []


def test_all_near_hashes_are_found_and_no_others() -> None:
    pictures = np.stack([texture(seed, 32, 32) for seed in range(40)])
    noisy = np.clip(pictures + np.random.default_rng(0).normal(0, 8, pictures.shape), 0, 255)
    left, right = perceptual_hash(pictures), perceptual_hash(noisy.astype(np.uint8))
    apart = np.bitwise_count(left[:, None] ^ right[None])
    for radius in (0, 6, 24):
        found = {
            (int(i), int(j), int(b)) for i, j, b in zip(*near(left, right, radius), strict=True)
        }
        assert found == {(i, j, apart[i, j]) for i, j in np.argwhere(apart <= radius).tolist()}
    assert (np.diag(apart) <= 12).all()
    assert np.median(apart) > 24


def test_a_record_without_frames_has_no_signature() -> None:
    with pytest.raises(DataError, match="holds no frames"):
        Signing().signature()


def test_words_say_what_both_show() -> None:
    assert Twins(0, 1, 0, 0, "equal", shared=1).words == "the very same frame"
    assert Twins(0, 1, 0, 0, "equal", shared=4).words == "the very same frame (4 frames are equal)"
    copied = Twins(0, 1, 0, 0, "copy", 0.98765, 0.9).words
    assert copied == "the same frame, copied (correlation 0.988)"
