"""The live view of a run: what is running, what is done, how long it will take."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.cells import Cell
from bench.executor import Event, State
from bench.store import Store
from plugins.run import Progress

_STYLE = {
    State.DONE: "green",
    State.CACHED: "dim",
    State.FAILED: "bold red",
    State.BLOCKED: "yellow",
}


class View:
    """Shows events as they come; on a terminal as one live panel, elsewhere as lines.

    Args:
        cells: all cells of the run.
        store: for the times that such cells took before.
        console: where to show; the standard output if None.
    """

    def __init__(self, cells: list[Cell], store: Store, console: Console | None = None) -> None:
        # Bound to today's stdout: while a cell runs, sys.stdout is its log.
        self.console = console or Console(file=sys.stdout)
        self.estimate = Estimate(cells, store)
        self.counts: Counter[State] = Counter()
        self.total = len(cells)
        self.running: dict[str, tuple[Cell, Progress | None]] = {}
        self.live = Live(
            get_renderable=self._render,
            console=self.console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> View:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()
        self.console.print(self._summary())

    def tell(self, event: Event) -> None:
        """Take in an event."""
        key = event.cell.key
        if event.state is State.RUNNING:
            self.running[key] = (event.cell, event.progress)
            return
        self.running.pop(key, None)
        self.counts[event.state] += 1
        self.estimate.ended(event)
        if event.state is not State.CACHED:
            line = Text(f"{event.state.value:>8}  {event.cell.title}", _STYLE[event.state])
            if event.state is State.DONE:
                line.append(f"  {event.seconds:.1f} s", "dim")
            elif event.detail:
                line.append(f"\n          {event.detail}", "default")
            self.console.print(line)

    def _summary(self) -> Text:
        shown = (State.DONE, State.CACHED, State.FAILED, State.BLOCKED)
        parts = [f"{self.counts[s]} {s.value}" for s in shown if self.counts[s]]
        return Text(f"{self.total} cells: {', '.join(parts) or 'none computed'}")

    def _render(self) -> RenderableType:
        ended = sum(self.counts.values())
        table = Table.grid(padding=(0, 1))
        for cell, progress in list(self.running.values()):
            total = progress.total if progress else 1
            step = progress.step if progress else 0
            stage = progress.stage if progress else ""
            figures = progress.figures if progress else {}
            shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            table.add_row(
                Text(cell.title, "cyan"),
                ProgressBar(total=max(total, 1), completed=step, width=24),
                Text(f"{stage} {step}/{total}  {shown}" if progress else "", "dim"),
            )
        failed = self.counts[State.FAILED] + self.counts[State.BLOCKED]
        status = Text(f"{ended} of {self.total} cells", "bold")
        status.append(f"  {failed} failed or blocked", "red" if failed else "dim")
        status.append(f"  {self.estimate.left(self.running)}", "dim")
        return Group(table, status)


class Estimate:
    """How long the remaining cells will take, from what such cells took.

    Like cells are those of the same kind and plugin, of this run or
    among the store's results for these cells.
    """

    def __init__(self, cells: list[Cell], store: Store) -> None:
        self.waiting = {cell.key: (cell.kind, cell.plugin_name) for cell in cells}
        self.taken: dict[tuple[str, str], list[float]] = {}
        self.started: dict[str, float] = {}
        for cell in cells:
            result = store.result(cell.key)
            if result:
                self._took(cell, result["seconds"])

    def ended(self, event: Event) -> None:
        """A cell needs no more time."""
        self.waiting.pop(event.cell.key, None)
        if event.state is State.DONE:
            self._took(event.cell, event.seconds)

    def _took(self, cell: Cell, seconds: float) -> None:
        self.taken.setdefault((cell.kind, cell.plugin_name), []).append(seconds)

    def left(self, running: dict[str, tuple[Cell, Progress | None]]) -> str:
        """The time left in words, or that it cannot be told yet."""
        seconds, unknown = 0.0, 0
        for key, like in self.waiting.items():
            times = self.taken.get(like)
            share = 1.0
            if key in running:
                self.started.setdefault(key, time.monotonic())
                progress = running[key][1]
                if progress and progress.total:
                    share = 1 - progress.step / progress.total
            if times:
                seconds += share * sum(times) / len(times)
            elif key in running and share < 1:
                seconds += (time.monotonic() - self.started[key]) * share / (1 - share)
            else:
                unknown += 1
        text = f"about {_words(seconds)} left"
        return text + f", and {unknown} cells of unknown length" if unknown else text


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
