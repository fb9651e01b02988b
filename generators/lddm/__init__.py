"""LDDM: a latent diffusion model that continues an ultrasound image as a video.

Chen et al., "Ultrasound Image-to-Video Synthesis via Latent Dynamic
Diffusion Models", MICCAI 2024 (arXiv 2503.14966). Stage 1 is the
autoencoder of `generators.autoencoder`; stage 2, here, a denoising
diffusion model of its latents, given frame 0. `generator` puts both
together; each other file is one of their ideas.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugins import Generator, hookimpl


@hookimpl
def bench_generators() -> Sequence[type[Generator]]:
    """This package's generator."""
    from generators.lddm.generator import LDDM

    return [LDDM]
