"""Any recognizer of MMAction2 as a classifier of the harness."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar

import torch
from pydantic import PrivateAttr
from torch import Tensor, nn
from torch.nn import functional

from classifiers.batches import Batches, frame_indices, pools
from classifiers.channels import three_channels
from classifiers.held_out import held_out
from classifiers.pretrained import lay_over
from classifiers.training_settings import TrainingSettings
from plugins import compat
from plugins.clips import ClipSet
from plugins.errors import DataError, PluginError, TrainingError
from plugins.initial import record_initial
from plugins.order import Order
from plugins.reproducible import deterministic, seeded
from plugins.run import Run
from plugins.training import train
from plugins.types import Features, Scores
from plugins.validation import Validation
from plugins.weightfile import load_weights, read_notes

WEIGHTS = "weights.safetensors"


class MMActionClassifier(TrainingSettings):
    """A recognizer of MMAction2, trained over MMEngine's Runner from scratch.

    A subclass says which recognizer in `section`. Clips are fed as
    MMAction2 feeds videos: `n_frames` frames (the middles of equal
    segments of the clip), three channels, intensities
    0 to 255, normalised by the section's ``data_preprocessor``.
    """

    name: ClassVar[str] = "mmaction"

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

    def fit(self, clips: ClipSet, run: Run) -> None:
        """Learn from clips; see `Classifier.fit`.

        Raises:
            TrainingError: a class has no clip, or `plugins.training.train` fails.
            DataError: the initial weights cannot be used, or a class has too few groups for
                some to be held out.
        """
        self._refuse_missing_class(clips, run)
        clips, held = held_out(clips, self.validation, run.title or run.name)
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
        self._model, self._notes, self._device = model, notes, run.device
        train(
            model,
            lambda batch: self._losses(model, batch),
            self._batches(clips, run.seed),
            self._n_steps(len(clips)),
            run,
            recipe=self.recipe(),
            stage=self.name,
            weights=WEIGHTS,
            notes=notes,
            checkpoint_every=self.checkpoint_every,
            batch_size=self.batch_size,
            validation=Validation(lambda: self._cross_entropy(held), self.validate_every)
            if held
            else None,
        )

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

    def _losses(self, model: nn.Module, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The recognizer's own losses (its head's, and auxiliary ones) of disturbed clips."""
        clips = self.augmentation()(batch["clips"], batch["draws"])
        clips = three_channels(clips, self.channels)
        given = fed(model, clips, training=True, labels=batch["labels"])
        losses: dict[str, Tensor] = model(given["inputs"], given["data_samples"], mode="loss")
        return losses

    def _cross_entropy(self, clips: ClipSet) -> float:
        """Of the weights as they are now."""
        return float(
            functional.cross_entropy(self._forward(clips, "head"), torch.tensor(clips.labels))
        )

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
        order = Order(pools(clips.labels, self.balanced), self.batch_size, seed)
        frames = self.frame_positions(clips.shape[1])
        return Batches(clips, frames, order, seed)

    def _n_steps(self, n_clips: int) -> int:
        if self.budget == "steps":
            return self.steps
        return math.ceil(self.epochs * n_clips / self.batch_size)

    def _refuse_missing_class(self, clips: ClipSet, run: Run) -> None:
        present = set(clips.labels)
        missing = [repr(name) for k, name in enumerate(clips.classes) if k not in present]
        if missing:
            raise TrainingError(
                f"{run.title or run.name}: no training clip of class {', '.join(missing)}. "
                "Classifiers need some of every class: use a larger training part or other data."
            )


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
