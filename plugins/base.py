"""What every plugin is: a class whose fields are its parameters."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from plugins.errors import BenchError
from plugins.hints import nearest

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

    @classmethod
    def configure(cls, parameters: dict[str, Any], where: str) -> Plugin:
        """Make the plugin from parameters that a user wrote.

        Args:
            parameters: values by field name.
            where: what the user should look at, for the message.

        Raises:
            BenchError: a name is unknown (the nearest right one is named)
                or a value is not allowed.
        """
        for key in parameters:
            if key not in cls.model_fields:
                hint = nearest(key, cls.model_fields)
                raise BenchError(f"{where}: {cls.kind} '{cls.name}' has no parameter '{key}'{hint}")
        try:
            return cls(**parameters)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "parameters"
            raise BenchError(
                f"{where}: {cls.kind} '{cls.name}', {key} = {first['input']!r}: {first['msg']}"
            ) from None

    def parameters(self) -> dict[str, Any]:
        """The fields as JSON values, defaults included."""
        return self.model_dump(mode="json")

    def fresh(self: P) -> P:
        """A new plugin with the same parameters, without what this one has learned or loaded."""
        return type(self).model_validate(self.model_dump())
