"""Memory that ran out is told from other errors."""

from __future__ import annotations

import pytest
import torch

from plugins.memory import ran_out_of_memory


def test_the_cpu() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert ran_out_of_memory(caught.value)


def test_a_device() -> None:
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_device() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15, device="cuda:0")
    assert ran_out_of_memory(caught.value)


def test_another_error() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2) @ torch.zeros(3)
    assert not ran_out_of_memory(caught.value)
