"""An attribute of a metric's class that follows one of the metric's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from plugins import Metric

T = TypeVar("T")


class _ByParameter(Generic[T]):
    def __init__(self, parameter: str, values: Mapping[Any, T]) -> None:
        self._parameter, self._values = parameter, dict(values)

    def __get__(self, metric: Metric | None, owner: type[Metric]) -> T:
        if metric is None:
            return self._values[owner.model_fields[self._parameter].default]
        return self._values[getattr(metric, self._parameter)]


def by_parameter(parameter: str, values: Mapping[Any, T]) -> T:
    """A class attribute that is a metric's value for what its parameter was set to.

    ``title`` and ``weights`` are read of the object, for a table's heading, and of the
    class, to list plugins: the class has the value for the parameter's default. A
    property would be no value there.

    Args:
        parameter: name of the field.
        values: by the field's value; all that it can be.
    """
    return cast(T, _ByParameter(parameter, values))
