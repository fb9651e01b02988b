"""What can go wrong for a user, each with its own name.

Every message states what is wrong, where, and what to do.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.dataset import Record


class BenchError(Exception):
    """A mistake that the user can mend; shown as one line, without a traceback."""


class DataError(BenchError):
    """A file or folder cannot be used: missing, damaged, or laid out otherwise."""


class FaultyDataError(DataError):
    """Some files of a data set are wrong: a run stops, an audit tells of each and goes on.

    Args:
        lead: what cannot be read, and what to do.
        faults: one line per file, each naming its file.
        records: those that nothing is wrong with, as far as listing them tells.
    """

    def __init__(self, lead: str, faults: Sequence[str], records: Sequence[Record]) -> None:
        super().__init__("\n  ".join([f"{lead}:", *faults]))
        self.faults = tuple(faults)
        self.records = tuple(records)


class PluginError(BenchError):
    """A plugin breaks the contract."""


class TrainingError(BenchError):
    """A training cannot go on: the loss is not finite, memory ran out, or the like."""


class Cancelled(Exception):  # noqa: N818 - not an error: the user asked for it
    """The run was asked to stop; what is checkpointed is kept."""


def one_line(error: BaseException) -> str:
    """An exception of someone else's code: its class, its message, and where it was raised."""
    message = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {message}{where}"
