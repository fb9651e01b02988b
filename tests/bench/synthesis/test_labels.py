"""Images without a class: for generators that have learned to do without, and for no others."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.conformance_data import CLASSES, simulated_clips
from bench.data import Cache, ClipSettings, decode
from bench.data.readers.folder import Folder
from bench.data.readers.loose import loose_images
from bench.synthesis import Request, synthesize
from bench.trained import Trained
from generators.lddm.generator import LDDM
from plugins.dataset import Record
from plugins.errors import BenchError
from plugins.run import Run

SMALL = {
    "autoencoder_steps": 1,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "denoiser_steps": 2,
    "denoiser_batch": 4,
    "denoiser_views": 0,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 2,
    "class_conditioning": True,
}


def trained(folder: Path, drop: float) -> Trained:
    generator = LDDM(**SMALL, condition_drop=drop)
    (folder / "fit").mkdir()
    generator.fit(simulated_clips(folder / "cache", 32), Run(folder / "fit"))
    return Trained(generator, ClipSettings(frames=16, span=16, size=32), CLASSES, {})


def write_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32), dtype=np.uint8)
    assert cv2.imwrite(str(path), pixels)


def make(model: Trained, records: list[Record], folder: Path) -> Path:
    request = Request(
        records=records,
        per_image=1,
        n_frames=16,
        clip_frames=16,
        seed=0,
        forms=("cache",),
        fps=10,
        batch=2,
    )
    synthesize(model, request, Cache(folder / "cache"), folder / "out", lambda *_: None)
    return folder / "out"


def test_a_prior_that_dropped_the_class_continues_images_without_one(tmp_path: Path) -> None:
    model = trained(tmp_path, drop=0.2)
    assert (model.generator.reads_labels, model.generator.needs_labels) == (True, False)
    write_image(tmp_path / "loose" / "a.png")
    out = make(model, list(loose_images(tmp_path / "loose")), tmp_path)
    (video,) = json.loads((out / "synthesis.json").read_text())["videos"]
    assert video["label"] == ""
    assert len(decode.frames(out / video["files"][0])) == 16


def test_a_prior_that_did_not_refuses_them_before_anything_is_written(tmp_path: Path) -> None:
    model = trained(tmp_path, drop=0.0)
    assert model.generator.needs_labels
    write_image(tmp_path / "loose" / "a.png")
    with pytest.raises(BenchError, match=r"a\.png: has no class, .* 'lddm' .*benign, malignant"):
        make(model, list(loose_images(tmp_path / "loose")), tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_class_that_was_not_learned_is_not_taken_for_an_unknown_one(tmp_path: Path) -> None:
    model = trained(tmp_path, drop=0.2)
    for name in ("benign", "normal"):
        write_image(tmp_path / "classes" / name / "a.png")
    records = list(Folder(root=str(tmp_path / "classes")).images())
    with pytest.raises(BenchError, match=r"class 'normal' is none of those .*benign, malignant"):
        make(model, records, tmp_path)
    assert not (tmp_path / "out").exists()


def test_only_what_reads_labels_can_need_them() -> None:
    assert not LDDM().needs_labels
    assert not LDDM(condition_drop=0.2).needs_labels
