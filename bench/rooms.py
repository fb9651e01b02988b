"""Whether the five packages that Python imports are the installed ones.

Their names are short words. A folder named ``metrics`` in the working
directory would be imported instead of ours, and every figure would come
from someone else's code.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path

ROOMS = ("plugins", "generators", "classifiers", "metrics")


class ShadowedError(ImportError):
    """A package of the project is not the one that Python would import."""


def check_rooms(home: Path = Path(__file__).parent.parent) -> None:
    """Refuse to start where a package is shadowed.

    Args:
        home: the folder that must hold all rooms.

    Raises:
        ShadowedError: names the culprit and what to do.
    """
    for room in ROOMS:
        spec = PathFinder.find_spec(room)
        expected = home / room / "__init__.py"
        origin = Path(spec.origin) if spec and spec.origin else None
        if origin is None or origin.resolve() != expected.resolve():
            found = origin or (
                next(iter(spec.submodule_search_locations or ()), None) if spec else None
            )
            raise ShadowedError(
                f"the package '{room}' is imported from {found or 'nowhere'}, not from {expected}: "
                f"rename that folder, or run bench from another working directory"
            )
