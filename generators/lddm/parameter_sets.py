"""LDDM's named sets of parameters; docs/lddm-paper.md gives the reason of each in ``paper``."""

from __future__ import annotations

from typing import Any

from plugins.parameter_sets import ParameterSet

_STATED: dict[str, Any] = {
    "head": "pixels",
    "autoencoder_epochs": 100,
    "autoencoder_lr": 1e-5,
    "denoiser_epochs": 50,
    "denoiser_batch": 16,
    "denoiser_lr": 0.01,
    "prediction": "noise",
}
"""Chen et al., MICCAI 2024; its "iterations" can only be epochs."""

_ENCODER: dict[str, Any] = {
    "latent": "grid",
    "stem_stride": 2,
    "base_channels": 64,
    "temporal_factor": 8,
    "spatial_factor": 8,
    "latent_channels": 64,
}
"""A 3D ResNet-18 whose latent is [T/r, H/r, W/r, C/r]: r = 8, and C = 512, its last width."""

_DDPM: dict[str, Any] = {
    "diffusion_steps": 1000,
    "schedule": "linear",
    "sampler": "ddpm",
    "sampler_steps": 1000,
}
"""The process is left open: as in Ho et al., NeurIPS 2020, all T steps of it in sampling."""

_OPEN: dict[str, Any] = {
    "amp": "auto",
    "autoencoder_batch": 8,
    "l1_weight": 1.0,
    "kl_weight": 1e-4,
    "denoiser": "transformer",
    "denoiser_width": 160,
    "denoiser_depth": 4,
    "denoiser_heads": 4,
}
"""Needed and not stated: this program's defaults, written down so that they stay."""

_NOT_THERE: dict[str, Any] = {
    "correlation": 0,
    "mirror": 0.0,
    "augment": 0.0,
    "multiscale_weight": 0.0,
    "gradient_weight": 0.0,
    "tracking_weight": 0.0,
    "roughness_weight": 0.0,
    "perceptual_weight": 0.0,
    "spatial_weight": 0.0,
    "temporal_weight": 0.0,
    "lr_schedule": "constant",
    "clip_grad": None,
    "denoiser_dropout": 0.0,
    "denoiser_weight_decay": 0.0,
    "denoiser_views": 0,
    "condition_drop": 0.0,
    "condition_noise": 0.0,
    "guidance": 1.0,
    "class_conditioning": False,
    "ema": None,
    "latent_limit": None,
}
"""What the paper does not speak of, left out."""

SETS = {
    "paper": ParameterSet(
        "all that the paper states, to the letter; for a GPU (docs/lddm-paper.md)",
        _STATED | _ENCODER | _DDPM | _OPEN | _NOT_THERE,
    ),
    "vector": ParameterSet(
        "the latent of cinn, one vector for the clip, so that only the prior differs",
        {"latent": "vector"},
    ),
    "quick": ParameterSet(
        "a first look on two CPU cores; too short for figures",
        {
            "autoencoder_steps": 36,
            "autoencoder_batch": 4,
            "denoiser_steps": 60,
            "denoiser_batch": 16,
            "denoiser_width": 96,
            "sampler_steps": 10,
            "checkpoint_every": 12,
        },
    ),
}
