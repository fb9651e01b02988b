"""Copies planted among pictures: how many an audit finds, and how many it finds wrongly."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np
from numpy import ndarray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.audit.signature import Signature, Signing
from bench.audit.twins import Twins, find_twins
from plugins.seeds import derive

Picture = ndarray
"""uint8 (H, W), grey."""
Alter = Callable[[Picture, np.random.Generator], Picture]


@dataclass(frozen=True)
class Score:
    """What came of one kind of copies.

    Attributes:
        kind: of the alteration.
        planted: copies, one per picture.
        found: of them.
        wrong: pairs that were found though neither is a copy of the other.
        pairs: all that were found with a planted copy in them.
        seconds: that comparing took.
    """

    kind: str
    planted: int
    found: int
    wrong: int
    pairs: int
    seconds: float

    @property
    def recall(self) -> float:
        """Found ones of those planted."""
        return self.found / self.planted

    @property
    def precision(self) -> float:
        """Right pairs of all that were found; 1 where none was."""
        return 1 - self.wrong / self.pairs if self.pairs else 1.0


def brightened(picture: Picture, random: np.random.Generator) -> Picture:
    """Gamma 0.7 to 1.4, gain 0.75 to 1.25, offset up to 8 % of the range; clipped."""
    curve = np.linspace(0, 1, 256) ** random.uniform(0.7, 1.4) * random.uniform(0.75, 1.25)
    curve = np.clip(curve + random.uniform(-0.08, 0.08), 0, 1)
    return np.rint(255 * curve).astype(np.uint8)[picture]


def rescaled(picture: Picture, random: np.random.Generator) -> Picture:
    """0.4 to 1.6 of the size, sides stretched against each other by up to 20 %."""
    scale, stretch = random.uniform(0.4, 1.6), random.uniform(0.9, 1.1)
    factors = {"fx": scale * stretch, "fy": scale / stretch}
    return cv2.resize(picture, None, **factors, interpolation=cv2.INTER_AREA)


def cropped(picture: Picture, random: np.random.Generator) -> Picture:
    """A window of 0.7 to 0.97 of both sides."""
    share = random.uniform(0.7, 0.97)
    return _window(picture, share, share, random)


def cropped_to_another_shape(picture: Picture, random: np.random.Generator) -> Picture:
    """A window of 0.7 to 0.97 of each side, drawn for each."""
    return _window(picture, random.uniform(0.7, 0.97), random.uniform(0.7, 0.97), random)


def mirrored(picture: Picture, _: np.random.Generator) -> Picture:
    """Left is right."""
    return np.ascontiguousarray(picture[:, ::-1])


def as_jpeg(picture: Picture, random: np.random.Generator) -> Picture:
    """JPEG of quality 20 to 60."""
    quality = int(random.integers(20, 61))
    done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE)


def as_h264(picture: Picture, _: np.random.Generator) -> Picture:
    """The only frame of an H.264 video at a constant rate factor of 35."""
    even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "35"})
        stream.height, stream.width = even.shape
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="gray")
        container.mux([*stream.encode(frame), *stream.encode()])
    file.seek(0)
    with av.open(file) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray")


def altogether(picture: Picture, random: np.random.Generator) -> Picture:
    """A window of 0.8 to 0.97, brightened, rescaled, as JPEG: one after the other."""
    share = random.uniform(0.8, 0.97)
    cut = _window(picture, share, share, random)
    return as_jpeg(rescaled(brightened(cut, random), random), random)


KINDS: Mapping[str, Alter] = {
    "brightness, gamma": brightened,
    "rescaled": rescaled,
    "cropped": cropped,
    "cropped to another shape": cropped_to_another_shape,
    "mirrored": mirrored,
    "JPEG 20 to 60": as_jpeg,
    "H.264 crf 35": as_h264,
    "crop, brightness, scale, JPEG": altogether,
}


def signed(picture: Picture) -> Signature:
    """The signature of a record of one frame."""
    signing = Signing()
    signing.see(picture[..., None])
    return signing.signature()


def plant(pictures: Sequence[Picture], kinds: Mapping[str, Alter], seed: int) -> list[Score]:
    """Per kind, plant one altered copy of every picture and look for copies among all.

    Pictures that are found alike before anything is planted count as one
    picture: a pair between such is not wrong.

    Args:
        pictures: at least two.
        kinds: alterations, by name.
        seed: of all that is drawn.
    """
    sources = [signed(picture) for picture in pictures]
    origin = _components(len(sources), find_twins(sources))
    scores = []
    for kind, alter in kinds.items():
        random = np.random.default_rng(derive(seed, kind))
        copies = [signed(alter(picture, random)) for picture in pictures]
        started = time.perf_counter()
        twins = find_twins([*sources, *copies])
        seconds = time.perf_counter() - started
        scores.append(_score(kind, origin, twins, seconds))
    return scores


def _score(kind: str, origin: ndarray, twins: Sequence[Twins], seconds: float) -> Score:
    n = len(origin)
    with_copy = [(one.left % n, one.right % n) for one in twins if one.right >= n]
    direct = {one.left for one in twins if one.right == one.left + n}
    wrong = sum(origin[left] != origin[right] for left, right in with_copy)
    return Score(kind, n, len(direct), int(wrong), len(with_copy), seconds)


def _components(n: int, twins: Sequence[Twins]) -> ndarray:
    left, right = [one.left for one in twins], [one.right for one in twins]
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _window(picture: Picture, high: float, wide: float, random: np.random.Generator) -> Picture:
    height, width = int(picture.shape[0] * high), int(picture.shape[1] * wide)
    top = int(random.integers(0, picture.shape[0] - height + 1))
    left = int(random.integers(0, picture.shape[1] - width + 1))
    return np.ascontiguousarray(picture[top : top + height, left : left + width])
