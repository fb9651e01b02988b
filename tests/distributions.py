"""Making real, importable distributions for tests, as an installer would leave them."""

from __future__ import annotations

from pathlib import Path


def install(folder: Path, name: str, source: str, entry_point: str | None = None) -> None:
    """Put a one-module distribution with an entry point of the group ``bench`` in a folder."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[bench]\n{entry_point or name} = {module}\n")
