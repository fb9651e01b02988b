"""What is compiled gives the same, and what cannot be compiled runs as it is."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from plugins.compiled import Compiled
from plugins.reproducible import deterministic, seeded


@pytest.fixture(autouse=True)
def _forgetful() -> Any:
    """The compiler counts how often it compiled a function; it is for use without gradients."""
    torch._dynamo.reset()
    with torch.no_grad():
        yield
    torch._dynamo.reset()


def squares(given: dict[str, Tensor]) -> dict[str, Tensor]:
    return {"loss": given["x"].square().sum()}


def refusing(_: Any, __: Any) -> Any:
    raise ValueError("no compiler here\nand a long story")


@pytest.mark.parametrize("sizes", [(3, 3, 4, 3), tuple(range(2, 22))])
def test_it_is_compiled_once_per_shape_and_for_as_many_as_come(sizes: tuple[int, ...]) -> None:
    graphs = []

    def keeping(graph: Any, _: Any) -> Any:
        graphs.append(graph)
        return graph

    fast = Compiled(squares, "squares", backend=keeping)
    for n in sizes:
        x = torch.arange(float(n))
        assert torch.equal(fast({"x": x})["loss"], squares({"x": x})["loss"])
    assert len(graphs) == len(set(sizes))


def test_too_many_shapes_are_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.compiled.FORMS", 3)
    fast = Compiled(squares, "squares", backend="eager")
    with pytest.warns(RuntimeWarning, match=r"squares runs uncompiled.*limit") as warned:
        sums = [float(fast({"x": torch.ones(n)})["loss"]) for n in range(2, 22)]
    assert sums == list(range(2, 22))
    assert len(warned) == 1


def test_what_has_been_compiled_can_be_pickled() -> None:
    fast = Compiled(squares, "squares", backend="eager")
    fast({"x": torch.ones(3)})
    again = pickle.loads(pickle.dumps(fast))
    assert float(again({"x": torch.ones(3)})["loss"]) == 3


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (refusing, "ValueError: no compiler here$"),
        ("nonsense", "InvalidBackend"),
    ],
)
def test_a_failure_to_compile_is_one_warning(backend: Any, reason: str) -> None:
    fast = Compiled(squares, "the network", backend=backend)
    x = torch.ones(3)
    with pytest.warns(RuntimeWarning, match=f"the network runs uncompiled.*{reason}") as warned:
        loss = fast({"x": x})["loss"]
    assert len(warned) == 1
    assert float(loss) == 3
    assert float(fast({"x": x})["loss"]) == 3  # without another warning


def test_the_functions_own_error_is_raised() -> None:
    def broken(x: Tensor) -> Tensor:
        return x @ torch.zeros(len(x) + 1)

    with pytest.raises(RuntimeError, match=r"size|shape"):
        Compiled(broken, "broken", backend="eager")(torch.ones(2, 2))


def test_memory_that_runs_out_is_no_failure_to_compile() -> None:
    """The caller takes a smaller batch, and stays fast."""

    def full(graph: Any, given: Any) -> Any:
        if len(given[0]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return graph

    fast = Compiled(squares, "squares", backend=full)
    with pytest.raises(RuntimeError, match="out of memory"):
        fast({"x": torch.ones(3)})
    assert float(fast({"x": torch.ones(2)})["loss"]) == 2
    assert not fast._failed


def test_weights_keep_their_names() -> None:
    model = nn.Linear(3, 3)
    names = list(model.state_dict())
    fast = Compiled(lambda x: model(x), "model", backend="eager")
    assert torch.equal(fast(torch.ones(2, 3)), model(torch.ones(2, 3)))
    assert list(model.state_dict()) == names


def test_with_gradients_it_runs_as_it_is() -> None:
    fast = Compiled(squares, "squares", backend=refusing)
    x = torch.ones(3, requires_grad=True)
    with torch.enable_grad():
        fast({"x": x})["loss"].backward()
    assert torch.equal(x.grad, torch.full((3,), 2.0))  # type: ignore[arg-type]


@pytest.mark.slow
def test_real_code_on_the_cpu_is_equal_every_time() -> None:
    """With the default compiler, also after compiling anew."""

    def made() -> Tensor:
        with seeded(0), deterministic():
            model = nn.Sequential(nn.Conv3d(1, 4, 3, 1, 1), nn.GroupNorm(2, 4), nn.SiLU())
            x = torch.randn(2, 1, 4, 8, 8)
            fast = Compiled(lambda x: model(x), "model")
            out = fast(x)
            assert not fast._failed
            assert torch.allclose(out, model(x), atol=1e-5)
        return out

    first = made()
    torch._dynamo.reset()
    assert torch.equal(first, made())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_graphs_on_cuda_give_what_the_plain_network_gives() -> None:
    """Each result is kept: a graph's own memory is written to again."""
    with seeded(0):
        model = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 16)).cuda()
    fast = Compiled(lambda x: model(x), "model", graphs=True)
    xs = [torch.randn(4, 16, device="cuda") for _ in range(5)]
    with deterministic():
        made, due = [fast(x) for x in xs], [model(x) for x in xs]
        again = [fast(x) for x in xs]
    assert not fast._failed
    for a, b, c in zip(made, due, again, strict=True):
        assert torch.allclose(a, b, atol=1e-5)
        assert torch.equal(a, c)
