"""What sets of features may come into a distance; everything else is refused with the reason."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float64
from numpy import ndarray
from torch import Tensor

from plugins import BenchError

Set = Float64[ndarray, "N D"]
AnySet = Float[ndarray, "N D"] | Float[Tensor, "N D"]
OtherSet = Float[ndarray, "M D"] | Float[Tensor, "M D"]

LARGEST = 1e20
"""Features past this are refused, so that the squares of a cubic kernel's values stay finite."""


def feature_set(role: str, values: AnySet, at_least: int = 1) -> Set:
    """The features of one set, in float64 on the CPU.

    Args:
        role: what the set is, ``real`` or ``generated``, for the message.
        values: (N, D) of any float type, NumPy or torch.
        at_least: the smallest N that will do.

    Raises:
        BenchError: another shape or type, too few rows, or values that are
            NaN, infinite or past 1e20; says which.
    """
    where = f"{role} features"
    array = double(where, values)
    if array.ndim != 2 or array.shape[1] == 0:
        raise BenchError(f"{where}: expected (N, D), one row per clip, got {array.shape}")
    if len(array) < at_least:
        few = "there are none" if len(array) == 0 else f"only {len(array)}"
        raise BenchError(f"{where}: {few}; at least {at_least} clips are needed, add clips")
    _check_finite(where, array)
    return array


def feature_pair(real: AnySet, generated: OtherSet) -> tuple[Set, Float64[ndarray, "M D"]]:
    """Two sets of features of one network, at least 2 clips each: a covariance takes two.

    Raises:
        BenchError: what `feature_set` refuses, or D differs.
    """
    real, generated = feature_set("real", real, 2), feature_set("generated", generated, 2)
    check_same_network(real.shape[1], generated.shape[1])
    return real, generated


def check_same_network(real: int, generated: int) -> None:
    """Refuse sets whose D differ.

    Raises:
        BenchError: names both.
    """
    if real != generated:
        raise BenchError(
            f"real clips have {real} features and generated clips {generated}:"
            " they are of different networks; compute both with the same one"
        )


def double(where: str, values: ndarray | Tensor) -> ndarray:
    """Any float array or tensor, in float64 on the CPU.

    Raises:
        BenchError: it is not of a float type.
    """
    if isinstance(values, Tensor):
        if not values.is_floating_point():
            raise BenchError(f"{where}: expected floats, got {values.dtype}")
        return values.detach().cpu().double().numpy()
    if values.dtype.kind != "f":
        raise BenchError(f"{where}: expected floats, got {values.dtype}")
    return values.astype(np.float64, copy=False)


def _check_finite(where: str, array: Set) -> None:
    wrong = np.flatnonzero(~(np.abs(array).max(axis=1) <= LARGEST))  # NaN compares false
    if len(wrong):
        raise BenchError(
            f"{where}: {len(wrong)} of {len(array)} rows hold NaN, infinity or values past"
            f" {LARGEST:g}, the first is row {wrong[0]} (from 0): look at that clip and at the"
            " network's weights, and compute features in float32"
        )
