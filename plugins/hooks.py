"""The hooks that a plugin module may implement.

A distribution names its module in the entry-point group ``bench``; the
module implements any of these, each marked with `hookimpl`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from plugins.classifier import Classifier
    from plugins.dataset import Dataset
    from plugins.generator import Generator
    from plugins.metric import Metric

GROUP = "bench"

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def bench_generators() -> Sequence[type[Generator]]:
    """The generators that this plugin offers."""
    raise NotImplementedError


@hookspec
def bench_classifiers() -> Sequence[type[Classifier]]:
    """The classifiers that this plugin offers."""
    raise NotImplementedError


@hookspec
def bench_metrics() -> Sequence[type[Metric]]:
    """The metrics that this plugin offers."""
    raise NotImplementedError


@hookspec
def bench_datasets() -> Sequence[type[Dataset]]:
    """The dataset readers that this plugin offers."""
    raise NotImplementedError


@hookspec
def bench_presets() -> Sequence[Path]:
    """Experiment files (TOML) that ``bench run`` finds by their stem."""
    raise NotImplementedError
