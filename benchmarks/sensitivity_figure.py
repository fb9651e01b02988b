"""The figure of `sensitivity.py`: a panel per disturbance, a line per distance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from curves import Curve
from disturbances import Disturbance
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rulers import RULERS

from plugins.errors import DataError

COLOURS = ("#000000", "#D55E00", "#0072B2", "#56B4E9", "#009E73", "#CC79A7")
"""Okabe and Ito's, which the colour-blind tell apart."""
MARKERS = ("o", "s", "^", "v", "D", "P")
COLUMNS = 4
NEAR = 2
"""Standard deviations within which the axis is linear, and shaded."""
TICKS = (-NEAR, 0, NEAR, 10, 100)
ASIDE = 0.15
"""Of the way from level to level: how far lines stand aside, so that none hides another."""

Measured = list[tuple[Disturbance, dict[str, Curve]]]


def draw(measured: Measured, halvings: int, path: Path) -> None:
    """Draw every curve in standard deviations of its clean halves, with the range over halvings.

    Levels stand at equal distances, whatever their values are.

    Raises:
        DataError: the file cannot be written.
    """
    n_rows = -(-len(measured) // COLUMNS)
    figure = Figure(figsize=(11, 3 * n_rows + 1), layout="constrained")
    axes = figure.subplots(n_rows, COLUMNS, sharey=True, squeeze=False)
    for axis, (disturbance, curves) in zip(axes.flat, measured, strict=False):
        _panel(axis, disturbance, curves)
    for axis in axes.flat[len(measured) :]:
        axis.set_visible(False)
    what = f"distance less its clean mean [standard deviations over {halvings} clean halvings]"
    figure.supylabel(what, fontsize=10)
    lines = axes.flat[0].get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncols=len(RULERS), frameon=False)
    try:
        figure.savefig(path, dpi=150, metadata={"Software": None})
    except OSError as error:
        raise DataError(f"--plot {path}: cannot be written ({error.strerror})") from None


def _panel(axis: Axes, disturbance: Disturbance, curves: dict[str, Curve]) -> None:
    axis.axhspan(-NEAR, NEAR, color="0.92", linewidth=0)
    places = np.arange(len(disturbance.levels))
    sides = np.linspace(-ASIDE, ASIDE, len(RULERS))
    for ruler, colour, marker, side in zip(RULERS, COLOURS, MARKERS, sides, strict=True):
        curve = curves[ruler.name]
        values = curve.in_deviations()
        axis.plot(
            places + side,
            values.mean(1),
            color=colour,
            marker=marker,
            markersize=4,
            linewidth=1.3,
            label=ruler.name if curve.spread else f"{ruler.name} (clean halves do not differ)",
        )
        axis.vlines(places + side, values.min(1), values.max(1), color=colour, linewidth=0.8)
    axis.set_yscale("symlog", linthresh=NEAR)
    axis.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axis.minorticks_off()
    axis.set_title(disturbance.name, fontsize=11)
    axis.set_xlabel(disturbance.strength, fontsize=9)
    axis.set_xticks(places, [f"{level:g}" for level in disturbance.levels])
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
