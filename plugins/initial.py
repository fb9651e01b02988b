"""What a training began from, where it was given weights: told in its folder, for the tables."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from plugins.errors import TrainingError
from plugins.files import replacing

FILE = "initial.json"
"""The record's name in the folder of a fit."""


class Initial(BaseModel):
    """Which tensors of a model came from a file, and which did not."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    file: str
    """The file's name."""

    sha256: str
    """Of its content."""

    loaded: tuple[str, ...]
    """The model's tensors that were taken from it."""

    drawn: tuple[str, ...]
    """The model's tensors that began as without it: not in the file, or of another shape."""

    unused: tuple[str, ...]
    """The file's tensors that the model has no place for."""

    def __str__(self) -> str:
        """One line: how many were loaded, and the names of the rest."""
        n = len(self.loaded)
        text = f"{n} of {n + len(self.drawn)} tensors from {self.file} (SHA-256 {self.sha256[:12]})"
        text += f"; not from it: {_listed(self.drawn)}" if self.drawn else ""
        return text + (f"; not used of it: {_listed(self.unused)}" if self.unused else "")


def record_initial(folder: Path, told: Initial) -> None:
    """Leave in the folder of a fit what it began from."""
    with replacing(folder / FILE) as file:
        file.write(told.model_dump_json(indent=1).encode())


def read_initial(folder: Path) -> Initial | None:
    """What a fit began from; None where it was given no weights.

    Raises:
        TrainingError: the record is damaged.
    """
    path = folder / FILE
    try:
        return Initial.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path}: cannot be read ({reason}); delete it and fit again") from None


def _listed(names: tuple[str, ...], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
