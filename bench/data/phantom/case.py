"""A case: one view of one patient, with its scores, its scene and its clips."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, logit

from . import labels
from .motion import draw_path, strain_ratio
from .scanner import Scanner
from .scene import Scene, draw_scene
from .streams import stream


@dataclass(frozen=True)
class Population:
    """Where cases come from.

    Attributes:
        role: Name of the set, such as "video"; two roles share no random stream.
        seed: The set's seed.
        malignant_share: P(malignant), above 0 and below 1.
        look_accuracy: Bayes accuracy of the look score at equal priors, 0.5 to 0.999.
        motion_accuracy: The same of the motion score.
        scanner: What the population is imaged with.
    """

    role: str
    seed: int
    malignant_share: float
    look_accuracy: float
    motion_accuracy: float
    scanner: Scanner

    def __post_init__(self) -> None:
        if not 0.0 < self.malignant_share < 1.0:
            raise ValueError(f"malignant_share must lie in (0, 1), got {self.malignant_share}")
        labels.separation(self.look_accuracy)
        labels.separation(self.motion_accuracy)

    def views(self, count: int, pair_share: float) -> list[tuple[int, int]]:
        """Number the first `count` views as (patient, view); longer lists begin with shorter ones.

        Args:
            count: Number of views.
            pair_share: Share of the patients that have two views, 0 to 1.
        """
        views: list[tuple[int, int]] = []
        patient = 0
        while len(views) < count:
            views.append((patient, 0))
            if stream(self.seed, self.role, patient, "pair").random() < pair_share:
                views.append((patient, 1))
            patient += 1
        return views[:count]


@dataclass(frozen=True)
class Case:
    """One view of one patient; nothing is simulated before it is asked for.

    Attributes:
        population: Where the patient comes from.
        patient: Number of the patient.
        view: Number of the patient's view. Views share the class, both scores, the
            anatomy and the lesion, and differ in place, settings and speckle.
        size: Side of the image, pixels.
    """

    population: Population
    patient: int
    view: int = 0
    size: int = 64

    def _stream(self, *name: str | int) -> np.random.Generator:
        return stream(self.population.seed, self.population.role, self.patient, *name)

    @cached_property
    def malignant(self) -> bool:
        """The true class."""
        population = self.population
        return labels.is_malignant(
            self.patient, population.malignant_share, population.seed, population.role
        )

    @cached_property
    def look(self) -> float:
        """Look score: all that a single frame tells about the class."""
        accuracy = self.population.look_accuracy
        return float(labels.draw_score(self.malignant, accuracy, self._stream("look")))

    @cached_property
    def motion(self) -> float:
        """Motion score: all that movement tells about the class beyond the look."""
        accuracy = self.population.motion_accuracy
        return float(labels.draw_score(self.malignant, accuracy, self._stream("motion")))

    def blind_motion(self, seed: int | str) -> float:
        """A motion score redrawn from the look alone; the true one is not read."""
        population = self.population
        redrawn = labels.redraw_motion(
            self.look,
            population.look_accuracy,
            population.motion_accuracy,
            population.malignant_share,
            self._stream(self.view, "blind", seed),
        )
        return float(redrawn)

    def probability(self, with_motion: bool = False) -> float:
        """Bayes posterior P(malignant | look), or P(malignant | look, motion).

        The prior is the population's share of malignant cases.
        """
        population = self.population
        evidence = logit(population.malignant_share)
        evidence += labels.separation(population.look_accuracy) * self.look
        if with_motion:
            evidence += labels.separation(population.motion_accuracy) * self.motion
        return float(expit(evidence))

    @property
    def scene(self) -> Scene:
        """The view at frame 0. Drawn anew at each access; it does not depend on motion."""
        scanner = self.population.scanner
        body, view = self._stream("body"), self._stream(self.view, "view")
        return draw_scene(self.look, scanner, body, view)

    def clip(self, n_frames: int, seed: int | str, blind: bool = False) -> np.ndarray:
        """Run the simulator on from frame 0.

        Args:
            n_frames: Number of frames, 1 or more. A longer clip begins with the shorter one.
            seed: Chooses the probe's path and the change of the speckle, nothing else
                (and, if blind, the redrawn score). Frame 0 is the same for every seed.
            blind: Redraw the motion score from the look.

        Returns:
            uint8, shape (T, size, size).

        Raises:
            ValueError: If `n_frames` is below 1.
        """
        path, ratio = self._motion(n_frames, seed, blind)
        return self.scene.clip(path, ratio, self.size, self._stream(self.view, "speckle", seed))

    def displacement(self, n_frames: int, seed: int | str, blind: bool = False) -> np.ndarray:
        """True displacement field of the clip that the same arguments give.

        Returns:
            float32, shape (T, 2, size, size), pixels: (dx, dy) of the material point
            seen at each pixel of frame 0, to its place at frame t.
        """
        path, ratio = self._motion(n_frames, seed, blind)
        return self.scene.displacement(path, ratio, self.size)

    def _motion(self, n_frames: int, seed: int | str, blind: bool) -> tuple[np.ndarray, float]:
        if n_frames < 1:
            raise ValueError(f"a clip has at least 1 frame, got n_frames = {n_frames}")
        path = draw_path(n_frames, self._stream(self.view, "path", seed))
        score = self.blind_motion(seed) if blind else self.motion
        return path, strain_ratio(score)
