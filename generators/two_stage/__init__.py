"""What generators of two stages share: an autoencoder first, then a prior over its latents.

`generator` puts both together, given a `prior`. `stage` trains either,
`stage1` the autoencoder, `latents` holds the training set as latents,
`latent_batches` what a step reads of it, `condition` sees frame 0 and the
class, `noise` draws per sample, `checks` says what does not fit.
"""
