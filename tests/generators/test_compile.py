"""LDDM with ``compile``: the same samples but for rounding, and where it fails the very same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.conformance_data import simulated_clips, simulated_stills
from generators.lddm.generator import LDDM
from plugins.compiled import Compiled
from plugins.run import Run

SIZE = 32
TINY = {
    "autoencoder_steps": 2,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 0,
    "denoiser_steps": 2,
    "denoiser_batch": 4,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 2,
}


@pytest.fixture(autouse=True)
def _forgetful() -> Any:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def use(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    init = Compiled.__init__
    defaults = {**(init.__kwdefaults__ or {}), "backend": backend}
    monkeypatch.setattr(init, "__kwdefaults__", defaults)


def fitted(folder: Path, cache: Path, **fields: Any) -> LDDM:
    folder.mkdir()
    generator = LDDM(**(TINY | fields))
    generator.fit(simulated_clips(cache, SIZE), Run(folder, seed=3))
    return generator


def test_what_cannot_be_compiled_gives_the_same(tmp_path, monkeypatch) -> None:
    def refusing(_: Any, __: Any) -> Any:
        raise ValueError("no compiler here")

    use(refusing, monkeypatch)
    stills = simulated_stills(tmp_path, SIZE)
    due = fitted(tmp_path / "plain", tmp_path).sample(stills, 16)
    other = LDDM(**TINY, compile=True)
    other.load(Run(tmp_path / "plain"))
    with pytest.warns(RuntimeWarning, match="the denoiser runs uncompiled") as warned:
        samples = other.sample(stills, 16)
    assert len(warned) == 1
    assert torch.equal(samples, due)
    assert torch.equal(other.sample(stills, 16), due)


COMPILED = """
import sys, warnings
from pathlib import Path
from tests.generators.test_compile import fitted
from bench.conformance_data import simulated_stills
import torch

warnings.simplefilter("error", RuntimeWarning)
folder = Path(sys.argv[1])
made = fitted(folder / "compiled", folder, compile=True)
stills = simulated_stills(folder, 32)
samples = [made.sample(stills, 16) for _ in range(2)]
assert torch.equal(*samples)
torch.save(samples[0], folder / "samples.pt")
"""


@pytest.mark.slow
def test_compiled_samples_are_the_plain_ones_but_for_rounding(tmp_path) -> None:
    """In a process of its own: the compiler cannot read the tests' shape checks."""
    made = subprocess.run(
        [sys.executable, "-c", COMPILED, str(tmp_path)], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    stills = simulated_stills(tmp_path, SIZE)
    plain = fitted(tmp_path / "plain", tmp_path)
    samples = torch.load(tmp_path / "samples.pt", weights_only=True)
    assert torch.allclose(plain.sample(stills, 16), samples, atol=1e-4)
    loaded = LDDM(**TINY)
    loaded.load(Run(tmp_path / "compiled"))
    assert torch.allclose(loaded.sample(stills, 16), samples, atol=1e-4)
