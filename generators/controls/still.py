"""`still`: the image, held."""

from __future__ import annotations

from typing import ClassVar

from plugins import Generator, Stills, hookimpl
from plugins.types import ClipBatch


class Still(Generator):
    """Repeat the image; no motion at all.

    The control for adding labelled images: whatever a classifier gains
    from these clips it gains from more anatomy, not from motion. A
    generator that does not beat it has synthesized nothing of use.
    """

    name: ClassVar[str] = "still"

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        return stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Still]
