"""The networks that video features come from, each with all that its figures depend on.

Two figures compare only where the weights, the preprocessing, the layer and
the batch normalization's epsilon are the same: so these go by one name.

===========  ========================  ==================  ======  =======
name         weights                   preprocessing       eps     layer
===========  ========================  ==================  ======  =======
`google`     i3d-kinetics-400          google              1e-3    logits
`videogpt`   i3d-kinetics-400          videogpt            1e-5    logits
`styleganv`  i3d-torchscript           its own             its     logits
`dtfvd`      i3d-dtdb-16               dtfvd               1e-5    pooled
`dtfvd-32`   i3d-dtdb-32               dtfvd_32            1e-5    pooled
`imagenet`   i3d-imagenet-kinetics     google              1e-3    logits
===========  ========================  ==================  ======  =======

`google` is the original FVD's network, whose weights were converted to
i3d-kinetics-400 from TensorFlow's hub; the hub's and DeepMind's run with
Sonnet's epsilon of 1e-3. VideoGPT, cd-fvd (``pytorch_i3d.py``) and cINN
(``ID3.py``, ``ID3_32.py``) build their copies with 1e-5, and their published
figures rest on that. `imagenet` is DeepMind's earlier release, learned from
ImageNet and Kinetics: StyleGAN-V's authors say that FVD's weights are others,
so it gives no FVD that compares with a published one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from metrics.video import preprocessing
from metrics.video.i3d import Triple

Layer = Literal["logits", "pooled"]


@dataclass(frozen=True)
class VideoNetwork:
    """What a network is built from.

    Attributes:
        weights: the registered weight file.
        prepare: clips (B, C, T, H, W) in [0, 1] to the network's input.
        shortest: frames that a clip must have.
        layer: which one gives the features, unless another is asked for.
        classes: of the classifier.
        pool: window of the average pool.
        eps: of the batch normalization; None where the file is a program,
            which brings its own network.
    """

    weights: str
    prepare: Callable[[Tensor], Tensor]
    shortest: int = 9
    layer: Layer = "logits"
    classes: int = 400
    pool: Triple = (2, 7, 7)
    eps: float | None = 1e-3


NETWORKS: dict[str, VideoNetwork] = {
    "google": VideoNetwork("i3d-kinetics-400", preprocessing.google),
    "videogpt": VideoNetwork("i3d-kinetics-400", preprocessing.videogpt, eps=1e-5),
    # Those who use the file take no clip under 10 frames; what it does with 9 is not known.
    "styleganv": VideoNetwork("i3d-torchscript", preprocessing.styleganv, shortest=10, eps=None),
    "dtfvd": VideoNetwork(
        "i3d-dtdb-16", preprocessing.dtfvd, shortest=2, layer="pooled", classes=18, eps=1e-5
    ),
    "dtfvd-32": VideoNetwork(
        "i3d-dtdb-32",
        preprocessing.dtfvd_32,
        shortest=32,
        layer="pooled",
        classes=18,
        pool=(4, 7, 7),
        eps=1e-5,
    ),
    "imagenet": VideoNetwork("i3d-imagenet-kinetics", preprocessing.google),
}
