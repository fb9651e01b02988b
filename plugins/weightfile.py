"""Weights in a file: safetensors, written whole or not at all, read with plain words on failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from plugins.errors import TrainingError
from plugins.files import moved_into_place

_NOTES = "notes"  # one key only: the order of several is not the same in every process


def save_weights(module: nn.Module, path: Path, notes: dict[str, Any] | None = None) -> None:
    """Write a module's parameters and buffers.

    Written beside, flushed to the disk and renamed, so that ``path`` is
    never a part of a file. Equal weights and notes give equal bytes.

    Args:
        module: on any device.
        path: the file; its folder exists.
        notes: JSON values kept in the file's header (what the module was
            built from, say).
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in module.state_dict().items()}
    header = {_NOTES: json.dumps(notes or {}, sort_keys=True)}
    beside = path.with_name(path.name + ".part")
    with moved_into_place(beside, path):
        save_file({name: t.clone() for name, t in tensors.items()}, beside, metadata=header)


def load_weights(module: nn.Module, path: Path) -> None:
    """Read into a module what `save_weights` wrote.

    Raises:
        TrainingError: the file is missing, damaged, or belongs to a module
            of another configuration; names the first difference.
    """
    wanted = module.state_dict()
    found = _read(path)
    for name, tensor in wanted.items():
        if name not in found:
            raise TrainingError(f"{path}: '{name}' is missing. {_ADVICE}")
        if found[name].shape != tensor.shape:
            raise TrainingError(
                f"{path}: '{name}' has shape {tuple(found[name].shape)}, "
                f"this model has {tuple(tensor.shape)}. {_ADVICE}"
            )
    for name in found:
        if name not in wanted:
            raise TrainingError(f"{path}: '{name}' is not in this model. {_ADVICE}")
    module.load_state_dict(found)


def read_notes(path: Path) -> dict[str, Any]:
    """The notes in a weight file's header.

    Raises:
        TrainingError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes: dict[str, Any] = json.loads((file.metadata() or {}).get(_NOTES, "{}"))
            return notes
    except (OSError, SafetensorError, ValueError) as error:
        raise _unreadable(path, error) from None


_ADVICE = "The file was written with other parameters: use those, or delete it and train again."


def _read(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> TrainingError:
    if not path.exists():
        return TrainingError(f"{path}: there is no such weight file. Run the training first.")
    return TrainingError(f"{path}: not a sound weight file ({error}). Delete it and train again.")
