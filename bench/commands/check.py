"""``bench check``: does a generator keep the contract?"""

from __future__ import annotations

from typing import Any

import click


@click.command()
@click.argument("generator", metavar="GENERATOR[:SET]")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a parameter of the generator; repeatable.",
)
@click.option(
    "--size",
    type=click.IntRange(32, 512),
    default=32,
    show_default=True,
    help="Pixels of the square test images.",
)
@click.pass_context
def check(context: click.Context, generator: str, settings: tuple[str, ...], size: int) -> None:
    """Check that GENERATOR does what every generator must.

    On a few simulated videos: shape, range, frame 0, one seed per
    sample, independence of the batch, no mutation, pickling, and that a
    resumed fit equals an uninterrupted one. It fits more than once: choose
    a quick SET, or few steps by --set. Exit code 1: a check failed.
    """
    import tempfile
    from pathlib import Path

    from bench.conformance_data import simulated_clips, simulated_stills
    from bench.experiment import parse_override
    from plugins.conformance import findings
    from plugins.discovery import discover
    from plugins.parameter_sets import named, refuse_unknown

    catalogue = discover()
    parameters: dict[str, Any] = dict(parse_override(text) for text in settings)
    name, set_name = named(generator)
    offer = catalogue.get("generator", name, "bench check")
    refuse_unknown(offer.plugin, set_name, "bench check")
    plugin: Any = offer.plugin.configure(parameters, "--set", set_name)
    with tempfile.TemporaryDirectory() as folder:
        clips = simulated_clips(Path(folder) / "cache", size)
        stills = simulated_stills(Path(folder) / "cache", size)
        (Path(folder) / "runs").mkdir()
        sound = True
        for finding in findings(plugin, clips, stills, Path(folder) / "runs"):
            click.echo(f"{'ok  ' if finding.passed else 'FAIL'}  {finding.check}")
            if finding.fault:
                click.echo(f"      {finding.fault}")
            sound = sound and finding.passed
    if not sound:
        context.exit(1)
