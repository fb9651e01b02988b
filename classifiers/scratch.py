"""Making the model section of somebody's config start from scratch."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from plugins import compat

_SWITCHES = ("pretrained2d", "clip_pretrained")
"""Arguments of MMAction2's backbones that look for weights unless they are False."""


def without_weights(section: Any) -> Any:
    """A model section whose modules start from scratch: no weight address is left in it."""
    if isinstance(section, (list, tuple)):
        return type(section)(without_weights(part) for part in section)
    if not isinstance(section, Mapping):
        return section
    kept = {name: without_weights(value) for name, value in section.items()}
    if kept.get("pretrained"):
        # ``True`` asks torchvision or timm for their own.
        kept["pretrained"] = False if kept["pretrained"] is True else None
    if any(one.get("type") == "Pretrained" for one in dicts(kept.get("init_cfg"))):
        kept["init_cfg"] = None
    taken = _arguments(kept.get("type"))
    return kept | {switch: False for switch in _SWITCHES if switch in taken}


def addresses(section: Any) -> list[str]:
    """The weight addresses in a model section, which the bench does not follow."""
    if isinstance(section, (list, tuple)):
        return [one for part in section for one in addresses(part)]
    if not isinstance(section, Mapping):
        return []
    found = []
    if section.get("pretrained"):
        own = section["pretrained"] is True
        found.append(f"those of {section.get('type')}" if own else str(section["pretrained"]))
    for one in dicts(section.get("init_cfg")):
        if one.get("type") == "Pretrained":
            found.append(str(one.get("checkpoint")))
    parts = (value for name, value in section.items() if name != "init_cfg")
    return found + [one for part in parts for one in addresses(part)]


def dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    """The tables in a list, or the one table."""
    parts = value if isinstance(value, (list, tuple)) else [value]
    return (part for part in parts if isinstance(part, Mapping))


def _arguments(kind: Any) -> set[str]:
    """The arguments of a registered module's own initialiser."""
    if not isinstance(kind, str) or kind.partition(".")[0] in ("torchvision", "timm"):
        return set()
    try:
        cls = compat.mmaction_registry().get(kind)
    except Exception:  # what importing somebody else's module raises; building it tells
        return set()
    return set(inspect.signature(cls).parameters) if cls else set()
