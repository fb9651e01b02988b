"""A video autoencoder: a clip to a latent, and back from the latent and frame 0.

Stage 1 of LDDM (Chen et al., MICCAI 2024), whose latent is a grid, and of
the cINN (Dorkenwald et al., CVPR 2021), whose latent is a vector.
`autoencoder.Autoencoder` is the module put together; each other file is one
of its parts, `discriminators` and `adversary` apart, which only train it.
"""
