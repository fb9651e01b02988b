"""``bench weights add``: register files."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def add(files: tuple[Path, ...]) -> None:
    """Register FILES: tell by their content which they are, and copy them.

    Names do not matter. A damaged or unknown file is refused, and the others
    are registered all the same; the exit code is then 2.
    """
    from plugins.errors import BenchError, DataError
    from plugins.weights import Registry

    registry = Registry()
    refused = []
    for path in files:
        try:
            added = registry.add(path)
        except DataError as error:
            refused.append(str(error))
            continue
        what = "registered" if added.new else "already registered"
        click.echo(f"{added.file.name}: {what}, {added.path}")
    if refused:
        raise BenchError("\n  ".join(refused))
