"""What every plugin is: a class whose fields are its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from plugins.errors import BenchError
from plugins.hints import nearest
from plugins.parameter_sets import ParameterSet, values_of

P = TypeVar("P", bound="Plugin")


class Plugin(BaseModel):
    """A class whose typed, defaulted, documented fields are its parameters.

    The fields validate themselves, show in ``bench plugins``, can be set
    in an experiment file, and are part of the key of every cell that the
    plugin computes. What is learned or loaded lives in private attributes
    (``pydantic.PrivateAttr``), never in fields.

    Attributes:
        kind: ``generator``, ``classifier``, ``metric`` or ``dataset``.
        name: the name in experiment files and tables.
        version: raise it when the same parameters come to mean another
            result; it is part of the key.
        sets: parameters that belong together, by the set's name; a user
            chooses one as ``name:set``. ``default`` is always there.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )

    kind: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[str] = "1"
    sets: ClassVar[Mapping[str, ParameterSet]] = {}

    @classmethod
    def configure(cls, parameters: dict[str, Any], where: str, set_name: str = "") -> Plugin:
        """Make the plugin from parameters that a user wrote.

        Args:
            parameters: values by field name.
            where: what the user should look at, for the message.
            set_name: of the set whose values are taken where `parameters`
                names none; empty for the defaults.

        Raises:
            BenchError: a name is unknown (the nearest right one is named)
                or a value is not allowed.
        """
        values = {**values_of(cls, set_name, where), **parameters}

        def said(key: str) -> str:
            origin = "" if key in parameters or not set_name else f", set '{set_name}'"
            return f"{where}{origin}: {cls.kind} '{cls.name}'"

        for key in values:
            if key not in cls.model_fields:
                hint = nearest(key, cls.model_fields)
                raise BenchError(f"{said(key)} has no parameter '{key}'{hint}")
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "parameters"
            reason = first["msg"].removeprefix("Value error, ")
            raise BenchError(
                f"{said(key.partition('.')[0])}, {key} = {first['input']!r}: {reason}"
            ) from None

    def parameters(self) -> dict[str, Any]:
        """The fields as JSON values, defaults included."""
        return self.model_dump(mode="json")

    def fresh(self: P) -> P:
        """A new plugin with the same parameters, without what this one has learned or loaded."""
        return type(self).model_validate(self.model_dump())
