"""Rates that differ by layer, as TSM and TDN were published with them."""

from __future__ import annotations

from typing import Literal

from plugins.recipe import Recipe

LayerRates = Literal["equal", "published"]


def with_layer_rates(recipe: Recipe, rates: LayerRates) -> Recipe:
    """A recipe whose rates differ by layer, or as it is where they are ``equal``.

    Biases learn twice as fast, and neither they nor norm layers decay; the
    last layer learns five times as fast, its bias ten times.

    Source: ``get_optim_policies`` of the authors' code of TSM and of TDN;
    MMAction2's TSMOptimWrapperConstructor.
    """
    if rates == "equal":
        return recipe
    own = {"constructor": "mmaction.TSMOptimWrapperConstructor", "paramwise": {"fc_lr5": True}}
    return recipe.model_copy(update=own)
