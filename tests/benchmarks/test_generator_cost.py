"""The benchmark of what generators take: a tiny run, and that a share of the steps is that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bench.cells.part import Part
from bench.data import ClipSettings
from bench.data.phantom.dataset import Phantom
from generators.controls.still import Still
from generators.lddm.generator import LDDM
from plugins.errors import BenchError, DataError

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "generator_cost.py"
TINY = {
    "autoencoder_batch": 2,
    "autoencoder_steps": 300,
    "base_channels": 8,
    "correlation": 1,
    "denoiser_batch": 4,
    "denoiser_steps": 100,
    "denoiser_views": 0,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 2,
}


@pytest.fixture
def one_generator(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script's part that measures, imported as the script does it: from its own folder."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    before = set(sys.modules)
    import one_generator

    yield one_generator
    for name in ("one_generator", "measure"):
        if name not in before:
            sys.modules.pop(name, None)


def task(module: ModuleType, folder: Path, choice: str, share: float = 0.01, **more: object):
    clip = ClipSettings(frames=16, span=16, size=32)
    videos = Part.whole(Phantom(n_videos=4, size=32), "videos", ("benign", "malignant"), clip)
    return module.Task(
        choice=choice,
        parameters={**TINY, **more} if choice.startswith("lddm") else {},
        share=share,
        training=videos.among(videos.ids[:3]),
        test=videos.among(videos.ids[3:]),
        cache=folder / "cache",
        images=2,
        seconds=0.0,
        device="cpu",
        threads=1,
    )


def test_a_fit_and_its_sampling_are_measured(one_generator: ModuleType, tmp_path: Path) -> None:
    tiny = task(one_generator, tmp_path, "lddm")
    fitted = one_generator.fit(tiny, tmp_path)
    assert fitted.n_clips == 3
    assert fitted.seconds > 0
    spent = [(s["stage"], s["steps"], s["batch_size"]) for s in fitted.stages]
    assert spent == [("autoencoder", 3, 2), ("denoiser", 1, 4)]
    sampled = one_generator.sample_timed(tiny, tmp_path)
    assert len(sampled.rates) == 3  # for no time, but a spread needs some repeats
    assert min(sampled.rates) > 0


def test_images_repeat_where_there_are_too_few_and_get_seeds_of_their_own(
    one_generator: ModuleType, tmp_path: Path
) -> None:
    stills = one_generator.stills_of(task(one_generator, tmp_path, "still"))
    assert len(set(stills.seeds)) == 2
    assert bool((stills.images[0] == stills.images[1]).all())
    assert len(stills.records) == len(stills.labels) == 2


def test_a_generator_that_asks_the_simulator_has_what_it_needs(
    one_generator: ModuleType, tmp_path: Path
) -> None:
    assert one_generator.sample_timed(task(one_generator, tmp_path, "oracle"), tmp_path).rates


def test_a_share_of_the_steps_is_made_in_every_stage_and_nothing_else_changes(
    one_generator: ModuleType,
) -> None:
    whole = LDDM(autoencoder_steps=1000, denoiser_epochs=10, denoiser_batch=32)
    part = one_generator.shortened(whole, 0.1, n_clips=100)
    changed = {
        name: value
        for name, value in part.parameters().items()
        if whole.parameters()[name] != value
    }
    # 10 epochs of 100 clips are 32 steps of 32; the steps of diffusion and of sampling stay.
    assert changed == {"autoencoder_steps": 100, "denoiser_steps": 3, "denoiser_epochs": None}
    assert one_generator.shortened(whole, 1.0, n_clips=100) is whole
    assert one_generator.shortened(Still(), 0.1, n_clips=100) == Still()


def test_a_share_that_a_generator_refuses_is_said(one_generator: ModuleType) -> None:
    judged = LDDM(spatial_weight=1.0, adversarial_from=200)
    with pytest.raises(BenchError, match=r"--steps.*adversarial_from"):
        one_generator.shortened(judged, 0.1, n_clips=100)


def test_what_a_generator_lacks_reaches_the_caller(
    one_generator: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="clip"):
        one_generator.fit(task(one_generator, tmp_path, "lddm", spatial_factor=64), tmp_path)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--generators", "lddn"), "did you mean 'lddm'"),
        (("--generators", "lddm", "--set", "ldm.amp=off"), "did you mean 'lddm'"),
        (("--steps", "2"), "at most 1"),
    ],
)
@pytest.mark.slow
def test_what_is_wrong_is_said(arguments: tuple[str, ...], said: str) -> None:
    answer = run(*arguments)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
def test_a_run_has_a_row_for_each_and_names_what_was_left_out(tmp_path: Path) -> None:
    """`lddm:quick` is given a precision that a CPU lacks, and the others have their rows."""
    answer = run(
        *("--generators", "still,lddm,oracle,lddm:quick", "--set", "lddm.amp=fp16"),
        *("--videos", "6", "--size", "32", "--images", "2", "--seconds", "0"),
        *("--store", str(tmp_path)),
    )
    assert answer.returncode == 0, answer.stderr
    rows = [line for line in answer.stdout.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| still", "| oracle"]
    assert answer.stdout.count("needs a CUDA device") == 2
    assert "3 training clips of 1 x 16 x 32 x 32" in answer.stdout
    assert "--generators still,lddm,oracle,lddm:quick" in answer.stdout
