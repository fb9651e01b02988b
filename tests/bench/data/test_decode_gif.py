"""Frames of a GIF: palettes, partial frames, transparency and pauses."""

import numpy as np
from PIL import Image

from bench.data import decode


def test_a_gif_of_several_palettes_and_partial_frames(tmp_path, tools):
    video = tools.moving_square(6, 47, 63)
    video[3:, :, :20, 1:] //= 3
    frames = [Image.fromarray(frame).quantize(64) for frame in video]
    pauses = [20, 30, 500, 40, 50, 60]
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], optimize=True, duration=pauses
    )
    read = decode.frames(tmp_path / "a.gif")
    due = np.stack([np.asarray(frame.convert("RGB")) for frame in frames])
    assert np.array_equal(read, due)


def test_a_gifs_transparent_pixels_are_black(tmp_path):
    frames = []
    for x in (2, 8):
        frame = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
        frame.paste((200, 200, 200, 255), (x, 4, x + 4, 8))
        frames.append(frame)
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], disposal=2)
    read = decode.frames(tmp_path / "a.gif")
    assert read.shape == (2, 16, 16, 3)
    assert (read[0, 0, 0] == 0).all()
    assert (read[1, 5, 3] == 0).all()
    assert abs(int(read[1, 5, 9, 0]) - 200) < 8


def test_a_gif_that_pauses_at_its_end_is_whole(tmp_path):
    frames = [Image.new("L", (16, 16), 20 * i) for i in range(10)]
    pause = [50] * 9 + [5000]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=pause)
    assert len(decode.frames(tmp_path / "a.gif")) == 10
