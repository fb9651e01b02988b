"""Ratios of training to test videos, kept exact."""

from __future__ import annotations

from fractions import Fraction

from plugins.errors import DataError


def parse_ratio(ratio: str | float) -> Fraction:
    """The share of train, exactly: ``"7:3"``, ``"0.7"`` and ``0.7`` are 7/10.

    Raises:
        DataError: it is no ratio, or leaves one side empty.
    """
    try:
        train, colon, test = str(ratio).partition(":")
        share = Fraction(train.strip())
        if colon:
            share = share / (share + Fraction(test.strip()))
    except (ValueError, ZeroDivisionError):
        share = Fraction(0)
    if not 0 < share < 1 or "-" in str(ratio):
        raise DataError(
            f"ratio = {ratio!r}: write train to test, like '7:3', or the share of train, like 0.7"
        )
    return share


def ratio_text(share: Fraction) -> str:
    """One spelling per ratio: ``7:3`` for 7/10, ``75:25`` for 3/4, ``2:1`` for 2/3."""
    for whole in (10, 100):
        if (share * whole).denominator == 1:
            return f"{share * whole}:{(1 - share) * whole}"
    return f"{share.numerator}:{share.denominator - share.numerator}"
