"""What a fit spent: optimizer steps, batch size and parameters, stage by stage, in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from plugins.errors import PluginError, TrainingError
from plugins.files import replacing
from plugins.run import Run

if TYPE_CHECKING:
    from torch import nn

FILE = "budget.json"
"""The record's name in the folder of a fit."""

Count = Annotated[int, Field(ge=0)]


class StageBudget(BaseModel):
    """What one stage of a fit spent; None where it does not apply or is not told."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    steps: Count | None = None
    """Optimizer steps."""

    batch_size: Count | None = None
    """Examples per step."""

    parameters: Count | None = None
    """Numbers that were learned."""

    adversary_parameters: Count | None = None
    """Those of an adversary that learned beside it and was not kept."""


_STAGES = TypeAdapter(dict[str, StageBudget])


def record_budget(
    run: Run,
    stage: str,
    *,
    steps: int | None = None,
    batch_size: int | None = None,
    parameters: int | None = None,
    adversary_parameters: int | None = None,
) -> None:
    """Leave in ``run.folder`` what a stage of a fit spent; the tables tell it.

    `plugins.training.train` calls it. A plugin that learns in another way
    calls it once for each of its stages, in every `fit`, also where a
    stage was found done: a record tells of all that stands behind the
    weights, not of what this call computed. A stage told again replaces
    what was told of it before.

    Args:
        run: its folder holds the record.
        stage: names the stage within the fit.
        steps: optimizer steps in all.
        batch_size: examples per step.
        parameters: numbers that were learned.
        adversary_parameters: those of an adversary that is not kept.

    Raises:
        PluginError: a number is negative or none.
    """
    try:
        told = StageBudget(
            steps=steps,
            batch_size=batch_size,
            parameters=parameters,
            adversary_parameters=adversary_parameters,
        )
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise PluginError(
            f"record_budget, stage {stage!r}, {key} = {first['input']!r}: {first['msg']}"
        ) from None
    stages = _found(run.folder) | {stage: told}
    with replacing(run.folder / FILE) as file:
        file.write(_STAGES.dump_json(stages, indent=1))


def read_budget(folder: Path) -> dict[str, StageBudget]:
    """What the stages of a fit spent, by name, in the order in which they were first told.

    Args:
        folder: of the fit.

    Returns:
        Empty where nothing was told.

    Raises:
        TrainingError: the record is damaged.
    """
    path = folder / FILE
    try:
        return _STAGES.validate_json(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"{path}: cannot be read ({reason}); delete it and fit again") from None


def n_parameters(model: nn.Module) -> int:
    """The numbers that an optimizer changes: elements of the parameters with a gradient."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def _found(folder: Path) -> dict[str, StageBudget]:
    """What was told before; nothing where it is damaged, since every stage is told again."""
    try:
        return read_budget(folder)
    except TrainingError:
        return {}
