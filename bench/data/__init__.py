"""Data: where labelled videos and images come from, and how they become clips.

Names are loaded when they are first used, so that importing this
package imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugins import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.data.cache import Cache as Cache
    from bench.data.clips import StillSource as StillSource
    from bench.data.clips import VideoClips as VideoClips
    from bench.data.clips import by_length as by_length
    from bench.data.clips import still_of as still_of
    from bench.data.readers.folder import Folder as Folder
    from bench.data.settings import ClipSettings as ClipSettings
    from bench.data.sheet import contact_sheet as contact_sheet
    from bench.data.spec import Spec as Spec
    from bench.data.spec import parse_spec as parse_spec
    from bench.data.splits import Split as Split
    from bench.data.splits import split as split
    from plugins.dataset import Dataset

_HOME = {
    "Cache": "cache",
    "ClipSettings": "settings",
    "Folder": "readers.folder",
    "Spec": "spec",
    "Split": "splits",
    "StillSource": "clips",
    "VideoClips": "clips",
    "by_length": "clips",
    "contact_sheet": "sheet",
    "parse_spec": "spec",
    "split": "splits",
    "still_of": "clips",
}

__all__ = sorted([*_HOME, "bench_datasets"])


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'bench.data' has no attribute '{name}'")
    return getattr(import_module(f"bench.data.{_HOME[name]}"), name)


@hookimpl
def bench_datasets() -> Sequence[type[Dataset]]:
    """The readers that come with the harness."""
    from bench.data.phantom.dataset import Phantom
    from bench.data.readers.busi import Busi
    from bench.data.readers.busv import Busv
    from bench.data.readers.folder import Folder
    from bench.data.readers.pocus import Pocus
    from bench.data.readers.vtus import Vtus

    return [Busi, Busv, Folder, Phantom, Pocus, Vtus]
