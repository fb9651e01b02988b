"""cINN's named sets of parameters; docs/cinn.md gives the reason of each in ``paper``."""

from __future__ import annotations

from typing import Any

from plugins.parameter_sets import ParameterSet

_AUTOENCODER: dict[str, Any] = {
    "head": "pixels",
    "latent_size": 64,
    "temporal_factor": 16,
    "spatial_factor": 32,
    "stem_stride": 2,
    "base_channels": 64,
    "correlation": 0,
    "autoencoder_epochs": 60,
    "autoencoder_batch": 7,
    "autoencoder_lr": 2e-4,
    "lr_schedule": "constant",
    "l1_weight": 10.0,
    "kl_weight": 1e-6,
    "perceptual": "lpips",
    "perceptual_weight": 30.0,
    "spatial_weight": 1.0,
    "temporal_weight": 1.0,
    "feature_weight": 10.0,
    "penalty_weight": 10.0,
    "adversarial_from": 19,
    "discriminator_lr": 2e-4,
    "discriminator_base": 64,
    "mirror": 0.5,
    "clip_grad": None,
}
"""The reference's for 16 frames of 128 x 128 pixels, as far as the shared autoencoder has them."""

_FLOW: dict[str, Any] = {
    "flow_blocks": 20,
    "flow_width": 512,
    "flow_depth": 3,
    "flow_limit": None,
    "flow_epochs": 31,
    "flow_batch": 50,
    "flow_lr": 1e-5,
    "flow_beta2": 0.99,
    "flow_amsgrad": True,
    "flow_halving_epochs": 6,
    "ema": None,
    "temperature": 1.0,
}

_CONDITION: dict[str, Any] = {
    "condition": "image-autoencoder",
    "condition_size": 128,
    "image_epochs": 200,
    "image_batch": 30,
    "image_lr": 2e-4,
    "image_perceptual_weight": 1.0,
}

_NOT_THERE: dict[str, Any] = {
    "augment": 0.0,
    "multiscale_weight": 0.0,
    "gradient_weight": 0.0,
    "tracking_weight": 0.0,
    "roughness_weight": 0.0,
    "flow_views": 0,
    "class_conditioning": False,
    "condition_drop": 0.0,
    "condition_noise": 0.0,
}
"""What the reference does not have, left out."""

SETS = {
    "paper": ParameterSet(
        "the reference code's values, on the shared autoencoder; for a GPU (docs/cinn.md)",
        _AUTOENCODER | _FLOW | _CONDITION | _NOT_THERE,
    ),
    "quick": ParameterSet(
        "a first look on two CPU cores; too short for figures",
        {
            "autoencoder_steps": 36,
            "autoencoder_batch": 4,
            "flow_steps": 60,
            "flow_batch": 16,
            "flow_blocks": 8,
            "flow_width": 64,
            "checkpoint_every": 12,
        },
    ),
}
