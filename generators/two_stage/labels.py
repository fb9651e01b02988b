"""The classes of images that are to be continued, as the prior has learned them."""

from __future__ import annotations

import torch

from generators.two_stage.condition import UNKNOWN, Labels
from plugins.errors import DataError
from plugins.generator import Stills


def learned_labels(
    name: str, stills: Stills, classes: tuple[str, ...], unknown_learned: bool
) -> Labels:
    """Per image the index of its class, by name, among those learned from.

    Args:
        name: of the generator.
        stills: labels index their ``classes``, or ``classes`` where they name none.
        classes: those learned from; where there are none, no class is a condition.
        unknown_learned: the prior has also learned without the class.

    Returns:
        (B,), with `UNKNOWN` where the class is not known.

    Raises:
        DataError: a class was never learned, or is unknown and may not be.
    """
    if not classes:
        return torch.full((len(stills),), UNKNOWN)
    labels = stills.labels or [None] * len(stills)
    names = stills.classes or classes
    return torch.tensor(
        [_learned(name, label, names, classes, unknown_learned) for label in labels]
    )


def _learned(
    name: str,
    label: int | None,
    names: tuple[str, ...],
    classes: tuple[str, ...],
    unknown_learned: bool,
) -> int:
    learned = ", ".join(classes)
    if label is None:
        if unknown_learned:
            return UNKNOWN
        raise DataError(
            f"'{name}' learned with class_conditioning, and the class of an image is unknown: "
            f"label it ({learned}), or train with condition_drop above 0"
        )
    if not 0 <= label < len(names) or names[label] not in classes:
        given = names[label] if 0 <= label < len(names) else label
        raise DataError(
            f"'{name}' learned with class_conditioning from the classes {learned}, and an image is "
            f"of class '{given}': leave it out, or train on videos of its class"
        )
    return classes.index(names[label])
