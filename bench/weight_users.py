"""Which generators and metrics need which weight files, asked of all that are installed."""

from __future__ import annotations

from plugins.discovery import Catalogue
from plugins.weight_needs import KINDS, needs_of


def users_by_file(catalogue: Catalogue) -> dict[str, list[str]]:
    """Per weight file what needs it, as a user writes it in an experiment.

    Raises:
        PluginError: a plugin tells its needs otherwise than `plugins.weight_needs` describes.
    """
    users: dict[str, list[str]] = {}
    for kind in KINDS:
        for offer in catalogue.of_kind(kind).values():
            for need in needs_of(offer.plugin):
                for name in need.weights:
                    users.setdefault(name, []).append(need.choice)
    return users
