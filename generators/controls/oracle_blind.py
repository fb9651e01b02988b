"""`oracle-blind`: the best continuation that looking at the image allows."""

from __future__ import annotations

from typing import ClassVar

from generators.controls.continuation import continuations
from plugins import Generator, Stills, hookimpl
from plugins.types import ClipBatch


class OracleBlind(Generator):
    """Run the simulator on with a class drawn from what the look tells.

    The ceiling for any generator that sees only the image: the physics is
    the true one, but how the lesion moves is drawn from the probability of
    its class given its look, so that the motion adds no knowledge that the
    image does not hold.
    """

    name: ClassVar[str] = "oracle-blind"
    needs_continuation: ClassVar[bool] = True

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        return continuations(stills, n_frames, blind=True)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [OracleBlind]
