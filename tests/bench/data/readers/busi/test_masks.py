"""BUSI's masks: not images, but the region of interest of theirs."""

import numpy as np
import pytest

from plugins.dataset import Box
from plugins.errors import DataError, FaultyDataError
from tests.bench.data.readers.busi.tree import busi


def mask(height, width, *boxes, channels=0):
    """A mask, white in the boxes (left, top, right, bottom)."""
    pixels = np.zeros((height, width), "u1")
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 255
    if channels == 4:
        return np.dstack([pixels] * 3 + [np.full_like(pixels, 255)])
    return np.dstack([pixels] * channels) if channels else pixels


@pytest.fixture
def masked(home, tools):
    """`home`, whose images are 7x9, with masks of that size and of 1, 3 and 4 channels."""
    name = str(home / "benign" / "benign (10)_mask")
    tools.write_image(type(home)(f"{name}.png"), mask(9, 7, (1, 2, 3, 4)))
    tools.write_image(type(home)(f"{name}_1.png"), mask(9, 7, (2, 5, 6, 8), channels=4))
    tools.write_image(type(home)(f"{name}_2.png"), mask(9, 7, (0, 3, 1, 4), channels=3))
    tools.write_image(home / "benign" / "benign (2)_mask.png", mask(9, 7))
    tools.write_image(home / "normal" / "normal (1)_mask.png", mask(8, 8, channels=3))
    (home / "malignant" / "malignant (1)_mask.png").unlink()
    return home


def test_the_region_is_the_box_around_all_masks(masked):
    regions = {r.id: r.region() for r in busi(masked, normal=True).images()}
    assert regions == {
        "benign/benign (2).png": None,
        "benign/benign (10).png": Box(0, 2, 6, 8),
        "malignant/malignant (1).png": None,
        "normal/normal (1).png": None,
    }


def test_a_mask_may_be_left_out(masked):
    reader = busi(masked, exclude=("benign (10)_mask_1.png",))
    assert reader.images()[1].region() == Box(0, 2, 3, 4)


def test_a_mask_of_another_size_is_named_with_its_image(home):
    record = busi(home).images()[0]
    with pytest.raises(DataError) as error:
        record.region()
    assert "benign (2)_mask.png: is 8x8, but " in str(error.value)
    assert "benign (2).png, whose mask it is, is 7x9" in str(error.value)


def test_masks_change_neither_fingerprint_nor_frames(masked):
    before = [r.fingerprint for r in busi(masked).images()]
    (masked / "benign" / "benign (10)_mask.png").unlink()
    assert [r.fingerprint for r in busi(masked).images()] == before


def test_a_broken_mask_is_wrong(masked):
    path = masked / "malignant" / "malignant (1)_mask.png"
    path.symlink_to(masked / "gone.png")
    with pytest.raises(FaultyDataError, match=r"malignant \(1\)_mask\.png: a link to") as error:
        busi(masked).images()
    assert [r.label for r in error.value.records] == ["benign", "benign"]
    assert len(busi(masked, exclude=("malignant (1)_mask.png",)).images()) == 3
