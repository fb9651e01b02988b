"""Shapes of the autoencoder's tensors, named once.

B clips, c latent channels on a grid of t x h x w; T frames of H x W
pixels with C channels. A displacement's two channels are (dx, dy) in
pixels of the clip, rightwards and downwards.
"""

from jaxtyping import Float
from torch import Tensor

Latent = Float[Tensor, "B c t h w"]
Volume = Float[Tensor, "B D T H W"]
FeatureMap = Float[Tensor, "B D H W"]
Displacement = Float[Tensor, "B 2 T H W"]
Mask = Float[Tensor, "B 1 T H W"]
