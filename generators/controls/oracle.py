"""`oracle`: what truly follows, where the data set is a simulator."""

from __future__ import annotations

from typing import ClassVar

from generators.controls.continuation import continuations
from plugins import Generator, Stills, hookimpl
from plugins.types import ClipBatch


class Oracle(Generator):
    """Run the simulator on from the image.

    The control for the bench itself: no generator can do better, so where
    even this one does not help a classifier, the bench (or the classifier)
    cannot see a good generator. It knows the scene's true motion, which no
    image shows: `oracle-blind` is the ceiling for a generator.
    """

    name: ClassVar[str] = "oracle"
    needs_continuation: ClassVar[bool] = True

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        return continuations(stills, n_frames, blind=False)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Oracle]
