"""How fast the bench trains each classifier, against MMAction2's own training of the same model.

    python benchmarks/classifier_speed.py
    python benchmarks/classifier_speed.py --classifiers tsm,c3d --set tsm.width=32 --batch 4
    python benchmarks/classifier_speed.py --published --size 112 --device cuda:0 --workers 8
    python benchmarks/classifier_speed.py --classifiers recognizer --set recognizer.config=CONFIG

Videos of the phantom are written as H.264, each as long as a clip's span. The bench trains on
clips of its filled cache in its own loop, without checkpoints; its time to fill the cache, once
per size, is told apart. MMAction2 trains by MMEngine's Runner on its VideoDataset of the same
files, decoded in every step (`--decoder`), with its default hooks but for checkpoints, and with
an endless sampler, which spares it the ends of epochs. Model section, optimizer, precision, frames
that the model sees, and batch size are the same. The bench disturbs clips as its defaults say
(mirror image, displacement, brightness, gamma) and computes with deterministic kernels; MMAction2's
pipeline crops the centre and mirrors, and does not.

Classifiers are narrow by default, to be trained on a CPU; `--published` takes their own defaults,
which are the published networks. Each side has a process of its own, which takes its turns with
the other's, so that whatever else runs on the machine hits both alike. On the CPU the bench reads
batches in between the steps, as MMAction2 does with 0 `--workers`, the default; on CUDA the bench
has 4 threads that read ahead, and MMAction2 as many processes as it is given.

Columns: seconds per optimizer step, reading of the batch included, after a warm-up: median (range,
number of turns); clips per second of the median; peak memory of a first turn (CUDA: allocated;
CPU: resident set over that of the process before, without MMAction2's workers); and clips per
second over MMAction2's, turn by turn.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# As `bench` does, before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from data import DECODERS
from one_training import Task
from plain_errors import plain_errors
from training_rows import HEAD, rows
from training_videos import written

from bench.data import Cache
from bench.experiment import parse_override
from bench.provenance import surroundings
from plugins.discovery import discover
from plugins.errors import BenchError
from plugins.hints import nearest
from plugins.parameter_sets import named

NARROW: dict[str, dict[str, Any]] = {
    "tsm": {"depth": 18, "width": 16},
    "c3d": {"width": 8},
    "tdn": {"depth": 18, "width": 16},
    "atmnet": {"size": "xT", "width": 16},
}
"""The classifiers that are measured by default, and their parameters without `--published`."""


def main() -> None:
    given = _parsed()
    with plain_errors(), tempfile.TemporaryDirectory() as folder:
        chosen = _chosen(given)
        print(_conditions(given), end="\n\n")
        measured = _compare(given, chosen, Path(folder))
    if not measured:
        raise SystemExit("no classifier could be measured")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classifiers", metavar="NAME[:SET],...", default=",".join(NARROW))
    parser.add_argument("--set", action="append", default=[], metavar="CLASSIFIER.KEY=VALUE")
    parser.add_argument("--published", action="store_true", help="not narrow ones")
    parser.add_argument("--batch", type=int, default=8, help="clips per step")
    parser.add_argument("--size", type=int, default=64, help="pixels of a clip's side")
    parser.add_argument("--frames", type=int, default=16, help="of a clip")
    parser.add_argument("--span", type=int, default=48, help="frames of a video, one clip long")
    parser.add_argument("--videos", type=int, default=24, help="simulated ones")
    parser.add_argument("--decoder", choices=DECODERS, default="decord", help="MMAction2's")
    parser.add_argument("--workers", type=int, default=0, help="MMAction2's reading processes")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each side")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a turn, at least")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    for name, least in (("videos", 1), ("repeats", 1), ("threads", 1), ("workers", 0)):
        if getattr(given, name) < least:
            raise SystemExit(f"--{name} {getattr(given, name)}: write {least} or more")
    if torch.device(given.device).type == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"--device {given.device}: this torch sees no CUDA device, take cpu")
    return given


def _chosen(given: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The parameters of every classifier to measure, as they are named on the command line.

    Raises:
        BenchError: one is unknown, or parameters are of none that is measured.
    """
    catalogue, chosen = discover(), {}
    for choice in filter(None, (part.strip() for part in given.classifiers.split(","))):
        name, set_name = named(choice)
        catalogue.get("classifier", name, "--classifiers")
        narrow = {} if given.published or set_name else NARROW.get(name, {})
        chosen[choice] = {**narrow, "batch_size": given.batch}
    names = [named(choice)[0] for choice in chosen]
    for text in given.set:
        place, value = parse_override(text)
        name, _, key = place.partition(".")
        if name not in names or not key:
            raise BenchError(
                f"--set {text}: write CLASSIFIER.KEY=VALUE for one that is measured"
                f"{nearest(name, names)}"
            )
        for choice in chosen:
            if named(choice)[0] == name:
                chosen[choice][key] = value
    return chosen


def _compare(given: argparse.Namespace, chosen: dict[str, dict[str, Any]], folder: Path) -> int:
    """Write videos, fill the cache, print the table; return how many classifiers it has."""
    videos, loading = written(given, folder)
    started = time.perf_counter()
    Cache(folder / "cache").fill(videos.records(), videos.settings)
    seconds = time.perf_counter() - started
    c, t, h, w = videos.settings.shape
    print(
        f"{len(videos.ids)} videos of {given.span} frames, clips of {c} x {t} x {h} x {w}; "
        f"MMAction2 decodes with {given.decoder}, {given.workers} workers; the bench's cache was "
        f"filled in {seconds:.2f} s\n"
    )
    print("| " + " | ".join(HEAD) + " |\n" + "|" + " --- |" * len(HEAD), flush=True)
    left_out = {}
    for choice, parameters in chosen.items():
        task = Task(
            choice=choice,
            parameters=parameters,
            videos=videos,
            cache=folder / "cache",
            loading=loading,
            seconds=given.seconds,
            device=given.device,
            threads=given.threads,
        )
        try:
            made = rows(task, given.repeats)
        except BenchError as error:
            left_out[choice] = str(error)
        else:
            print("\n".join("| " + " | ".join(row) + " |" for row in made), flush=True)
    for choice, why in left_out.items():
        print(f"\nLeft out: {choice}: {why}")
    return len(chosen) - len(left_out)


def _conditions(given: argparse.Namespace) -> str:
    """Command, versions, commit and device."""
    around = surroundings(given.device)
    versions = ", ".join(f"{name} {v}" for name, v in around["versions"].items() if v)
    device = around.get("device_name", f"{given.device}, {given.threads} threads")
    return (
        f"    python benchmarks/classifier_speed.py {shlex.join(sys.argv[1:])}\n\n"
        f"{versions}, Python {platform.python_version()}, commit {around['git_commit']}; {device}"
    )


if __name__ == "__main__":
    main()
