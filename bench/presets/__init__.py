"""Experiments by name: each TOML file in this folder is a preset."""

from __future__ import annotations

from pathlib import Path

from plugins.hooks import hookimpl


@hookimpl
def bench_presets() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.toml"))
