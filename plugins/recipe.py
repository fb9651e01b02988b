"""The recipe of a training: optimizer, schedule, clipping, averaging, precision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from plugins.errors import TrainingError

Fraction = Annotated[float, Field(ge=0, le=1)]
Amp = Literal["auto", "off", "fp16", "bf16"]
_TORCH_NAMES = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}


class Recipe(BaseModel):
    """How weights are learned, apart from the data and the number of steps."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    optimizer: Literal["sgd", "adam", "adamw"] = "adamw"
    """SGD with momentum, Adam, or AdamW (Adam with decoupled weight decay)."""

    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate at its highest."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Weight decay as torch's optimizer defines it."""

    betas: tuple[Fraction, Fraction] = (0.9, 0.999)
    """Decay rates of Adam's and AdamW's moments."""

    momentum: Fraction = 0.9
    """SGD's momentum."""

    options: dict[str, Any] = {}
    """Further keyword arguments of torch's optimizer, such as ``amsgrad``."""

    paramwise: dict[str, Any] | None = None
    """MMEngine's ``paramwise_cfg``: other rates for some parameters."""

    constructor: str | None = None
    """What reads ``paramwise``, by its name in MMEngine's registry; None: its default."""

    schedule: Literal["constant", "cosine", "step"] = "constant"
    """Learning rate over the steps: unchanged, half a cosine down to
    ``lr_floor``, or times ``gamma`` at each milestone."""

    lr_floor: Fraction = 0.0
    """Where the cosine ends, as a fraction of ``lr``."""

    milestones: tuple[Fraction, ...] = (0.5, 0.75)
    """For ``step``: when the rate falls, in fractions of all steps."""

    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """For ``step``: the factor at each milestone."""

    warmup: Annotated[int, Field(ge=0)] = 0
    """Steps of linear warm-up, from a hundredth of ``lr``; 0 or 1: none."""

    clip_grad: Annotated[float, Field(gt=0)] | None = None
    """Largest norm of the gradient; None: as it is."""

    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay of the exponential moving average of the weights that the
    model holds at the end; None: the last weights."""

    ema_warmup: Annotated[int, Field(ge=0)] = 0
    """With w > 0 the decay at step t is at most 1 - w / (w + t), so that
    the first weights are forgotten sooner (MMEngine's MomentumAnnealingEMA)."""

    amp: Amp = "auto"
    """Mixed precision: ``auto`` is bf16 on a CUDA device that has it, else off."""

    def precision(self, device: str) -> Literal["off", "fp16", "bf16"]:
        """What ``amp`` comes to on a device.

        Raises:
            TrainingError: fp16 was asked for on a device without it.
        """
        kind = torch.device(device).type
        if self.amp == "fp16" and kind != "cuda":
            raise TrainingError(f"amp = 'fp16' needs a CUDA device, not '{device}': use 'auto'")
        if self.amp != "auto":
            return self.amp
        if kind != "cuda":
            return "off"
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "off"

    def optim_wrapper(self, device: str) -> dict[str, Any]:
        """MMEngine's ``optim_wrapper`` section."""
        optimizer: dict[str, Any] = {
            "type": _TORCH_NAMES[self.optimizer],
            "lr": self.lr,
            "weight_decay": self.weight_decay,
            "fused": torch.device(device).type in ("cpu", "cuda"),
        }
        optimizer |= (
            {"momentum": self.momentum} if self.optimizer == "sgd" else {"betas": self.betas}
        )
        wrapper: dict[str, Any] = {"optimizer": optimizer | self.options}
        wrapper |= {
            "off": {"type": "OptimWrapper"},
            "bf16": {"type": "BFloat16OptimWrapper", "device_type": torch.device(device).type},
            "fp16": {"type": "AmpOptimWrapper", "dtype": "float16"},
        }[self.precision(device)]
        if self.clip_grad is not None:
            wrapper["clip_grad"] = {"max_norm": self.clip_grad}
        if self.paramwise is not None:
            wrapper["paramwise_cfg"] = dict(self.paramwise)
        if self.constructor is not None:
            wrapper["constructor"] = self.constructor
        return wrapper

    def param_scheduler(self, steps: int) -> list[dict[str, Any]] | None:
        """MMEngine's ``param_scheduler`` section for a number of steps.

        Raises:
            TrainingError: the warm-up takes all the steps.
        """
        warm = self.warmup if self.warmup > 1 else 0
        if warm and warm >= steps:
            raise TrainingError(f"warmup = {warm} must be less than the {steps} steps of training")
        plan: list[dict[str, Any]] = []
        if warm:
            plan.append({"type": "LinearLR", "start_factor": 0.01, "end": warm})
        if self.schedule == "cosine":
            plan.append(
                {
                    "type": "CosineAnnealingLR",
                    "eta_min_ratio": self.lr_floor,
                    "begin": warm,
                    "end": steps,
                    "T_max": steps - warm,
                }
            )
        if self.schedule == "step":
            milestones = sorted(round(fraction * steps) for fraction in self.milestones)
            plan.append({"type": "MultiStepLR", "milestones": milestones, "gamma": self.gamma})
        return [part | {"by_epoch": False} for part in plan] or None

    def ema_hook(self) -> list[dict[str, Any]]:
        """MMEngine's section of the averaging hook, if any."""
        if self.ema is None:
            return []
        hook: dict[str, Any] = {"type": "EMAHook", "momentum": 1 - self.ema, "strict_load": True}
        if self.ema_warmup:
            hook |= {"ema_type": "MomentumAnnealingEMA", "gamma": self.ema_warmup}
        return [hook]
