"""A user's mistake is one line, as on the program's own command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from plugins.errors import BenchError


@contextmanager
def plain_errors() -> Iterator[None]:
    """End the script with the message alone.

    Raises:
        SystemExit: in place of a BenchError.
    """
    try:
        yield
    except BenchError as error:
        raise SystemExit(str(error)) from None
