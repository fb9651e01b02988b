"""Data sets as a user names them: ``reader:root``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from plugins.errors import DataError

_READER = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")


class Spec(NamedTuple):
    """A reader and the folder that it reads; no folder for a simulator."""

    reader: str
    root: str

    def __str__(self) -> str:
        return f"{self.reader}:{self.root}" if self.root else self.reader


def parse_spec(text: str) -> Spec:
    """Read ``phantom``, ``folder:/data/x``, ``folder:~/x``, ``folder:C:\\x`` or the like.

    What stands before the first colon is the reader; whether there is
    such a reader, and whether the folder exists, is not looked at here.

    Args:
        text: what the user wrote.

    Raises:
        DataError: there is no reader, or no folder after the colon.
    """
    text = text.strip()
    reader, colon, root = (part.strip() for part in text.partition(":"))
    if not text:
        raise DataError("a data set is named 'reader:root', for example 'folder:/data/busv'")
    if not _READER.fullmatch(reader):
        raise DataError(f"'{text}' names no reader; for a folder write 'folder:{text.lstrip(':')}'")
    if not colon:
        return Spec(reader, "")
    if not root:
        raise DataError(f"'{text}': after '{reader}:' comes a folder; a simulator has no colon")
    return Spec(reader, _placed(root, text))


def _placed(root: str, text: str) -> str:
    if root.startswith("~"):
        try:
            return str(Path(root).expanduser())
        except RuntimeError:
            user = re.split(r"[/\\]", root)[0]
            raise DataError(f"'{text}': there is no home folder '{user}'") from None
    return root
