"""ActiveMLP over the frames of a clip, registered with MMAction2 as ``ActiveMLP``.

Wei et al., "Active Token Mixer", AAAI 2023, and its reference code,
microsoft/ActiveMLP, which is for images. Neither form for clips is
claimed to be that of the paper's authors, or of the LDDM paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from classifiers.atm_block import ActiveBlock, FrameConv, Positional
from classifiers.atm_sizes import SHARE, SIZES, Name, Temporal
from classifiers.atm_weights import draw
from plugins import compat

MODELS = compat.mmaction_registry()

with compat.quiet():
    from mmengine.model import BaseModule


@MODELS.register_module(force=True)
class ActiveMLP(BaseModule):
    """ActiveMLP, its last stage normalised; for a Recognizer3D.

    Parameters have the reference's names. The form ``active`` with an image
    network's weights (`classifiers.atm_weights.with_time`) is at first that
    network on every frame. From scratch only the offsets along time start at
    zero, and the positional kernels see neighbouring frames at once: a
    network that starts as one of frames learns a motion later.

    Args:
        size: ``xT``, ``T``, ``S``, ``B`` or ``L``.
        width: channels of the first stage, a multiple of 4; None: as published.
        temporal: ``mean``: every frame by itself. ``active``: a further branch
            mixes along time.
        drop_path: stochastic depth: probability of leaving out a branch of the
            last block, for a clip; it grows evenly from 0 at the first.
    """

    def __init__(
        self,
        size: Name = "T",
        width: int | None = None,
        temporal: Temporal = "active",
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        form, channels = SIZES[size], SIZES[size].channels(width)
        self.interval, self.temporal = form.interval, temporal == "active"
        self.patch_embed = FrameConv(3, channels[0], 7, 4, 2)
        last = max(sum(form.depths) - 1, 1)
        self.blocks = nn.ModuleList()
        for i, depth in enumerate(form.depths):
            stage = nn.ModuleList()
            for j in range(depth):
                halved = j == depth - 1 and i < len(form.depths) - 1
                block = ActiveBlock(
                    channels[i],
                    form.mlp_ratios[i],
                    SHARE[i],
                    self.temporal,
                    gives_offsets=self._gives_offsets(j, depth),
                    drop_path=drop_path * (sum(form.depths[:i]) + j) / last,
                    wide_out=channels[i + 1] if halved else None,
                )
                stage.append(block)
            self.blocks.append(stage)
        self.pos_blocks = nn.ModuleList(Positional(c, self.temporal) for c in channels)
        self.norm = nn.LayerNorm(channels[-1])

    @property
    def stages(self) -> list[list[ActiveBlock]]:
        """The blocks, stage by stage."""
        return [list(cast(Iterable[ActiveBlock], stage)) for stage in self.blocks]

    def _gives_offsets(self, j: int, depth: int) -> bool:
        """Every so many blocks of a stage, but never the last one."""
        return j % self.interval == 0 and j != depth - 1

    def forward(self, frames: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C T h w"]:
        """Features of normalised frames, one in 32 along either side."""
        tokens = self.patch_embed(frames.permute(0, 2, 3, 4, 1))
        for stage, positional in zip(self.stages, self.pos_blocks, strict=True):
            for block in stage:
                if block.offset_layer is not None:
                    tokens = positional(tokens)
                    samplings = block.samplings(tokens)
                tokens = block(tokens, samplings)
        out: Tensor = self.norm(tokens)
        return out.permute(0, 4, 1, 2, 3)

    def init_weights(self) -> None:
        """Draw them as the reference does; offsets along time start at zero."""
        draw(self)
        for block in chain.from_iterable(self.stages):
            block.look_at_own_frame()
