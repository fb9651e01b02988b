"""`precomputed` plays the right video of an honest folder, and refuses every other."""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.conformance_data import simulated_clips, simulated_stills
from bench.data import ClipSettings
from bench.data.clipfile import read_clip
from generators.controls.precomputed import Precomputed
from plugins import DataError, Run, StillId, Stills
from plugins.conformance import check_generator
from tests.generators.played import (
    FRAMES,
    SIZE,
    bound,
    change,
    rolled,
    write_folder,
    write_table,
)

READ = partial(read_clip, settings=ClipSettings(frames=FRAMES, span=FRAMES, size=SIZE))
IDS = (
    StillId("images", "benign/a b+c.png", 0),
    StillId("videos", "benign/a b+c.png", 0),
    StillId("images", "../ä", 1),
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def stills(cache: Path) -> Stills:
    """Three stills whose ids no file could be named after."""
    return replace(simulated_stills(cache, SIZE), ids=IDS)


@pytest.fixture
def folder(tmp_path: Path, stills: Stills) -> Path:
    return write_folder(tmp_path / "made", stills, FRAMES)


def sampled(folder: Path, stills: Stills) -> torch.Tensor:
    generator = bound(folder).fresh()
    generator.load(Run(folder, read_video=READ))
    return generator.sample(stills, FRAMES)


def test_it_keeps_the_contract(folder: Path, cache: Path, stills: Stills, tmp_path: Path) -> None:
    (tmp_path / "check").mkdir()
    clips = simulated_clips(cache, SIZE)
    findings = check_generator(bound(folder), clips, stills, tmp_path / "check", READ)
    assert [f for f in findings if not f.passed] == []


def test_each_still_gets_its_own_video(folder: Path, stills: Stills) -> None:
    """The same id stands in both sets, and one leads upwards."""
    clips = sampled(folder, stills)
    for image, clip in zip(stills.images, clips, strict=True):
        due = rolled((image[0] * 255).round().numpy(), FRAMES)[..., 0]
        assert np.array_equal((clip[0] * 255).round().numpy().astype(np.uint8), due)


def test_frame_0_is_the_still_where_coding_lost_something(folder: Path, stills: Stills) -> None:
    path = folder / "videos" / "0.npy"
    video = np.load(path)
    np.save(path, np.clip(video.astype(int) + 3, 0, 255).astype(np.uint8))
    clips = sampled(folder, stills)
    assert torch.equal(clips[0, :, 0], stills.images[0])
    assert float((clips[0, :, 1] * 255).mean()) > float((stills.images[0] * 255).mean()) + 2


def test_a_json_manifest_is_as_good(folder: Path, stills: Stills) -> None:
    path = folder / "manifest.toml"
    (folder / "manifest.json").write_text(json.dumps(tomllib.loads(path.read_text())))
    with pytest.raises(DataError, match=r"manifest\.toml and manifest\.json; remove one"):
        sampled(folder, stills)
    path.unlink()
    assert sampled(folder, stills).shape == (3, 1, FRAMES, SIZE, SIZE)
    for text in ('""', "[]", "3"):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(DataError, match=r"manifest\.json: is no table of keys"):
            bound(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('model = "Roll"', "", "'model' is missing"),
        ('model = "Roll"', 'modell = "Roll"', "unknown key 'modell'; did you mean 'model'"),
        ('license = "CC0"', 'license = " "', "'license' is empty: fill it in"),
        ("channels = 1", "channels = 1\nfps = 3", r"unknown key 'clip\.fps'"),
        ('trained_on = ["v 1", "v+2"]', 'trained_on = ""', r"trained_on' is empty: .*nothing of t"),
        ('trained_on = ["v 1", "v+2"]', "trained_on = []", r"trained_on' is empty: fill it in"),
        ('trained_on = ["v 1", "v+2"]', "trained_on = 3", r"trained_on' = 3: .*a list of ids"),
        ('["v 1", "v+2"]', '"no.csv"', r"no file .*no\.csv; .* write 'nothing of this data set'"),
        ('["v 1", "v+2"]', '["v 1", ""]', r"trained_on', id 2 = '': write the id of a video"),
        ('["v 1", "v+2"]', '"../x.csv"', r"'\.\./x\.csv' is no name inside the folder"),
        ('model = "Roll"', "model = Roll", "not valid TOML"),
        ("7:3 r0", "5:5 r0", r"does not cover the split '7:3 r0'; did you mean '5:5 r0'"),
        (
            '["v 1", "v+2"]',
            '["v 1", "t/1", "t 2"]',
            r"leak: .*2 of the 2 test videos of .*t 2, t/1",
        ),
        ('["v 1", "v+2"]', '["v 1", "elsewhere"]', r"1 videos that are not among the 3.*elsewhere"),
        ("frames = 16", "frames = 17", "clips with frames 17, this experiment's have 16"),
        ("offsets = [0, 1,", "offsets = [0, 2,", "clips with offsets 0, 2, 2, "),
    ],
)
def test_a_manifest_that_does_not_do_is_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    change(folder, old, new)
    with pytest.raises(DataError, match=said):
        bound(folder)


def test_no_manifest_and_no_folder_are_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="'bench export EXPERIMENT FOLDER'"):
        Precomputed().notes()
    (folder / "manifest.toml").unlink()
    with pytest.raises(DataError, match=r"holds no manifest\.toml"):
        bound(folder)
    for gone in (folder / "none", Path("~nobody of that name/made")):
        with pytest.raises(DataError, match="there is no such folder"):
            bound(gone)


def test_notes_tell_what_the_manifest_says(folder: Path) -> None:
    notes = " ".join(Precomputed(folder=str(folder)).notes())
    assert "Roll (https://example.org/roll; CC0)" in notes
    assert "2 training videos (7:3 r0)" in notes
    change(folder, '["v 1", "v+2"]', '"nothing of this data set"')
    change(folder, 'data = "none"', 'data = "1000 films"')
    notes = " ".join(Precomputed(folder=str(folder)).notes())
    assert "nothing of this data set (7:3 r0)" in notes
    assert "1000 films" in notes
    assert bound(folder).content(IDS) != {}


def test_labels_are_declared_by_the_manifest(folder: Path) -> None:
    assert not Precomputed().reads_labels
    assert not Precomputed(folder=str(folder)).reads_labels
    change(folder, "reads_labels = false", "reads_labels = true")
    assert Precomputed(folder=str(folder)).reads_labels


def test_missing_videos_are_counted_and_named(folder: Path) -> None:
    (folder / "videos" / "1.npy").unlink()
    with pytest.raises(DataError, match=r"1 of 3 videos are missing: videos/1 \('benign/a b\+c"):
        bound(folder).content(IDS)
    others = [StillId("images", f"new {i}", 0) for i in range(5)]
    with pytest.raises(DataError, match=r"no video of 5 of 8 .*new 0.*new 2.* and 2 more"):
        bound(folder).content([*IDS, *others])


def test_more_samples_than_there_are(folder: Path) -> None:
    asked = [StillId("videos", "benign/a b+c.png", s) for s in range(3)]
    said = r"3 videos of each still .* lists 1 .*lower synthesis\.per_test_video to 1"
    with pytest.raises(DataError, match=said):
        bound(folder).content(asked)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("images", "x", 0, "../../etc/passwd"), "no name inside the folder"),
        (("images", "x", 0, "/etc/passwd"), "no name inside the folder"),
        (("images", "x", 0, "c:\\x"), "no name inside the folder"),
        (("images", "x", 0, ""), "no name inside the folder"),
        (("images", "x", 0, "."), "no name inside the folder"),
        (("test", "x", 0, "videos/0"), "set is 'test'; write images or videos"),
        (("images", "x", -1, "videos/0"), "sample is '-1'"),
        ((*IDS[0], "videos/1"), r"line 5: lists 'benign/a b\+c.png' of the images, sample 0 twice"),
    ],
)
def test_a_table_that_does_not_do_is_refused(
    folder: Path, row: tuple[object, ...], said: str
) -> None:
    rows = [(*still, f"videos/{i}") for i, still in enumerate(IDS)]
    write_table(folder / "stills.csv", [*rows, row])
    with pytest.raises(DataError, match=said):
        bound(folder).content(IDS)


def test_nothing_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    video = folder / "videos" / "0.npy"
    video.rename(tmp_path / "outside.npy")
    video.symlink_to(tmp_path / "outside.npy")
    with pytest.raises(DataError, match="leads out of"):
        bound(folder).content(IDS)
    video.unlink()
    (folder / "videos" / "0").mkdir()
    (folder / "videos" / "0" / "000000.png").symlink_to(tmp_path / "outside.npy")
    with pytest.raises(DataError, match="leads out of"):
        bound(folder).content(IDS)


def test_a_link_to_itself_is_named(folder: Path) -> None:
    video = folder / "videos" / "0.npy"
    video.unlink()
    video.symlink_to(video.name)
    with pytest.raises(DataError, match=r"0\.npy: cannot be read: Too many levels"):
        bound(folder).content(IDS)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    video = folder / "videos" / "0.npy"
    video.unlink()
    os.mkfifo(video)
    with pytest.raises(DataError, match=r"0\.npy: is no file"):
        bound(folder).content(IDS)


def test_ids_are_found_in_any_spelling(folder: Path) -> None:
    """A table holds them stripped and composed; a reader from elsewhere may not."""
    other = StillId("images", " ../a\u0308", 1)
    assert list(bound(folder).content([other])["videos"][0][:3]) == [*other]


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "videos" / "0.mp4").write_bytes(b"x")
    with pytest.raises(DataError, match=r"videos/0: is there as .*; leave one"):
        bound(folder).content(IDS)


def test_the_key_follows_the_pixels_and_not_the_place(folder: Path, tmp_path: Path) -> None:
    before = bound(folder).content(IDS)
    moved = folder.rename(tmp_path / "moved")
    assert bound(moved).content(IDS) == before
    path = moved / "videos" / "2.npy"
    video = np.load(path)
    video[3, 0, 0] ^= 1
    np.save(path, video)
    after = bound(moved).content(IDS)
    assert after != before
    assert bound(moved).content(IDS[:2])["videos"] == before["videos"][:2]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda v: v[:-1], "has 15 frames, 16 are due"),
        (lambda v: v[:, 1:, 1:], "is 31x31, 32x32 is due"),
        (lambda v: v[..., [0, 0]], "is not a video; a video as .npy"),
        (lambda v: v.astype(np.float32), "is not a video; a video as .npy"),
        (lambda v: np.roll(v, -1, axis=0), r"its frame 0 is not the still, 'benign/a b\+c.png' of"),
        (lambda v: 255 - v, "its frame 0 is not the still"),
    ],
    ids=["frames", "size", "channels", "type", "late", "other"],
)
def test_a_video_that_does_not_fit_is_named(folder: Path, stills: Stills, make, said: str) -> None:
    path = folder / "videos" / "0.npy"
    np.save(path, np.ascontiguousarray(make(np.load(path))))
    with pytest.raises(DataError, match=rf"1 of 3 videos cannot be used:\n.*0\.npy: {said}"):
        sampled(folder, stills)


def test_swapped_videos_are_both_named(folder: Path, stills: Stills) -> None:
    first, second = (folder / "videos" / f"{i}.npy" for i in (0, 2))
    first.rename(folder / "aside.npy")
    second.rename(first)
    (folder / "aside.npy").rename(second)
    with pytest.raises(DataError, match=r"2 of 3 videos cannot be used:\n.*0\.npy.*\n.*2\.npy"):
        sampled(folder, stills)


def test_stills_of_nowhere_are_refused(folder: Path, stills: Stills) -> None:
    with pytest.raises(DataError, match="an experiment's own stills, by their ids"):
        sampled(folder, replace(stills, ids=()))
