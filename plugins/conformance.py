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
from plugins.parameter_sets import declaration_fault, value_faults
from plugins.run import Progress, Run
from plugins.types import Frames

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
    generator: Generator,
    clips: ClipSet,
    stills: Stills,
    folder: Path,
    read_video: Callable[[Path], Frames] | None = None,
) -> list[Finding]:
    """Run every check of the contract on a generator.

    Args:
        generator: not fitted yet.
        clips: a few training clips.
        stills: at least three images with different seeds, as large as
            the clips' frames. As in a run, the generator is shown labels,
            records and ids only where it declares to read them.
        folder: an empty folder to fit in.
        read_video: for a generator that plays videos; see `Run`.

    Returns:
        One finding per check. A check that raises is a fault, and the
        others still run, but for a failing `fit`, which ends them.
    """
    return list(findings(generator, clips, stills, folder, read_video))


def findings(
    generator: Generator,
    clips: ClipSet,
    stills: Stills,
    folder: Path,
    read_video: Callable[[Path], Frames] | None = None,
) -> Iterator[Finding]:
    """`check_generator`, each finding as soon as it is known: a fit may take minutes."""
    run = Run(folder=folder / "whole", seed=5, name="conformance", read_video=read_video)
    run.folder.mkdir(parents=True)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("parameter sets", lambda: _parameter_sets(generator)),
        ("fit and load", lambda: _fit_and_load(generator, clips, run)),
    ]
    n_frames = clips.shape[1]
    stills = stills.shown_to(generator)
    checks += _sample_checks(generator, stills, n_frames)
    checks += [
        ("resume equals uninterrupted", lambda: _resume(generator, clips, stills, run, folder))
    ]
    for name, check in checks:
        try:
            finding = Finding(name, check())
        except Exception as error:
            finding = Finding(name, f"raised {type(error).__name__}: {error}{_hint(error)}")
        yield finding
        if name == "fit and load" and not finding.passed:
            return


def _hint(error: Exception) -> str:
    if "NoneType" not in str(error):
        return ""
    return (
        "; labels are None unless the generator declares reads_labels = True, "
        "records unless it declares needs_continuation = True, "
        "ids unless it declares needs_ids = True"
    )


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


def _parameter_sets(generator: Generator) -> str:
    fault = declaration_fault(type(generator))
    return fault[0] if fault else "; ".join(value_faults(type(generator)))


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
    """Stop a second fit several times, continue it each time, and compare the samples."""
    if type(generator).fit is Generator.fit:
        return ""
    reported: list[Progress] = []
    counted = replace(run, folder=folder / "counted", report=reported.append)
    counted.folder.mkdir()
    generator.fresh().fit(clips, counted)
    if not reported:
        return (
            "fit reports no progress, so that it cannot be stopped; call run.progress in each "
            "step, or train with plugins.train"
        )
    resumed = replace(run, folder=folder / "resumed")
    resumed.folder.mkdir()
    n_stopped = 0
    for stop in _stops(reported):
        try:
            generator.fresh().fit(clips, replace(resumed, report=stop.report, cancelled=stop))
        except Cancelled:
            n_stopped += 1
        else:
            if stop():
                return "fit goes on after run.progress raised Cancelled; let it pass"
    if not n_stopped:
        return "fit reports other steps each time, so that it could not be stopped at one of them"
    last = generator.fresh()
    last.fit(clips, resumed)
    last.load(resumed)
    n_frames = clips.shape[1]
    distance = _distance(last.sample(stills, n_frames), generator.sample(stills, n_frames))
    return "" if distance == 0 else f"samples differ by {distance:.2g} after a resumed fit"


class _Stop:
    """Cancels a run once its progress has reached a place: a stage's index and a step."""

    def __init__(self, stages: list[str], place: tuple[int, int]) -> None:
        self._stages, self._place, self._stopped = stages, place, False

    def __call__(self) -> bool:
        return self._stopped

    def report(self, progress: Progress) -> None:
        """Take note; raises Cancelled, as `Run.progress` would at its next call."""
        self._stopped |= _place(progress, self._stages) >= self._place
        if self._stopped:
            raise Cancelled("conformance")


def _stops(reported: list[Progress]) -> Iterator[_Stop]:
    """The middle of the first stage, of all that was reported and of the last stage.

    Places and not counts of reports, which may depend on the time passed.
    """
    stages = list(dict.fromkeys(progress.stage for progress in reported))
    first, last = ([p for p in reported if p.stage == stages[i]] for i in (0, -1))
    middles = {_place(part[len(part) // 2], stages) for part in (first, reported, last)}
    for place in sorted(middles):
        yield _Stop(stages, place)


def _place(progress: Progress, stages: list[str]) -> tuple[int, int]:
    known = progress.stage in stages
    return (stages.index(progress.stage) if known else -1), progress.step


def _distance(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max())
