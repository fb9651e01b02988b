"""The phantom as a data set: labelled videos, labelled stills, and what follows each still."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, field_validator

from plugins.dataset import Dataset, Record
from plugins.errors import DataError
from plugins.types import Frames

from .case import Case, Population
from .labels import CLASSES
from .scanner import Scanner

OWN = "own"


@dataclass(frozen=True)
class PhantomRecord(Record):
    """A simulated video, or a still (a video of one frame).

    Attributes:
        id: The role and the number in the set, such as `video-0003`.
        group: The patient.
        label: `benign` or `malignant`.
        case: What is simulated.
        n_frames: Frames of the record itself; 1 for a still.
        version: Version of the simulator.
    """

    id: str
    group: str
    label: str
    case: Case
    n_frames: int
    version: str

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all that determines the pixels: parameters and simulator."""
        what = {
            "version": self.version,
            "simulator": _simulator(),
            "frames": self.n_frames,
            **asdict(self.case),
        }
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()

    def frames(self) -> Frames:
        """Simulate: uint8, shape (n_frames, size, size, 1)."""
        return self.case.clip(self.n_frames, OWN)[..., None]

    def continuation(self, n_frames: int, seed: int, *, blind: bool = False) -> Frames:
        """Run the simulator on from the record's first frame.

        Args:
            n_frames: Frames to return, frame 0 included, 1 or more.
            seed: Chooses the probe's path and the change of the speckle.
            blind: Redraw the motion score from what the look alone tells, so that the
                lesion's stiffness says nothing of the class beyond the look.

        Returns:
            uint8, shape (n_frames, size, size, 1); frame 0 is the record's, bit for bit.

        Raises:
            DataError: If `n_frames` is below 1.
        """
        if n_frames < 1:
            raise DataError(f"{self.id}: a clip has at least 1 frame, got n_frames = {n_frames}")
        return self.case.clip(n_frames, seed, blind)[..., None]

    def displacement(
        self, n_frames: int | None = None, seed: int | None = None, *, blind: bool = False
    ) -> np.ndarray:
        """The true displacement field of `continuation`, or of the record's own clip.

        Args:
            n_frames: Frames; the record's own number if left out.
            seed: As given to `continuation`; the record's own clip if left out.
            blind: As given to `continuation`.

        Returns:
            float32, shape (T, 2, size, size), pixels: (dx, dy) of the material point
            seen at each pixel of frame 0, to its place at frame t.
        """
        count = self.n_frames if n_frames is None else n_frames
        return self.case.displacement(count, OWN if seed is None else seed, blind)


@cache
def _simulator() -> str:
    """SHA-256, in hex, of this package's source files."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


class Phantom(Dataset):
    """Simulated B-mode breast ultrasound in which the truth is known.

    Point scatterers under a compressing, sliding probe, two classes of lesion. How
    much the still tells about the class and how much the movement does are set apart,
    as Bayes accuracies, and everything else is independent of the class. The stills
    come from another scanner and another balance of classes than the videos, as BUSI
    does beside BUSV. Simulated when read; no file, no licence to mind.
    """

    name: ClassVar[str] = "phantom"
    has_continuation: ClassVar[bool] = True
    needs_root: ClassVar[bool] = False

    n_videos: int = Field(32, ge=1)
    """Labelled videos."""

    n_images: int = Field(64, ge=1)
    """Labelled stills."""

    n_frames: int = Field(16, ge=2)
    """Frames of each video."""

    size: int = Field(64, ge=32, le=512)
    """Height and width, pixels."""

    look_accuracy: float = Field(0.75, ge=0.5, le=0.999)
    """Bayes accuracy, at equal priors, of what a single frame tells about the class."""

    motion_accuracy: float = Field(0.75, ge=0.5, le=0.999)
    """Bayes accuracy, at equal priors, of what the movement tells beyond the look."""

    video_malignant_share: float = Field(0.6, gt=0.0, lt=1.0)
    """Malignant share of the patients with videos (BUSV: about 0.6)."""

    image_malignant_share: float = Field(0.33, gt=0.0, lt=1.0)
    """Malignant share of the stills (BUSI: about 0.33)."""

    pair_share: float = Field(0.2, ge=0.0, le=1.0)
    """Share of the patients with videos that have two of them."""

    scanner_shift: float = Field(1.0, ge=0.0, le=2.0)
    """How far the stills' scanner differs from the videos'; 0 is the same one."""

    seed: int = Field(0, ge=0)
    """Of all that is random in the set."""

    @field_validator("root")
    @classmethod
    def _no_folder(cls, root: str) -> str:
        if root:
            raise ValueError("the phantom is simulated and reads no folder; leave root out")
        return root

    def videos(self) -> Sequence[PhantomRecord]:
        """The labelled videos; the first ones do not depend on how many there are."""
        population = self._population("video", self.video_malignant_share, Scanner())
        views = population.views(self.n_videos, self.pair_share)
        return self._records(population, views, self.n_frames)

    def images(self) -> Sequence[PhantomRecord]:
        """The labelled stills, one per patient, none of whom has a video."""
        scanner = Scanner().shifted(self.scanner_shift)
        population = self._population("image", self.image_malignant_share, scanner)
        views = population.views(self.n_images, 0.0)
        return self._records(population, views, 1)

    def _population(self, role: str, malignant_share: float, scanner: Scanner) -> Population:
        return Population(
            role=role,
            seed=self.seed,
            malignant_share=malignant_share,
            look_accuracy=self.look_accuracy,
            motion_accuracy=self.motion_accuracy,
            scanner=scanner,
        )

    def _records(
        self, population: Population, views: list[tuple[int, int]], n_frames: int
    ) -> list[PhantomRecord]:
        cases = [Case(population, patient, view, self.size) for patient, view in views]
        return [
            PhantomRecord(
                id=f"{population.role}-{index:04d}",
                group=f"{population.role}-patient-{case.patient:04d}",
                label=CLASSES[case.malignant],
                case=case,
                n_frames=n_frames,
                version=self.version,
            )
            for index, case in enumerate(cases)
        ]
