"""What every plugin has."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, PrivateAttr
from torch import Tensor

from plugins.generator import Generator, Stills


class Window(BaseModel):
    """A parameter of several values."""

    sides: tuple[int, int] = (1, 1)


class Learned(Generator):
    """A generator with parameters of many types, and with something learned."""

    name: ClassVar[str] = "learned"
    window: Window = Window()
    folder: Path = Path()
    mode: Literal["a", "b"] = "a"
    _weights: list[int] = PrivateAttr(default_factory=list)

    def sample(self, stills: Stills, n_frames: int) -> Tensor:
        """The image, repeated."""
        return torch.stack([stills.images] * n_frames, dim=2)


def test_a_fresh_plugin_has_the_parameters_and_nothing_learned() -> None:
    plugin = Learned(window=Window(sides=(2, 3)), folder=Path("x"), mode="b")
    plugin._weights.append(1)
    fresh = plugin.fresh()
    assert type(fresh) is Learned
    assert fresh.window == Window(sides=(2, 3))
    assert (fresh.folder, fresh.mode) == (Path("x"), "b")
    assert fresh.parameters() == plugin.parameters()
    assert fresh._weights == []
    assert plugin._weights == [1]
