"""Parameters of a cINN that learns in a moment."""

from __future__ import annotations

STAGE_1 = {
    "autoencoder_steps": 4,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "latent_size": 13,
    "checkpoint_every": 2,
}
TINY = STAGE_1 | {
    "flow_steps": 6,
    "flow_batch": 4,
    "flow_width": 16,
    "flow_blocks": 3,
    "flow_views": 1,
    "condition_size": 16,
    "sample_batch": 2,
}
EMBEDDED = {"condition": "image-autoencoder", "image_steps": 3, "image_batch": 2}
BY_CLASS = {"class_conditioning": True, "condition_drop": 0.2, "condition_noise": 0.1}
