"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Say which name was probably meant.

    Returns:
        ``"; did you mean 'x'?"``, or the list of all names where none is
        near, or an empty string where there are none.
    """
    names = sorted(right)
    close = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; there is: {', '.join(names)}" if names else ""
