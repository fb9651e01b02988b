"""The live view counts what happens and estimates what is left."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from bench.executor import Event, State
from bench.live import Estimate, View
from bench.store import Store
from plugins.run import Progress


@dataclass(frozen=True)
class Plain:
    """As much of a cell as the view looks at."""

    key: str
    kind: str = "train"
    plugin_name: str = "c3d"
    title: str = "a [cell]"
    reads: tuple = field(default=())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_time_left_follows_cells_of_the_same_kind_and_plugin(store: Store) -> None:
    cells = [Plain(str(i)) for i in range(4)] + [Plain("x", plugin_name="tsm")]
    estimate = Estimate(cells, store)
    assert "5 cells of unknown length" in estimate.left({})
    estimate.ended(Event(cells[0], State.DONE, seconds=30.0))
    assert estimate.left({}) == "about 90 s left, and 1 cells of unknown length".replace(
        "90 s", "2 min"
    )
    half = {"1": (cells[1], Progress(5, 10, "train"))}
    assert estimate.left(half).startswith("about 75 s")


def test_results_of_earlier_runs_are_used(store: Store) -> None:
    store.begin("0")
    store.finish("0", {"figures": {}, "seconds": 20.0})
    estimate = Estimate([Plain("0"), Plain("1")], store)
    estimate.ended(Event(Plain("0"), State.CACHED))
    assert estimate.left({}) == "about 20 s left"


@pytest.mark.parametrize("terminal", [True, False])
def test_events_become_lines_and_a_summary(store: Store, terminal: bool) -> None:
    out = io.StringIO()
    cells = [Plain(str(i)) for i in range(4)]
    console = Console(file=out, force_terminal=terminal, width=100)
    with View(cells, store, console) as view:
        view.tell(Event(cells[0], State.RUNNING, progress=Progress(1, 4, "fit", {"loss": 0.5})))
        assert view.running
        if terminal:
            view.live.refresh()
        view.tell(Event(cells[0], State.DONE, seconds=1.25))
        view.tell(Event(cells[1], State.FAILED, "no [luck]"))
        view.tell(Event(cells[2], State.BLOCKED, "needs: a [cell]"))
        view.tell(Event(cells[3], State.CACHED))
    printed = out.getvalue()
    for expected in ("a [cell]", "no [luck]", "1 done, 1 cached, 1 failed, 1 blocked"):
        assert expected in printed
    assert ("loss 0.5" in printed) == terminal
