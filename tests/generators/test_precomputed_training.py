"""What `precomputed` makes of the word of a manifest on what its model was trained on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from plugins import DataError, StillId, Stills
from tests.generators.played import FRAMES, SIZE, bound, change, write_folder

NOTHING = "nothing of this data set"
OTHER = """
[split."5:5 r0"]
trained_on = ["v+2", "v 1"]
stills = "stills.csv"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    image = torch.zeros(1, 1, SIZE, SIZE)
    stills = Stills(images=image, seeds=[0], ids=[StillId("images", "a", 0)])
    return write_folder(tmp_path / "made", stills, FRAMES)


def test_the_training_videos_may_be_a_table(folder: Path) -> None:
    table = folder / "training.csv"
    change(folder, '["v 1", "v+2"]', '"training.csv"')
    table.write_text("id,class\nv 1,x\nv/3,y\n")
    bound(folder)
    table.write_text("id,class\nv 1,x\nt/1,y\n")
    with pytest.raises(DataError, match=r"leak: .*t/1"):
        bound(folder)
    table.write_text("id,class\n")
    with pytest.raises(DataError, match=rf"lists no videos; .*{NOTHING}"):
        bound(folder)
    table.write_text("id,class\nv 1,x\n,y\n")
    with pytest.raises(DataError, match=r"training\.csv, line 3: the id is empty"):
        bound(folder)
    table.write_text("id;class\nv 1;x\n")
    with pytest.raises(DataError, match="lacks the column id; its first line has id;class"):
        bound(folder)


@pytest.mark.parametrize("id", [" t/1", "t/1\t"])
def test_blanks_hide_no_leak(folder: Path, id: str) -> None:
    (folder / "training.csv").write_text(f"id\n{id}\n")
    change(folder, '["v 1", "v+2"]', '"training.csv"')
    with pytest.raises(DataError, match=r"leak: .*t/1"):
        bound(folder)


def test_splits_may_share_the_videos_of_one_model(folder: Path) -> None:
    """In whatever order its training videos are listed."""
    path = folder / "manifest.toml"
    path.write_text(path.read_text() + OTHER)
    bound(folder)
    bound(folder, "5:5 r0")


@pytest.mark.parametrize("said", ['["v 1"]', f'"{NOTHING}"'])
def test_one_model_has_one_training(folder: Path, said: str) -> None:
    """Else a model of all splits' training videos would pass, split by split."""
    path = folder / "manifest.toml"
    first, other = path.read_text(), OTHER.replace('["v+2", "v 1"]', said)
    path.write_text(first + other)
    for split in ("7:3 r0", "5:5 r0"):
        with pytest.raises(DataError, match=r"leak: the splits .* play the same videos \(stills"):
            bound(folder, split)
    (folder / "others.csv").write_text((folder / "stills.csv").read_text())
    path.write_text(first + other.replace("stills.csv", "others.csv"))
    bound(folder)
