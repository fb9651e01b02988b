"""What every generator must do, checked: for authors, tests and ``bench check``."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from plugins.clips import ClipSet
from plugins.errors import Cancelled
from plugins.generator import Generator, Stills
from plugins.run import Progress, Run

BATCH_TOLERANCE = 1e-4
FRAME_0_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: ``fault`` is empty where it passed."""

    check: str
    fault: str

    @property
    def passed(self) -> bool:
        """Whether the plugin did what it must."""
        return not self.fault


def check_generator(
    generator: Generator, clips: ClipSet, stills: Stills, folder: Path
) -> list[Finding]:
    """Run every check of the contract on a generator.

    Args:
        generator: not fitted yet.
        clips: a few training clips.
        stills: at least three images with different seeds, as large as
            the clips' frames.
        folder: an empty folder to fit in.

    Returns:
        One finding per check. A check that raises is a fault, and the
        others still run, but for a failing `fit`, which ends them.
    """
    run = Run(folder=folder / "whole", seed=5, name="conformance")
    run.folder.mkdir(parents=True)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("fit and load", lambda: _fit_and_load(generator, clips, run))
    ]
    n_frames = clips.shape[1]
    checks += _sample_checks(generator, stills, n_frames)
    checks += [
        ("resume equals uninterrupted", lambda: _resume(generator, clips, stills, run, folder))
    ]
    return list(_findings(checks))


def _findings(checks: list[tuple[str, Callable[[], str]]]) -> Iterator[Finding]:
    for name, check in checks:
        try:
            finding = Finding(name, check())
        except Exception as error:
            finding = Finding(name, f"raised {type(error).__name__}: {error}")
        yield finding
        if name == "fit and load" and not finding.passed:
            return


def _sample_checks(
    generator: Generator, stills: Stills, n_frames: int
) -> list[tuple[str, Callable[[], str]]]:
    def checked(check: Callable[[Generator, Stills, int], str]) -> Callable[[], str]:
        return lambda: check(generator, stills, n_frames)

    return [
        ("shape and type", checked(_shape)),
        ("range", checked(_range)),
        ("frame 0 is the image", checked(_frame_0)),
        ("same seed, same sample", checked(_repeatable)),
        ("one seed per sample", checked(_own_seed)),
        ("batch independence", checked(_batches)),
        ("global random state is left alone", checked(_global_state)),
        ("no mutation of its input", checked(_no_mutation)),
        ("pickling", checked(_pickling)),
    ]


def _fit_and_load(generator: Generator, clips: ClipSet, run: Run) -> str:
    generator.fit(clips, run)
    generator.load(run)
    return ""


def _shape(generator: Generator, stills: Stills, n_frames: int) -> str:
    b, c, h, w = stills.images.shape
    for length in (n_frames, n_frames // 2 + 1):
        sample = generator.sample(stills, length)
        if tuple(sample.shape) != (b, c, length, h, w):
            return f"shape is {tuple(sample.shape)}, must be {(b, c, length, h, w)}"
        if sample.dtype != torch.float32 or sample.device.type != "cpu":
            return f"is {sample.dtype} on {sample.device}, must be torch.float32 on cpu"
    return ""


def _range(generator: Generator, stills: Stills, n_frames: int) -> str:
    sample = generator.sample(stills, n_frames)
    if not bool(torch.isfinite(sample).all()):
        return "holds NaN or infinite values"
    low, high = float(sample.min()), float(sample.max())
    return "" if low >= 0 and high <= 1 else f"spans {low:.4g} to {high:.4g}, must lie in [0, 1]"


def _frame_0(generator: Generator, stills: Stills, n_frames: int) -> str:
    distance = _distance(generator.sample(stills, n_frames)[:, :, 0], stills.images)
    if distance > FRAME_0_TOLERANCE:
        return f"differs from the image by up to {distance:.2g}"
    return ""


def _repeatable(generator: Generator, stills: Stills, n_frames: int) -> str:
    first, second = (generator.sample(stills, n_frames) for _ in range(2))
    return "" if torch.equal(first, second) else "two calls with the same seeds differ"


def _own_seed(generator: Generator, stills: Stills, n_frames: int) -> str:
    other = replace(stills, seeds=[*stills.seeds[:1], *(s + 1 for s in stills.seeds[1:])])
    before, after = generator.sample(stills, n_frames), generator.sample(other, n_frames)
    distance = _distance(before[:1], after[:1])
    if distance > BATCH_TOLERANCE:
        return f"a sample changed by {distance:.2g} when only the others' seeds changed"
    return ""


def _batches(generator: Generator, stills: Stills, n_frames: int) -> str:
    together = generator.sample(stills, n_frames)
    order = range(len(stills))
    alone = torch.cat([generator.sample(stills.subset([i]), n_frames) for i in order])
    turned = generator.sample(stills.subset(order[::-1]), n_frames).flip(0)
    distance = max(_distance(together, alone), _distance(together, turned))
    if distance > BATCH_TOLERANCE:
        return f"a sample differs by {distance:.2g} in another batch, at most {BATCH_TOLERANCE}"
    return ""


def _global_state(generator: Generator, stills: Stills, n_frames: int) -> str:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = generator.sample(stills, n_frames)
    if not torch.equal(before, torch.get_rng_state()):
        return "sampling drew from torch's global generator; draw from the stills' seeds"
    torch.manual_seed(2)
    same = torch.equal(first, generator.sample(stills, n_frames))
    return "" if same else "a sample depends on torch's global seed"


def _no_mutation(generator: Generator, stills: Stills, n_frames: int) -> str:
    images, seeds = stills.images.clone(), list(stills.seeds)
    sample = generator.sample(stills, n_frames)
    sample.zero_()  # a view of the input would blacken it
    unchanged = torch.equal(images, stills.images) and seeds == list(stills.seeds)
    return "" if unchanged else "the stills changed, or the sample shares their memory"


def _pickling(generator: Generator, stills: Stills, n_frames: int) -> str:
    copy = pickle.loads(pickle.dumps(generator))
    if copy.parameters() != generator.parameters():
        return "parameters are lost in pickling"
    distance = _distance(copy.sample(stills, n_frames), generator.sample(stills, n_frames))
    return "" if distance == 0 else f"a pickled copy samples otherwise, by {distance:.2g}"


def _resume(generator: Generator, clips: ClipSet, stills: Stills, run: Run, folder: Path) -> str:
    """Stop a second fit half way, continue it, and compare the samples."""
    steps: list[Progress] = []
    counted = replace(run, folder=folder / "counted", report=steps.append)
    counted.folder.mkdir()
    fresh = type(generator)(**generator.parameters())
    fresh.fit(clips, counted)
    stop_at = len(steps) // 2
    seen: list[Progress] = []
    stopped = replace(
        run,
        folder=folder / "resumed",
        report=seen.append,
        cancelled=lambda: 0 < stop_at <= len(seen),
    )
    stopped.folder.mkdir()
    resumed = type(generator)(**generator.parameters())
    try:
        resumed.fit(clips, stopped)
    except Cancelled:
        resumed = type(generator)(**generator.parameters())
        resumed.fit(clips, replace(stopped, cancelled=lambda: False))
    resumed.load(stopped)
    n_frames = clips.shape[1]
    distance = _distance(resumed.sample(stills, n_frames), generator.sample(stills, n_frames))
    return "" if distance == 0 else f"samples differ by {distance:.2g} after a resumed fit"


def _distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())
