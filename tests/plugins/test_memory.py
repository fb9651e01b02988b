"""Memory that ran out is told from other errors."""

from __future__ import annotations

import weakref

import pytest
import torch

from plugins.memory import give_back, ran_out_of_memory


def test_the_cpu() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert ran_out_of_memory(caught.value)


def test_a_device() -> None:
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


@pytest.mark.parametrize(
    "said",
    [
        "MPS backend out of memory (MPS allocated: 1.00 GB)",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ],
)
def test_libraries_that_say_it_otherwise(said: str) -> None:
    assert ran_out_of_memory(RuntimeError(said))
    assert not ran_out_of_memory(ValueError(said))


def test_what_nothing_refers_to_is_given_back() -> None:
    class Node:
        pass

    one, other = Node(), Node()
    one.other, other.one = other, one  # type: ignore[attr-defined]
    gone = weakref.ref(one)
    del one, other
    give_back("cpu")
    assert gone() is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_devices_reserve_is_given_back() -> None:
    tensor = torch.empty(10**8, dtype=torch.uint8, device="cuda:0")
    del tensor
    before = torch.cuda.memory_reserved("cuda:0")
    give_back("cuda:0")
    assert torch.cuda.memory_reserved("cuda:0") <= before - 10**8


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_device() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15, device="cuda:0")
    assert ran_out_of_memory(caught.value)


def test_another_error() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2) @ torch.zeros(3)
    assert not ran_out_of_memory(caught.value)
