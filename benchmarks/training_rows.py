"""Both sides of one classifier's training as rows of a table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from measure import spread
from one_training import Task, Turn, configured, model_of, ours, theirs
from own_process import OwnProcess

from plugins.budget import n_parameters

HEAD = (
    "classifier",
    "parameters",
    "batch",
    "trained by",
    "s/step",
    "clips/s",
    "peak [MiB]",
    "clips/s over MMAction2's",
)


def rows(task: Task, repeats: int) -> list[list[str]]:
    """Train in turns, each side in a process of its own, and tell of both.

    Args:
        task: what is trained.
        repeats: turns of each side.

    Returns:
        A row for this program and one for MMAction2, of the columns `HEAD`.

    Raises:
        BenchError: a side cannot train it.
    """
    batch = configured(task).batch_size
    first = [task.choice, f"{n_parameters(model_of(task)):,}", str(batch)]
    bench, peer = _turns(task, repeats)
    ratios = [b.step / a.step for a, b in zip(bench, peer, strict=True)]
    return [
        [*first, "usbench", *_figures(bench, batch), spread(ratios)],
        [*first, "MMAction2", *_figures(peer, batch), "1"],
    ]


def _turns(task: Task, repeats: int) -> tuple[list[Turn], list[Turn]]:
    """This program's and MMAction2's, one after the other."""
    bench, peer = [], []
    with OwnProcess() as our_process, OwnProcess() as their_process:
        for _ in range(repeats):
            bench.append(our_process.ask(ours, task))
            peer.append(their_process.ask(theirs, task))
    return bench, peer


def _figures(turns: Sequence[Turn], batch: int) -> list[str]:
    """Seconds per step, clips per second, and the memory of the first turn."""
    steps = [turn.step for turn in turns]
    rate = batch / statistics.median(steps)
    return [spread(steps), f"{rate:.3g}", f"{turns[0].memory:.0f}"]
