"""Executors: how the cells of a matrix get computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bench.cells import Cell
from bench.computing import compute_cell
from bench.store import Store
from plugins.errors import Cancelled
from plugins.run import Progress


class State(Enum):
    """What became of a cell."""

    CACHED = "cached"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Event:
    """A cell changed its state, or came further.

    Attributes:
        detail: the error of a failed cell, the cause of a blocked one.
        seconds: the time a finished cell took.
    """

    cell: Cell
    state: State
    detail: str = ""
    seconds: float = 0.0
    progress: Progress | None = None


class Executor(Protocol):
    """Computes cells; one that fails stops only those that read it."""

    def run(
        self, cells: Iterable[Cell], store: Store, tell: Callable[[Event], None]
    ) -> dict[str, State]:
        """Compute all cells that the store does not hold.

        Args:
            cells: each after all that it reads.
            store: where results are looked up and put.
            tell: called with every event.

        Returns:
            The state that each cell ended in, by key.

        Raises:
            Cancelled: the user stopped the run; finished cells are kept.
        """


@dataclass(frozen=True)
class Serial:
    """One cell after the other, in this process.

    Attributes:
        device: torch device string.
        cancelled: asked often; stops the run.
    """

    device: str
    cancelled: Callable[[], bool] = lambda: False

    def run(
        self, cells: Iterable[Cell], store: Store, tell: Callable[[Event], None]
    ) -> dict[str, State]:
        states: dict[str, State] = {}
        for cell in cells:
            event = self._one(cell, states, store, tell)
            states[cell.key] = event.state
            tell(event)
        return states

    def _one(
        self, cell: Cell, states: dict[str, State], store: Store, tell: Callable[[Event], None]
    ) -> Event:
        for needed in cell.reads:
            if states[needed.key] in (State.FAILED, State.BLOCKED):
                return Event(cell, State.BLOCKED, f"needs: {needed.title}")
        if store.result(cell.key):
            return Event(cell, State.CACHED)
        if self.cancelled():
            raise Cancelled(cell.title)
        tell(Event(cell, State.RUNNING))
        outcome = compute_cell(
            cell,
            store,
            self.device,
            lambda progress: tell(Event(cell, State.RUNNING, progress=progress)),
            self.cancelled,
        )
        if outcome.error:
            return Event(cell, State.FAILED, outcome.error, outcome.seconds)
        return Event(cell, State.DONE, seconds=outcome.seconds)
