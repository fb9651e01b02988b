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
    resumed fit equals an uninterrupted one. Exit code 1: a check failed.
    """
    import tempfile
    from pathlib import Path

    from bench.conformance_data import simulated_clips, simulated_stills
    from bench.experiment import parse_override
    from plugins.conformance import check_generator
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
        findings = check_generator(plugin, clips, stills, Path(folder) / "runs")
    for finding in findings:
        click.echo(f"{'ok  ' if finding.passed else 'FAIL'}  {finding.check}")
        if finding.fault:
            click.echo(f"      {finding.fault}")
    if not all(finding.passed for finding in findings):
        context.exit(1)
