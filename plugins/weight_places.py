"""Where weight files lie on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from plugins.errors import DataError

VARIABLE = "BENCH_WEIGHTS"
"""The environment variable that names the folder of weight files."""


def weights_folder() -> Path:
    """Where files are registered: ``$BENCH_WEIGHTS``, or a folder among the user's data.

    Raises:
        DataError: it begins with ``~`` and there is no such home folder.
    """
    if named := os.environ.get(VARIABLE):
        return _absolute(named)
    if sys.platform == "win32":
        data = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        data = "~/Library/Application Support"
    else:
        data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return _absolute(data) / "usbench" / "weights"


def _absolute(folder: str) -> Path:
    try:
        return Path(folder).expanduser().absolute()
    except RuntimeError as error:
        raise DataError(
            f"the folder of weight files, {folder}: {error} Name another in {VARIABLE}"
        ) from None


def hub_cache() -> Path:
    """Where ``torch.hub``, and so torchvision, keeps what it downloaded."""
    return Path(torch.hub.get_dir()) / "checkpoints"
