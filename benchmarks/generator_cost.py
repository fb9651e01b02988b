"""What each generator takes: time to fit, speed of sampling, memory, parameters, in one run.

    python benchmarks/generator_cost.py
    python benchmarks/generator_cost.py --generators lddm,still --set lddm.latent=vector --steps 0.1
    python benchmarks/generator_cost.py --generators lddm:quick,lddm --device cuda:0

Every generator that is registered, or those named, as `name` or `name:set`, is fitted on the
training videos of the preset's first split and continues first frames of its test videos. All
are given the same clips and images, one after the other; fitting and sampling have a process of
their own each. Parameters are those of the set, or the defaults, not the preset's. A generator
that needs what is not here is named below the table, with the reason.

`--steps SHARE` makes that share of every stage's steps, for a quick look: then compare seconds per
step with the budget that the last column tells, and not the totals.

Columns: seconds of one whole fit (reading of decoded clips and checkpoints included), and the
same per 1000 training clips, where a generator with a fixed number of steps takes as long for any
number of clips; clips per second in sampling, images to clips on the CPU, median (range, number
of repeats) after a warm-up; peak memory of each (CUDA: allocated; CPU: resident set over that of
the process before); parameters that were learned, all stages; and what was given to the fit.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from autoencoder import preset_file, sides
from measure import spread
from one_generator import Fitted, Sampled, Task, measure
from plain_errors import plain_errors

from bench.experiment import parse_override
from bench.provenance import surroundings
from bench.store import Store
from bench.tables.budgets import budget_text
from bench.tables.report import Place
from plugins.discovery import discover
from plugins.errors import BenchError
from plugins.hints import nearest
from plugins.parameter_sets import named

HEAD = (
    "generator",
    "fit [s]",
    "fit [s/1000 clips]",
    "fit, peak [MiB]",
    "sampling [clips/s]",
    "sampling, peak [MiB]",
    "parameters",
    "given",
)


def main() -> None:
    given = _parsed()
    with plain_errors(), tempfile.TemporaryDirectory() as folder:
        choices = _choices(given.generators)
        parameters = _parameters(given.set, choices)
        measured = _compare(given, choices, parameters, Store(given.store or Path(folder)))
    if not measured:
        raise SystemExit("no generator could be measured")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--generators", metavar="NAME[:SET],...", help="all by default")
    parser.add_argument("--set", action="append", default=[], metavar="GENERATOR.KEY=VALUE")
    parser.add_argument("--steps", type=float, default=1.0, metavar="SHARE", help="of each stage's")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--root", help="of the preset's data")
    parser.add_argument("--videos", type=int, help="of the phantom; the preset's by default")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of the phantom")
    parser.add_argument("--images", type=int, help="continued at once (16; on CUDA 256)")
    parser.add_argument("--seconds", type=float, default=10.0, help="sampling is repeated for")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--store", type=Path, help="decoded videos are kept there")
    given = parser.parse_args()
    if not 0 < given.steps <= 1:
        raise SystemExit(f"--steps {given.steps}: write a share above 0 and at most 1")
    on_cuda = torch.device(given.device).type == "cuda"
    if on_cuda and not torch.cuda.is_available():
        raise SystemExit(f"--device {given.device}: this torch sees no CUDA device, take cpu")
    given.images = given.images or (256 if on_cuda else 16)
    return given


def _choices(text: str | None) -> list[str]:
    """The generators to measure.

    Raises:
        BenchError: one is unknown.
    """
    catalogue = discover()
    if text is None:
        return list(catalogue.of_kind("generator"))
    chosen = [part.strip() for part in text.split(",") if part.strip()]
    for choice in chosen:
        catalogue.get("generator", named(choice)[0], "--generators")
    return chosen


def _parameters(texts: Sequence[str], choices: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Parameters by the generator's name.

    Raises:
        BenchError: they are of none that is measured.
    """
    names = list(dict.fromkeys(named(choice)[0] for choice in choices))
    parameters: dict[str, dict[str, Any]] = {name: {} for name in names}
    for text in texts:
        place, value = parse_override(text)
        name, _, key = place.partition(".")
        if name not in parameters or not key:
            raise BenchError(
                f"--set {text}: write GENERATOR.KEY=VALUE for one that is measured"
                f"{nearest(name, names)}"
            )
        parameters[name][key] = value
    return parameters


def _compare(
    given: argparse.Namespace,
    choices: Sequence[str],
    parameters: dict[str, dict[str, Any]],
    store: Store,
) -> int:
    """Print the table; return how many rows it has."""
    training, test = sides(given.preset, _experiment(given), store)
    clips = training.clips(store.cache)
    print(_conditions(given), end="\n\n")
    c, t, h, w = clips.shape
    print(
        f"{given.preset}: {len(clips)} training clips of {c} x {t} x {h} x {w}; {given.images} "
        f"images at once, of {len(test.ids)} test videos; {given.steps:.4g} of the steps\n"
    )
    print("| " + " | ".join(HEAD) + " |\n" + "|" + " --- |" * len(HEAD), flush=True)
    left_out = {}
    for choice in choices:
        task = Task(
            choice=choice,
            parameters=parameters[named(choice)[0]],
            share=given.steps,
            training=training,
            test=test,
            cache=store.cache,
            images=given.images,
            seconds=given.seconds,
            device=given.device,
            threads=given.threads,
        )
        try:
            cells = [choice, *row(*measure(task))]
        except BenchError as error:
            left_out[choice] = str(error)
        else:
            print("| " + " | ".join(cells) + " |", flush=True)
    for choice, why in left_out.items():
        print(f"\nLeft out: {choice}: {why}")
    return len(choices) - len(left_out)


def row(fitted: Fitted | None, sampled: Sampled) -> list[str]:
    """The columns after the name."""
    sampling = [spread(sampled.rates), f"{sampled.memory:.0f}"]
    if fitted is None:
        return ["–", "–", "–", *sampling, "–", "learns nothing"]
    n_clips, seconds, memory, stages = fitted
    sizes = [stage["parameters"] for stage in stages if stage["parameters"] is not None]
    return [
        f"{seconds:.1f}",
        f"{1000 * seconds / n_clips:.1f}",
        f"{memory:.0f}",
        *sampling,
        f"{sum(sizes):,}" if sizes else "not told",
        budget_text({Place("", 0): {"n_training_clips": n_clips, "stages": stages}}),
    ]


def _experiment(given: argparse.Namespace) -> dict[str, Any]:
    """The preset with the size and the data that were asked for."""
    raw = preset_file(given.preset)
    raw["name"], raw["clip"]["size"] = given.preset, given.size
    for source in ("videos", "images"):
        if given.root:
            raw[source]["spec"] += f":{given.root}"
        elif raw[source]["spec"] == "phantom":
            raw[source]["parameters"] |= {"size": given.size, "seed": given.seed}
    if given.videos is not None:
        if raw["videos"]["spec"] != "phantom":
            raise BenchError("--videos: only the phantom has as many as are asked for; leave it")
        raw["videos"]["parameters"]["n_videos"] = given.videos
    return raw


def _conditions(given: argparse.Namespace) -> str:
    """Command, versions, commit and device."""
    around = surroundings(given.device)
    versions = ", ".join(f"{name} {v}" for name, v in around["versions"].items() if v)
    device = around.get("device_name", f"{given.device}, {given.threads} threads")
    return (
        f"    python benchmarks/generator_cost.py {shlex.join(sys.argv[1:])}\n\n"
        f"{versions}, Python {platform.python_version()}, commit {around['git_commit']}; {device}"
    )


if __name__ == "__main__":
    main()
