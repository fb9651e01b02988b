"""The command line, one file per command.

Each command imports what it needs when it is called, so that ``--help``
answers at once, without importing torch.
"""

from __future__ import annotations

import click

from bench.commands.check import check
from bench.commands.data import data
from bench.commands.export import export
from bench.commands.plan import plan
from bench.commands.plugins import plugins
from bench.commands.run import run
from bench.commands.status import status
from bench.commands.synthesize import synthesize
from bench.commands.tables import leaderboard, table
from bench.commands.weights import weights

_ORDER = (run, plan, status, table, leaderboard, synthesize, export, plugins, data, weights, check)


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="usbench", prog_name="bench")
def cli() -> None:
    """Measure whether videos synthesized from still images make video classifiers better.

    Start with: bench run quick
    """


for _command in _ORDER:
    cli.add_command(_command)
