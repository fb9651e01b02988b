"""``bench data``: look at data sets before anything is trained on them."""

from __future__ import annotations

import click

from bench.commands.data.audit import audit
from bench.commands.data.fingerprint import fingerprint
from bench.commands.data.info import info
from bench.commands.data.preview import preview
from bench.commands.data.split import split


@click.group()
def data() -> None:
    """Look at data sets: what they hold, what is wrong, how they look; split them.

    Every command takes data sets as reader or reader:root (phantom,
    busi:/data/BUSI, folder:/data/mine), or an experiment, whose videos and
    images are meant: a preset's name or a .toml file. Where a reader and a
    preset have one name, experiment:NAME is the preset.
    """


for _command in (info, audit, preview, split, fingerprint):
    data.add_command(_command)
