"""A cell: one computation of the matrix, and the key that stands for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from bench.canonical import digest
from bench.provenance import source_digest
from plugins.run import Run


@dataclass(frozen=True)
class Surroundings:
    """What a cell is given when it is computed.

    Attributes:
        run: its work folder, device, progress and cancellation.
        finished: from a cell that it reads to the folder of its result.
        cache: the folder of decoded videos.
    """

    run: Run
    finished: Callable[[Cell], Path]
    cache: Path


@dataclass(frozen=True)
class Cell(ABC):
    """One computation: it reads other cells, and leaves a folder.

    Attributes:
        kind: what is done.
        title: for people; no part of the key.
    """

    kind: ClassVar[str]
    title: str

    @property
    @abstractmethod
    def reads(self) -> tuple[Cell, ...]:
        """The cells whose results this one needs."""

    @property
    @abstractmethod
    def plugin_name(self) -> str:
        """The plugin that does the work, for estimates of time."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """All that determines the result, but for the cells it reads."""

    @abstractmethod
    def compute(self, given: Surroundings) -> dict[str, Any]:
        """Do it: leave artefacts in ``given.run.folder``, return the figures.

        Called on the folder that a killed run left behind, it continues.
        """

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that determines the result."""
        return digest(
            {
                "kind": self.kind,
                "harness": source_digest(type(self).__module__),
                "reads": [cell.key for cell in self.reads],
                **self.identity(),
            }
        )
