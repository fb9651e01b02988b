"""A config of MMAction2 as values: its model section, and how many frames it is fed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugins import compat

SUFFIXES = (".py", ".json", ".yaml", ".yml")


def read_config(path: Path) -> dict[str, Any]:
    """Read a config file of MMAction2.

    A Python config is a program, and reading it runs it, as MMAction2 does:
    use those that you trust. JSON and YAML are data.

    Returns:
        ``model``: its model section, as it is; ``frames``: what its
        pipelines sample of a video for one look at it (None where they do not
        say); ``imports``: the modules that it wants imported.

    Raises:
        ValueError: the file is not there, is no config, or has no model
            section; says why.
    """
    if path.suffix not in SUFFIXES or not path.is_file():
        raise ValueError(f"{path}: there is no such config (a file {', '.join(SUFFIXES)})")
    with compat.quiet():
        from mmengine.config import Config

        try:
            config = Config.fromfile(path)
        except (Exception, SystemExit) as error:  # what somebody else's program raises
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"{path}: cannot be read as a config ({reason})") from None
    values = _plain(config.to_dict())
    if not isinstance(values.get("model"), dict):
        raise ValueError(f"{path}: has no section 'model'")
    return {
        "model": values["model"],
        "frames": _frames(values),
        "imports": list(values.get("custom_imports", {}).get("imports", ())),
    }


def without_weights(section: Any) -> Any:
    """A model section whose modules start from scratch: no weight address is left in it."""
    if isinstance(section, (list, tuple)):
        return type(section)(without_weights(part) for part in section)
    if not isinstance(section, Mapping):
        return section
    kept = {name: without_weights(value) for name, value in section.items()}
    if isinstance(kept.get("pretrained"), str):
        kept["pretrained"] = None
    if any(one.get("type") == "Pretrained" for one in _dicts(kept.get("init_cfg"))):
        kept["init_cfg"] = None
    if _takes(kept.get("type"), "pretrained2d"):
        kept["pretrained2d"] = False  # or it looks for the 2D weights that are not there
    return kept


def addresses(section: Any) -> list[str]:
    """The weight addresses in a model section, which the bench does not follow."""
    if isinstance(section, (list, tuple)):
        return [one for part in section for one in addresses(part)]
    if not isinstance(section, Mapping):
        return []
    found = [section["pretrained"]] if isinstance(section.get("pretrained"), str) else []
    for one in _dicts(section.get("init_cfg")):
        if one.get("type") == "Pretrained":
            found.append(str(one.get("checkpoint")))
    parts = (value for name, value in section.items() if name != "init_cfg")
    return found + [one for part in parts for one in addresses(part)]


def _plain(value: Any) -> Any:
    """Values as they are; classes, which new-style configs hold, by their full names."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(part) for part in value)
    if inspect.isclass(value) or inspect.isfunction(value):
        return f"{value.__module__}.{value.__qualname__}"
    return value


def _frames(config: Mapping[str, Any]) -> int | None:
    """Frames of one look at a video: in training, or where there is no training, in testing."""
    two = str(config["model"].get("type")).endswith("Recognizer2D")
    for name in ("train_pipeline", "val_pipeline", "test_pipeline"):
        for step in _dicts(config.get(name)):
            if str(step.get("type", "")).rpartition(".")[2] in ("SampleFrames", "UniformSample"):
                # In 3D recognizers several clips are several looks, in 2D ones the segments.
                return int(step.get("clip_len", 1)) * (int(step.get("num_clips", 1)) if two else 1)
    return None


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    return (part for part in parts if isinstance(part, Mapping))


def _takes(kind: Any, argument: str) -> bool:
    """Whether a registered module's own initialiser has an argument of this name."""
    cls = compat.mmaction_registry().get(kind) if isinstance(kind, str) else None
    return cls is not None and argument in inspect.signature(cls).parameters
