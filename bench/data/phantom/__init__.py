"""The phantom: B-mode breast ultrasound clips, simulated, whose truth is known.

`scanner` and `bmode` make the image, `anatomy` and `lesion` what is in it, `motion`
moves it, `labels` says what look and motion tell about the class, `scene` and `case`
put one patient together, and `dataset` is the data set.
"""
