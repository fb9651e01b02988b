"""Initial weights from a file that the user gives: known by content, read safely, laid over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_serializer
from torch import Tensor, nn

from plugins.checksum import digest_of
from plugins.errors import DataError
from plugins.initial import Initial
from plugins.tensorfile import read_checkpoint

Mapped = Callable[[dict[str, Tensor]], dict[str, Tensor]]


class PretrainedFile(BaseModel):
    """A weight file: where it lies, and what is in it. A result's key holds the content only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    sha256: str

    @model_serializer(when_used="json")
    def _content(self) -> dict[str, str]:
        return {"sha256": self.sha256}


def _known(value: Any) -> Any:
    if not isinstance(value, (str, Path)):
        return value
    path = Path(value)
    try:
        return PretrainedFile(path=path.absolute(), sha256=digest_of(path, "sha256"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from None


Pretrained = Annotated[PretrainedFile | None, BeforeValidator(_known)]
"""The type of the parameter: None, or the path of a file."""


def lay_over(model: nn.Module, source: PretrainedFile, mapped: Mapped) -> Initial:
    """Take a model's initial weights from a file, as far as it has them.

    A tensor is taken where the file has one of its name, with or without
    the leading ``backbone.``, and of its shape; a classification layer for
    other classes is so left as it was drawn.

    Args:
        model: its weights are changed in place.
        source: the file.
        mapped: gives a foreign file's tensors this model's names.

    Returns:
        Which tensors were taken, which not, and what is left of the file.

    Raises:
        DataError: the file cannot be read, was changed since it was named, or
            fits no learned tensor of the backbone.
    """
    _refuse_changed(source)
    given = mapped(read_checkpoint(source.path))
    wanted = model.state_dict()
    places = {name: _place(name, wanted) for name in given}
    fitting = {
        place: given[name]
        for name, place in places.items()
        if place and given[name].shape == wanted[place].shape
    }
    learned = {name for name, _ in model.named_parameters() if name.startswith("backbone.")}
    if not learned & set(fitting):
        raise DataError(
            f"{source.path}: no tensor of it fits this model's backbone: it has "
            f"{_some(given)}; the model {_some(learned)}. Give weights of this architecture, "
            "depth and width"
        )
    model.load_state_dict(fitting, strict=False)
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}
    return Initial(
        file=source.path.name,
        sha256=source.sha256,
        loaded=tuple(name for name in wanted if name in fitting),
        drawn=tuple(name for name in wanted if name not in fitting and name not in counters),
        unused=tuple(sorted(name for name, place in places.items() if place not in fitting)),
    )


def _refuse_changed(source: PretrainedFile) -> None:
    try:
        same = digest_of(source.path, "sha256") == source.sha256
    except OSError as error:
        raise DataError(
            f"{source.path}: cannot be read any more ({error.strerror}): keep it until the run ends"
        ) from None
    if not same:
        raise DataError(f"{source.path}: was changed during the run: run again, and keep it")


def _place(name: str, wanted: dict[str, Tensor]) -> str | None:
    return next((known for known in (name, f"backbone.{name}") if known in wanted), None)


def _some(names: Any) -> str:
    listed = sorted(names)
    return ", ".join(f"'{name}'" for name in listed[:3]) + (", ..." if len(listed) > 3 else "")
