"""A config of MMAction2 as values: its model section, and how many frames it is fed."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer

from classifiers.scratch import addresses, dicts, without_weights
from plugins import compat

SUFFIXES = (".py", ".json", ".yaml", ".yml")
_LIBRARIES = ("mmaction", "mmengine", "mmcv", "mmpretrain", "mmdet", "torch", "torchvision", "timm")


class RecognizerConfig(BaseModel):
    """What of a config file is used, and what is known of the rest.

    A result's key holds what is used, and the code that it names; not
    where the file lies or what it is called.

    Attributes:
        file: its name.
        model: its model section, without weight addresses.
        frames: what its pipelines sample of a video for one look at it; None
            where they do not say.
        imports: the modules that it wants imported.
        code: the SHA-256 of the packages of these, and of classes outside the
            libraries, by module.
        left_out: the weight addresses that are not followed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    model: dict[str, Any]
    frames: int | None = None
    imports: tuple[str, ...] = ()
    code: dict[str, str] = {}
    left_out: tuple[str, ...] = ()

    @model_serializer(when_used="json")
    def _used(self) -> dict[str, Any]:
        return {"model": self.model, "frames": self.frames, "code": self.code}


def read_config(path: Path) -> RecognizerConfig:
    """Read a config file of MMAction2.

    A Python config is a program, and reading it runs it, as MMAction2 does:
    use those that you trust. JSON and YAML are data.

    Raises:
        ValueError: the file is not there, is no config, or has no model
            section; says why.
    """
    if path.suffix not in SUFFIXES or not path.is_file():
        raise ValueError(f"{path}: there is no such config (a file {', '.join(SUFFIXES)})")
    with compat.quiet():
        from mmengine.config import Config

        try:
            return _used_of(_plain(Config.fromfile(path).to_dict()), path.name)
        except (Exception, SystemExit) as error:  # what somebody else's program raises
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"{path}: cannot be read as a config ({reason})") from None


def _used_of(values: Mapping[str, Any], name: str) -> RecognizerConfig:
    model = values.get("model")
    if not isinstance(model, dict):
        raise ValueError("it has no section 'model'")
    json.dumps(model)  # or it could not be part of a key
    named = (values.get("custom_imports") or {}).get("imports") or ()
    imports = (named,) if isinstance(named, str) else tuple(named)
    return RecognizerConfig(
        file=name,
        model=without_weights(model),
        frames=_frames(values),
        imports=imports,
        code={m: _digest(m) for m in sorted({*imports, *_modules(model)})},
        left_out=tuple(addresses(model)),
    )


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
        for step in dicts(config.get(name)):
            if str(step.get("type", "")).rpartition(".")[2] in ("SampleFrames", "UniformSample"):
                # In 3D recognizers several clips are several looks, in 2D ones the segments.
                segments = int(step.get("num_clips") or 1) if two else 1
                return int(step.get("clip_len") or 1) * segments
    return None


def _modules(section: Any) -> Iterator[str]:
    """The modules of a section's classes that are the user's own."""
    if isinstance(section, (list, tuple)):
        for part in section:
            yield from _modules(part)
    if isinstance(section, Mapping):
        module = str(section.get("type", "")).rpartition(".")[0]
        if module and module.partition(".")[0] not in _LIBRARIES:
            yield module
        for part in section.values():
            yield from _modules(part)


def _digest(module: str) -> str:
    """Of all the code in the module's top-level package, since what it imports there counts too."""
    if find_spec(module) is None:
        raise ValueError(f"there is no module '{module}'")
    spec = find_spec(module.partition(".")[0])
    assert spec is not None
    if spec.submodule_search_locations is None:
        folder, files = Path(), [Path(str(spec.origin))]
    else:
        folder = Path(next(iter(spec.submodule_search_locations)))
        files = sorted(folder.rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder) if spec.submodule_search_locations else file.name
        digest.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
