"""One turn of training one classifier, timed: in this program's loop, or in MMAction2's."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from measure import peak_memory
from mmaction_training import Loading, imported, train_theirs
from one_generator import start_of_memory
from step_clock import StepClock
from torch import nn

from bench.cells.part import Part
from classifiers.mmaction import MMActionClassifier
from plugins.discovery import discover
from plugins.errors import BenchError, Cancelled
from plugins.parameter_sets import named
from plugins.reproducible import seeded
from plugins.run import Run

FOREVER = 10**9


@dataclass(frozen=True)
class Task:
    """What is to be measured.

    Attributes:
        choice: ``name`` or ``name:set``.
        parameters: over those of the set.
        videos: to train on; they are decoded.
        cache: of decoded videos.
        loading: how MMAction2 reads them.
        seconds: of a turn, after the warm-up.
        device: a torch device.
        threads: of torch.
    """

    choice: str
    parameters: dict[str, Any]
    videos: Part
    cache: Path
    loading: Loading
    seconds: float
    device: str
    threads: int


class Turn(NamedTuple):
    """A turn.

    Attributes:
        step: seconds per optimizer step, reading of the batch included.
        memory: MiB at the peak; on the CPU over that before.
    """

    step: float
    memory: float


def ours(task: Task) -> Turn:
    """Train by `MMActionClassifier.fit`, on clips of the filled cache, without checkpoints.

    Raises:
        BenchError: the training fails.
    """
    classifier, clips = configured(task), task.videos.clips(task.cache)

    def train(clock: StepClock, folder: Path) -> None:
        run = Run(
            folder,
            device=task.device,
            name=task.choice,
            report=lambda progress: clock.mark(progress.step),
            cancelled=lambda: clock.enough,
        )
        with suppress(Cancelled):
            classifier.fit(clips, run)

    return _timed(task, train)


def theirs(task: Task) -> Turn:
    """Train the same model by MMEngine's Runner, on MMAction2's own data set of the same files.

    Raises:
        BenchError: MMAction2 cannot feed it what the bench does.
    """
    return _timed(
        task,
        lambda clock, folder: train_theirs(
            configured(task), partial(model_of, task), task.loading, task.device, clock, folder
        ),
    )


def _timed(task: Task, train: Callable[[StepClock, Path], None]) -> Turn:
    """Train until the clock has enough."""
    torch.set_num_threads(task.threads)
    imported()
    before, clock = start_of_memory(task.device), StepClock(task.seconds)
    with tempfile.TemporaryDirectory() as folder:
        train(clock, Path(folder))
    turn = Turn(clock.seconds_per_step, peak_memory(task.device) - before)
    gc.collect()
    if torch.device(task.device).type == "cuda":
        torch.cuda.empty_cache()  # the other side, whose turn it is, may need it
    return turn


def configured(task: Task) -> MMActionClassifier:
    """The classifier of a task, which never ends of itself.

    Raises:
        BenchError: there is none of this name or set, a parameter is wrong, or MMAction2 cannot
            train it.
    """
    name, set_name = named(task.choice)
    offer = discover().get("classifier", name, "--classifiers")
    endless = {"budget": "steps", "steps": FOREVER, "checkpoint_every": FOREVER}
    if not issubclass(offer.plugin, MMActionClassifier):
        raise BenchError(f"classifier '{name}' is no recognizer of MMAction2: leave it out")
    classifier = offer.plugin.configure(task.parameters | endless, "--set", set_name)
    assert isinstance(classifier, MMActionClassifier)
    if classifier.channels != "image":
        raise BenchError(
            f"--set {name}.channels={classifier.channels}: MMAction2's pipeline has no such "
            "channels; set 'image'"
        )
    classifier.notes()  # raises where it cannot be used
    return classifier


def model_of(task: Task) -> nn.Module:
    """The recognizer that `fit` makes, with initial weights.

    Raises:
        BenchError: it cannot be made for such clips.
    """
    videos = task.videos
    notes = {"classes": list(videos.classes), "shape": list(videos.settings.shape)}
    with seeded(0):
        return configured(task)._build(notes)
