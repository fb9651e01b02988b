"""The built-in metrics, as plugins.

===================  =====================================================
`classification`     accuracy, F1, AUROC of predictions
`image`              SSIM, PSNR, frame by frame against the real continuation
`motion`             distances between the motion of two sets of clips
===================  =====================================================

They share `checks` (what may come in), `setdistance` (the base of every
distance between the real and the generated set), `flow` (optical flow)
and `wheel` (transport between directions).

The next metric goes into a file of its own that is named after its idea
(``frechet.py``), ends with the hook ``bench_metrics``, and is named in the
entry-point group ``bench`` of pyproject.toml. A distance between two sets
needs only the two methods of `setdistance.SetDistance`.
"""
