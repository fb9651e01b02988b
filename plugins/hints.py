"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(wrong: str, right: Iterable[str], *, list_all: bool = False) -> str:
    """Say which name was probably meant.

    Args:
        wrong: what was written.
        right: the names that there are.
        list_all: list them also where one is near.

    Returns:
        ``"; did you mean 'x'?"``, or the list of all names where none is
        near, or an empty string where there are none.
    """
    names = sorted(right)
    close = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        listed = f" There is: {', '.join(names)}" if list_all else ""
        return f"; did you mean '{close[0]}'?{listed}"
    return f"; there is: {', '.join(names)}" if names else ""
