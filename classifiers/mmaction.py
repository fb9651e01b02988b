"""Any recognizer of MMAction2 as a classifier of the harness."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field, PrivateAttr, model_validator
from torch import Tensor, nn

from classifiers.batches import Augmentation, Batches, frame_indices, pools
from classifiers.channels import Channels, three_channels
from classifiers.pretrained import Pretrained, lay_over
from plugins import compat
from plugins.classifier import Classifier
from plugins.clips import ClipSet
from plugins.errors import DataError, PluginError, TrainingError
from plugins.initial import record_initial
from plugins.order import Order
from plugins.recipe import Amp, Fraction, Recipe
from plugins.reproducible import deterministic, seeded
from plugins.run import Run
from plugins.training import train
from plugins.types import Features, Scores
from plugins.weightfile import load_weights, read_notes

WEIGHTS = "weights.safetensors"
Positive = Annotated[int, Field(ge=1)]


class MMActionClassifier(Classifier):
    """A recognizer of MMAction2, trained over MMEngine's Runner from scratch.

    A subclass says which recognizer in `section`. Clips are fed as
    MMAction2 feeds videos: `n_frames` frames (the middles of equal
    segments of the clip), three channels, intensities
    0 to 255, normalised by the section's ``data_preprocessor``.
    """

    name: ClassVar[str] = "mmaction"

    budget: Literal["steps", "epochs"] = "steps"
    """What is held equal between protocols: optimizer ``steps``, or passes
    over the training clips (``epochs``, as in the LDDM paper), of which
    more clips make more steps."""

    steps: Positive = 2000
    """Optimizer steps, where the budget is steps."""

    epochs: Positive = 50
    """Passes over the training clips, where the budget is epochs."""

    batch_size: Annotated[int, Field(ge=2)] = 8
    """Clips per step."""

    channels: Channels = "image"
    """What the recognizer's three channels hold: ``image``, as published (grey
    three times), or ``motion``: the grey frame, its change since the frame
    before, and since the first. Small motion is learned from far fewer clips
    with ``motion``."""

    balanced: bool = False
    """Draw every class equally often, instead of every clip."""

    class_weights: Literal["none", "inverse"] = "none"
    """Weigh each clip's loss by its class: ``inverse`` by N / (K n) of a class
    with n of the N training clips, scikit-learn's "balanced"; or not. In the
    place of ``balanced``, not beside it."""

    optimizer: Literal["sgd", "adam", "adamw"] = "adamw"
    """SGD with momentum 0.9, Adam or AdamW."""

    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate at its highest."""

    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    """Weight decay."""

    schedule: Literal["constant", "cosine", "step"] = "cosine"
    """Learning rate over the steps; ``step`` divides it by 10 at 50 % and 75 %."""

    warmup: Annotated[int, Field(ge=0)] = 0
    """Steps of linear warm-up."""

    clip_grad: Annotated[float, Field(gt=0)] | None = 20.0
    """Largest norm of the gradient (TSM's and TDN's 20); None: as it is."""

    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay of the moving average of the weights; None: the last weights."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of each label that is spread over all classes."""

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Dropout before the last layer."""

    flip: Fraction = 0.5
    """Probability of a left-right mirror image; 0 where classes differ by direction."""

    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Largest random displacement of a clip, as a fraction of the image."""

    brightness: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest random change of a clip's brightness, of 1."""

    gamma: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Largest random change of the logarithm of a clip's gamma."""

    pretrained: Pretrained = None
    """Initial weights: the path of a file (safetensors, or a torch checkpoint, which
    is read without running anything in it), of this recognizer or of the image network
    beneath it. What fits is taken, and the tables tell what was not."""

    amp: Amp = "auto"
    """Mixed precision in training: ``auto`` is bf16 on a CUDA device that has it."""

    checkpoint_every: Positive = 500
    """Steps between two checkpoints; no effect on the result."""

    _model: nn.Module | None = PrivateAttr(None)
    _notes: dict[str, Any] = PrivateAttr(default_factory=dict)
    _device: str = PrivateAttr("cpu")

    @property
    @abstractmethod
    def n_frames(self) -> int:
        """T', the frames of a clip that the recognizer looks at."""

    def frame_positions(self, n_frames: int) -> list[int]:
        """Which frames of a clip of ``n_frames`` it looks at, `n_frames` of them, in order.

        The middles of as many equal segments, unless a subclass says otherwise.

        Raises:
            DataError: it cannot look at clips so short.
        """
        return frame_indices(n_frames, self.n_frames)

    @abstractmethod
    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """The ``model`` section of an MMAction2 config.

        Args:
            n_classes: K.
            shape: (3, T', H, W) of what the recognizer is fed.

        Raises:
            DataError: it cannot be made for clips of this shape.
        """

    def mapped(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """A foreign checkpoint's tensors under this recognizer's names; here, as they are."""
        return weights

    @model_validator(mode="after")
    def _one_correction(self) -> MMActionClassifier:
        if self.balanced and self.class_weights != "none":
            raise ValueError("balanced and class_weights both correct for unequal classes: set one")
        return self

    def recipe(self) -> Recipe:
        """How the weights are learned."""
        return Recipe(
            optimizer=self.optimizer,
            lr=self.lr,
            weight_decay=self.weight_decay,
            schedule=self.schedule,
            warmup=self.warmup,
            clip_grad=self.clip_grad,
            ema=self.ema,
            amp=self.amp,
        )

    def fit(self, clips: ClipSet, run: Run) -> None:
        """Learn from clips; see `Classifier.fit`.

        Raises:
            TrainingError: a class has no clip, or `plugins.training.train` fails.
            DataError: the initial weights cannot be used.
        """
        self._refuse_missing_class(clips, run)
        parameters = {k: v for k, v in self.parameters().items() if k != "checkpoint_every"}
        notes = {
            "classes": list(clips.classes),
            "shape": list(clips.shape),
            "parameters": parameters,
        }
        if self.class_weights == "inverse":
            from classifiers.weighed_loss import inverse_shares  # imports MMAction2

            notes["class_weights"] = inverse_shares(clips.labels, len(clips.classes))
        with seeded(run.derive("initial weights")):
            model = self._build(notes)
        if self.pretrained:
            record_initial(run.folder, lay_over(model, self.pretrained, self.mapped))
        train(
            model,
            lambda batch: _loss(model, batch, self.channels),
            self._batches(clips, run.seed),
            self._n_steps(len(clips)),
            run,
            recipe=self.recipe(),
            stage=self.name,
            weights=WEIGHTS,
            notes=notes,
            checkpoint_every=self.checkpoint_every,
            batch_size=self.batch_size,
        )
        self._model, self._notes, self._device = model, notes, run.device

    def load(self, run: Run) -> None:
        """Make ready to predict; see `Classifier.load`.

        Raises:
            TrainingError: there are no weights, or they are of other parameters.
        """
        self._notes = read_notes(run.folder / WEIGHTS)
        model = self._build(self._notes)
        load_weights(model, run.folder / WEIGHTS)
        self._model, self._device = model.to(run.device).eval(), run.device

    def predict(self, clips: ClipSet) -> Scores:
        """Softmax scores (N, K); see `Classifier.predict`."""
        logits = self._forward(clips, "head")
        return logits.softmax(dim=1)

    def features(self, clips: ClipSet) -> Features:
        """(N, D): the last feature map, averaged over place and time."""
        return self._forward(clips, "neck")

    @torch.no_grad()
    def _forward(self, clips: ClipSet, stage: str) -> Tensor:
        model = self._ready(clips)
        frames = self.frame_positions(clips.shape[1])
        parts = []
        with deterministic():
            for first in range(0, len(clips), self.batch_size):
                indices = range(first, min(first + self.batch_size, len(clips)))
                batch = clips.batch(indices)[:, :, frames].to(self._device)
                given = fed(model, three_channels(batch, self.channels), training=False)
                out = model(given["inputs"], mode="tensor", stage=stage)
                parts.append(_pooled(out, len(batch)).float().cpu())
        return torch.cat(parts)

    def _ready(self, clips: ClipSet) -> nn.Module:
        if self._model is None:
            raise PluginError(f"classifier '{self.name}': call fit or load before predict")
        for key, found in (("classes", clips.classes), ("shape", clips.shape)):
            if list(found) != list(self._notes[key]):
                raise DataError(
                    f"classifier '{self.name}' learned from clips with {key} "
                    f"{tuple(self._notes[key])}, these have {tuple(found)}"
                )
        return self._model

    def _build(self, notes: dict[str, Any]) -> nn.Module:
        _, _, height, width = notes["shape"]
        section = self.section(len(notes["classes"]), (3, self.n_frames, height, width))
        section["cls_head"]["topk"] = (1,)  # there may be fewer than five classes
        if self.label_smoothing is not None:
            section["cls_head"]["label_smooth_eps"] = self.label_smoothing
        if "class_weights" in notes:
            self._weigh(section["cls_head"], notes["class_weights"])
        return compat.mmaction_model(section)

    def _weigh(self, head: dict[str, Any], weights: list[float]) -> None:
        import classifiers.weighed_loss  # noqa: F401 - registers the loss

        loss = dict(head.get("loss_cls", {"type": "CrossEntropyLoss"}))
        if str(loss.get("type")).rpartition(".")[2] != "CrossEntropyLoss":
            raise DataError(
                f"classifier '{self.name}', class_weights = 'inverse': its loss is "
                f"{loss.get('type')}, and only a cross-entropy can be weighed; set 'none'"
            )
        head["loss_cls"] = loss | {"type": "WeighedCrossEntropy", "class_weight": weights}

    def _batches(self, clips: ClipSet, seed: int) -> Batches:
        augment = Augmentation(self.flip, self.shift, self.brightness, self.gamma)
        order = Order(pools(clips.labels, self.balanced), self.batch_size, seed)
        frames = self.frame_positions(clips.shape[1])
        return Batches(clips, frames, order, augment, seed)

    def _n_steps(self, n_clips: int) -> int:
        if self.budget == "steps":
            return self.steps
        return math.ceil(self.epochs * n_clips / self.batch_size)

    def _refuse_missing_class(self, clips: ClipSet, run: Run) -> None:
        present = set(clips.labels)
        missing = [name for k, name in enumerate(clips.classes) if k not in present]
        if missing:
            raise TrainingError(
                f"{run.name}: no training clip of class {', '.join(map(repr, missing))}. "
                "Classifiers need some of every class: use a larger training part or other data."
            )


def _loss(model: nn.Module, batch: dict[str, Tensor], channels: Channels) -> dict[str, Tensor]:
    """The recognizer's own losses (its head's, and auxiliary ones)."""
    clips = three_channels(batch["clips"], channels)
    given = fed(model, clips, training=True, labels=batch["labels"])
    losses: dict[str, Tensor] = model(given["inputs"], given["data_samples"], mode="loss")
    return losses


def fed(
    model: nn.Module, clips: Tensor, *, training: bool, labels: Tensor | None = None
) -> dict[str, Any]:
    """Clips (B, 3, T', H, W) in [0, 1] as the recognizer's preprocessor takes and gives them."""
    from mmaction.models.recognizers import Recognizer2D
    from mmaction.structures import ActionDataSample

    clips = 255 * clips
    clips = clips.transpose(1, 2) if isinstance(model, Recognizer2D) else clips[:, None]
    samples = [ActionDataSample() for _ in clips]
    if labels is not None:
        for sample, label in zip(samples, labels, strict=True):
            sample.set_gt_label(label.reshape(1))
    data = {"inputs": list(clips), "data_samples": samples}
    given: dict[str, Any] = model.data_preprocessor(data, training)  # type: ignore[operator]
    return given


def _pooled(out: Tensor, n_clips: int) -> Tensor:
    """Average a map over place and time: (N, K), (N, D, t, h, w) or (N T', D, h, w) to (N, D)."""
    if not isinstance(out, Tensor):
        raise PluginError("the recognizer's last stage gives several tensors: no features of it")
    out = out.flatten(2).mean(dim=2) if out.dim() > 2 else out
    return out.reshape(n_clips, -1, out.shape[1]).mean(dim=1)
