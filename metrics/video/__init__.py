"""Networks that see videos, with weights that the user registered, and never others.

===============  =========================================================
`networks`       by name: weights, preprocessing, layer, epsilon
`preprocessing`  what each published figure does to clips
`i3d`            the network; `i3d_keys` loads it, `i3d_script` a TorchScript one
`features`       clips to vectors, in batches sized to memory
`pretrained`     the same as metrics ask for it
===============  =========================================================
"""
