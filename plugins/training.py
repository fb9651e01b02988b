"""The one training helper: every model of the program learns through `train`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from plugins.adversary import (
    ADVERSARY,
    MODEL,
    AdversarialTrainee,
    Adversary,
    OptimWrapperPerPart,
    may_sit_out,
)
from plugins.budget import n_parameters, record_budget
from plugins.errors import TrainingError
from plugins.memory import ran_out_of_memory
from plugins.recipe import Recipe
from plugins.reproducible import deterministic, repeatable_attention, seeded
from plugins.run import Run
from plugins.runner import Loss, NotFiniteError, QuietRunner, Trainee
from plugins.runner_hooks import (
    CheckpointHook,
    ProgressHook,
    ReseedHook,
    checkpoints_in,
    latest_checkpoint,
    refuse_other_training,
)
from plugins.step_loop import StepLoop
from plugins.validation import BestWeights, Validation
from plugins.weightfile import load_weights, read_notes, save_weights

__all__ = ["Adversary", "Recipe", "train"]


def train(
    model: nn.Module,
    loss: Loss,
    batches: Callable[[int], Any],
    steps: int,
    run: Run,
    *,
    recipe: Recipe | None = None,
    adversary: Adversary | None = None,
    stage: str = "training",
    weights: str = "weights.safetensors",
    notes: dict[str, Any] | None = None,
    checkpoint_every: int = 200,
    threads: int = 4,
    batch_size: int | None = None,
    called: Mapping[str, str] | None = None,
    validation: Validation | None = None,
) -> None:
    """Train a model over MMEngine's Runner and write its weights.

    A training that was killed at any time continues from its last
    checkpoint when it is called again with the same arguments, and ends
    with the same bytes as one that was not: the batch of a step and all
    that is random in it follow from ``run.seed`` and the step's number
    alone. A training that is done is not repeated; its weights are loaded.

    Writes ``run.folder / weights``, ``training.log``, what the stage spends
    (`plugins.budget`), and while it runs ``checkpoints/<stage>``. Nothing
    is printed.

    Args:
        model: with its initial weights (drawn in `plugins.reproducible.seeded`).
            It ends on ``run.device``, in eval mode, holding the final
            weights (their average where the recipe asks for it).
        loss: from a batch on the device to named scalars. Those whose name
            holds ``loss`` are summed and minimised; the others are reported.
        batches: from a step's number to its batch: CPU tensors in dicts,
            lists or tuples. It draws from its own generators, never from
            the global ones, and may be called ahead from other threads.
        steps: optimizer steps in all.
        run: folder, seed, device, progress and cancellation.
        recipe: optimizer, schedule, averaging, precision.
        adversary: learns in turn with the model, which it trains; the weight
            file does not hold it.
        stage: names this training within the run.
        weights: the name of the weight file.
        notes: JSON values kept in the weight file's header. A training
            continues only where all of them are the same: they should
            hold every parameter that the result depends on.
        checkpoint_every: steps between two checkpoints.
        threads: loader threads on a CUDA device; on the CPU none are used.
        batch_size: examples in a batch, for the record of what was spent.
        called: the plugin's own names of ``lr``, ``batch_size`` and
            ``adversary_lr``, for messages.
        validation: the weights that it scores lowest are the final ones, and the
            weight file's notes hold ``best``, their step and score; None: the last.

    Raises:
        TrainingError: the loss is not finite (the last good checkpoint is
            kept), memory ran out, or the folder holds another training.
        Cancelled: the run was asked to stop; its checkpoint is kept.
    """
    recipe = recipe or Recipe()
    path = run.folder / weights
    training = _fingerprint(model, steps, run, recipe, stage, adversary)
    if validation:
        training["validate_every"] = validation.every
    notes = json.loads(json.dumps({**(notes or {}), "training": training}))
    checkpoints = run.folder / "checkpoints" / stage
    if path.exists():
        refuse_other_training(path, read_notes(path), notes)
        _record(model, steps, batch_size, run, stage, adversary)
        load_weights(model, path)
        model.to(run.device).eval()
        _remove(checkpoints)
        return
    checkpoints.mkdir(parents=True, exist_ok=True)
    with (
        seeded(run.derive(stage)),
        deterministic(),
        repeatable_attention(run.device),
        may_sit_out(),
        _in_plain_words(run, stage, _rates(recipe, adversary), recipe.amp, dict(called or {})),
    ):
        found, damaged = latest_checkpoint(checkpoints, notes)
        best = [BestWeights(model, validation, checkpoints, notes)] if validation else []
        runner = QuietRunner(
            log=run.folder / "training.log",
            device=run.device,
            name=f"{run.name}-{stage}",
            seed=run.seed,
            model=AdversarialTrainee(model, loss, adversary) if adversary else Trainee(model, loss),
            work_dir=str(checkpoints),
            train_dataloader=DataLoader(range(steps), batch_size=None),  # type: ignore[arg-type]
            train_cfg={
                "type": StepLoop,
                "max_iters": steps,
                # A function: MMEngine copies its sections, and what holds clips would be copied.
                "batches": lambda step: batches(step),
                "device": run.device,
                "threads": threads if torch.device(run.device).type == "cuda" else 0,
            },
            **_optimization(recipe, adversary, run.device, steps),
            default_hooks={
                "runtime_info": None,  # it waits for the device at each step, to keep each figure
                "timer": None,
                "sampler_seed": None,
                "logger": None,
                "checkpoint": CheckpointHook(checkpoints, checkpoint_every, notes),
            },
            custom_hooks=[
                ReseedHook(run, stage),
                *recipe.ema_hook(),
                *best,
                ProgressHook(run, stage),
            ],
            load_from=str(found) if found else None,
            resume=found is not None,
        )
        with closing(runner):
            for line in damaged:
                runner.logger.warning(line)
            runner.train()
            runner.call_hook("before_test_epoch")  # takes the average weights, if there are any
            for hook in best:
                notes["best"] = hook.take()
        if not all(torch.isfinite(p).all() for p in model.parameters()):
            raise NotFiniteError(f"the weights are not finite after step {steps}")
    model.eval()
    _record(model, steps, batch_size, run, stage, adversary)
    save_weights(model, path, notes)
    _remove(checkpoints)


def _record(
    model: nn.Module,
    steps: int,
    batch_size: int | None,
    run: Run,
    stage: str,
    adversary: Adversary | None,
) -> None:
    """Tell what the weights took in all, whichever calls computed it."""
    record_budget(
        run,
        stage,
        steps=steps,
        batch_size=batch_size,
        parameters=n_parameters(model),
        adversary_parameters=n_parameters(adversary.model) if adversary else None,
    )


def _remove(checkpoints: Path) -> None:
    """Delete a stage's checkpoints, whose training is done."""
    shutil.rmtree(checkpoints, ignore_errors=True)
    with suppress(OSError):
        checkpoints.parent.rmdir()  # unless another stage has some


def _optimization(
    recipe: Recipe, adversary: Adversary | None, device: str, steps: int
) -> dict[str, Any]:
    """MMEngine's sections ``optim_wrapper`` and ``param_scheduler``."""
    if adversary is None:
        return {
            "optim_wrapper": recipe.optim_wrapper(device),
            "param_scheduler": recipe.param_scheduler(steps),
        }
    recipes = {MODEL: recipe, ADVERSARY: adversary.recipe}
    wrappers = {name: r.optim_wrapper(device) for name, r in recipes.items()}
    return {
        "optim_wrapper": {"constructor": OptimWrapperPerPart.__name__, **wrappers},
        "param_scheduler": {name: r.param_scheduler(steps) or [] for name, r in recipes.items()},
    }


def _rates(recipe: Recipe, adversary: Adversary | None) -> dict[str, float]:
    """The learning rate of each part."""
    return {MODEL: recipe.lr} | ({ADVERSARY: adversary.recipe.lr} if adversary else {})


@contextmanager
def _in_plain_words(
    run: Run, stage: str, rates: dict[str, float], amp: str, called: dict[str, str]
) -> Iterator[None]:
    """Say what to change where a training breaks down."""
    where = f"{run.title or run.name}, {stage}"
    try:
        yield
    except NotFiniteError as error:
        name = "lr" if error.part == MODEL else f"{error.part}_lr"
        there = checkpoints_in(run.folder / "checkpoints" / stage)
        left = f"the last good one is kept, {there[0].name}" if there else "there is none yet"
        raise TrainingError(
            f"{where}: {error}. Lower {called.get(name, name)} (now {rates[error.part]:g}), set "
            f"clip_grad, or set amp = 'off' (now '{amp}'). Checkpoint: {left}."
        ) from error
    except RuntimeError as error:
        if not ran_out_of_memory(error):
            raise
        raise TrainingError(
            f"{where}: out of memory on {run.device}. "
            f"Lower {called.get('batch_size', 'batch_size')} "
            "(or the size of the model or of its clips)."
        ) from error


def _fingerprint(
    model: nn.Module,
    steps: int,
    run: Run,
    recipe: Recipe,
    stage: str,
    adversary: Adversary | None,
) -> dict[str, Any]:
    """What must be equal for a checkpoint or a weight file to be of the same training."""
    kept = {
        "stage": stage,
        "steps": steps,
        "seed": run.seed,
        **recipe.model_dump(mode="json"),
        "model": _shapes(model),
    }
    if adversary:
        theirs = adversary.recipe.model_dump(mode="json")
        kept["adversary"] = theirs | {"model": _shapes(adversary.model)}
    return kept


def _shapes(model: nn.Module) -> str:
    """A short hash of the names and shapes of a model's weights."""
    shapes = [(name, list(tensor.shape)) for name, tensor in model.state_dict().items()]
    return hashlib.sha256(json.dumps(shapes).encode()).hexdigest()[:16]
