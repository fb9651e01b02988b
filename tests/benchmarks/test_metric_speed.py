"""The benchmark of features and distances: what it compares is what it says, and a tiny run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from metrics.video.features import VideoFeatures
from plugins.errors import BenchError, DataError

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "metric_speed.py"
OWN = ("distance_speed", "feature_speed", "frechet_routes", "one_generator", "speed_table")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The script's parts, imported as the script does it: from its own folder."""
    monkeypatch.syspath_prepend(SCRIPT.parent)
    before = set(sys.modules)
    import distance_speed
    import feature_speed
    import frechet_routes

    yield {m.__name__: m for m in (distance_speed, feature_speed, frechet_routes)}
    for name in (*OWN, "measure"):
        if name not in before:
            sys.modules.pop(name, None)


def whitened(n: int, d: int, seed: int) -> np.ndarray:
    """(n, d) of mean 0 whose covariance over n - 1 is the unit matrix, for n > d."""
    raw = np.random.default_rng(seed).standard_normal((n, d))
    return np.linalg.qr(raw - raw.mean(axis=0))[0] * np.sqrt(n - 1)


def test_every_route_is_the_distance_in_closed_form(parts: dict[str, ModuleType]) -> None:
    rng = np.random.default_rng(0)
    one, other, gap = rng.uniform(0.5, 3, 8), rng.uniform(0.5, 3, 8), rng.standard_normal(8)
    expected = gap @ gap + np.square(one - other).sum()
    real, generated = whitened(150, 8, 1) * one, whitened(130, 8, 2) * other + gap
    routes = parts["frechet_routes"].ROUTES
    assert len(routes) == 6
    for name, route in routes.items():
        planted = 1e-5 if "+ 1e-06" in name else 1e-9
        assert route(real, generated) == pytest.approx(expected, rel=planted), name


def test_the_errors_shown_are_of_sets_whose_distance_is_known(
    parts: dict[str, ModuleType],
) -> None:
    speed = parts["distance_speed"]
    for n in (6, 60):  # fewer clips than features, and more
        equal, shifted = (
            dict(zip(speed.ERROR_HEAD, row, strict=True)) for row in speed.error_rows(n, 20, 1)
        )
        assert (equal["exact"], shifted["exact"]) == ("0", "1.8")
        assert float(equal["ours, of features"]) == 0
        assert float(shifted["ours, of features"]) == pytest.approx(1.8, rel=1e-8)
        assert float(shifted["SciPy sqrtm, + 1e-06"]) == pytest.approx(1.8 - 4e-5, rel=1e-6)


def test_rows_compare_equal_distances(
    parts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    speed = parts["distance_speed"]
    monkeypatch.setattr(speed, "TURN", 0.0)
    for rows in (speed.frechet_rows(60, 6, 2, 1), speed.kernel_rows(60, 6, 2, 1)):
        made = [dict(zip(speed.TIME_HEAD, row, strict=True)) for row in rows]
        assert [row["off ours"] for row in made].count("-") == 1
        values = [float(row["distance"]) for row in made]
        assert values == pytest.approx([values[0]] * len(values), rel=1e-4)
        assert all(row["seconds"].endswith("n 2)") for row in made)


def test_a_turn_has_as_many_calls_as_it_takes(
    parts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    speed = parts["distance_speed"]
    clock = iter(np.arange(0, 1000, 0.02))
    monkeypatch.setattr(speed.time, "perf_counter", lambda: float(next(clock)))
    called = []

    def route(name: str, *_: np.ndarray) -> float:
        called.append(name)
        return 1.0

    routes = {name: partial(route, name) for name in ("a", "b")}
    found = speed.in_turns(routes, np.zeros(1), np.zeros(1), 2)
    turn = ["a"] * 5 + ["b"] * 5  # of 0.02 s each
    assert called == ["a", "a", "b", "b", *turn, *turn]
    assert found["a"].seconds == pytest.approx([0.02 / 5] * 2)


def test_the_permutation_test_is_timed_at_the_draws_that_were_asked_for(
    parts: dict[str, ModuleType],
) -> None:
    rows = parts["distance_speed"].permutation_rows(8, 5, 19, 1, 1)
    assert [row[2] for row in rows] == [
        "Fréchet, 19 draws",
        "kernel, 19 draws",
        "SciPy sqrtm (timed: 9 draws, times 2)",
    ]
    assert [float(row[4]) >= 1 / 20 for row in rows[:2]] == [True, True]
    assert rows[2][4] == "-"


def task(module: ModuleType, folder: Path, network: str, classifier: str = "tsm:quick"):
    return module.Task(
        network=network,
        classifier=classifier,
        weights=folder,
        batch=1,
        shape=(9, 32, 32),
        seconds=0.0,
        device="cpu",
        threads=1,
    )


@pytest.mark.parametrize(("network", "dims"), [("pixels", 8 * 32 * 32), ("classifier", 128)])
def test_features_are_extracted(
    parts: dict[str, ModuleType], tmp_path: Path, network: str, dims: int
) -> None:
    module = parts["feature_speed"]
    one = task(module, tmp_path, network)
    _, extract = module.METHODS[network](one)
    assert extract().shape == (1, dims)
    speed = module.feature_speed(one)
    assert len(speed.rates) == 3
    assert min(speed.rates) > 0


def test_the_random_weights_are_read_as_registered_ones_but_are_no_known_file(
    parts: dict[str, ModuleType], tmp_path: Path
) -> None:
    module = parts["feature_speed"]
    module.write_random_i3d(tmp_path)
    found = module.Registry([module._i3d_file()], tmp_path, caches=())
    seen = VideoFeatures("google", found)
    weight = seen.model.get_submodule("Mixed_5c.b1b").conv3d.weight
    assert float(weight.std()) == pytest.approx((2 / (192 * 27)) ** 0.5, rel=0.01)
    with pytest.raises(DataError, match="damaged, or another edition"):
        VideoFeatures("google", module.Registry(folder=tmp_path, caches=()))


def test_a_batch_that_was_halved_is_no_figure(
    parts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = parts["feature_speed"]

    class Halving(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    class Seen:
        def __init__(self, *_: object, **__: object) -> None:
            self.model = Halving()

        def features(self, clips: torch.Tensor) -> torch.Tensor:
            return torch.cat([self.model(part) for part in clips.split(2)])

    monkeypatch.setattr(module, "VideoFeatures", Seen)
    whole = module.replace(task(module, tmp_path, "i3d"), batch=2)
    assert len(module.METHODS["i3d"](whole)[1]()) == 2
    halved = module.replace(whole, batch=4)
    with pytest.raises(BenchError, match="memory holds 2 clips of a batch of 4 only"):
        module.METHODS["i3d"](halved)[1]()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--classifier", "tsn"), "did you mean 'tsm'"),
        (("--clips", "50,1"), "--clips 50,1: write numbers of 2 or more"),
        (("--parts", "distance"), "--parts distance: write features or distances"),
        (("--device", "gpu"), "--device gpu: write cpu or cuda:0"),
        (("--repeats", "0"), "--repeats 0: write 1 or more"),
    ],
)
def test_what_is_wrong_is_said(arguments: tuple[str, ...], said: str) -> None:
    answer = run(*arguments)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
def test_a_quick_run_has_all_tables() -> None:
    small = ("--clips", "12,40", "--dims", "20", "--threads", "1")
    answer = run("--quick", *small, "--frames", "9", "--size", "32")
    assert answer.returncode == 0, answer.stderr
    assert "are random: only time and memory" in answer.stdout
    assert "Left out" not in answer.stdout
    rows = [line for line in answer.stdout.splitlines() if line.startswith("| ")]
    heads, rules = 5, 5
    assert len(rows) == heads + rules + 4 + 2 * 6 + 2 * 2 + 2 * 2 + 3
