"""Named sets of parameters: chosen, overridden, and survived where they are wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from pydantic import Field, model_validator

from plugins import BenchError, Generator, MemoryClips, ParameterSet
from plugins.conformance import check_generator
from plugins.discovery import discover
from plugins.generator import Stills
from plugins.parameter_sets import declaration_fault, named, value_faults
from tests.distributions import install


class Walk(Generator):
    """The image, repeated; with parameters that bound each other."""

    name: ClassVar[str] = "walk"
    sets: ClassVar = {
        "paper": ParameterSet("as published", {"steps": 100, "rate": 0.5}),
        "quick": ParameterSet("a first look", {"steps": 2}),
    }

    steps: int = Field(10, ge=1)
    """Steps."""
    rate: float = Field(0.1, gt=0)
    """Rate."""
    first: int = 0
    """A step."""

    @model_validator(mode="after")
    def _within(self) -> Walk:
        if self.first > self.steps:
            raise ValueError("first must not exceed steps")
        return self

    def sample(self, stills, n_frames):
        """The image at all times."""
        return stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1)


class Low(Walk):
    """`Walk` with a set that cannot be."""

    sets: ClassVar = {"low": ParameterSet("wrong", {"rate": -1.0})}


def declaring(declared: Any) -> type[Walk]:
    """`Walk` with other sets."""
    return type("Other", (Walk,), {"sets": declared, "__module__": __name__})


@pytest.mark.parametrize(
    ("set_name", "given", "expected"),
    [
        ("", {}, (10, 0.1, 0)),
        ("default", {"first": 3}, (10, 0.1, 3)),
        ("paper", {}, (100, 0.5, 0)),
        ("paper", {"rate": 0.2, "first": 1}, (100, 0.2, 1)),
        ("quick", {"steps": 10}, (10, 0.1, 0)),
    ],
)
def test_what_is_given_wins_over_the_set_and_the_set_over_the_defaults(
    set_name: str, given: dict[str, Any], expected: tuple[float, ...]
) -> None:
    made = Walk.configure(given, "x", set_name)
    assert made == Walk(**dict(zip(("steps", "rate", "first"), expected, strict=True)))


def test_a_set_is_not_changed_by_what_is_given() -> None:
    Walk.configure({"steps": 7}, "x", "paper")
    assert Walk.sets["paper"].values == {"steps": 100, "rate": 0.5}


def test_an_unknown_set_is_answered_with_the_nearest_and_all() -> None:
    with pytest.raises(
        BenchError,
        match=r"^here: generator 'walk' has no set 'papr'; did you mean 'paper'\? "
        r"There is: default, paper, quick$",
    ):
        Walk.configure({}, "here", "papr")
    with pytest.raises(BenchError, match=r"no set 'x'; there is: default, paper, quick$"):
        Walk.configure({}, "here", "x")


def test_a_fault_is_laid_to_the_set_or_to_the_user() -> None:
    wrong = declaring({"bad": ParameterSet("wrong", {"steps": 0, "rate": 1})})
    with pytest.raises(BenchError, match=r"^x, set 'bad': generator 'walk', steps = 0: "):
        wrong.configure({"rate": 2.0}, "x", "bad")
    with pytest.raises(BenchError, match=r"^x: generator 'walk', rate = -1"):
        wrong.configure({"steps": 1, "rate": -1}, "x", "bad")
    with pytest.raises(BenchError, match=r"^x: .* no parameter 'rat'; did you mean 'rate'"):
        Walk.configure({"rat": 1}, "x", "paper")
    with pytest.raises(BenchError, match=r"^x, set 'quick': .*first must not exceed steps"):
        Walk.configure({"first": 5}, "x", "quick")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("walk", ("walk", "")), ("walk:paper", ("walk", "paper")), ("walk:", ("walk", ""))],
)
def test_a_name_and_its_set(text: str, parts: tuple[str, str]) -> None:
    assert named(text) == parts


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        (["paper"], "not a mapping"),
        ({"paper": {"steps": 1}}, "set 'paper' is .*, not a ParameterSet"),
        ({"paper": ParameterSet("", {})}, "set 'paper' has no reason"),
        ({"paper": ParameterSet("two\nlines", {})}, "set 'paper' has no reason in one line"),
        ({"a:b": ParameterSet("why", {})}, "name 'a:b'"),
        ({"a,b": ParameterSet("why", {})}, "name 'a,b'"),
        ({"default": ParameterSet("why", {})}, "name 'default'"),
        ({3: ParameterSet("why", {})}, "name 3"),
    ],
)
def test_a_declaration_that_is_none(declared: Any, fault: str) -> None:
    found = declaration_fault(declaring(declared))
    assert found is not None
    assert re.search(fault, found[0])


def test_right_sets_have_no_fault() -> None:
    assert declaration_fault(Walk) is None
    assert list(value_faults(Walk)) == []


def test_each_wrong_set_is_named() -> None:
    wrong = declaring(
        {
            "good": ParameterSet("right", {"steps": 3}),
            "typo": ParameterSet("wrong", {"stps": 3}),
            "low": ParameterSet("wrong", {"rate": -1.0}),
        }
    )
    typo, low = value_faults(wrong)
    assert "set 'typo': generator 'walk' has no parameter 'stps'; did you mean 'steps'" in typo
    assert "set 'low': generator 'walk', rate = -1.0" in low


def test_conformance_tries_every_set(tmp_path: Path) -> None:
    clips = MemoryClips(torch.zeros(2, 1, 4, 8, 8, dtype=torch.uint8), [0, 1], ("a", "b"))
    stills = Stills(torch.rand(3, 1, 8, 8), [1, 2, 3])
    (tmp_path / "right").mkdir()
    (tmp_path / "wrong").mkdir()
    assert all(f.passed for f in check_generator(Walk(), clips, stills, tmp_path / "right"))
    (fault,) = [f for f in check_generator(Low(), clips, stills, tmp_path / "wrong") if f.fault]
    assert fault.check == "parameter sets"
    assert "'low'" in fault.fault


SOURCE = """
from typing import ClassVar
from pydantic import Field
from plugins import Generator, ParameterSet, hookimpl

class Drift(Generator):
    name: ClassVar[str] = "{name}"
    {sets}
    speed: float = Field(0.1, ge=0)

    def sample(self, stills, n_frames):
        return stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1)

@hookimpl
def bench_generators():
    return [Drift]
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


def test_a_plugin_with_one_wrong_set_is_offered_and_the_set_listed(site: Path) -> None:
    sets = 'sets = {"far": ParameterSet("far", {"speed": -1}), "slow": ParameterSet("s", {})}'
    install(site, "drift", SOURCE.format(name="drift", sets=sets))
    catalogue = discover()
    (broken,) = catalogue.broken
    assert "set 'far': generator 'drift', speed = -1" in broken.reason
    assert "'drift' works without it" in broken.fix
    offered = catalogue.offers["generator", "drift"].plugin
    assert offered.configure({}, "x", "slow").parameters() == {"speed": 0.1}
    with pytest.raises(BenchError, match="set 'far'"):
        offered.configure({}, "x", "far")


@pytest.mark.parametrize(
    ("name", "sets", "fault"),
    [
        ("drift", 'sets = {"far": {"speed": 1}}', "not a ParameterSet"),
        ("drift:far", "", "its name 'drift:far' holds a colon"),
    ],
)
def test_a_plugin_whose_sets_cannot_be_read_is_broken(
    site: Path, name: str, sets: str, fault: str
) -> None:
    install(site, "drift", SOURCE.format(name=name, sets=sets))
    catalogue = discover()
    (broken,) = catalogue.broken
    assert fault in broken.reason
    assert ("generator", name) not in catalogue.offers
