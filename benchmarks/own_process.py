"""A process of its own, whose memory nothing else has used, that may be asked several times."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, TypeVar

from plugins.errors import BenchError

T = TypeVar("T")


class OwnProcess:
    """Runs functions of modules, one at a time; it ends with the ``with`` block."""

    def __enter__(self) -> OwnProcess:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def ask(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of a function there.

        Raises:
            BenchError: it failed, in whatever way.
        """
        try:
            return self._pool.submit(function, *arguments).result()
        except BenchError:
            raise
        except BrokenProcessPool:
            raise BenchError("its process was killed; memory may have run out") from None
        except Exception as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[0]
            raise BenchError(f"raised {type(error).__name__}: {reason}") from error
