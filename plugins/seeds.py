"""Named seeds: every random draw of the program starts from one of these."""

from __future__ import annotations

import hashlib


def derive(seed: int, *names: object) -> int:
    """Derive an independent seed from a seed and names.

    The first 63 bits of SHA-256 over the seed and the names, so that
    it is the same on every machine and for every Python version, and
    two different paths of names never share a stream by accident.

    Args:
        seed: the parent seed, any integer.
        names: the path to the draw, for example ``("dropout", step)``.

    Returns:
        An integer in [0, 2**63).
    """
    path = "\x1f".join([str(int(seed)), *map(str, names)])
    digest = hashlib.sha256(path.encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
