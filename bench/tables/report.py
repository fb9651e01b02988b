"""What was run under an experiment's name, and its figures as far as they are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from bench.planfile import read_plan
from bench.predictions import Predictions
from bench.store import Store
from plugins.initial import Initial


class Place(NamedTuple):
    """One split: its ratio and replicate."""

    ratio: str
    replicate: int


@dataclass(frozen=True)
class Figure:
    """One figure, or why there is none.

    Attributes:
        low, high: its 95 % interval, where there is one.
        n: test videos that it is computed on.
        details: figures that belong to it, by name.
        missing: ``failed``, ``blocked`` or ``not run``; empty where there
            is a value.
    """

    value: float = float("nan")
    low: float | None = None
    high: float | None = None
    n: int = 0
    missing: str = ""
    details: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A plan as `bench.planfile.describe` made it, and the store to look figures up in."""

    plan: dict[str, Any]
    store: Store

    @classmethod
    def of(cls, name: str, store: Store) -> Report:
        """The report of what was last run under a name.

        Raises:
            BenchError: nothing was.
        """
        return cls(read_plan(name, store), store)

    @cached_property
    def _cells(self) -> dict[str, dict[str, Any]]:
        return {cell["key"]: cell for cell in self.plan["cells"]}

    def points(self, table: str) -> list[dict[str, Any]]:
        """The points of one table, in the plan's order."""
        return [point for point in self.plan["points"] if point["table"] == table]

    def metrics(self, table: str) -> list[str]:
        """The metrics of one table, in the experiment's order."""
        used = {point["metric"] for point in self.points(table)}
        return [name for name in self.plan["metrics"] if name in used]

    def figure(self, key: str) -> Figure:
        """The figure of a score cell."""
        result = self.store.result(key)
        if result is None:
            return Figure(missing=self.missing(key))
        found = result["figures"]
        details = found.get("details", {})
        return Figure(found["value"], found["low"], found["high"], found["n"], "", details)

    def missing(self, key: str) -> str:
        """Why a cell has no result."""
        if self.store.failure(key):
            return "failed"
        waiting = list(self._cells[key]["reads"])
        while waiting:
            needed = waiting.pop()
            if self.store.result(needed) is None:
                if self.store.failure(needed):
                    return "blocked"
                waiting += self._cells[needed]["reads"]
        return "not run"

    def predictions(self, score_key: str) -> Predictions | None:
        """The predictions that a score was computed from."""
        key = self.plan["evaluations"][score_key]
        return Predictions.read(self.store.cell(key)) if self.store.result(key) else None

    def n_synthetic(self, score_key: str) -> dict[str, int] | None:
        """Synthetic videos per class that a score's classifier was trained on.

        Fewer than were synthesized where they were thinned to a class
        prior. None where the training has no result yet.
        """
        trained = self._training(score_key)
        return trained["n_synthetic"] if trained else None

    def initial(self, score_key: str) -> Initial | None:
        """What a score's classifier began from; None where it was given no weights, or not yet."""
        told = (self._training(score_key) or {}).get("initial")
        return Initial.model_validate(told) if told else None

    def _training(self, score_key: str) -> dict[str, Any] | None:
        """The figures of the training behind a score, where it has a result."""
        evaluated = self._cells[self.plan["evaluations"][score_key]]
        trained = [key for key in evaluated["reads"] if self._cells[key]["kind"] == "train"]
        result = self.store.result(trained[0]) if trained else None
        return result["figures"] if result else None

    def fits(self, generator: str) -> dict[Place, dict[str, Any]]:
        """What a generator's trainings were given, by split, of those that have a result.

        Returns:
            Per split ``n_training_clips`` and ``stages`` (dicts as
            `plugins.budget.StageBudget`); nothing where it does not learn.
        """
        found: dict[Place, dict[str, Any]] = {}
        for made in self.plan["syntheses"]:
            if made["generator"] == generator and made["fit"]:
                result = self.store.result(made["fit"])
                if result is not None:
                    figures = {"stages": [], **result["figures"]}  # none before they were recorded
                    found[Place(made["ratio"], made["replicate"])] = figures
        return found
