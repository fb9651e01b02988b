"""Batches shrink where memory runs out, and the results do not tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bench.conformance_data import simulated_clips, simulated_stills
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.layout import Layout
from generators.lddm.generator import LDDM
from generators.two_stage.backoff import FIRST, Batches, widened
from generators.two_stage.latents import encode_all
from plugins.errors import BenchError, TrainingError
from plugins.generator import Stills
from plugins.reproducible import seeded
from plugins.run import Run
from tests.generators.conftest import SIZE

TINY = {
    "autoencoder_steps": 1,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 0,
    "denoiser_steps": 1,
    "denoiser_batch": 2,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 2,
}


class Small:
    """Memory for a few at a time; keeps what was tried."""

    def __init__(self, most: int) -> None:
        self.most, self.tried = most, list[int]()

    def __call__(self, indices: range) -> list[int]:
        self.take(len(indices))
        return [10 * i for i in indices]

    def take(self, n: int) -> None:
        self.tried.append(n)
        if n > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize(("most", "size", "n"), [(3, 16, 21), (1, 16, 5), (100, 7, 21), (5, 8, 0)])
def test_order_is_kept_and_nothing_is_lost(most: int, size: int, n: int) -> None:
    made = Batches(size, "cpu")(Small(most), n)
    assert [x for part in made for x in part] == [10 * i for i in range(n)]


def test_what_fitted_is_remembered() -> None:
    memory, batches = Small(5), Batches(16, "cpu")
    batches(memory, 20)
    assert memory.tried == [16, 8, 4, 4, 4, 4, 4]
    memory.tried.clear()
    batches(memory, 8)
    assert memory.tried == [4, 4]


def test_not_even_one_fits() -> None:
    memory = Small(0)
    with pytest.raises(torch.OutOfMemoryError):
        Batches(4, "cpu")(memory, 4)
    assert memory.tried == [4, 2, 1]


def test_another_error_is_not_retried() -> None:
    tried = []

    def broken(indices: range) -> None:
        tried.append(indices)
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        Batches(4, "cpu")(broken, 4)
    assert len(tried) == 1


def test_the_failed_batch_is_let_go_before_the_next_try() -> None:
    """Or its tensors would stand in the way of the smaller one."""
    alive: list[Callable[[], object]] = []

    class Tensors:
        pass

    def make(indices: range) -> int:
        import weakref

        assert all(reference() is None for reference in alive)
        held = Tensors()
        alive.append(weakref.ref(held))
        if len(indices) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return indices.start

    assert Batches(4, "cpu")(make, 2) == [0, 1]


def test_auto_begins_alike_everywhere() -> None:
    memory = Small(10**6)
    Batches("auto", "cpu", widen=True)(memory, 3 * FIRST)
    assert memory.tried == [FIRST] * 3


@pytest.mark.parametrize(
    ("taken", "room", "size"),
    [
        (100, 100.0, 16),
        (100, 799.0, 64),
        (100, 800.0, 128),
        (100, 10.0, 16),
        (0, 9.0, 16),
    ],
)
def test_widened_is_the_most_that_fits(taken: float, room: float, size: int) -> None:
    assert widened(16, taken, room) == size


def test_a_call_is_split_by_its_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the calls before: or a run that is continued would round otherwise."""
    memory = Small(10**6)
    known = SimpleNamespace(total_memory=400)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: known)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: memory.tried.append(0))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 10)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _: 10 + FIRST)
    batches = Batches("auto", "cuda:0", widen=True)
    for n, due in ((5, [5]), (300, [0, FIRST, 256, 28]), (300, [FIRST, 256, 28]), (5, [5])):
        memory.tried.clear()
        batches(memory, n)
        assert memory.tried == due


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_the_first_batch_tells_the_size() -> None:
    device, tried = "cuda:0", list[int]()
    total = torch.cuda.get_device_properties(device).total_memory
    each = total // 400

    def make(indices: range) -> None:
        tried.append(len(indices))
        torch.empty(each * len(indices), dtype=torch.uint8, device=device)

    Batches("auto", device, widen=True)(make, FIRST + 600)
    assert tried[0] == FIRST
    assert 64 <= tried[1] <= 0.7 * 400


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_memory_that_really_runs_out_halves_the_batch() -> None:
    device, tried = "cuda:0", list[int]()
    each = torch.cuda.get_device_properties(device).total_memory // 10

    def make(indices: range) -> int:
        tried.append(len(indices))
        torch.empty(each * len(indices), dtype=torch.uint8, device=device)
        return len(indices)

    assert sum(Batches(16, device)(make, 20)) == 20
    assert tried[:2] == [16, 8]


@pytest.fixture(scope="module")
def fitted(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run(tmp_path_factory.mktemp("fitted"), seed=3)
    LDDM(**TINY).fit(simulated_clips(cache, SIZE), run)
    return run


def loaded(run: Run, **fields: object) -> LDDM:
    generator = LDDM(**(TINY | fields))
    generator.load(run)
    return generator


def limited(module: type, name: str, memory: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that has memory for so many clips or images only."""
    real = getattr(module, name)

    def method(self: object, first: torch.Tensor, *more: object) -> object:
        memory.take(len(first))
        return real(self, first, *more)

    monkeypatch.setattr(module, name, method)


@pytest.fixture
def seven(cache: Path) -> Stills:
    three = simulated_stills(cache, SIZE)
    return Stills(three.images[[0, 1, 2, 0, 1, 2, 0]], seeds=list(range(7)))


def test_samples_are_those_of_small_batches(fitted, seven, monkeypatch) -> None:
    small = loaded(fitted, sample_batch=1).sample(seven, 16)
    memory = Small(2)
    limited(Autoencoder, "decode", memory, monkeypatch)
    made = loaded(fitted).sample(seven, 16)
    assert memory.tried[:3] == [7, 3, 1]
    assert torch.allclose(made, small, atol=1e-5)
    assert len({float(clip.sum()) for clip in made}) == 7


def test_no_room_for_one_says_what_to_lower(fitted, seven, monkeypatch) -> None:
    limited(Autoencoder, "decode", Small(0), monkeypatch)
    with pytest.raises(TrainingError, match=r"'lddm': out of memory on cpu.*clip\.size"):
        loaded(fitted).sample(seven, 16)


def test_latents_are_those_of_small_batches(cache, monkeypatch) -> None:
    clips = simulated_clips(cache, SIZE)
    with seeded(0):
        autoencoder = Autoencoder(Layout(clips.shape, base=8)).eval()
    small = encode_all(autoencoder, clips, 1, "cpu", mirror=True)
    memory = Small(2)
    limited(Autoencoder, "encode", memory, monkeypatch)
    latents = encode_all(autoencoder, clips, 8, "cpu", mirror=True)
    assert max(memory.tried) > 2
    assert torch.allclose(latents.mean, small.mean, atol=1e-5)
    assert torch.allclose(latents.deviation, small.deviation, atol=1e-5)
    assert torch.equal(latents.images, small.images)


@pytest.mark.parametrize("value", [0, -1, "all"])
def test_other_sizes_are_refused_by_name(value: object) -> None:
    with pytest.raises(BenchError, match="sample_batch"):
        LDDM.configure({"sample_batch": value}, "experiment.toml")
