"""Shapes, named once; the tests check them at run time.

B batch, C channels (1 for grey ultrasound), T frames, H height,
W width, N videos or clips, K classes, S samples of one image,
D features. Images and clips are float32 in [0, 1]; files and caches
hold uint8.
"""

from jaxtyping import Float, Float32, Int, UInt8
from numpy import ndarray
from torch import Tensor

Image = Float32[Tensor, "C H W"]
ImageBatch = Float32[Tensor, "B C H W"]
Clip = Float32[Tensor, "C T H W"]
ClipBatch = Float32[Tensor, "B C T H W"]
Scores = Float[Tensor, "N K"]
Labels = Int[Tensor, " N"]
Features = Float[Tensor, "N D"]
Frames = UInt8[ndarray, "T H W C"]
