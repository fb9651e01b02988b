"""`manifest.toml` as it is written for its user to fill in."""

from __future__ import annotations

from collections.abc import Mapping

from bench.data import ClipSettings
from bench.data.indices import offsets

_HEAD = """\
# Fill in what is empty: without it the videos are not used.

model = ""                  # its name, as a paper would say it
source = ""                 # where it is published, or can be had
license = ""                # of the videos, or of the model
other_training_data = ""    # what else it learned from; "none" where there is nothing
reads_labels = {labels}        # true where it was told the class of the stills, or their ids
notes = ""                  # may stay empty; shown below the tables

[clip]                      # what the videos are; leave it as it is
frames = {clip.frames}
size = {clip.size}
channels = {clip.channels}
offsets = [{offsets}]

# What the model of each split was trained on. One of:
#   trained_on = "{example}/training.csv"         all training videos of that split (column id)
#   trained_on = ["id of a video", "of another"]
#   trained_on = "nothing of this data set"     as for a model pretrained on other data
"""

_SPLIT = """
[split."{name}"]
trained_on = ""
stills = "{folder}/stills.csv"
"""


def manifest_template(clip: ClipSettings, splits: Mapping[str, str], *, labels: bool) -> str:
    """The text of the manifest, which lacks what only its user knows.

    Args:
        clip: the experiment's.
        splits: the folder of each split, by the split's name.
        labels: the model is told the classes.
    """
    head = _HEAD.format(
        labels=str(labels).lower(),
        clip=clip,
        offsets=", ".join(map(str, offsets(clip).tolist())),
        example=next(iter(splits.values())),
    )
    return head + "".join(_SPLIT.format(name=n, folder=f) for n, f in splits.items())
