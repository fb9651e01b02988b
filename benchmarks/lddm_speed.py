"""How fast LDDM learns, stage by stage, and samples."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from lddm_case import Case
from measure import flops, forget_peak, peak_memory, timed
from speed_table import Speed

from generators.lddm.generator import LDDM
from plugins.errors import Cancelled
from plugins.run import Progress, Run

Stage = Literal["autoencoder", "denoiser"]

SAMPLER_STEPS = {"ddim": 25, "ddpm": 1000}
OTHER_STEPS = 20
FOREVER = 10**9


def training_speed(case: Case, stage: Stage) -> Speed:
    """One stage of LDDM in its own loop."""
    lddm = case.lddm(
        autoencoder_steps=FOREVER if stage == "autoencoder" else 1,
        denoiser_steps=FOREVER,
        checkpoint_every=FOREVER,
    )
    batch = getattr(lddm, f"{stage}_batch")
    rates = _steps_per_second(case, lddm, stage)
    peak = peak_memory(case.device)
    number = get_args(Stage).index(stage) + 1
    return Speed(
        f"LDDM, training, stage {number}",
        batch,
        [batch * rate for rate in rates],
        peak,
        _flops_of_a_step(case, stage) / batch,
        lddm.amp,
    )


def sampling_speed(case: Case, run: Run, sampler: str, steps: int) -> Speed:
    """Images to clips on the CPU, with the weights of a run."""
    lddm = case.loaded(run, sampler, steps)
    warm_up = case.loaded(run, sampler, 2)
    warm_up.sample(case.stills, case.n_frames)
    if case.device != "cpu" or lddm.compile:
        lddm.sample(case.stills, case.n_frames)
    forget_peak(case.device)
    seconds = timed(lambda: lddm.sample(case.stills, case.n_frames), case.device, case.seconds)
    peak = peak_memory(case.device)
    one, two = (_flops_of_sampling(case, run, sampler, n) for n in (1, 2))
    n = len(case.stills)
    return Speed(
        f"LDDM, sampling, {sampler} {steps}",
        n,
        [n / s for s in seconds],
        peak,
        (one + (steps - 1) * (two - one)) / n,
        lddm.sample_amp,
    )


def samplers(lddm: LDDM) -> Iterator[tuple[str, int]]:
    """Those that there are, with their usual number of steps."""
    for name in get_args(type(lddm).model_fields["sampler"].annotation):
        yield name, min(SAMPLER_STEPS.get(name, OTHER_STEPS), lddm.diffusion_steps)


def _steps_per_second(case: Case, lddm: LDDM, stage: Stage) -> list[float]:
    """Between the reports of a training (some per second), after a warm-up, for a while."""
    marks: list[tuple[float, int]] = []

    def mark(progress: Progress) -> None:
        if progress.stage == stage:
            if not marks:
                forget_peak(case.device)  # what came before is another stage's
            marks.append((time.perf_counter(), progress.step))

    def enough() -> bool:
        return len(marks) > 5 and marks[-1][0] - marks[2][0] > case.seconds

    with tempfile.TemporaryDirectory(dir=case.folder) as folder:
        run = Run(Path(folder), device=case.device, report=mark, cancelled=enough)
        with suppress(Cancelled):
            lddm.fit(case.clips, run)
    return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks[2:])]


def _flops_of_a_step(case: Case, stage: Stage) -> float:
    """What a second step of a stage adds to a fit."""

    def of(steps: int) -> float:
        counts = {"autoencoder_steps": 1, "denoiser_steps": 1, f"{stage}_steps": steps}
        with tempfile.TemporaryDirectory(dir=case.folder) as folder:
            run = Run(Path(folder), device=case.device)
            return flops(lambda: case.lddm(**counts, compile=False).fit(case.clips, run))

    return of(2) - of(1)


def _flops_of_sampling(case: Case, run: Run, sampler: str, steps: int) -> float:
    lddm = case.loaded(run, sampler, steps, compile=False)
    return flops(lambda: lddm.sample(case.stills, case.n_frames))
