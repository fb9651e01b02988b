"""A plugin's named sets of parameters in an experiment, on the command line and in keys."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bench.experiment import Choice, load_experiment
from bench.materials import gather
from bench.matrix import Matrix, expand
from bench.prepare import prepare
from bench.provenance import source_files
from bench.store import Store
from plugins.discovery import Catalogue, discover
from plugins.errors import BenchError
from plugins.generator import Generator
from tests.bench.conftest import Command
from tests.distributions import install

PRESETS = Path(__file__).parents[2] / "bench" / "presets"
QUICK = {
    "autoencoder_steps": 36,
    "autoencoder_batch": 4,
    "denoiser_steps": 60,
    "denoiser_batch": 16,
    "denoiser_width": 96,
    "sampler_steps": 10,
    "checkpoint_every": 12,
}
"""What the preset ``quick`` set before LDDM had sets."""

SLIDE = """
from typing import ClassVar
from pydantic import Field
import torch
from plugins import Generator, ParameterSet, hookimpl

class Slide(Generator):
    name: ClassVar[str] = "slide"
    sets = {
        "fast": ParameterSet("moves far", {"speed": 2}),
        "far": ParameterSet("not possible", {"speed": -1}),
    }
    speed: int = Field(1, ge=0)

    def sample(self, stills, n_frames):
        moved = [torch.roll(stills.images, t * self.speed, -1) for t in range(n_frames)]
        return torch.stack(moved, dim=2)

@hookimpl
def bench_generators():
    return [Slide]
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return discover()


@pytest.fixture
def slide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign generator with a right set and a wrong one."""
    (tmp_path / "site").mkdir()
    install(tmp_path / "site", "slide", SLIDE)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def generators(path: Path, catalogue: Catalogue, **tables: Any) -> dict[str, Generator]:
    return gather(load_experiment(path, tables), catalogue).generators


def test_short_and_long_ways_to_choose_a_set(tiny: Path, catalogue: Catalogue) -> None:
    made = generators(
        tiny,
        catalogue,
        generators=["lddm", "lddm:quick", "table", "short", "lddm:default"],
        generator={
            "table": {"plugin": "lddm", "set": "quick", "parameters": {"denoiser_width": 64}},
            "short": {"plugin": "lddm:quick"},
            "lddm:default": {"parameters": {"sampler_steps": 3}},
        },
    )
    lddm = type(made["lddm"])
    assert made["lddm"] == lddm()
    assert made["lddm:quick"] == made["short"] == lddm(**QUICK)
    assert made["table"] == lddm(**(QUICK | {"denoiser_width": 64}))
    assert made["lddm:default"] == lddm(sampler_steps=3)


def test_a_table_of_the_plugin_says_nothing_of_its_sets(tiny: Path, catalogue: Catalogue) -> None:
    table = {"lddm": {"parameters": {"denoiser_width": 64}}}
    made = generators(tiny, catalogue, generators=["lddm", "lddm:quick"], generator=table)
    assert made["lddm"].parameters()["denoiser_width"] == 64
    assert made["lddm:quick"].parameters()["denoiser_width"] == 96


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"generators": ["lddm:papr"]},
            r"^generators: generator 'lddm' has no set 'papr'; did you mean 'paper'\? "
            r"There is: default, paper, quick, vector$",
        ),
        ({"generators": ["still:paper"]}, r"'still' has no set 'paper'; there is: default$"),
        ({"generators": ["ldmm:paper"]}, r"^generators: no generator 'ldmm'; did you mean 'lddm'"),
        ({"classifiers": ["c3d:fast"]}, r"^classifiers: classifier 'c3d' has no set 'fast'"),
        ({"metrics": ["psnr:fast"]}, r"^metrics: metric 'psnr' has no set 'fast'"),
        (
            {"generators": ["x"], "generator": {"x": {"plugin": "lddm", "set": "slow"}}},
            r"^generator.x.set: generator 'lddm' has no set 'slow'",
        ),
        (
            {"generators": ["x"], "generator": {"x": {"plugin": "lddm:quick", "set": "paper"}}},
            r"generator.x names two sets, 'quick' and 'paper': leave one out",
        ),
        (
            {"generators": ["lddm:quick"], "generator": {"lddm:quick": {"set": "paper"}}},
            r"generator.lddm:quick names two sets, 'quick' and 'paper'",
        ),
        (
            {"generators": ["wild:quick"], "generator": {"wild": {"plugin": "lddm"}}},
            r"'wild' is a generator of this experiment, .* write generator.wild.set = 'quick'",
        ),
        (
            {
                "generators": ["lddm:quick"],
                "generator": {"lddm:quick": {"parameters": {"sampler_stps": 1}}},
            },
            r"^generator.lddm:quick.parameters: generator 'lddm' has no parameter 'sampler_stps'",
        ),
    ],
)
def test_mistakes(tiny: Path, catalogue: Catalogue, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        generators(tiny, catalogue, **tables)


def test_keys_depend_on_the_parameters_and_not_on_the_sets_name(
    tiny: Path, tmp_path: Path, catalogue: Catalogue
) -> None:
    tables = {
        "generators": ["lddm", "lddm:quick", "written", "changed"],
        "generator": {
            "written": {"plugin": "lddm", "parameters": QUICK},
            "changed": {"plugin": "lddm", "set": "quick", "parameters": {"denoiser_steps": 400}},
        },
    }
    materials = gather(load_experiment(tiny, tables), catalogue)
    matrix = expand(prepare(materials, Store(tmp_path / "store")))
    fits = {name: key_of_fit(matrix, name) for name in materials.generators}
    assert fits["lddm:quick"] == fits["written"]
    assert len(set(fits.values())) == 3


def test_rewording_a_set_computes_nothing_anew() -> None:
    files = source_files("generators.lddm.generator")
    assert "generators.lddm.settings" in files
    assert not any(name.endswith("parameter_sets") for name in files)


def key_of_fit(matrix: Matrix, generator: str) -> str:
    (cells,) = matrix.syntheses.values()
    fit = cells[generator, "test"].fit
    assert fit is not None
    return fit.key


@pytest.mark.parametrize("preset", sorted(p.stem for p in PRESETS.glob("*.toml")))
def test_every_preset_names_what_there_is(preset: str, catalogue: Catalogue) -> None:
    experiment = load_experiment(Path(catalogue.presets[preset]))
    for kind in ("generator", "classifier", "metric"):
        for name in getattr(experiment, f"{kind}s"):
            choice = getattr(experiment, kind).get(name, Choice())
            plugin, set_name = choice.plugin_and_set(name)
            offer = catalogue.get(kind, plugin, preset)
            offer.plugin.configure(choice.parameters, preset, set_name)


def test_the_papers_experiment_in_the_docs_is_the_presets(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    page = Path(__file__).parents[2] / "docs" / "lddm-paper.md"
    (tmp_path / "paper.toml").write_text(page.read_text().split("```toml\n")[1].split("```")[0])
    written = load_experiment(tmp_path / "paper.toml")
    preset = load_experiment(Path(catalogue.presets["paper"]))
    for key in ("generators", "classifiers", "clip", "ratios", "protocols", "classifier"):
        assert getattr(written, key) == getattr(preset, key), key


def test_the_quick_preset_has_the_parameters_that_it_had(catalogue: Catalogue) -> None:
    written = tomllib.loads(Path(catalogue.presets["quick"]).read_text())["generator"]["lddm"]
    lddm = catalogue.get("generator", "lddm", "quick").plugin
    made = lddm.configure(written.get("parameters", {}), "quick", written["set"])
    assert made == lddm.configure(QUICK, "x")


@pytest.mark.usefixtures("slide")
def test_a_set_runs_and_stands_in_the_tables_under_its_name(
    bench: Command, tiny: Path, tmp_path: Path
) -> None:
    answer = bench("run", tiny, "--generators", "slide,slide:fast", "--protocols", "real")
    assert answer.code == 0, answer.err
    table = json.loads(bench("table", "quality", tiny, "--format", "json").out)
    assert [row["generator"] for row in table["rows"]] == ["slide", "slide:fast"]
    sheets = {path.name for path in tmp_path.glob("store/experiments/tiny/sheets/*.png")}
    assert "slide.fast-test-5-5-r0.png" in sheets
    assert not any(":" in name for name in sheets)


@pytest.mark.usefixtures("slide")
def test_a_faulty_set_is_refused_where_it_is_chosen_and_nowhere_else(
    bench: Command, tiny: Path
) -> None:
    answer = bench("plan", tiny, "--generators", "slide:far")
    assert answer.code == 2
    assert "set 'far': generator 'slide', speed = -1" in answer.err
    assert bench("plan", tiny, "--generators", "slide:fast").code == 0
    shown = bench("plugins", "slide").out
    assert "slide:fast    moves far" in shown
    assert "speed = 2    (default: 1)" in shown
    assert "cannot be used: sets, set 'far'" in shown


def test_sets_are_listed(bench: Command) -> None:
    listed = json.loads(bench("plugins", "lddm", "--json").out)["plugins"][0]
    by_name = {one["name"]: one for one in listed["sets"]}
    assert by_name["quick"]["parameters"] == QUICK
    assert by_name["paper"]["parameters"]["denoiser_lr"] == 0.01
    assert "sets: lddm:paper, lddm:vector, lddm:quick" in bench("plugins").out
    assert 'head = "pixels"    (default: "warp")' in bench("plugins", "lddm").out


@pytest.mark.usefixtures("slide")
def test_check_takes_a_set(bench: Command) -> None:
    answer = bench("check", "slide:fast")
    assert answer.code == 1
    assert "FAIL  parameter sets" in answer.out
    assert answer.out.count("FAIL") == 1
    wrong = bench("check", "jitter:fast")
    assert wrong.code == 2
    assert "bench check: generator 'jitter' has no set 'fast'; there is: default" in wrong.err
