"""What a generator is shown of a still."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from plugins.generator import Generator, StillId, Stills
from plugins.types import Clip


class Record:
    """A record that can tell what follows."""

    id = "a"

    def continuation(self, n_frames: int, seed: int, *, blind: bool = False) -> Clip:
        """All black."""
        return torch.zeros(1, n_frames, 4, 4)


class Declaring(Generator):
    """A generator; what it declares is set below."""

    name: ClassVar[str] = "declaring"

    def sample(self, stills: Stills, n_frames: int) -> Tensor:
        """The image, repeated."""
        return torch.stack([stills.images] * n_frames, dim=2)


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("ids", [False, True])
def test_a_generator_sees_what_it_declares(
    labels: bool, records: bool, ids: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Declaring, "reads_labels", labels)
    monkeypatch.setattr(Declaring, "needs_continuation", records)
    monkeypatch.setattr(Declaring, "needs_ids", ids)
    record = Record()
    named = [StillId("images", "x/a", 0), StillId("videos", "y/a", 2)]
    images = torch.rand(2, 1, 4, 4)
    stills = Stills(images, [3, 4], [0, 1], ("x", "y"), [record, None], named)
    shown = stills.shown_to(Declaring())
    assert shown.labels == ([0, 1] if labels else [None, None])
    assert shown.records == ([record, None] if records else [None, None])
    assert shown.ids == (named if ids else [None, None])
    assert shown.subset([1]).ids == [named[1] if ids else None]
    assert shown.images is stills.images
    assert (shown.seeds, shown.classes) == ([3, 4], ("x", "y"))
    assert (stills.labels, stills.records) == ([0, 1], [record, None])
