"""Functions compiled by `torch.compile`, and run as they are where that fails.

Compiling needs what an installation may lack (Triton on CUDA, a C++
compiler on the CPU) and meets networks that it cannot translate. It is a
matter of speed: no failure of it is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from plugins.memory import ran_out_of_memory

P = ParamSpec("P")
R = TypeVar("R")

FORMS = 64
"""For so many sizes a function is compiled; torch alone would stop at 8, and not say so."""


class Compiled(Generic[P, R]):
    """A function that is compiled when it is first called with tensors of some shapes.

    Only without gradients; with them it runs as it is, since a compiled
    backward pass can fail when the plain one is no longer to be had.
    Modules that it calls are not wrapped: their weights keep their names.
    Its numbers differ from the plain function's by rounding, and are equal
    in every run where `plugins.reproducible.deterministic` is in force.

    Args:
        function: of tensors, in dicts, lists and tuples; without side effects.
        what: names it in the warning where it cannot be compiled.
        graphs: record its kernels as CUDA graphs, launched as one. It pays
            where many small kernels run over and over. Elsewhere than on
            CUDA it does nothing.
        backend: torch's name of a compiler, or a compiler.
    """

    def __init__(
        self,
        function: Callable[P, R],
        what: str,
        *,
        graphs: bool = False,
        backend: str | Callable[..., Any] = "inductor",
    ) -> None:
        self._plain, self._what = function, what
        self._graphs = graphs and torch.cuda.is_available()
        self._backend = backend
        self._fast: Callable[P, R] | None = None
        self._failed = False
        self._settled: set[Any] = set()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """What the function returns.

        Raises:
            RuntimeError: memory ran out; and whatever the function itself raises.
        """
        if self._failed or torch.is_grad_enabled():
            return self._plain(*args, **kwargs)
        try:
            return self._compiled(*args, **kwargs)
        except Exception as error:  # whatever a compiler may raise
            if ran_out_of_memory(error):
                raise
            reason = _reason(error)
        result = self._plain(*args, **kwargs)  # raises what is the function's own fault
        self._failed, self._fast = True, None
        warnings.warn(
            f"{self._what} runs uncompiled, at the usual speed: {reason}",
            RuntimeWarning,
            stacklevel=2,
        )
        return result

    def __getstate__(self) -> dict[str, Any]:
        """Without what is compiled, which is made anew where it is needed."""
        return vars(self) | {"_fast": None, "_settled": set()}

    def _compiled(self, *args: P.args, **kwargs: P.kwargs) -> R:
        signature = _signature((args, kwargs))
        with ExitStack() as stack:
            if signature not in self._settled:
                stack.enter_context(_many_forms())
                stack.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")  # the compiler's
            if self._fast is None:
                self._fast = self._made()
            if not self._graphs:
                result = self._fast(*args, **kwargs)
            else:
                torch.compiler.cudagraph_mark_step_begin()
                # A graph writes to the same memory each time: what is kept must be a copy.
                result = pytree.tree_map_only(Tensor, torch.clone, self._fast(*args, **kwargs))
        self._settled.add(signature)
        return result

    def _made(self) -> Callable[P, R]:
        options: dict[str, Any] = {}
        if self._backend == "inductor":
            from torch._inductor import list_options

            known = list_options()
            wanted = {"deterministic": True, "triton.cudagraphs": self._graphs}
            options = {name: value for name, value in wanted.items() if name in known}
        return torch.compile(
            self._plain, backend=self._backend, dynamic=False, options=options or None
        )


def _many_forms() -> AbstractContextManager[Any]:
    """A function may have `FORMS` compiled forms; one more is an error.

    Torch counts them over all functions of the same code.
    """
    from torch._dynamo import config

    wanted = {"recompile_limit": FORMS, "fail_on_recompile_limit_hit": True}
    known = {name: value for name, value in wanted.items() if hasattr(config, name)}
    patch: AbstractContextManager[Any] = config.patch(known)
    return patch


def _signature(given: Any) -> Any:
    """What a compiled form is made for: shapes and types."""
    leaves, structure = pytree.tree_flatten(given)
    told = [
        (tuple(x.shape), x.dtype, x.device) if isinstance(x, Tensor) else type(x) for x in leaves
    ]
    return (str(structure), tuple(told))


def _reason(error: Exception) -> str:
    """In one line, of the fault itself rather than of what torch wraps it in."""
    fault = getattr(error, "inner_exception", error)
    lines = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {lines[0]}" if lines else type(fault).__name__
