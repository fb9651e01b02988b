"""Options that several commands share, and how they change an experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plugins.errors import BenchError
from plugins.hints import nearest

if TYPE_CHECKING:
    from bench.experiment import Experiment
    from plugins.discovery import Catalogue

F = TypeVar("F", bound=Callable[..., Any])


def store_option(command: F) -> F:
    """``--store``: where results are."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("runs"),
        show_default=True,
        envvar="BENCH_STORE",
        show_envvar=True,
        metavar="FOLDER",
        help="Where results are kept and looked up.",
    )(command)


def experiment_options(command: F) -> F:
    """The experiment, and the options that narrow or change it."""
    decorators = [
        click.argument("experiment"),
        click.option("--root", metavar="FOLDER", help="Where the data are, if left open."),
        click.option("--videos", metavar="SPEC", help="Other videos: reader or reader:root."),
        click.option("--images", metavar="SPEC", help="Other images: reader or reader:root."),
        click.option(
            "--generators", metavar="A,B", help="Only these generators; name:set takes a set."
        ),
        click.option("--classifiers", metavar="A,B", help="Only these classifiers, likewise."),
        click.option("--ratios", metavar="7:3,5:5", help="Only these ratios of training to test."),
        click.option("--splits", metavar="FILE,...", help="Splits made elsewhere, for ratios."),
        click.option("--protocols", metavar="real,mixed", help="Only these protocols."),
        click.option("--seeds", metavar="0,1,2", help="The replicates, by number; 0-4 is a range."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            help="Set any key of the experiment, e.g. clip.size=112; repeatable.",
        ),
    ]
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def read_experiment(
    experiment: str, catalogue: Catalogue, settings: tuple[str, ...], **narrowed: str | None
) -> Experiment:
    """The experiment that the options describe.

    Args:
        experiment: a file's path, or a preset's name.
        narrowed: the other options, by name.

    Raises:
        BenchError: there is no such experiment, or it is wrong.
    """
    from bench.experiment import load_experiment, parse_override

    given = {name: text for name, text in narrowed.items() if text}
    root, seeds = given.pop("root", None), given.pop("seeds", None)
    # Another data set has other parameters, so its whole table is replaced.
    overrides: dict[str, Any] = {
        key: {"spec": given.pop(key)} for key in ("videos", "images") if key in given
    }
    overrides |= dict(parse_override(text) for text in settings)
    overrides |= {name: listed(text) for name, text in given.items()}
    if seeds:
        overrides["replicates"] = numbers(seeds, "--seeds")
    found = load_experiment(_find(experiment, catalogue), overrides)
    return _rooted(found, root, catalogue) if root else found


def _rooted(experiment: Experiment, root: str, catalogue: Catalogue) -> Experiment:
    """The experiment with a root for the readers that lack one."""
    from bench.data import parse_spec
    from plugins.dataset import Dataset

    lacking = {}
    for key in ("videos", "images"):
        source = getattr(experiment, key)
        spec = parse_spec(source.spec)
        reader = catalogue.get("dataset", spec.reader, f"{key}.spec = {source.spec}").plugin
        assert issubclass(reader, Dataset)
        if reader.needs_root and not spec.root and "root" not in source.parameters:
            lacking[key] = source.model_copy(update={"spec": f"{spec.reader}:{root}"})
    if not lacking:
        raise BenchError(
            f"--root {root}: no reader of this experiment waits for a folder; "
            "use --videos or --images reader:FOLDER"
        )
    return experiment.model_copy(update=lacking)


def _find(experiment: str, catalogue: Catalogue) -> Path:
    path = Path(experiment)
    if path.suffix == ".toml" or path.is_file():
        if not path.is_file():
            raise BenchError(f"no experiment file {path}")
        return path
    if experiment in catalogue.presets:
        return Path(catalogue.presets[experiment])
    hint = nearest(experiment, catalogue.presets)
    raise BenchError(f"no preset '{experiment}', and no such file{hint}")


def listed(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def numbers(text: str, option: str) -> list[int]:
    """What ``0,1,2`` or ``0-4`` says.

    Raises:
        BenchError: something else.
    """
    found: list[int] = []
    for part in listed(text):
        first, dash, last = part.partition("-")
        try:
            found += range(int(first), int(last) + 1) if dash else [int(first)]
        except ValueError:
            raise BenchError(f"{option} {text}: write numbers, for example 0,1,2 or 0-4") from None
    return found


def choose_device(device: str) -> str:
    """``auto`` is the first CUDA device, or else the CPU.

    Raises:
        BenchError: the named device is not there.
    """
    import torch

    if device == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise BenchError(f"--device {device}: {reason}; use cpu, cuda or cuda:N") from None
    return device
