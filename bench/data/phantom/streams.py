"""Named random streams: every random choice of the phantom has its own seed."""

import numpy as np

from plugins.seeds import derive


def stream(seed: int, *name: str | int) -> np.random.Generator:
    """Open the random stream called `name` of the set seeded with `seed`.

    A stream depends on the set's seed and on its own name alone, so drawing more
    from one (more stills, longer clips) changes nothing drawn from another.

    Args:
        seed: The set's seed.
        *name: Words and indices that name the stream, such as `"video", 3, "path"`.

    Returns:
        A PCG64 generator. The same seed and name give the same numbers.
    """
    return np.random.default_rng(np.random.SeedSequence(derive(seed, *name)))
