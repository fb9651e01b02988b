"""Tensors from a file that somebody else wrote: read without running anything in it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from plugins.errors import DataError

TABLES = ("state_dict", "model")
"""Where checkpoints keep their table of tensors."""

PARALLEL = "module."


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a table of tensors: safetensors, or what ``torch.save(state_dict)`` writes.

    Which of the two is told from the content, not from the name. A pickle is
    read with torch's ``weights_only``, which makes nothing but tensors and
    plain containers.

    Returns:
        Tensors by name, on the CPU.

    Raises:
        DataError: the file cannot be read, is damaged, or holds something else.
    """
    return _table(_read(path), path)


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """As `read_tensors`, also of a checkpoint that holds the table beside other things.

    The table is then what ``state_dict`` or ``model`` holds; a leading ``module.``,
    which data-parallel training leaves, is taken off all names.

    Raises:
        DataError: the file cannot be read, is damaged, or holds something else.
    """
    found = _read(path)
    for key in TABLES:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    tensors = _table(found, path)
    if all(name.startswith(PARALLEL) for name in tensors):
        return {name.removeprefix(PARALLEL): tensor for name, tensor in tensors.items()}
    return tensors


def _read(path: Path) -> object:
    try:
        return load_file(path) if _is_safetensors(path) else _unpickled(path)
    except Exception as error:  # what reading a damaged pickle may raise is listed nowhere
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{path}: no weights can be read from it ({reason}). If it holds more than tensors, "
            "save its table of tensors alone, as safetensors"
        ) from None


def _table(found: object, path: Path) -> dict[str, Tensor]:
    if not isinstance(found, Mapping):
        raise DataError(f"{path}: holds a {type(found).__name__}, not a table of tensors by name")
    for name, tensor in found.items():
        if not (isinstance(name, str) and isinstance(tensor, Tensor)):
            raise DataError(f"{path}: '{name}' is a {type(tensor).__name__}, not a tensor")
    return dict(found)


def _is_safetensors(path: Path) -> bool:
    """A header's length in 8 bytes, then the header, which is JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _unpickled(path: Path) -> object:
    # Only torch's newer format, a ZIP archive, can be mapped instead of being read whole.
    mapped = zipfile.is_zipfile(path)
    if mapped and _is_program(path):
        raise ValueError("it is a TorchScript program, which would have to be run")
    try:
        if path.suffix == ".safetensors":  # by which torch would take it for one
            with path.open("rb") as file:
                return torch.load(file, map_location="cpu", weights_only=True)
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (OSError, RuntimeError):
        raise
    except Exception as error:  # torch's own words advise to read the file unsafely
        foreign = re.search(r"GLOBAL (\S+)", str(error))
        raise ValueError(
            f"it holds a {foreign[1]}, which would have to be run"
            if foreign
            else "it is damaged, or no file of weights"
        ) from None


def _is_program(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())
