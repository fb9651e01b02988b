"""What generators of two stages share: an autoencoder first, then a prior over its latents.

`stage` trains either, `latents` holds the training set as latents,
`noise` draws per sample, `checks` says what does not fit.
"""
