"""What is kept of a record to compare it with others: small pictures, digests and traits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from numpy import ndarray

from bench.audit.text import letters
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

SMALL = 32
"""Side of the picture kept of every frame, pixels."""
LARGE = 64
"""Side of the picture kept of key frames, pixels."""
KEY_EVERY = 8
"""Every so many frames is a key frame: cropped and mirrored copies are looked for there."""
TEXT_EVERY = 64
"""Text is looked for in every so many frames: it stays for seconds, and the measure is slow."""
_DIGEST = 16


@dataclass(frozen=True)
class Signature:
    """T frames of a record, as far as an audit looks at them.

    Attributes:
        small: (T, 32, 32), grey, the whole frame squeezed to a square.
        large: (K, 64, 64), the same of the key frames.
        digests: (T, 16), of each frame's size and pixels; grey stored as RGB is grey.
        traits: (T, 2): standard deviation of the grey levels, and largest
            mean difference between two colour channels; grey levels, 0..255.
        letters: the most shapes of one frame that look like letters.
        size: height and width of the first frame, pixels.
    """

    small: UInt8[ndarray, "T 32 32"]
    large: UInt8[ndarray, "K 64 64"]
    digests: UInt8[ndarray, "T 16"]
    traits: Float32[ndarray, "T 2"]
    letters: int
    size: tuple[int, int]

    @property
    def n_frames(self) -> int:
        """T."""
        return len(self.small)

    @property
    def contrast(self) -> Float32[ndarray, " T"]:
        """Standard deviation of each frame's grey levels."""
        return self.traits[:, 0]

    @property
    def colour(self) -> Float32[ndarray, " T"]:
        """Largest mean difference between two colour channels of each frame, grey levels."""
        return self.traits[:, 1]


class Signing:
    """Collects a signature while the frames go by, once each and in order."""

    def __init__(self) -> None:
        self._small: list[ndarray] = []
        self._large: list[ndarray] = []
        self._digests: list[bytes] = []
        self._traits: list[tuple[float, float]] = []
        self._letters = 0
        self._size = (0, 0)

    def see(self, frame: UInt8[ndarray, "H W C"]) -> None:
        """Take in the next frame; C is 1 or 3."""
        colour, grey = _colour_and_grey(frame)
        large = cv2.resize(grey, (LARGE, LARGE), interpolation=cv2.INTER_AREA)
        count = len(self._small)
        if count == 0:
            self._size = (frame.shape[0], frame.shape[1])
        if count % KEY_EVERY == 0:
            self._large.append(large)
        if count % TEXT_EVERY == 0:
            self._letters = max(self._letters, letters(frame))
        self._small.append(cv2.resize(large, (SMALL, SMALL), interpolation=cv2.INTER_AREA))
        seen = grey if colour == 0 else np.ascontiguousarray(frame)
        digest = hashlib.sha256(repr(seen.shape).encode())  # twice as fast as others, in hardware
        digest.update(seen.data)
        self._digests.append(digest.digest()[:_DIGEST])
        self._traits.append((float(cv2.meanStdDev(grey)[1][0, 0]), colour))

    def signature(self) -> Signature:
        """Of all frames seen.

        Raises:
            DataError: there was none.
        """
        if not self._small:
            raise DataError("holds no frames")
        return Signature(
            np.stack(self._small),
            np.stack(self._large),
            np.frombuffer(b"".join(self._digests), np.uint8).reshape(-1, _DIGEST),
            np.array(self._traits, np.float32),
            self._letters,
            self._size,
        )


def sign(record: Record) -> Signature:
    """Decode a record and sign it.

    Raises:
        DataError: it cannot be read.
    """
    signing = Signing()
    for frame in record.stream():
        signing.see(frame)
    return signing.signature()


def _colour_and_grey(frame: ndarray) -> tuple[float, ndarray]:
    """Largest mean difference between two channels, and the grey levels (H, W)."""
    red, *others = cv2.split(frame)
    colour = max((_difference(red, other) for other in others), default=0.0)
    if colour == 0:
        return 0.0, red
    return max(colour, _difference(*others)), cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def _difference(a: ndarray, b: ndarray) -> float:
    return cv2.norm(a, b, cv2.NORM_L1) / a.size
