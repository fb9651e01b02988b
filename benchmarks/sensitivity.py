"""What the distances between sets of clips see: real clips, disturbed more and more.

    bench run demo
    python benchmarks/sensitivity.py demo --plot sensitivity.png

Takes the test videos of one split of an experiment, the first video of each patient, and the
classifier that was trained on that split's real videos. The patients are halved at random, again
and again: A holds the clips of one half, B those of the other. B is disturbed, and its distance
from A is taken. A distance sees a disturbance where it grows beyond what the clean halves show;
one that takes a disturbance for nothing stays among them. The disturbances are told in
disturbances.py; what is disturbed is rounded to 8 bits, as synthesized videos are.

Printed is the mean over halvings, with the least and the most in brackets, and for `kvd:self`
after the sign ± its standard error (the jackknife over patients, mean over halvings). Halvings
share their clips: the brackets are no interval. A and B have the same sizes throughout, so the
bias of `fvd:self` through them is in every column. The last column counts the halvings in which
the strongest disturbance is farther than the clean set.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Any

import torch
from curves import Curve, curves, halves
from disturbances import DISTURBANCES, FACTORS, Disturbance
from plain_errors import plain_errors
from reel import Reel, reel
from rulers import RULERS
from sensitivity_figure import Measured, draw
from trained_classifier import trained_on_real

from bench.cells.part import Part
from bench.data import Split, VideoClips
from bench.data.spec import Spec, parse_spec
from bench.experiment import Experiment
from bench.materials import gather
from bench.planfile import read_plan, split_path
from bench.prepare import prepare
from bench.provenance import surroundings
from bench.store import Store
from plugins.clips import ClipSubset
from plugins.discovery import discover
from plugins.errors import BenchError, DataError


def main() -> None:
    given = _parsed()
    with plain_errors():
        measured = measure(given)
        if given.plot:
            draw(measured, given.halvings, given.plot)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", help="name of an experiment that was run")
    parser.add_argument("--store", type=Path, default=Path("runs"))
    parser.add_argument("--classifier", default="", help="the experiment's first by default")
    parser.add_argument("--replicate", type=int, help="whose split, the first by default")
    parser.add_argument("--root", help="where the data are now, if they were moved")
    parser.add_argument("--halvings", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of halvings and disturbances")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the curves too")
    given = parser.parse_args()
    if given.halvings < 3:
        raise SystemExit(f"--halvings {given.halvings}: their spread takes at least 3")
    if torch.device(given.device).type == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"--device {given.device}: this torch sees no CUDA device, take cpu")
    if given.plot and not (given.plot.suffix == ".png" and given.plot.parent.is_dir()):
        raise SystemExit(f"--plot {given.plot}: write a .png file in a folder that there is")
    return given


def measure(given: argparse.Namespace) -> Measured:
    """Print what was run and a table per disturbance; give the curves for the figure.

    Raises:
        BenchError: nothing was run, or its data or its training are not there.
    """
    store = Store(given.store)
    plan = read_plan(given.experiment, store)
    experiment = Experiment.model_validate(plan["experiment"])
    if given.root:
        experiment = moved(experiment, given.root)
    materials = prepare(gather(experiment, discover()), store, out=sys.stderr)
    place = split_place(plan, given.replicate)
    split = Split.read(split_path(store.experiment(experiment.name), **place))
    training, test = (
        _side(materials.videos, ids, experiment.name) for ids in (split.train, split.test)
    )
    name, chosen = materials.classifier(given.classifier)
    classifier = trained_on_real(chosen, name, training, plan, store, given.device)
    clips = test.clips(store.cache)
    chosen_clips = first_of_each_patient(clips)
    like = ClipSubset(clips, chosen_clips)
    drawn = halves(len(like), given.halvings, given.seed)
    taken = [reel(clips, i, store.cache, max(FACTORS), given.seed) for i in chosen_clips]
    print(_conditions(given.device), end="\n\n")
    print(
        f"{experiment.name} {place['ratio']} r{place['replicate']}: {len(test.ids)} test videos, "
        f"the first of each of {len(like)} patients in halves of {len(drawn[0][0])}, "
        f"{given.halvings} halvings; {name} trained on {len(training.ids)} real videos\n\n"
        f"{_reads(taken)}\n"
    )
    measured = []
    for disturbance, found in curves(DISTURBANCES, taken, like, classifier, drawn):
        print(table(disturbance, found, given.halvings), flush=True)
        measured.append((disturbance, found))
    return measured


def split_place(plan: dict[str, Any], replicate: int | None) -> dict[str, Any]:
    """Ratio and replicate of the split to take: the plan's first, or that replicate's.

    Raises:
        BenchError: the experiment has no such replicate.
    """
    places = [{key: split[key] for key in ("ratio", "replicate")} for split in plan["splits"]]
    for place in places:
        if replicate in (None, place["replicate"]):
            return place
    there = ", ".join(dict.fromkeys(str(place["replicate"]) for place in places))
    raise BenchError(
        f"--replicate {replicate}: '{plan['experiment']['name']}' has no such replicate; "
        f"there is: {there}"
    )


def moved(experiment: Experiment, root: str) -> Experiment:
    """The experiment with its readers' folder replaced.

    Raises:
        BenchError: none of its readers reads a folder.
    """
    changed: dict[str, Any] = {}
    for key in ("videos", "images"):
        source = getattr(experiment, key)
        spec = parse_spec(source.spec)
        if spec.root:
            changed[key] = source.model_copy(update={"spec": str(Spec(spec.reader, root))})
    if not changed:
        raise BenchError(f"--root {root}: '{experiment.name}' reads no folder; leave it out")
    return experiment.model_copy(update=changed)


def _side(videos: Part, ids: tuple[str, ...], experiment: str) -> Part:
    side = videos.among(ids)
    missing = sorted(set(ids) - set(side.ids))
    if missing:
        raise DataError(
            f"video '{missing[0]}' of the split of '{experiment}' is not in its data any more; "
            "run the experiment again"
        )
    return side


def first_of_each_patient(clips: VideoClips) -> list[int]:
    """The indices of the first clip of each patient's first video: clips that are independent."""
    first: dict[str, int] = {}
    for i, patient in enumerate(clips.groups):
        first.setdefault(patient, i)
    return list(first.values())


def _reads(taken: list[Reel]) -> str:
    """How far videos could be read on for the highest speed."""
    speed = max(FACTORS)
    enough = sum(one.last(speed) < len(one.video) for one in taken)
    return (
        f"For {speed:g} times the speed {enough} of {len(taken)} videos go on long enough (the "
        "phantom's are simulated on), the others are played backwards from their end. Between "
        "two frames of a video the speeds interpolate linearly."
    )


def table(disturbance: Disturbance, found: dict[str, Curve], halvings: int) -> str:
    """Markdown."""
    levels = [f"{level:g}" for level in disturbance.levels]
    head = [f"{disturbance.name}, {disturbance.strength}", *levels, "strongest above clean"]
    rows = [head, ["---"] * len(head)]
    for ruler in RULERS:
        curve = found[ruler.name]
        name = f"{ruler.name} [{ruler.metric.unit}]" if ruler.metric.unit else ruler.name
        cells = [_cell(curve, level) for level in range(len(levels))]
        rows.append([name, *cells, f"{curve.above} of {halvings}"])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(curve: Curve, level: int) -> str:
    values = curve.values[level]
    error = f" ± {curve.errors[level]:.2g}" if curve.errors is not None else ""
    return f"{values.mean():.3g}{error} [{values.min():.3g}, {values.max():.3g}]"


def _conditions(device: str) -> str:
    """Command, versions, commit and device."""
    around = surroundings(device)
    versions = ", ".join(f"{name} {v}" for name, v in around["versions"].items() if v)
    place = around.get("device_name", f"{device}, {around['threads']} threads")
    return (
        f"    python benchmarks/sensitivity.py {shlex.join(sys.argv[1:])}\n\n"
        f"{versions}, Python {around['python']}, commit {around['git_commit']}; {place}"
    )


if __name__ == "__main__":
    main()
