"""A plugin tells which weight files it needs, as its parameters stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from plugins import Generator, ParameterSet, PluginError
from plugins.class_faults import class_fault
from plugins.generator import Stills
from plugins.types import ClipBatch
from plugins.weight_needs import Need, needs_fault, needs_of, weights_of


class Plain(Generator):
    """Needs nothing."""

    name: ClassVar[str] = "plain"

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        raise NotImplementedError


class Lossy(Plain):
    """Needs a file for one of its losses."""

    name: ClassVar[str] = "lossy"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "sharp": ParameterSet("with the loss", {"loss": "learned"}),
        "elsewhere": ParameterSet("not for this machine", {"loss": 3}),
    }
    weights_if: ClassVar[Mapping[str, tuple[str, ...]]] = {"extra > 0": ("net-b", "net-c")}

    loss: str = ""

    @property
    def weights(self) -> tuple[str, ...]:
        return ("net-a",) if self.loss else ()


class Field(Plain):
    """Has a parameter of that name, which is its own matter."""

    name: ClassVar[str] = "field"
    weights: str = "net-a"


def declared(**attributes: Any) -> type[Plain]:
    return type("Declared", (Plain,), {"name": "declared", "__annotations__": {}, **attributes})


def test_needs_are_those_of_defaults_sets_and_conditions() -> None:
    assert list(needs_of(Lossy)) == [
        Need("lossy", ()),
        Need("lossy:sharp", ("net-a",)),  # the faulty set is left out
        Need("lossy (extra > 0)", ("net-b", "net-c")),
    ]
    assert weights_of(Lossy(loss="learned")) == ("net-a",)


@pytest.mark.parametrize("plugin", [Plain, Field])
def test_a_plugin_that_says_nothing_needs_nothing(plugin: type[Plain]) -> None:
    assert list(needs_of(plugin)) == [Need(plugin.name, ())]
    assert needs_fault(plugin) is None


def _raises(_: Plain) -> tuple[str, ...]:
    raise RuntimeError("no disk")


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("weights", property(lambda _: "net-a"), "its weights holds 'net-a', not a tuple"),
        ("weights", property(lambda _: (1,)), r"its weights holds \(1,\), not a tuple"),
        ("weights", property(_raises), "its weights raised RuntimeError: no disk"),
        ("weights_if", property(lambda _: {}), "its weights_if is <property"),
    ],
)
def test_a_wrong_declaration_is_a_broken_plugin(attribute: str, value: object, told: str) -> None:
    plugin = declared(**{attribute: value})
    with pytest.raises(PluginError, match=f"generator 'declared': {told}"):
        list(needs_of(plugin))
    fault = class_fault(plugin, "generator")
    assert fault is not None
    assert "write weights: ClassVar" in fault[1]
