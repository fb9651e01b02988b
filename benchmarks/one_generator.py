"""One generator fitted and sampled, timed, in processes of its own."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from measure import forget_peak, peak_memory, timed

from bench.cells.fit import learns, stages_told
from bench.cells.part import Part
from bench.cells.sampling import sample
from plugins.discovery import discover
from plugins.errors import BenchError
from plugins.generator import Generator, Stills
from plugins.parameter_sets import named
from plugins.run import Run
from plugins.seeds import derive

T = TypeVar("T")


@dataclass(frozen=True)
class Task:
    """What is to be measured.

    Attributes:
        choice: ``name`` or ``name:set``.
        parameters: over those of the set.
        share: of the steps of every stage; 1 for all of them.
        training: the clips to fit on; they are decoded.
        test: the videos whose first frames are continued.
        cache: of decoded videos.
        images: continued at once.
        seconds: that sampling is repeated for.
        device: a torch device.
        threads: of torch.
    """

    choice: str
    parameters: dict[str, Any]
    share: float
    training: Part
    test: Part
    cache: Path
    images: int
    seconds: float
    device: str
    threads: int


class Fitted(NamedTuple):
    """A fit.

    Attributes:
        n_clips: that it learned from.
        seconds: of all of it, checkpoints included.
        memory: MiB at the peak; on the CPU over that before.
        stages: as `bench.cells.fit.stages_told`.
    """

    n_clips: int
    seconds: float
    memory: float
    stages: list[dict[str, Any]]


class Sampled(NamedTuple):
    """Sampling.

    Attributes:
        rates: clips per second of each repeat.
        memory: MiB at the peak, weights included; on the CPU over that before.
    """

    rates: list[float]
    memory: float


def measure(task: Task) -> tuple[Fitted | None, Sampled]:
    """Fit, then load and sample, each in a new process, whose memory nothing else has used.

    Returns:
        No `Fitted` where the generator does not learn.

    Raises:
        BenchError: why it cannot be measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        fitted = _apart(fit, task, Path(folder)) if learns(_configured(task)) else None
        return fitted, _apart(sample_timed, task, Path(folder))


def _apart(measured: Callable[[Task, Path], T], task: Task, folder: Path) -> T:
    """The result of a function in a process of its own.

    Raises:
        BenchError: it failed; a plugin's own mistake leaves the others their rows.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(measured, task, folder).result()
        except BenchError:
            raise
        except BrokenProcessPool:
            raise BenchError("its process was killed; memory may have run out") from None
        except Exception as error:
            raise BenchError(f"raised {type(error).__name__}: {error}") from error


def fit(task: Task, folder: Path) -> Fitted:
    """Fit once, as a user waits for it.

    Raises:
        BenchError: the generator needs what is not here, or its training fails.
    """
    torch.set_num_threads(task.threads)
    clips = task.training.clips(task.cache)
    generator = shortened(_configured(task), task.share, len(clips))
    before = start_of_memory(task.device)
    started = time.perf_counter()
    generator.fit(clips, Run(folder, device=task.device, name=task.choice))
    seconds = time.perf_counter() - started
    memory = peak_memory(task.device) - before
    return Fitted(len(clips), seconds, memory, stages_told(folder))


def sample_timed(task: Task, folder: Path) -> Sampled:
    """Load what a fit left, and sample for a while after a warm-up.

    Raises:
        BenchError: the generator needs what is not here.
    """
    torch.set_num_threads(task.threads)
    clips = task.training.clips(task.cache)
    stills, n_frames = stills_of(task), clips.shape[1]
    generator = shortened(_configured(task), task.share, len(clips))
    before = start_of_memory(task.device)
    generator.load(Run(folder, device=task.device, name=task.choice))

    def once() -> None:
        sample(generator, stills, n_frames)

    once()
    seconds = timed(once, task.device, task.seconds)
    memory = peak_memory(task.device) - before
    return Sampled([len(stills) / s for s in seconds], memory)


def start_of_memory(device: str) -> float:
    """MiB from which a peak counts: the process's own on the CPU, none on CUDA."""
    forget_peak(device)
    return 0.0 if torch.device(device).type == "cuda" else peak_memory(device)


def _configured(task: Task) -> Generator:
    """The generator of a task, with all its steps.

    Raises:
        BenchError: there is none of this name or set, or a parameter is wrong.
    """
    name, set_name = named(task.choice)
    offer = discover().get("generator", name, "--generators")
    generator = offer.plugin.configure(task.parameters, "--set", set_name)
    assert isinstance(generator, Generator)
    return generator


def shortened(generator: Generator, share: float, n_clips: int) -> Generator:
    """The generator with a share of the steps of each of its stages.

    A stage has its steps in ``<stage>_steps`` beside its batch size in
    ``<stage>_batch``, as the built-in generators do, or in ``steps``
    beside ``batch_size``; epochs in their place are counted as steps.

    Raises:
        BenchError: the generator refuses so few.
    """
    if share == 1:
        return generator
    values = generator.parameters()
    changed: dict[str, Any] = {}
    for name in values:
        stage = name.removesuffix("steps")
        batch = values.get(f"{stage}batch", values.get(f"{stage}batch_size"))
        if stage == name or not isinstance(batch, int):
            continue
        steps, epochs = values[name], values.get(f"{stage}epochs")
        if epochs is not None:
            steps = math.ceil(epochs * n_clips / batch)
            changed[f"{stage}epochs"] = None
        changed[name] = max(1, round(share * steps))
    made = generator.configure(values | changed, "--steps")
    assert isinstance(made, Generator)
    return made


def stills_of(task: Task) -> Stills:
    """First frames of test videos, from the first on again where there are too few, a seed each."""
    stills = task.test.stills(task.cache)
    records = task.test.records()
    chosen = [i % len(stills) for i in range(task.images)]
    once = Stills(
        images=torch.stack([still.image for still in stills]),
        seeds=[0] * len(stills),
        labels=[task.test.classes.index(record.label) for record in records],
        classes=task.test.classes,
        records=[still.source for still in stills],
    )
    seeds = [derive(0, "image", i) for i in range(task.images)]
    return replace(once.subset(chosen), seeds=seeds)
