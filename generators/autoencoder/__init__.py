"""A video autoencoder: a clip to a latent grid, and back from the latent and frame 0.

Stage 1 of LDDM (Chen et al., MICCAI 2024) and, with another latent, of
the cINN (Dorkenwald et al., CVPR 2021). `autoencoder.Autoencoder` is the
module put together; each other file is one of its parts.
"""
