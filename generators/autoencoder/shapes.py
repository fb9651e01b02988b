"""Shapes of the autoencoder's tensors, named once.

B clips, c latent channels on a grid of t x h x w (1 x 1 x 1 where the
latent is a vector); T frames of H x W pixels with C channels. A
displacement's two channels are (dx, dy) in pixels of the clip, rightwards
and downwards; `Displacement` is since frame 0, `Motion` from frame to frame
on a coarser grid. A `Volume` of features becomes a `Changed` one where
channels or sizes change.
"""

from jaxtyping import Float
from torch import Tensor

Latent = Float[Tensor, "B c t h w"]
Volume = Float[Tensor, "B D T H W"]
Changed = Float[Tensor, "B _ _ _ _"]
FeatureMap = Float[Tensor, "B E _ _"]
Displacement = Float[Tensor, "B 2 T H W"]
Motion = Float[Tensor, "B 2 T _ _"]
Mask = Float[Tensor, "B 1 T H W"]
