"""``bench synthesize`` as a user meets it, with a real generator that learns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bench.cells.sampling import sample, to_bytes
from bench.data import Cache, ClipSettings, Folder, VideoClips, decode
from bench.data.files import natural
from bench.store import Store
from bench.trained import load_trained
from plugins.discovery import discover
from plugins.generator import Stills
from plugins.run import Run
from tests.bench.conftest import TINY, Command


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


LEARNS = (
    TINY.replace('["still", "jitter"]', '["still", "lddm", "oracle"]')
    .replace('"accuracy", "f1"', '"accuracy"')
    .replace("[videos]", 'protocols = ["mixed"]\n[videos]')
    + """
[generator.lddm.parameters]
autoencoder_steps = 3
autoencoder_batch = 2
base_channels = 8
correlation = 1
denoiser_steps = 3
denoiser_width = 32
denoiser_depth = 1
denoiser_heads = 2
sampler_steps = 2
"""
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds a trained LDDM, to be read only."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "learns.toml").write_text(LEARNS)
    command = [sys.executable, "-m", "bench", "run", "learns.toml", "--store", "store"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "store"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes, one of which the experiment does not know; a stem occurs twice."""
    rng = np.random.default_rng(0)
    for name in ("benign/a b.png", "benign/a b.jpg", "benign/ä.png", "other/c.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written, data = cv2.imencode(path.suffix, rng.integers(0, 256, (40, 50), dtype=np.uint8))
        assert written
        path.write_bytes(data.tobytes())
    return tmp_path / "images"


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


def test_a_video_of_any_length(bench: Command, trained: Path, images: Path, tmp_path: Path) -> None:
    made = {}
    for n in (5, 16, 40):
        out = tmp_path / str(n)
        arguments = ("synthesize", "learns", images, out, "--form", "cache", "--store", trained)
        answer = bench(*arguments, "--frames", n)
        assert answer.code == 0, answer.err
        assert f"4 videos of {n} frames" in answer.out
        manifest = json.loads((out / "synthesis.json").read_text())
        assert (manifest["frames"], manifest["segments"]) == (n, 3 if n == 40 else 1)
        made[n] = {v["image"]: np.load(out / v["files"][0]) for v in manifest["videos"]}
    for image, clip in made[40].items():
        assert clip.shape == (40, 32, 32, 1)
        assert np.array_equal(made[16][image], clip[:16])
        assert np.array_equal(made[5][image], clip[:5])
        assert (clip[16:] != clip[15]).any()


def test_a_long_video_goes_on_from_its_last_frame(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    """The second segment of a video is what the generator makes of frame T - 1 as an image."""
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--form", "cache", "--store", trained)
    assert bench(*arguments, "--frames", 31).code == 0
    (video, *_) = json.loads((out / "synthesis.json").read_text())["videos"]
    clip = np.load(out / video["files"][0])
    run = Run(folder=tmp_path, device="cpu", seed=0)
    generator = load_trained("learns", Store(trained), discover(), run).generator
    seam = torch.from_numpy(clip[15]).permute(2, 0, 1)[None].float() / 255
    again = to_bytes(sample(generator, Stills(seam, [video["seeds"][1]], [None]), 16))
    assert np.abs(again[0].transpose(1, 2, 3, 0).astype(int) - clip[15:]).max() <= 1


def test_a_control_that_asks_the_simulator_cannot_go_on(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    arguments = ("synthesize", "learns", images, tmp_path / "out", "--store", trained)
    refused = bench(*arguments, "--generator", "oracle", "--frames", 17)
    assert refused.code == 2
    assert "'oracle' makes clips of 16 frames and no longer videos" in refused.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["mp4", "lossless", "frames", "cache"])
def test_what_is_missing_is_made_again_to_the_same_files(
    bench: Command, trained: Path, images: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--store", trained, "--batch", 3)
    arguments = (*arguments, "--frames", 20, "--form", form)
    assert bench(*arguments).code == 0
    whole = files(out)
    manifest = json.loads((out / "synthesis.json").read_text())
    first, *_, last = (out / video["files"][0] for video in manifest["videos"])
    if form == "frames":
        (first / "000007.png").unlink()
        shutil.rmtree(last)
    else:
        first.unlink()
        last.unlink()
    (first.parent / ".b.1f.tmp").write_bytes(b"half")
    (out / ".synthesis.json.1f.tmp").write_bytes(b"half")
    (out / "figure.png").unlink()
    assert bench(*arguments).code == 0
    assert files(out) == whole


def test_a_killed_call_is_completed_to_the_same_files(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    arguments = ("--store", str(trained), "--per-image", "4", "--batch", "2", "--form", "frames")
    out, whole = tmp_path / "out", tmp_path / "whole"
    command = [sys.executable, "-m", "bench", "synthesize", "learns", str(images)]
    process = subprocess.Popen([*command, str(out), *arguments], stdout=subprocess.DEVNULL)
    while not list(out.glob("frames/*/*/*.png")):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert len(list(out.glob("frames/*/*-?"))) < 16
    for folder in (out, whole):
        answer = bench("synthesize", "learns", images, folder, *arguments)
        assert answer.code == 0, answer.err
    assert files(out) == files(whole)


def test_a_folder_that_holds_something_else_is_refused(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--generator", "still", "--store", trained)
    assert bench(*arguments).code == 0
    for option, said in (
        (("--seed", 1), "seed: 0 there, 1 asked for; other videos"),
        (("--form", "mp4"), "forms: mp4, lossless there, mp4 asked for"),
        (("--frames", 3), "frames: 16 there, 3 asked for"),
    ):
        other = bench(*arguments, *option)
        assert other.code == 2
        assert "another request" in other.err
        assert said in other.err
    (out / "synthesis.json").write_text("[]")
    assert "synthesis.json is damaged" in bench(*arguments).err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    refused = bench("synthesize", "learns", images, tmp_path / "full", "--store", trained)
    assert refused.code == 2
    assert "is not empty" in refused.err


def test_a_folder_that_cannot_be_written_is_named(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    answer = bench("synthesize", "learns", images, out, "--store", trained)
    assert answer.code == 2
    assert f"{out}: cannot be" in answer.err


def test_an_empty_folder_and_one_among_the_images_are_refused(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.txt").write_text("no images")
    empty = bench("synthesize", "learns", tmp_path / "empty", tmp_path / "out", "--store", trained)
    assert empty.code == 2
    assert "empty: holds no images; give a folder of images" in empty.err
    among = bench("synthesize", "learns", images, images / "out", "--store", trained)
    assert among.code == 2
    assert "lies among the images" in among.err
    assert not (images / "out").exists()


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


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"experiment": "learnt"}, "did you mean 'learns'"),
        ({"--generator": "ldm"}, "did you mean 'lddm'"),
        ({"--ratio": "7:3"}, "'learns' has 5:5"),
        ({"--ratio": "seven"}, "write train to test"),
        ({"--replicate": "4"}, "'learns' has 0"),
        ({"images": "nowhere"}, "does not exist"),
        ({"images": "busi"}, "busi"),
        ({"images": "bussi:x"}, "busi"),
        ({"--frames": "0"}, "0 is not in the range 1<=x<=100000"),
        ({"--form": "gif"}, "'gif' is not one of 'mp4', 'lossless', 'frames', 'cache'"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(
    bench: Command, trained: Path, images: Path, tmp_path: Path, changed, said
) -> None:
    options = {k: v for k, v in changed.items() if k.startswith("--")}
    answer = bench(
        "synthesize",
        changed.get("experiment", "learns"),
        changed.get("images", images),
        tmp_path / "out",
        "--store",
        trained,
        *(part for pair in options.items() for part in pair),
    )
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()


def test_all_damaged_images_are_named_before_anything_is_made(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    for name in ("x.png", "y.png"):
        whole = (images / "benign" / "ä.png").read_bytes()
        (images / "benign" / name).write_bytes(whole[: len(whole) // 2])
    answer = bench("synthesize", "learns", images, tmp_path / "out", "--store", trained)
    assert answer.code == 2
    assert "x.png" in answer.err
    assert "y.png" in answer.err
    assert not (tmp_path / "out").exists()


def test_a_control_that_learns_nothing_can_be_named(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench("synthesize", "learns", images, out, "--generator", "still", "--store", trained)
    assert answer.code == 0, answer.err
    clip = decode.frames(out / "lossless" / "benign" / "ä-0.mkv")
    assert np.array_equal(clip, np.broadcast_to(clip[:1], clip.shape))


def test_the_run_draws_figures(trained: Path) -> None:
    folder = trained / "experiments" / "learns" / "figures"
    shape = {
        path.stem.removesuffix("-5-5-r0"): cv2.imread(str(path)).shape[:2]
        for path in folder.iterdir()
    }
    assert set(shape) == {"test", "still-images", "lddm-images", "oracle-images"}
    # Of each class a test video and what three generators made of it; two images, a video each.
    pitch, title_and_gap = 192 + 6, 54 + 42
    assert shape["test"][0] - shape["lddm-images"][0] == (8 - 4) * pitch - 2 * title_and_gap


def test_the_run_draws_sheets(trained: Path) -> None:
    folder = trained / "experiments" / "learns" / "sheets"
    height = {
        path.stem.removesuffix("-5-5-r0"): cv2.imread(str(path)).shape[0]
        for path in folder.iterdir()
    }
    kinds = {
        f"{name}-{what}" for name in ("still", "lddm", "oracle") for what in ("test", "images")
    }
    assert set(height) == {"all-test", *kinds}
    row = height["lddm-images"] // 4  # two images of each of two classes, one video of each
    assert round(height["lddm-test"] / row) == 8  # each below its real video
    assert round(height["all-test"] / row) == 8  # one of each class: real, still, lddm, oracle
