"""The three channels of grey and colour clips."""

from __future__ import annotations

import torch

from classifiers.channels import three_channels


def test_image_repeats_grey_and_keeps_colour() -> None:
    grey, colour = torch.rand(2, 1, 4, 5, 5), torch.rand(2, 3, 4, 5, 5)
    assert torch.equal(three_channels(grey, "image"), torch.cat([grey] * 3, 1))
    assert torch.equal(three_channels(colour, "image"), colour)


def test_motion_holds_the_changes_frame_by_frame() -> None:
    clips = torch.rand(2, 1, 4, 5, 5)
    made = three_channels(clips, "motion")
    for b in range(2):
        for t in range(4):
            frame = clips[b, 0, t]
            before, first = clips[b, 0, max(t - 1, 0)], clips[b, 0, 0]
            torch.testing.assert_close(made[b, 0, t], frame)
            torch.testing.assert_close(2 * made[b, 1, t] - 1, frame - before)
            torch.testing.assert_close(2 * made[b, 2, t] - 1, frame - first)
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1


def test_motion_of_a_still_clip_is_grey() -> None:
    made = three_channels(torch.rand(1, 3, 1, 5, 5).expand(-1, -1, 6, -1, -1), "motion")
    assert torch.allclose(made[:, 1:], torch.tensor(0.5))
