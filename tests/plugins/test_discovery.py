"""Broken plugins are reported with reason and fix, and harm nobody else."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from plugins.discovery import Catalogue, discover
from plugins.errors import BenchError
from tests.distributions import install

GOOD = """
from typing import ClassVar
from plugins import Generator, hookimpl

class Mirror(Generator):
    name: ClassVar[str] = "{name}"

    def sample(self, stills, n_frames):
        return stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1)

@hookimpl
def bench_generators():
    return [Mirror]
"""


METRIC = """
from typing import ClassVar
from plugins import Metric, hookimpl

class Zero(Metric):
    name: ClassVar[str] = "zero"
    title: ClassVar[str] = "Zero"
    direction: ClassVar[str] = "lower"
    unit: ClassVar[str] = "dB"
    reads: ClassVar[tuple[str, ...]] = ("real", "generated")

    def reset(self): ...
    def update(self, real, generated): ...
    def compute(self): return 0.0

@hookimpl
def bench_metrics():
    return [Zero]
"""

PRESETS = """
from pathlib import Path
from plugins import hookimpl

@hookimpl
def bench_presets():
    return [Path(__file__).parent / "{name}.toml"]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, to install into; what is imported from it is forgotten."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def only_reason(catalogue: Catalogue) -> tuple[str, str]:
    (broken,) = catalogue.broken
    return broken.reason, broken.fix


def test_built_in_plugins_are_whole() -> None:
    catalogue = discover()
    assert catalogue.broken == []
    assert {"still", "jitter", "oracle", "oracle-blind"} <= catalogue.of_kind("generator").keys()
    assert {"tsm", "c3d"} <= catalogue.of_kind("classifier").keys()
    assert {"phantom", "folder"} <= catalogue.of_kind("dataset").keys()
    assert "quick" in catalogue.presets


def test_a_foreign_plugin_is_found(site: Path) -> None:
    install(site, "mirror", GOOD.format(name="mirror"))
    offer = discover().offers["generator", "mirror"]
    assert (offer.distribution, offer.distribution_version) == ("mirror", "1.0")


def test_a_plugin_that_raises_on_import(site: Path) -> None:
    install(site, "bad", "raise RuntimeError('no licence key')")
    catalogue = discover()
    reason, fix = only_reason(catalogue)
    assert "RuntimeError: no licence key" in reason
    assert "bad.py:1" in reason
    assert "uninstall bad" in fix
    assert "still" in catalogue.of_kind("generator")


def test_a_plugin_that_exits_on_import(site: Path) -> None:
    install(site, "quitter", "import sys; sys.exit(3)")
    assert "SystemExit" in only_reason(discover())[0]


def test_a_misspelt_hook_names_the_right_one(site: Path) -> None:
    source = GOOD.format(name="mirror").replace("def bench_generators", "def bench_generator")
    install(site, "typo", source)
    reason, fix = only_reason(discover())
    assert "unknown hook bench_generator" in reason
    assert "'bench_generators'" in fix


def test_a_hook_that_is_not_marked(site: Path) -> None:
    install(site, "unmarked", GOOD.format(name="mirror").replace("@hookimpl\n", ""))
    reason, fix = only_reason(discover())
    assert "bench_generators" in reason
    assert "@hookimpl" in fix


def test_a_wrong_argument_names_hook_and_argument(site: Path) -> None:
    source = GOOD.format(name="mirror").replace("bench_generators()", "bench_generators(config)")
    install(site, "argument", source)
    reason, _ = only_reason(discover())
    assert "bench_generators" in reason
    assert "config" in reason


def test_a_hook_that_raises(site: Path) -> None:
    install(site, "raiser", GOOD.format(name="mirror").replace("return [Mirror]", "1 / 0"))
    assert "ZeroDivisionError" in only_reason(discover())[0]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("return [Mirror]", "return [int]", "not a plugin class"),
        ("Generator):", "Generator):\n    needed: int", "parameters without a default: needed"),
        ("def sample", "def simple", "it lacks sample"),
        ('    name: ClassVar[str] = "mirror"\n', "", "it has no name"),
    ],
)
def test_a_class_that_breaks_the_contract(site: Path, old: str, new: str, fault: str) -> None:
    install(site, "faulty", GOOD.format(name="mirror").replace(old, new))
    assert fault in only_reason(discover())[0]


@pytest.mark.parametrize(
    ("field", "fault", "fix"),
    [
        ("steps: int = Field(3, ge=4)", "default of steps is not valid: Input should be", "limits"),
        ("rate: float = float('inf')", "default of rate is not valid", "mend the default"),
        ("size: set = {1, object()}", "with its defaults it raised", "JSON values"),
        ("noise: random.Random = random.Random()", "with its defaults it raised", "JSON values"),
    ],
)
def test_defaults_that_cannot_be_used(site: Path, field: str, fault: str, fix: str) -> None:
    source = GOOD.format(name="mirror").replace("Generator):", f"Generator):\n    {field}")
    install(site, "faulty", "import random\nfrom pydantic import Field\n" + source)
    reason, advice = only_reason(discover())
    assert fault in reason
    assert fix in advice


def test_a_whole_metric_is_found(site: Path) -> None:
    install(site, "zero", METRIC)
    catalogue = discover()
    assert catalogue.broken == []
    assert ("metric", "zero") in catalogue.offers


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('    title: ClassVar[str] = "Zero"\n', "", "it has no title"),
        ('title: ClassVar[str] = "Zero"', 'title: str = "Zero"', "it has no title"),
        ('    direction: ClassVar[str] = "lower"\n', "", "it has no direction"),
        ('"lower"', '"down"', "its direction is 'down'"),
        ('unit: ClassVar[str] = "dB"', "unit: ClassVar[str] = 3", "its unit is 3"),
        (
            '    reads: ClassVar[tuple[str, ...]] = ("real", "generated")\n',
            "",
            "it has no reads",
        ),
        ('("real", "generated")', '("real", "fake")', "its reads is ('real', 'fake')"),
        ('("real", "generated")', '"real"', "its reads is 'real'"),
    ],
)
def test_a_metric_that_tables_cannot_show(site: Path, old: str, new: str, fault: str) -> None:
    assert old in METRIC
    install(site, "zero", METRIC.replace(old, new))
    reason, fix = only_reason(discover())
    assert fault in reason
    name = next(word for word in ("title", "direction", "unit", "reads") if word in fault)
    assert f"give it a class attribute: {name}: ClassVar[" in fix


@pytest.mark.parametrize(
    "reads", ['("real", "real_features")', '("scores", "generated_features")', '("real", "labels")']
)
def test_a_metric_that_reads_what_no_one_cell_gives(site: Path, reads: str) -> None:
    install(site, "zero", METRIC.replace('("real", "generated")', reads))
    reason, fix = only_reason(discover())
    assert "which come from different cells" in reason
    assert "real, generated, samples; scores, labels; or real_features" in fix


def test_a_preset_whose_name_is_taken(site: Path) -> None:
    install(site, "impostor", PRESETS.format(name="quick"))
    catalogue = discover()
    reason, fix = only_reason(catalogue)
    assert f"'quick' ({site / 'quick.toml'}) is already offered" in reason
    assert catalogue.presets["quick"] in reason
    assert str(site) not in catalogue.presets["quick"]
    assert "impostor" in fix


def test_a_name_that_is_taken(site: Path) -> None:
    install(site, "impostor", GOOD.format(name="still"))
    catalogue = discover()
    assert catalogue.offers["generator", "still"].distribution == "usbench"
    assert "already offered by usbench" in only_reason(catalogue)[0]


def test_without_an_entry_point_the_rest_works() -> None:
    points = [p for p in metadata.entry_points(group="bench") if p.name != "still"]
    catalogue = discover(points)
    assert catalogue.broken == []
    assert "still" not in catalogue.of_kind("generator")
    with pytest.raises(BenchError, match=r"generators: no generator 'still'"):
        catalogue.get("generator", "still", "generators")


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(BenchError, match="did you mean 'jitter'"):
        discover().get("generator", "jiter", "generators")
