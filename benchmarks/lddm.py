"""Speed and memory of LDDM, in training and in sampling, against a plain DDPM on pixels.

    python benchmarks/lddm.py
    python benchmarks/lddm.py --device cuda:0 --set compile=true
    python benchmarks/lddm.py --device cuda:0 --parameters paper --size 128
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
import tempfile
from pathlib import Path

import torch
from lddm_case import Case
from lddm_speed import samplers, sampling_speed, training_speed
from plain_errors import plain_errors
from speed_table import SpeedTable
from torch import nn

from generators.lddm.generator import LDDM

try:
    import diffusers
    from ddpm_speed import ddpm_speeds
    from plain_ddpm import size_of
except ImportError as missing:
    raise SystemExit(f"{missing}: the peer needs diffusers, pip install 'usbench[dev]'") from None


def compare(case: Case, peer_images: int, peer_steps: int) -> None:
    """Print the table, and say how the two compare."""
    run = case.trained()
    sizes = {name: size_of(part) for name, part in parts(case.loaded(run, "ddim", 1)).items()}
    told = ", ".join(f"{name} {size / 1e6:.2f} M" for name, size in sizes.items())
    print(f"LDDM's parameters: {told}\n")
    table = SpeedTable(case.device)
    table.show(training_speed(case, "autoencoder"))
    table.show(training_speed(case, "denoiser"))
    rates = {}
    for sampler, steps in samplers(case.lddm()):
        speed = sampling_speed(case, run, sampler, steps)
        table.show(speed)
        rates[f"{sampler} {steps}"] = speed.rate
    for speed in ddpm_speeds(case, sum(sizes.values()), peer_images, peer_steps):
        table.show(speed)
    ratios = ", ".join(f"{name}: {rate / speed.rate:.3g}" for name, rate in rates.items())
    print(
        f"\nClips per second of LDDM ({len(case.stills)} at once) over the plain DDPM's "
        f"({peer_images} at once), in sampling: {ratios}"
    )


def parts(lddm: LDDM) -> dict[str, nn.Module]:
    """The networks of a loaded generator."""
    assert lddm._autoencoder is not None
    assert lddm._prior is not None
    return {"autoencoder": lddm._autoencoder, "denoiser": lddm._prior}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64, help="height and width in pixels")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--channels", type=int, default=1, choices=(1, 3))
    parser.add_argument("--images", type=int, help="sampled at once (16; on CUDA 256)")
    parser.add_argument("--peer-images", type=int, help="the peer's (4; on CUDA 16)")
    parser.add_argument("--peer-steps", type=int, default=10, help="of its 1000, timed")
    parser.add_argument("--parameters", default="", metavar="NAME", help="one of lddm's sets")
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
        f"{given.size} x {given.size}; {', '.join([given.parameters or 'defaults', *given.set])}"
    )
    with plain_errors(), tempfile.TemporaryDirectory() as folder:
        compare(Case.of(given, Path(folder)), given.peer_images, given.peer_steps)


if __name__ == "__main__":
    main()
