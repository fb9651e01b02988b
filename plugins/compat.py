"""Faults of the libraries beneath, worked round: import this before the libraries.

Importing it mends what is broken here and leaves alone what is not; a
second import does nothing. `quiet` imports a library without its
import-time warnings, which nobody who reads them can mend.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

_kept: list[torch.library.Library] = []  # operators live as long as their library object


@contextmanager
def quiet() -> Iterator[None]:
    """Hide the warnings that third parties raise while they are imported or built."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def mmaction_registry() -> Any:
    """MMAction2's registry of models, filled: import its models without their noise.

    Returns:
        ``mmaction.registry.MODELS``; ``MODELS.build(section)`` makes a model.
    """
    with quiet():
        import mmaction.models  # noqa: F401 - fills the registry
        from mmaction.registry import MODELS
    return MODELS


def mmaction_model(section: dict[str, Any]) -> torch.nn.Module:
    """Build a model of MMAction2 and draw its initial weights, without a word.

    Args:
        section: the ``model`` section of an MMAction2 config. It is used up.
    """
    models = mmaction_registry()
    from mmengine.logging import MMLogger
    from mmengine.registry import DefaultScope

    # MMEngine builds parts (the preprocessor) from its own registry unless told the scope,
    # and reports initial weights to whatever logger comes last, by default the terminal.
    before = dict(MMLogger._instance_dict)
    with quiet(), DefaultScope.overwrite_default_scope("mmaction"):
        MMLogger.get_instance("building", log_level="CRITICAL")
        try:
            model: Any = models.build(section)
            model.init_weights()
        finally:
            MMLogger._instance_dict.clear()
            MMLogger._instance_dict.update(before)
    return model


def _reproducible_cublas() -> None:
    """cuBLAS sums in a fixed order only with a fixed workspace, set before its first use."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


def _importable_torchvision() -> None:
    """A torchvision built for CUDA fails to import beside a CPU torch: its operators are missing.

    They are defined only after such a failure; beside a working binary
    a second definition aborts the process.
    """
    try:
        with quiet():
            import torchvision
    except ModuleNotFoundError:
        return
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept.append(library)
    for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # half imported
    with quiet():
        import torchvision  # noqa: F401


def _importable_mmaction() -> None:
    """MMAction2 1.2.0's wheel lacks the folder ``localizers/drn`` (its issue 2714).

    Empty modules stand in for it before the first import; after a failed
    one, its registry refuses another try.
    """
    found = importlib.util.find_spec("mmaction")
    if found is None or not found.submodule_search_locations:
        return
    parent = "mmaction.models.localizers.drn"
    home = Path(found.submodule_search_locations[0]) / "models" / "localizers" / "drn"
    if (home / "drn.py").is_file() or parent in sys.modules:
        return
    package, module = ModuleType(parent), ModuleType(f"{parent}.drn")
    package.__path__ = []
    module.DRN = type("DRN", (), {"__module__": module.__name__})  # type: ignore[attr-defined]
    package.drn = module  # type: ignore[attr-defined]
    sys.modules[parent], sys.modules[module.__name__] = package, module


def _installed_without_pkg_resources() -> None:
    """MMEngine 0.10 asks ``pkg_resources``, which new setuptools lack, what is installed."""
    if importlib.util.find_spec("pkg_resources") is not None:
        return
    with quiet():
        import mmengine.config.config
        import mmengine.utils.package_utils

    def is_installed(package: str) -> bool:
        """Whether a package of this name can be imported."""
        return importlib.util.find_spec(package) is not None

    for module in (mmengine.config.config, mmengine.utils.package_utils, mmengine.utils):
        module.is_installed = is_installed


_reproducible_cublas()
_importable_torchvision()
_importable_mmaction()
_installed_without_pkg_resources()
