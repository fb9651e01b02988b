"""``bench synthesize`` makes videos of any length, each from the last one's end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from bench.cells.sampling import sample, to_bytes
from bench.store import Store
from bench.trained import load_trained
from plugins.discovery import discover
from plugins.generator import Stills
from plugins.run import Run
from tests.bench.conftest import Command


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
