"""The built-in metrics, as plugins.

====================  ====================================================
`classification`      accuracy, F1, AUROC of predictions
`calibration`         ECE, Brier score, sensitivity at fixed specificity
`image`               SSIM, PSNR, frame by frame against the real continuation
`lpips`               LPIPS, likewise
`motion`              distances between the motion of two sets of clips
`fvd`, `kvd`          distances between what a network sees in two sets
`diversity`           DIV: how far samples of one image lie apart
`feature_diversity`   DIV of whole clips, by a network's features
`memorization`        copies of training videos
====================  ====================================================

They share `checks` (what may come in), `setdistance` (the base of every
distance between two sets by descriptors of our own), `feature_distance`
(the same by a network's features), `distance` (its numerics), `video` (the
networks), `seen` (which of them, or a classifier), `videomean` (means over
videos), `nearest` (the training clip that a clip is most like) and
`by_parameter` (a title that follows a parameter).

The next metric goes into a file of its own that is named after its idea
(``motion.py``), ends with the hook ``bench_metrics``, and is named in the
entry-point group ``bench`` of pyproject.toml. A distance between two sets
needs only the two methods of `setdistance.SetDistance`.
"""
