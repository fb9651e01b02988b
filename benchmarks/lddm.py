"""Speed and memory of LDDM, in training and in sampling, against a plain DDPM on pixels.

    python benchmarks/lddm.py
    python benchmarks/lddm.py --device cuda:0 --set compile=true
    python benchmarks/lddm.py --size 32 --frames 8 --set base_channels=8 --seconds 2

The peer is a 1000-step DDPM over an unconditional 3D U-Net with as many parameters
(within a tenth), see `plain_ddpm.py`: what one writes with diffusers where there is
no video generator for stills. Both run in this process, one after the other, on clips
of noise: speed does not depend on what they show. The weights are untrained.

Training of LDDM is timed in the program's own loop, reading of batches, clipping,
averaging and deterministic kernels included, checkpoints not. Sampling takes images
and gives clips on the CPU. The peer's training step and its sampling step are
diffusers' tutorial's; of its 1000 steps only `--peer-steps` are run, and the row says so.

Columns: clips per second, median (range, number of repeats) after a warm-up; peak memory
(CUDA: allocated; CPU: resident set of the process, libraries included); floating-point
operations of matrix products and convolutions per clip; and what share that makes of the
fastest large matrix product measured here in the same type.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import torch
from measure import flops, forget_peak, matrix_peak, peak_memory, spread, timed
from torch import nn

from generators.lddm.generator import LDDM
from plugins.clips import MemoryClips
from plugins.errors import BenchError, Cancelled
from plugins.generator import Stills
from plugins.precision import autocast
from plugins.recipe import Amp
from plugins.run import Progress, Run

try:
    import diffusers
    from plain_ddpm import STEPS, PlainDDPM, size_of, unet_of_size
except ImportError as missing:
    raise SystemExit(f"{missing}: the peer needs diffusers, pip install 'usbench[dev]'") from None

SAMPLER_STEPS = {"ddim": 25, "ddpm": 1000}
OTHER_STEPS = 20
FOREVER = 10**9
N_CLIPS = 64

HEAD = ["what", "batch", "clips/s", "peak [MiB]", "GFLOP/clip", "of the matrix peak"]


class Bench:
    """One configuration on one device.

    Args:
        given: the command line.
        folder: for weights.
    """

    def __init__(self, given: argparse.Namespace, folder: Path) -> None:
        self.given, self.folder, self.device = given, folder, given.device
        self.fields = settings(given.set)
        generator = torch.Generator().manual_seed(0)
        shape = (N_CLIPS, given.channels, given.frames, given.size, given.size)
        pixels = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        self.clips = MemoryClips(pixels, [i % 2 for i in range(N_CLIPS)], ("a", "b"))
        self.stills = Stills(
            images=torch.rand(given.images, *shape[1:2], *shape[3:], generator=generator),
            seeds=list(range(given.images)),
            labels=[i % 2 for i in range(given.images)],
            classes=("a", "b"),
        )
        self.peaks: dict[torch.dtype, float] = {}

    def lddm(self, **more: Any) -> LDDM:
        """The generator with the settings given and some more."""
        made = LDDM.configure({**self.fields, **more}, "--set")
        assert isinstance(made, LDDM)
        return made

    def trained(self) -> Run:
        """A run that holds the weights after one step of each stage."""
        run = Run(self.folder / "trained", device=self.device)
        run.folder.mkdir(exist_ok=True)
        self.lddm(autoencoder_steps=1, denoiser_steps=1).fit(self.clips, run)
        return run

    def training(self, stage: str) -> list[str]:
        """A row: one stage of LDDM in its own loop."""
        lddm = self.lddm(
            autoencoder_steps=FOREVER if stage == "autoencoder" else 1,
            denoiser_steps=FOREVER,
            checkpoint_every=FOREVER,
        )
        batch = getattr(lddm, f"{stage}_batch")
        forget_peak(self.device)
        rates = self.steps_per_second(lddm, stage)
        peak = peak_memory(self.device)
        number = 1 if stage == "autoencoder" else 2
        return self.row(
            f"LDDM, training, stage {number}",
            batch,
            [batch * rate for rate in rates],
            peak,
            self.flops_of_a_step(stage) / batch,
            lddm.amp,
        )

    def steps_per_second(self, lddm: LDDM, stage: str) -> list[float]:
        """Between the reports of a training (some per second), after a warm-up, for a while."""
        marks: list[tuple[float, int]] = []

        def mark(progress: Progress) -> None:
            if progress.stage == stage:
                marks.append((time.perf_counter(), progress.step))

        def enough() -> bool:
            return len(marks) > 5 and marks[-1][0] - marks[2][0] > self.given.seconds

        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            run = Run(Path(folder), device=self.device, report=mark, cancelled=enough)
            with suppress(Cancelled):
                lddm.fit(self.clips, run)
        return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks[2:])]

    def flops_of_a_step(self, stage: str) -> float:
        """What a second step of a stage adds to a fit."""

        def of(steps: int) -> float:
            counts = {"autoencoder_steps": 1, "denoiser_steps": 1, f"{stage}_steps": steps}
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                run = Run(Path(folder), device=self.device)
                return flops(lambda: self.lddm(**counts, compile=False).fit(self.clips, run))

        return of(2) - of(1)

    def sampling(self, run: Run, sampler: str, steps: int) -> list[str]:
        """A row: images to clips on the CPU."""
        lddm = self.ready(run, sampler, steps)
        self.ready(run, sampler, 2).sample(self.stills, self.given.frames)  # the device warms up
        if self.given.device != "cpu" or lddm.compile:
            lddm.sample(self.stills, self.given.frames)
        forget_peak(self.device)
        seconds = timed(
            lambda: lddm.sample(self.stills, self.given.frames), self.device, self.given.seconds
        )
        peak = peak_memory(self.device)
        one, two = (self.flops_of_sampling(run, sampler, n) for n in (1, 2))
        n = len(self.stills)
        return self.row(
            f"LDDM, sampling, {sampler} {steps}",
            n,
            [n / s for s in seconds],
            peak,
            (one + (steps - 1) * (two - one)) / n,
            lddm.sample_amp,
        )

    def ready(self, run: Run, sampler: str, steps: int, **more: Any) -> LDDM:
        """LDDM with its weights and a sampler."""
        settings = {"sampler": sampler, "sampler_steps": steps, **more}
        lddm = self.lddm(autoencoder_steps=1, denoiser_steps=1, **settings)
        lddm.load(run)
        return lddm

    def flops_of_sampling(self, run: Run, sampler: str, steps: int) -> float:
        lddm = self.ready(run, sampler, steps, compile=False)
        return flops(lambda: lddm.sample(self.stills, self.given.frames))

    def peer(self, parameters: int) -> Iterator[list[str]]:
        """Two rows: the plain DDPM trained, and sampled."""
        lddm, given = self.lddm(), self.given
        unet = unet_of_size(given.channels, parameters).to(self.device)
        name = f"plain DDPM ({size_of(unet) / 1e6:.2f} M parameters)"
        ddpm = PlainDDPM(unet, lddm.amp, self.device)
        batch = lddm.autoencoder_batch
        clips = self.clips.batch(range(batch), [0] * batch)
        ddpm.step(clips)
        forget_peak(self.device)
        seconds = timed(lambda: ddpm.step(clips), self.device, given.seconds)
        yield self.row(
            f"{name}, training",
            batch,
            [batch / s for s in seconds],
            peak_memory(self.device),
            flops(lambda: ddpm.step(clips)) / batch,
            lddm.amp,
        )
        n, steps = given.peer_images, given.peer_steps
        shape = (n, *self.clips.shape)
        ddpm.sample(shape, 1, lddm.sample_amp)
        forget_peak(self.device)
        seconds = timed(
            lambda: ddpm.sample(shape, steps, lddm.sample_amp), self.device, given.seconds
        )
        yield self.row(
            f"{name}, sampling, {STEPS} steps (timed: {steps}, times {STEPS / steps:g})",
            n,
            [n * steps / STEPS / s for s in seconds],
            peak_memory(self.device),
            STEPS * flops(lambda: ddpm.sample(shape, 1, lddm.sample_amp)) / n,
            lddm.sample_amp,
        )

    def row(
        self, what: str, batch: int, rates: list[float], peak: float, work: float, amp: Amp
    ) -> list[str]:
        """As the table shows it; ``work`` in FLOP per clip."""
        self.latest = statistics.median(rates)
        cast = autocast(amp, self.device)
        dtype = cast.fast_dtype if cast._enabled else torch.float32
        if dtype not in self.peaks:
            self.peaks[dtype] = matrix_peak(self.device, dtype)
        share = self.latest * work / self.peaks[dtype]
        told = f"{share:.1%} of {str(dtype).removeprefix('torch.')}"
        return [what, str(batch), spread(rates), f"{peak:.0f}", f"{work / 1e9:.3g}", told]


def settings(pairs: list[str]) -> dict[str, Any]:
    """Parameters from ``key=value``, values as TOML writes them or plain words."""

    def value(text: str) -> Any:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text

    for pair in pairs:
        if "=" not in pair:
            raise BenchError(f"--set {pair}: write key=value")
    return {key: value(text) for key, _, text in (pair.partition("=") for pair in pairs)}


def samplers(lddm: LDDM) -> Iterator[tuple[str, int]]:
    """Those that there are, with their usual number of steps."""
    for name in get_args(type(lddm).model_fields["sampler"].annotation):
        yield name, min(SAMPLER_STEPS.get(name, OTHER_STEPS), lddm.diffusion_steps)


def parts(lddm: LDDM) -> dict[str, nn.Module]:
    """The networks of a loaded generator."""
    assert lddm._autoencoder is not None
    assert lddm._prior is not None
    return {"autoencoder": lddm._autoencoder, "denoiser": lddm._prior}


def compare(bench: Bench, show: Callable[[list[str]], None]) -> None:
    """Fill the table, and say how the two compare."""
    run = bench.trained()
    sizes = {name: size_of(part) for name, part in parts(bench.ready(run, "ddim", 1)).items()}
    told = ", ".join(f"{name} {size / 1e6:.2f} M" for name, size in sizes.items())
    print(f"LDDM's parameters: {told}\n")
    print("| " + " | ".join(HEAD) + " |\n" + "|" + " --- |" * len(HEAD))
    for stage in ("autoencoder", "denoiser"):
        show(bench.training(stage))
    rates = {}
    for sampler, steps in samplers(bench.lddm()):
        show(bench.sampling(run, sampler, steps))
        rates[f"{sampler} {steps}"] = bench.latest
    for row in bench.peer(sum(sizes.values())):
        show(row)
    ratios = ", ".join(f"{name}: {rate / bench.latest:.3g}" for name, rate in rates.items())
    print(f"\nClips per second of LDDM over the plain DDPM's, in sampling: {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64, help="height and width in pixels")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--channels", type=int, default=1, choices=(1, 3))
    parser.add_argument("--images", type=int, help="sampled at once (16; on CUDA 256)")
    parser.add_argument("--peer-images", type=int, help="the peer's (4; on CUDA 16)")
    parser.add_argument("--peer-steps", type=int, default=10, help="of its 1000, timed")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=10.0, help="each row takes, at least")
    given = parser.parse_args()
    on_cuda = torch.device(given.device).type == "cuda"
    if on_cuda and not torch.cuda.is_available():
        raise SystemExit(f"--device {given.device}: this torch sees no CUDA device, take cpu")
    given.images = given.images or (256 if on_cuda else 16)
    given.peer_images = given.peer_images or (16 if on_cuda else 4)
    device = torch.cuda.get_device_name(given.device) if on_cuda else "CPU"
    print(
        f"torch {torch.__version__}, diffusers {diffusers.__version__}, {device}, "
        f"{torch.get_num_threads()} threads; clips of {given.channels} x {given.frames} x "
        f"{given.size} x {given.size}; {' '.join(given.set) or 'default parameters'}"
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            compare(
                Bench(given, Path(folder)),
                lambda row: print("| " + " | ".join(row) + " |", flush=True),
            )
    except BenchError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
