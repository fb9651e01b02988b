"""cINN: a conditional normalising flow that continues an ultrasound image as a video.

Dorkenwald et al., "Stochastic Image-to-Video Synthesis using cINNs", CVPR
2021 (arXiv 2105.04551). Stage 1 is the autoencoder of
`generators.autoencoder`, with a vector latent; stage 2, here, an
invertible network between its latents and Gaussian noise, given frame 0.
`generator` puts both together; each other file is one of their ideas.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugins import Generator, hookimpl


@hookimpl
def bench_generators() -> Sequence[type[Generator]]:
    """This package's generator."""
    from generators.cinn.generator import CINN

    return [CINN]
