"""How a recognizer's weights are learned: the parameters that all of them have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from classifiers.augmentation import Augmentation
from classifiers.channels import Channels
from classifiers.pretrained import Pretrained
from plugins.classifier import Classifier
from plugins.recipe import Amp, Fraction, Recipe

Positive = Annotated[int, Field(ge=1)]
QUICK = "narrow, for a few minutes on two CPU cores"
"""The reason of the set ``quick`` of every classifier."""


class TrainingSettings(Classifier):
    """Budget, optimizer, augmentation and initial weights."""

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

    decay: Literal["all", "weights"] = "all"
    """What decays: all parameters, or neither biases nor those of norm layers (which
    MMEngine knows by their type), as most transformers are trained."""

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

    validation: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of each class's groups (patients) in the training clips that is held out to
    choose the checkpoint with the lowest cross-entropy; of the real ones where there are
    any. 0: none is held out, and the last weights are taken. The test split is never
    looked at."""

    validate_every: Positive = 100
    """Steps between two looks at what is held out."""

    checkpoint_every: Positive = 500
    """Steps between two checkpoints; no effect on the result."""

    @model_validator(mode="after")
    def _one_correction(self) -> TrainingSettings:
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
            paramwise={"norm_decay_mult": 0.0, "bias_decay_mult": 0.0}
            if self.decay == "weights"
            else None,
        )

    def augmentation(self) -> Augmentation:
        """How training clips are disturbed."""
        return Augmentation(self.flip, self.shift, self.brightness, self.gamma)
