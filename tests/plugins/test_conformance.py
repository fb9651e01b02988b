"""The conformance checks pass what is right and catch each thing that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
import torch
from pydantic import PrivateAttr

from plugins import Generator, MemoryClips, Run, StillId, Stills
from plugins.conformance import Finding, check_generator
from plugins.errors import Cancelled


class Walk(Generator):
    """A right one: the image plus a random walk of brightness, seeded per sample."""

    name: ClassVar[str] = "walk"

    def sample(self, stills, n_frames):
        clips = []
        for image, seed in zip(stills.images, stills.seeds, strict=True):
            noise = torch.randn(n_frames, generator=torch.Generator().manual_seed(seed))
            noise[0] = 0
            clips.append((image[:, None] + 0.1 * noise.cumsum(0)[:, None, None]).clamp(0, 1))
        return torch.stack(clips)


class WrongShape(Walk):
    def sample(self, stills, n_frames):
        return super().sample(stills, n_frames)[:, :, 1:]


class OutOfRange(Walk):
    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        clips[:, :, 1:] *= 2
        return clips


class OtherFirstFrame(Walk):
    def sample(self, stills, n_frames):
        return super().sample(stills, n_frames) * 0.9


class GlobalNoise(Walk):
    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        clips[:, :, 1:] = torch.rand_like(clips[:, :, 1:])
        return clips


class DependsOnBatch(Walk):
    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        clips[:, :, 1:] = (clips[:, :, 1:] + stills.images.mean()) / 2
        return clips


class SharesSeeds(Walk):
    def sample(self, stills, n_frames):
        from dataclasses import replace

        return super().sample(replace(stills, seeds=[sum(stills.seeds)] * len(stills)), n_frames)


class ViewsInput(Walk):
    def sample(self, stills, n_frames):
        return stills.images[:, :, None].expand(-1, -1, n_frames, -1, -1)


class Learner(Walk):
    """Learns the mean frame difference, in steps that are checkpointed (or not)."""

    name: ClassVar[str] = "learner"
    checkpointed: bool = True
    _scale: float = PrivateAttr(0.0)

    def fit(self, clips, run):
        state = run.folder / "state.txt"
        if (run.folder / "final.txt").exists():
            return
        start, total = 0, 0.0
        if self.checkpointed and state.exists():
            start, total = (float(x) for x in state.read_text().split())
        if not self.checkpointed and state.exists():
            total = 1.0  # a start that forgets the steps but not the folder
        for step in range(int(start), 6):
            run.progress(step, 6, "fit")
            clip = clips[step % len(clips)]
            total += float((clip[:, 1:] - clip[:, :-1]).abs().mean())
            state.write_text(f"{step + 1} {total!r}")
        (run.folder / "final.txt").write_text(repr(total))

    def load(self, run):
        self._scale = float((run.folder / "final.txt").read_text())

    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        clips[:, :, 1:] *= 1 / (1 + self._scale)
        return clips


class Silent(Learner):
    """Forgets what it did before it was stopped, and cannot be stopped."""

    checkpointed: bool = False

    def fit(self, clips, run):
        from dataclasses import replace

        super().fit(clips, replace(run, report=lambda _: None, cancelled=lambda: False))


class Deaf(Learner):
    def fit(self, clips, run):
        from contextlib import suppress

        with suppress(Cancelled):
            super().fit(clips, run)
        if not (run.folder / "final.txt").exists():
            (run.folder / "final.txt").write_text("1.0")


class TwoStages(Walk):
    """Two trainings, of which the short second one does not resume rightly where `lame`."""

    name: ClassVar[str] = "two-stages"
    lame: bool = False
    _scale: float = PrivateAttr(0.0)

    def fit(self, clips, run):
        state = run.folder / "state.txt"
        if (run.folder / "final.txt").exists():
            return
        done = state.read_text().split() if state.exists() else []
        for i in range(len(done), 23):
            stage, step, total = ("first", i, 20) if i < 20 else ("second", i - 20, 3)
            run.progress(step, total, stage)
            done.append(f"{i}")
            state.write_text(" ".join(done if not self.lame or i < 20 else [*done, "99"]))
        (run.folder / "final.txt").write_text(str(sum(map(int, done))))

    def load(self, run):
        self._scale = float((run.folder / "final.txt").read_text())

    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        clips[:, :, 1:] *= 1 / (1 + self._scale)
        return clips


class ByLabel(Walk):
    """Brightens by label."""

    def sample(self, stills, n_frames):
        clips = super().sample(stills, n_frames)
        shift = torch.tensor([0.1 * label for label in stills.labels])
        clips[:, :, 1:] += shift[:, None, None, None, None]
        return clips.clamp(0, 1)


class ByDeclaredLabel(ByLabel):
    reads_labels: ClassVar[bool] = True


class ByRecord(Walk):
    def sample(self, stills, n_frames):
        [record.id for record in stills.records]
        return super().sample(stills, n_frames)


class ByDeclaredRecord(ByRecord):
    needs_continuation: ClassVar[bool] = True


class ById(Walk):
    def sample(self, stills, n_frames):
        [still.sample for still in stills.ids]
        return super().sample(stills, n_frames)


class ByDeclaredId(ById):
    needs_ids: ClassVar[bool] = True


class Known:
    """A record, of which only the id is asked here."""

    id = "a"

    def continuation(self, n_frames, seed, *, blind=False):
        raise NotImplementedError


@pytest.fixture
def clips() -> MemoryClips:
    generator = torch.Generator().manual_seed(0)
    videos = torch.randint(0, 256, (4, 1, 6, 8, 8), dtype=torch.uint8, generator=generator)
    return MemoryClips(videos, [0, 1, 0, 1], ("a", "b"))


@pytest.fixture
def stills() -> Stills:
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    records = [Known(), Known(), Known()]
    ids = [StillId("images", name, 0) for name in "abc"]
    return Stills(images, [11, 12, 13], [0, 1, 0], ("a", "b"), records, ids)


def faults(generator: Generator, clips: MemoryClips, stills: Stills, folder: Path) -> set[str]:
    return {f.check for f in check_generator(generator, clips, stills, folder) if not f.passed}


def last(generator: Generator, clips: MemoryClips, stills: Stills, folder: Path) -> Finding:
    return check_generator(generator, clips, stills, folder)[-1]


@pytest.mark.parametrize(
    "generator",
    [Walk(), Learner(), TwoStages(), ByDeclaredLabel(), ByDeclaredRecord(), ByDeclaredId()],
)
def test_a_right_generator_passes(generator, clips, stills, tmp_path) -> None:
    assert faults(generator, clips, stills, tmp_path) == set()


@pytest.mark.parametrize(
    ("generator", "fault"),
    [
        (WrongShape(), "shape and type"),
        (OutOfRange(), "range"),
        (OtherFirstFrame(), "frame 0 is the image"),
        (GlobalNoise(), "global random state is left alone"),
        (DependsOnBatch(), "batch independence"),
        (SharesSeeds(), "one seed per sample"),
        (ViewsInput(), "no mutation of its input"),
        (Learner(checkpointed=False), "resume equals uninterrupted"),
        (Silent(), "resume equals uninterrupted"),
        (Deaf(), "resume equals uninterrupted"),
        (TwoStages(lame=True), "resume equals uninterrupted"),
        (ByLabel(), "shape and type"),
        (ByRecord(), "shape and type"),
        (ById(), "shape and type"),
    ],
)
def test_each_fault_is_found(generator, fault, clips, stills, tmp_path) -> None:
    assert fault in faults(generator, clips, stills, tmp_path)


def test_a_fit_that_raises_ends_the_checks(clips, stills, tmp_path) -> None:
    class Raises(Walk):
        def fit(self, clips, run: Run) -> None:
            raise ValueError("no good")

    sets, finding = check_generator(Raises(), clips, stills, tmp_path)
    assert sets.check == "parameter sets"
    assert "no good" in finding.fault


def test_a_fit_without_progress_is_told_what_to_call(clips, stills, tmp_path) -> None:
    assert "run.progress" in last(Silent(), clips, stills, tmp_path).fault


def test_a_fit_that_swallows_its_cancellation_is_told(clips, stills, tmp_path) -> None:
    assert "goes on after" in last(Deaf(), clips, stills, tmp_path).fault


def test_who_reads_labels_must_say_so(clips, stills, tmp_path) -> None:
    findings = check_generator(ByLabel(), clips, stills, tmp_path)
    assert any("reads_labels = True" in finding.fault for finding in findings)


def test_who_looks_at_ids_must_say_so(clips, stills, tmp_path) -> None:
    findings = check_generator(ById(), clips, stills, tmp_path)
    assert any("needs_ids = True" in finding.fault for finding in findings)
