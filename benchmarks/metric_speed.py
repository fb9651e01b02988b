"""How fast clips become features and features distances, against the field's own routes.

    python benchmarks/metric_speed.py
    python benchmarks/metric_speed.py --quick --parts distances
    python benchmarks/metric_speed.py --dims 400,1024 --clips 50,200 --repeats 3
    python benchmarks/metric_speed.py --parts features --batches 1,16,64 --device cuda:0

Features: clips of uniform noise, grey, are given as metrics give them, on the CPU, and features
come back there. Measured are the I3D of FVD with the preprocessing `google` (resized to 224 x 224),
the pixels that `copies` compares, and an untrained classifier. All weights are random: only time
and memory are measured, and no distance is computed of such features. torchvision's r3d_18 stands
beside them for scale; it is another network, for other frames, and no metric's. Every row has a
process of its own. Columns: clips per second, median (range, number of repeats); peak memory (CUDA:
allocated; CPU: resident set over that of the process before); floating-point operations of matrix
products and convolutions; and what share that is of the fastest matrix product in float32.

Distances: of drawn features in float64, routes in alternating turns, from the features to the
value. What the routes of the field are is in `frechet_routes.py`. N is the number of clips of each
set, D that of features. A second table has sets whose distance is known: a set and itself, and
itself shifted; where N <= D, covariances are singular. The last has the permutation test.
Distances are computed on the CPU, whatever the `--device`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

# As `bench` does, before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from distance_speed import (
    ERROR_HEAD,
    TEST_HEAD,
    TIME_HEAD,
    error_rows,
    frechet_rows,
    kernel_rows,
    permutation_rows,
)
from feature_speed import METHODS, Task, configured, feature_speed, write_random_i3d
from own_process import OwnProcess
from plain_errors import plain_errors
from speed_table import SpeedTable

from bench.provenance import surroundings
from plugins.errors import BenchError

PARTS = ("features", "distances")
QUICK: dict[str, Any] = {
    "batches": "1",
    "clips": "50,200",
    "repeats": 2,
    "draws": 99,
    "seconds": 0.0,
}
"""Instead of the defaults, to see that all of it runs."""

POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What the linear algebra of NumPy and SciPy reads its number of threads from, at its start."""

TESTED = 56
"""Clips of the permutation test; as many test videos as BUSV has at 7:3."""


def main() -> None:
    """Print what was asked for."""
    given = _parsed()
    for variable in POOLS:
        os.environ[variable] = str(given.threads)  # the measuring processes are yet to start
    torch.set_num_threads(given.threads)
    with plain_errors():
        configured(given.classifier, 1)
        print(_conditions(given))
        left_out = _features(given) if "features" in given.parts else {}
        left_out |= _distances(given) if "distances" in given.parts else {}
    for what, why in left_out.items():
        print(f"\nLeft out: {what}: {why}")


def _parsed() -> argparse.Namespace:
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--quick", action="store_true", help="small, to see that all of it runs")
    parser = argparse.ArgumentParser(
        parents=[first],
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="features, distances, or both")
    parser.add_argument("--batches", default="1,4,16", help="clips at once, for features")
    parser.add_argument("--frames", type=int, default=16, help="of a clip")
    parser.add_argument("--size", type=int, default=64, help="pixels of a clip's side")
    parser.add_argument("--classifier", default="tsm:quick", metavar="NAME[:SET]")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a row of features")
    parser.add_argument("--clips", default="50,200,1000,5000", help="N of each set")
    parser.add_argument("--dims", default="400", help="D; 400 is FVD's, 1024 DTFVD's")
    parser.add_argument("--repeats", type=int, default=5, help="turns of each route")
    parser.add_argument("--draws", type=int, default=1000, help="of the permutation test")
    parser.add_argument("--device", default="cpu", help="for features")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    if first.parse_known_args()[0].quick:
        parser.set_defaults(**QUICK)
    given = parser.parse_args()
    for name, least in (("frames", 9), ("size", 1), ("repeats", 1), ("draws", 1), ("threads", 1)):
        if getattr(given, name) < least:
            raise SystemExit(f"--{name} {getattr(given, name)}: write {least} or more")
    given.batches, given.clips, given.dims = (
        _numbers(f"--{name}", getattr(given, name), least)
        for name, least in (("batches", 1), ("clips", 2), ("dims", 2))
    )
    given.parts = [part.strip() for part in given.parts.split(",")]
    if unknown := next((part for part in given.parts if part not in PARTS), None):
        raise SystemExit(f"--parts {unknown}: write {' or '.join(PARTS)}, or both by a comma")
    given.device = _device(given.device)
    return given


def _numbers(option: str, text: str, least: int) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) >= least for part in parts):
        raise SystemExit(f"{option} {text}: write numbers of {least} or more, by commas")
    return [int(part) for part in parts]


def _device(text: str) -> str:
    try:
        kind = torch.device(text).type
    except RuntimeError:
        raise SystemExit(f"--device {text}: write cpu or cuda:0") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"--device {text}: this torch sees no CUDA device, take cpu")
    return text


def _conditions(given: argparse.Namespace) -> str:
    """Command, versions, commit, device and threads."""
    around = surroundings(given.device)
    versions = around["versions"] | {name: version(name) for name in ("scipy", "torchmetrics")}
    told = ", ".join(f"{name} {v}" for name, v in versions.items() if v)
    device = around.get("device_name", given.device)
    return (
        f"    python benchmarks/metric_speed.py {shlex.join(sys.argv[1:])}\n\n"
        f"{told}, Python {platform.python_version()}, commit {around['git_commit']}; "
        f"{device}, {given.threads} threads"
    )


def _features(given: argparse.Namespace) -> dict[str, str]:
    """Print the speeds of feature extraction; return what could not be measured, and why."""
    left_out = {}
    print(
        f"\nFeatures of clips of {given.frames} x {given.size} x {given.size}. The weights of "
        "every network are random: only time and memory are measured\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_random_i3d(Path(folder))
        table = SpeedTable(given.device)
        for network in METHODS:
            for batch in given.batches:
                task = Task(
                    network=network,
                    classifier=given.classifier,
                    weights=Path(folder),
                    batch=batch,
                    shape=(given.frames, given.size, given.size),
                    seconds=given.seconds,
                    device=given.device,
                    threads=given.threads,
                )
                try:
                    with OwnProcess() as process:
                        table.show(process.ask(feature_speed, task))
                except BenchError as error:
                    left_out[f"{network}, batch {batch}"] = str(error)
    return left_out


def _distances(given: argparse.Namespace) -> dict[str, str]:
    """Print the tables of distances; return what could not be measured, and why."""
    sizes = [(n, d) for d in given.dims for n in given.clips]
    often = (given.repeats, given.threads)
    tables: list[tuple[str, list[str], Callable[..., list[list[str]]], list[tuple[int, ...]]]] = [
        ("Fréchet distance", TIME_HEAD, frechet_rows, [(*size, *often) for size in sizes]),
        (
            "Fréchet distance where it is known",
            ERROR_HEAD,
            error_rows,
            [(*size, given.threads) for size in sizes],
        ),
        ("Kernel distance", TIME_HEAD, kernel_rows, [(*size, *often) for size in sizes]),
        (
            f"Permutation test, {given.draws} draws",
            TEST_HEAD,
            permutation_rows,
            [(TESTED, d, given.draws, *often) for d in given.dims],
        ),
    ]
    left_out = {}
    for title, head, rows, cases in tables:
        print(f"\n{title}\n\n| " + " | ".join(head) + " |\n" + "|" + " --- |" * len(head))
        for case in cases:
            try:
                with OwnProcess() as process:
                    made = process.ask(rows, *case)
            except BenchError as error:
                left_out[f"{title}, N {case[0]}, D {case[1]}"] = str(error)
            else:
                print("\n".join("| " + " | ".join(r) + " |" for r in made), flush=True)
    return left_out


if __name__ == "__main__":
    main()
