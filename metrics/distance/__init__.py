"""Distances between two sets of features, in float64, and what they are worth.

=================  =======================================================
`frechet`          Fréchet distance, of sets or of streamed `moments`
`kernel_distance`  unbiased kernel distance with its standard error
`half_split`       the floor: two halves of the real set
`permutation`      the p-value of "no difference"
`extrapolation`    the Fréchet distance at infinite N, where N allows it
=================  =======================================================

They share `feature_sets` (what may come in) and `pool` (real clips and
their continuations in one set, from which subsets are drawn).
"""
