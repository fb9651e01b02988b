"""Which code a result depends on, and the state of that code and machine."""

from __future__ import annotations

import ast
import hashlib
import platform
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from importlib.util import find_spec, resolve_name
from pathlib import Path
from threading import Lock
from typing import Any

from bench.rooms import ROOMS
from plugins.base import Plugin

# What these define shapes messages and registration, never a figure.
_INERT = {"plugins.errors", "plugins.hints", "plugins.hooks", "plugins.types"}
_PARSING = Lock()
# Named sets only choose parameters, and those are in the key themselves.
_SETS = "parameter_sets"


def plugin_identity(plugin: Plugin) -> dict[str, Any]:
    """What of a plugin goes into a key: name, version, parameters and code."""
    cls = type(plugin)
    return {
        "name": cls.name,
        "version": cls.version,
        "parameters": plugin.parameters(),
        "source": source_digest(cls.__module__),
    }


@cache
def source_digest(module: str) -> str:
    """SHA-256 over the source files that a module's results depend on."""
    text = "".join(
        f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for name, path in sorted(source_files(module).items())
    )
    return hashlib.sha256(text.encode()).hexdigest()


def source_files(module: str) -> dict[str, Path]:
    """The module and, in its own top-level package and the built-in ones, all it imports.

    Imports are followed name by name: ``from package import X`` leads to
    the file that defines X, not to all that the package's ``__init__``
    mentions, so that two plugins side by side stay apart.

    Returns:
        Paths by module name.
    """
    # A foreign plugin may derive from a built-in one (classifiers.mmaction).
    rooms = {module.partition(".")[0], *ROOMS}
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        inert = name in _INERT or name.rpartition(".")[2] == _SETS
        if name in found or inert or path is None:
            continue
        found[name] = path
        waiting += _imports(name, path, rooms)
    return found


def _path(module: str) -> Path | None:
    spec = find_spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def _imports(module: str, path: Path, rooms: set[str]) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in _executed(_parsed(path)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in rooms)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            if source.partition(".")[0] in rooms:
                yield from (_home(source, alias.name) for alias in node.names)


def _parsed(path: Path) -> ast.Module:
    # Python 3.11 before 3.11.8 raises SystemError where two threads parse (python/cpython#106905).
    with _PARSING:
        return ast.parse(path.read_bytes())


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _executed(node)


def _home(package: str, name: str) -> str:
    """The module that defines a name imported from a package."""
    path = _path(package)
    if path is None or path.name != "__init__.py":
        return package
    if _submodule(package, name):
        return f"{package}.{name}"
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.ImportFrom) and any(
            (alias.asname or alias.name) == name for alias in node.names
        ):
            source = resolve_name("." * node.level + (node.module or ""), package)
            original = next(a.name for a in node.names if (a.asname or a.name) == name)
            return source if source == package else _home(source, original)
    return package


def _submodule(package: str, name: str) -> bool:
    return find_spec(package) is not None and find_spec(f"{package}.{name}") is not None


def surroundings(device: str) -> dict[str, Any]:
    """The versions, machine and device that a result was computed with."""
    import torch

    names = ("usbench", "torch", "torchvision", "numpy", "mmengine", "mmcv-lite", "mmaction2")
    described: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: _version(name) for name in names},
        "git_commit": _git_commit(Path(__file__).parent),
        "device": device,
        "threads": torch.get_num_threads(),
    }
    if device.startswith("cuda"):
        described["device_name"] = torch.cuda.get_device_name(device)
        described["cuda"] = torch.version.cuda
    return described


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


@cache
def _git_commit(folder: Path) -> str | None:
    """The commit of the checkout that this code runs from, with ``+`` where it was changed.

    None where the code is installed: a repository around its environment is the user's own.
    """
    try:
        answers = [
            subprocess.run(
                ["git", "-C", str(folder), *command],
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout.strip()
            for command in (
                ["rev-parse", "HEAD"],
                ["rev-parse", "--show-toplevel"],
                ["status", "--porcelain", "--", str(folder.parent)],
            )
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    commit, checkout, changes = answers
    if Path(checkout).resolve() != folder.parent.resolve():
        return None
    return commit + ("+" if changes else "")
