"""``bench synthesize`` as a user meets it, with a real generator that learns."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.data import Cache, ClipSettings, Folder, VideoClips, decode
from bench.data.files import natural
from tests.bench.conftest import Command


def test_images_become_videos_that_are_a_data_set(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench("synthesize", "learns", images, out, "--per-image", 2, "--store", trained)
    assert answer.code == 0, answer.err
    assert "8 videos of 16 frames, of 4 images" in answer.out
    manifest = json.loads((out / "synthesis.json").read_text())
    assert manifest["generator"] == "lddm"
    assert len(manifest["trained_on"]) == 6
    assert (manifest["frames"], manifest["segments"]) == (16, 1)
    assert len({seed for v in manifest["videos"] for seed in v["seeds"]}) == 8
    for video in manifest["videos"]:
        lossless = decode.frames(out / video["files"][1])
        assert lossless.shape == (16, 32, 32, 1)
        assert len(decode.frames(out / video["files"][0])) == 16
    first, second = (decode.frames(out / v["files"][1]) for v in manifest["videos"][:2])
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first, second)
    for picture in ("sheet.png", "figure.png"):
        assert cv2.imread(str(out / picture)) is not None

    read = Folder(root=str(out / "lossless")).videos()
    assert [(r.label, r.group) for r in read] == [
        (v["label"], v["group"])
        for v in sorted(manifest["videos"], key=lambda v: natural(v["files"][1]))
    ]


def test_every_form_is_the_same_data_set(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    forms = ("lossless", "frames", "cache")
    answer = bench(
        *("synthesize", "learns", images, out, "--store", trained, "--per-image", 2),
        *(part for form in reversed(forms) for part in ("--form", form)),
    )
    assert answer.code == 0, answer.err
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == sorted(forms)
    sets = [Folder(root=str(out / form)).videos() for form in forms]
    for records in zip(*sets, strict=True):
        assert len({(r.label, r.group) for r in records}) == 1
        first, *others = [r.frames() for r in records]
        assert first.shape == (16, 32, 32, 1)
        assert all(np.array_equal(other, first) for other in others)
    # A training reads them, without decoding, as clips with labels and groups.
    settings = ClipSettings(frames=16, span=16, size=32)
    clips = VideoClips(sets[2], Cache(tmp_path / "cache"), settings)
    assert len(clips) == 8
    assert sorted(set(clips.groups)) == ["benign/a b", "benign/ä", "other/c"]
    for i, record in enumerate(clips.records):
        stored = np.load(out / "cache" / record.id, mmap_mode="r", allow_pickle=False)
        assert np.array_equal((clips[i] * 255).round().numpy().transpose(1, 2, 3, 0), stored)


@pytest.mark.parametrize("n_frames", [16, 31])
def test_a_video_does_not_depend_on_its_batch_or_company(
    bench: Command, trained: Path, images: Path, tmp_path: Path, n_frames: int
) -> None:
    told = ("--store", trained, "--form", "lossless", "--frames", n_frames)
    for name, batch in (("one", 1), ("all", 16)):
        bench("synthesize", "learns", images, tmp_path / name, *told, "--batch", batch)
    shutil.rmtree(images / "other")
    bench("synthesize", "learns", images, tmp_path / "fewer", *told)
    for path in sorted((tmp_path / "fewer" / "lossless" / "benign").iterdir()):
        clip = decode.frames(path).astype(int)
        assert len(clip) == n_frames
        for name in ("one", "all"):
            other = decode.frames(tmp_path / name / "lossless" / "benign" / path.name)
            assert np.abs(clip - other).max() <= 1


def test_loose_images_are_taken_without_a_class(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench(
        *("synthesize", "learns", images / "benign", out, "--store", trained),
        *("--form", "mp4", "--ratio", "0.5"),
    )
    assert answer.code == 0, answer.err
    names = sorted(p.name for p in (out / "mp4" / "unlabelled").iterdir())
    assert names == ["a b.jpg-0.mp4", "a b.png-0.mp4", "ä-0.mp4"]
    assert not (out / "lossless").exists()


def test_a_control_that_learns_nothing_can_be_named(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench("synthesize", "learns", images, out, "--generator", "still", "--store", trained)
    assert answer.code == 0, answer.err
    clip = decode.frames(out / "lossless" / "benign" / "ä-0.mkv")
    assert np.array_equal(clip, np.broadcast_to(clip[:1], clip.shape))
