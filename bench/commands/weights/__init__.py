"""``bench weights``: files of pretrained weights that the user supplies."""

from __future__ import annotations

import click

from bench.commands.weights.add import add
from bench.commands.weights.listing import list_
from bench.commands.weights.verify import verify
from bench.commands.weights.where import where


@click.group()
def weights() -> None:
    """Register pretrained weights, which some losses and metrics need.

    None come with this program, and it never downloads any: get the files
    that "bench weights list" names, then register them.
    """


for _command in (list_, add, verify, where):
    weights.add_command(_command)
