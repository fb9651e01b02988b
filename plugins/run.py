"""Where and how a plugin runs: its folder, device, seed, progress and cancellation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from plugins.errors import Cancelled
from plugins.seeds import derive
from plugins.types import Frames


@dataclass(frozen=True)
class Progress:
    """How far a run has come: ``step`` of ``total``, in what, with which figures."""

    step: int
    total: int
    stage: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """The surroundings of one fit, sample or predict.

    Attributes:
        folder: the plugin's own folder. ``fit`` writes checkpoints and the
            final weights here and continues from what it finds; ``load``
            reads them. Nothing outside it is written.
        seed: every random draw is derived from it (``run.derive``).
        device: a torch device string, ``cpu`` or ``cuda:0``.
        name: unique among the runs of one store; a cell's key.
        title: for messages; a cell's title.
        report: called with a `Progress`; shows it.
        cancelled: tells whether the run should stop.
        read_video: reads a video file, an array (.npy) or a folder of frames
            that is as large as the clips: uint8 (T, H, W, C), C that of the
            clips; DataError where it cannot be read or has another size. Only
            a generator's `load` is given it.
    """

    folder: Path
    seed: int = 0
    device: str = "cpu"
    name: str = "run"
    title: str = ""
    report: Callable[[Progress], None] = lambda _: None
    cancelled: Callable[[], bool] = lambda: False
    read_video: Callable[[Path], Frames] | None = None

    def derive(self, *names: object) -> int:
        """A seed of its own for the named draw; see `plugins.seeds.derive`."""
        return derive(self.seed, *names)

    def progress(self, step: int, total: int, stage: str, **figures: float) -> None:
        """Report progress.

        Raises:
            Cancelled: the run was asked to stop.
        """
        if self.cancelled():
            raise Cancelled(self.name)
        self.report(Progress(step, total, stage, figures))
