"""The contract between the harness and its plugins: all that a plugin imports.

Names are loaded when they are first used, so that importing this
package imports neither torch nor MMEngine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugins.base import Plugin as Plugin
    from plugins.budget import record_budget as record_budget
    from plugins.classifier import Classifier as Classifier
    from plugins.clips import ClipSet as ClipSet
    from plugins.clips import MemoryClips as MemoryClips
    from plugins.dataset import Box as Box
    from plugins.dataset import Dataset as Dataset
    from plugins.dataset import Record as Record
    from plugins.errors import BenchError as BenchError
    from plugins.errors import Cancelled as Cancelled
    from plugins.errors import DataError as DataError
    from plugins.errors import FaultyDataError as FaultyDataError
    from plugins.errors import PluginError as PluginError
    from plugins.errors import TrainingError as TrainingError
    from plugins.generator import Generator as Generator
    from plugins.generator import StillId as StillId
    from plugins.generator import Stills as Stills
    from plugins.hooks import hookimpl as hookimpl
    from plugins.metric import Metric as Metric
    from plugins.parameter_sets import ParameterSet as ParameterSet
    from plugins.run import Run as Run
    from plugins.seeds import derive as derive
    from plugins.split_facts import ClipFacts as ClipFacts
    from plugins.split_facts import SplitFacts as SplitFacts
    from plugins.training import train as train

_HOME = {
    "BenchError": "errors",
    "Box": "dataset",
    "Cancelled": "errors",
    "Classifier": "classifier",
    "ClipFacts": "split_facts",
    "ClipSet": "clips",
    "DataError": "errors",
    "Dataset": "dataset",
    "FaultyDataError": "errors",
    "Generator": "generator",
    "MemoryClips": "clips",
    "Metric": "metric",
    "ParameterSet": "parameter_sets",
    "Plugin": "base",
    "PluginError": "errors",
    "Record": "dataset",
    "Run": "run",
    "SplitFacts": "split_facts",
    "StillId": "generator",
    "Stills": "generator",
    "TrainingError": "errors",
    "derive": "seeds",
    "hookimpl": "hooks",
    "record_budget": "budget",
    "train": "training",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'plugins' has no attribute '{name}'")
    return getattr(import_module(f"plugins.{_HOME[name]}"), name)
