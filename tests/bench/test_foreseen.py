"""What is going to fail is said before the first cell, once, and all else is computed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.experiment import load_experiment
from bench.foreseen import foreseen
from bench.materials import gather
from bench.matrix import Matrix, expand
from bench.prepare import prepare
from bench.store import Store
from plugins import known_weights
from plugins.discovery import Catalogue, discover
from tests.bench.conftest import Command
from tests.metrics.drawn_weights import nothing_registered
from tests.plugins.small_weights import trunk, written


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return discover()


@pytest.fixture(autouse=True)
def _nothing(tmp_path: Path) -> Iterator[None]:
    patch = nothing_registered(tmp_path / "weights")
    yield
    patch.undo()


def expanded(
    tiny: Path, store: Store, catalogue: Catalogue, metrics: list[str], samples: int = 1
) -> Matrix:
    overrides = {
        "metrics": metrics,
        "generators": ["still", "lossy"],
        "generator.lossy.plugin": "lddm",
        "generator.lossy.parameters": {"perceptual_weight": 1.0, "perceptual": "lpips"},
        "synthesis.per_test_video": samples,
    }
    return expand(prepare(gather(load_experiment(tiny, overrides), catalogue), store))


def test_one_line_for_each_plugin_that_lacks_something(
    tiny: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    store = Store(tmp_path / "store")
    metrics = ["psnr", "fvd", "fvd:self", "lpips:squeeze", "div-pixel", "div-i3d", "accuracy"]
    lacks = "{}: weights {} are not registered: its cells will fail; see: bench weights list"
    few = (
        "{}: it needs 2 samples of each test video, and synthesis.per_test_video is 1: its cells "
        "will fail; --set synthesis.per_test_video=2, or more"
    )
    unregistered = [
        lacks.format("lossy", "vgg16-imagenet"),
        lacks.format("fvd", "i3d-kinetics-400"),
        lacks.format("lpips:squeeze", "squeezenet1_1-imagenet"),
        lacks.format("div-i3d", "i3d-kinetics-400"),
    ]
    lines = foreseen(expanded(tiny, store, catalogue, metrics), store)
    assert sorted(lines) == sorted([*unregistered, few.format("div-pixel"), few.format("div-i3d")])
    lines = foreseen(expanded(tiny, store, catalogue, metrics, samples=2), store)
    assert sorted(lines) == sorted(unregistered)


def test_a_registered_file_is_lacking_no_more_unless_its_size_is_wrong(
    tiny: Path, tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    matrix = expanded(tiny, store, catalogue, ["lpips:squeeze", "accuracy"])
    assert any(line.startswith("lpips") for line in foreseen(matrix, store))
    file = written(tmp_path / "weights", "squeeze", trunk("squeeze"))
    monkeypatch.setattr(known_weights, "KNOWN", (file,))
    (other,) = foreseen(matrix, store)
    assert other.startswith("lossy: no weight file 'vgg16-imagenet' is known")
    (tmp_path / "weights" / file.filename).write_bytes(b"cut")
    lines = foreseen(matrix, store)
    assert any("squeezenet1_1-imagenet (damaged: wrong size) are not" in line for line in lines)


def test_features_that_are_there_need_no_weights(
    tiny: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    store = Store(tmp_path / "store")
    matrix = expanded(tiny, store, catalogue, ["fvd", "accuracy"])
    assert any(line.startswith("fvd: ") for line in foreseen(matrix, store))
    for cell in matrix.cells.values():
        if cell.kind == "features":
            store.begin(cell.key)
            store.finish(cell.key, {"figures": {}, "seconds": 1.0})
    assert not any(line.startswith("fvd: ") for line in foreseen(matrix, store))


def test_a_run_warns_only_of_what_it_still_has_to_compute(
    bench: Command, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the file; with it; without it again, but with the figure in the store."""
    file = written(tmp_path / "elsewhere", "squeeze", trunk("squeeze"))
    monkeypatch.setattr(known_weights, "KNOWN", (file,))
    run = ("run", tiny, "--generators", "still", "--protocols", "real", "--set")
    first = bench(*run, 'metrics=["psnr","lpips:squeeze","div-pixel","accuracy"]')
    assert first.code == 1
    warnings = [line for line in first.err.splitlines() if line.startswith("warning: ")]
    assert [line.split(": ")[1] for line in warnings] == ["lpips:squeeze", "div-pixel"]
    (row,) = json.loads(bench("table", "quality", "tiny", "--format", "json").out)["rows"]
    assert row["psnr"] > 0
    assert row["lpips:squeeze"] is None
    bench("weights", "add", tmp_path / "elsewhere" / file.filename)
    second = bench(*run, 'metrics=["psnr","lpips:squeeze","accuracy"]')
    assert (second.code, second.err) == (0, "")
    (tmp_path / "weights" / file.filename).unlink()
    third = bench(*run, 'metrics=["psnr","lpips:squeeze","accuracy"]')
    assert (third.code, third.err) == (0, "")
