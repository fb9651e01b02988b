"""ATMNet's sampling along an axis against two-dimensional samplers that do the same.

    python benchmarks/active_mixing.py
    python benchmarks/active_mixing.py --size 224 --clips 8 --device cuda

Each samples the tokens of a stage of ActiveMLP at learned places along height or
width, and mixes the channels by a matrix: ours by a gather and a blend along the
one axis, torch's `grid_sample`, and torchvision's `deform_conv2d`, which the
reference code uses, where torchvision has its compiled operators. They take turns,
so that whatever else runs on the machine hits all alike. Printed are milliseconds
forward and backward (median, range, number), how far the result and the gradient of
the offsets are from ours at most, and the ratio of forward and backward together.
Along time, which the other two cannot do, ours is timed alone.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from measure import spread, synchronise
from torch import Tensor
from torch.nn import functional as F

import plugins.compat  # noqa: F401 - before torchvision
from classifiers.active_mixing import HEIGHT, TIME, WIDTH, Sampling
from classifiers.atm_sizes import SHARE, SIZES

Sampler = Callable[[Tensor, Tensor, Tensor, int], Tensor]
"""Tokens (B, T, H, W, C), offsets (B, T, H, W, G), a matrix (C, C) and an axis to tokens."""


def ours(tokens: Tensor, offsets: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """This program's."""
    return F.linear(Sampling(offsets, axis)(tokens), matrix)


def grid_sample(tokens: Tensor, offsets: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """torch's, a group of channels as an image."""
    _, _, height, width, _ = tokens.shape
    groups = offsets.shape[-1]
    images = tokens.flatten(0, 1).unflatten(-1, (groups, -1)).permute(0, 3, 4, 1, 2)
    moves = offsets.flatten(0, 1).permute(0, 3, 1, 2).flatten(0, 1)
    y, x = (
        torch.arange(side, device=tokens.device).view(shape).expand_as(moves)
        for side, shape in ((height, (-1, 1)), (width, (1, -1)))
    )
    y, x = (y + moves, x) if axis == HEIGHT else (y, x + moves)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    out = F.grid_sample(images.flatten(0, 1), grid, align_corners=False)
    out = out.unflatten(0, (-1, groups)).permute(0, 3, 4, 1, 2).reshape(tokens.shape)
    return F.linear(out, matrix)


def deform_conv2d(tokens: Tensor, offsets: Tensor, matrix: Tensor, axis: int) -> Tensor:
    """torchvision's, an offset in two dimensions for every channel."""
    from torchvision.ops import deform_conv2d

    frames = tokens.flatten(0, 1).permute(0, 3, 1, 2)
    share = tokens.shape[-1] // offsets.shape[-1]
    moves = offsets.flatten(0, 1).permute(0, 3, 1, 2).repeat_interleave(share, dim=1)
    pair = [moves, torch.zeros_like(moves)] if axis == HEIGHT else [torch.zeros_like(moves), moves]
    both = torch.stack(pair, dim=2).flatten(1, 2)
    out: Tensor = deform_conv2d(frames, both, matrix[:, :, None, None])
    return out.permute(0, 2, 3, 1).reshape(tokens.shape)


@dataclass
class Turns:
    """Milliseconds of one sampler's turns, and what the last gave."""

    forward: list[float] = field(default_factory=list)
    backward: list[float] = field(default_factory=list)
    result: Tensor | None = None
    slope: Tensor | None = None

    def take(self, sampler: Sampler, given: list[Tensor], axis: int, device: str) -> None:
        """One turn."""
        leaves = [tensor.clone().requires_grad_() for tensor in given]
        marks = [_now(device)]
        out = sampler(leaves[0], leaves[1], leaves[2], axis)
        marks.append(_now(device))
        out.backward(torch.ones_like(out))
        marks.append(_now(device))
        self.forward.append(1000 * (marks[1] - marks[0]))
        self.backward.append(1000 * (marks[2] - marks[1]))
        self.result, self.slope = out.detach(), leaves[1].grad

    def both(self) -> float:
        """Median of forward and backward together."""
        return statistics.median(f + b for f, b in zip(self.forward, self.backward, strict=True))


def _now(device: str) -> float:
    synchronise(device)
    return time.perf_counter()


def compare(given: list[Tensor], axis: int, repeats: int, device: str) -> dict[str, Turns | str]:
    """Every sampler's turns, or why it has none; the first turn of each is a warm-up."""
    samplers = [ours] if axis == TIME else [ours, grid_sample, deform_conv2d]
    found: dict[str, Turns | str] = {}
    for sampler in samplers:
        try:
            Turns().take(sampler, given, axis, device)
            found[sampler.__name__] = Turns()
        except RuntimeError as error:
            found[sampler.__name__] = str(error).split(".")[0]
    for _ in range(repeats):
        for sampler in samplers:
            turns = found[sampler.__name__]
            if isinstance(turns, Turns):
                turns.take(sampler, given, axis, device)
    return found


def show(stage: str, axis: int, found: dict[str, Turns | str]) -> None:
    """Print a row for each sampler."""
    first = found["ours"]
    for name, turns in found.items():
        row = [stage, {TIME: "time", HEIGHT: "height", WIDTH: "width"}[axis], name]
        if isinstance(turns, str) or isinstance(first, str):
            row += [str(turns), "", "", ""]
        else:
            pairs = ((turns.result, first.result), (turns.slope, first.slope))
            apart = [f"{float((a - b).abs().max()):.1e}" for a, b in pairs if a is not None]
            ratio = f"{turns.both() / first.both():.2f}"
            row += [spread(turns.forward), spread(turns.backward), " / ".join(apart), ratio]
        print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    """Run the comparison for every stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", type=int, default=112, help="height and width of the frames")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--clips", type=int, default=1)
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    kind = torch.cuda.get_device_name() if args.device.startswith("cuda") else platform.machine()
    print(f"torch {torch.__version__}, {kind}, {torch.get_num_threads()} threads, ", end="")
    print(f"{args.clips} clips of {args.frames} frames of {args.size} x {args.size}\n")
    head = ["tokens", "axis", "sampler", "forward [ms]", "backward [ms]", "apart", "ratio to ours"]
    print("| " + " | ".join(head) + " |\n" + "|" + " --- |" * len(head))
    torch.manual_seed(0)
    side = args.size // 4
    for channels, share in zip(SIZES["T"].channels(args.width), SHARE, strict=True):
        shape = (args.clips, args.frames, side, side)
        given = [torch.randn(*shape, channels), 2 * torch.randn(*shape, channels // share)]
        given = [tensor.to(args.device) for tensor in (*given, torch.eye(channels))]
        stage = f"{args.frames}x{side}x{side}x{channels}, by {share}"
        for axis in (WIDTH, HEIGHT, TIME):
            show(stage, axis, compare(given, axis, args.repeats, args.device))
        side = (side + 1) // 2


if __name__ == "__main__":
    main()
