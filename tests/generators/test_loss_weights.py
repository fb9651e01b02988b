"""A generator whose loss needs a weight file says so, whichever parameters lead to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generators.autoencoder.perceptual import WEIGHTS, perceptual_loss
from generators.cinn.generator import CINN
from generators.lddm.generator import LDDM
from plugins import DataError, Generator
from plugins.weight_needs import weights_of
from tests.metrics.drawn_weights import nothing_registered

LOSS = {"perceptual_weight": 1.0, "perceptual": "lpips"}
IMAGES = {"image_perceptual_weight": 1.0, "perceptual": "lpips", "condition": "image-autoencoder"}


@pytest.mark.parametrize(
    ("plugin", "parameters", "needs"),
    [
        (LDDM, {}, False),
        (LDDM, LOSS, True),
        (LDDM, {**LOSS, "perceptual_weight": 0.0}, False),
        (LDDM, {**LOSS, "perceptual": "ms-ssim"}, False),
        (LDDM, {**LOSS, "perceptual": "auto"}, False),  # nothing is registered here
        (CINN, LOSS, True),
        (CINN, IMAGES, True),
        (CINN, {**IMAGES, "condition": "joint"}, False),
        (CINN, {**IMAGES, "perceptual": "ms-ssim"}, False),
        (CINN, {**IMAGES, "image_perceptual_weight": 0.0}, False),
    ],
)
def test_it_needs_the_file_where_the_loss_counts(
    plugin: type[Generator], parameters: dict[str, Any], needs: bool, tmp_path: Path
) -> None:
    patch = nothing_registered(tmp_path)
    try:
        assert weights_of(plugin(**parameters)) == ((WEIGHTS,) if needs else ())
    finally:
        patch.undo()


def test_the_conditions_in_words_are_those_that_lead_to_it() -> None:
    for plugin, parameters in ((LDDM, LOSS), (CINN, LOSS), (CINN, IMAGES)):
        words = ", ".join(
            f"{name} > 0" if isinstance(value, float) else f"{name} = {value}"
            for name, value in parameters.items()
        )
        assert plugin.weights_if[words] == weights_of(plugin(**parameters))
    assert len(LDDM.weights_if) == 1
    assert len(CINN.weights_if) == 2


def test_the_loss_asks_for_the_file_that_is_named(tmp_path: Path) -> None:
    patch = nothing_registered(tmp_path)
    try:
        with pytest.raises(DataError, match=f"'{WEIGHTS}'.*not registered"):
            perceptual_loss("lpips")
    finally:
        patch.undo()
