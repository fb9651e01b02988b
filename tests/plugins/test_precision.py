"""Mixed precision where it was asked for, and nowhere else."""

from __future__ import annotations

import pytest
import torch

from plugins.errors import TrainingError
from plugins.precision import autocast


@pytest.mark.parametrize(
    ("amp", "dtype"), [("auto", torch.float32), ("off", torch.float32), ("bf16", torch.bfloat16)]
)
def test_on_the_cpu(amp, dtype) -> None:
    with autocast(amp, "cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype


def test_off_turns_off_what_is_in_force() -> None:
    with torch.autocast("cpu", torch.bfloat16), autocast("off", "cpu"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_fp16_on_the_cpu_is_refused() -> None:
    with pytest.raises(TrainingError, match="amp = 'fp16' needs a CUDA device"):
        autocast("fp16", "cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("amp", "dtype"), [("fp16", torch.float16), ("off", torch.float32)])
def test_on_cuda(amp, dtype) -> None:
    x = torch.ones(2, 2, device="cuda:0")
    with autocast(amp, "cuda:0"):
        assert (x @ x).dtype == dtype
