"""Boxes of lesions, frame by frame, as COCO-VID annotation files tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bench.data.readers.boxes import inside
from bench.data.readers.layout import nfc
from plugins.dataset import Box
from plugins.errors import DataError

Id = int | str


class Image(BaseModel):
    """A frame: ``file_name`` from the folder of frames, size in pixels."""

    id: Id
    file_name: str
    width: int
    height: int


class Annotation(BaseModel):
    """A box (left, top, width, height) in pixels, and its class."""

    image_id: Id
    bbox: tuple[float, float, float, float]
    category_id: Id


class Category(BaseModel):
    """A class."""

    id: Id
    name: str


class AnnotationFile(BaseModel):
    """What is read of a file; all else in it is ignored."""

    images: list[Image]
    annotations: list[Annotation]
    categories: list[Category]


@dataclass(frozen=True)
class Video:
    """A video on disk, to which boxes are compared.

    Attributes:
        frames: the names of its frame files.
        size: width and height of a frame; None where it cannot be read.
        labels: the classes that its boxes may have.
    """

    frames: frozenset[str]
    size: tuple[int, int] | None
    labels: frozenset[str]


@dataclass
class Boxes:
    """The boxes of several files, compared with what is on disk.

    Attributes:
        n: how many boxes the files hold.
        sound: by video, the boxes that can be used, cut to the frame.
        faulty: by what is wrong, the frames whose boxes cannot.
    """

    n: int = 0
    sound: dict[str, list[Box]] = field(default_factory=dict)
    faulty: dict[str, list[str]] = field(default_factory=dict)

    def add(self, file: AnnotationFile, videos: Mapping[str, Video | None]) -> None:
        """Compare a file's boxes with the videos that are there.

        Args:
            file: the boxes.
            videos: by id, ``<class>/<video>``; None where a video is not
                looked at, whose boxes are passed over.
        """
        categories = {category.id: category.name.casefold() for category in file.categories}
        images: dict[Id, Image | None] = {}
        for image in file.images:
            images[image.id] = None if image.id in images else image
        for annotation in file.annotations:
            self.n += 1
            self._add(annotation, images, categories, videos)

    def _add(
        self,
        annotation: Annotation,
        images: Mapping[Id, Image | None],
        categories: Mapping[Id, str],
        videos: Mapping[str, Video | None],
    ) -> None:
        image = images.get(annotation.image_id)
        if image is None:
            twice = annotation.image_id in images
            problem = "of an image id that two images have" if twice else "of an unknown image id"
            self._refuse(problem, f"id {annotation.image_id}")
            return
        name = _frame_name(image.file_name)
        id, _, frame = name.rpartition("/")
        video = videos.get(id)
        if id in videos and video is None:
            return
        if video is None or frame not in video.frames:
            self._refuse("of a frame that is not there", name)
        elif video.size and video.size != (image.width, image.height):
            self._refuse("of a frame that is said to have another size", name)
        elif not _has_area(annotation):
            self._refuse("without an area", name)
        elif categories.get(annotation.category_id) not in video.labels:
            self._refuse("of another class than the video's", name)
        elif box := _cut(annotation, image):
            self.sound.setdefault(id, []).append(box)
        else:
            self._refuse("outside the frame", name)

    def _refuse(self, problem: str, frame: str) -> None:
        self.faulty.setdefault(problem, []).append(frame)


def read(path: Path) -> AnnotationFile:
    """Read an annotation file; nothing that it names is opened.

    Raises:
        DataError: it cannot be read, is not JSON, or lacks a key; names the key.
    """
    try:
        text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        return AnnotationFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in first["loc"]).strip(".")
        if first["type"] == "missing":
            raise DataError(f"{path}: lacks the key {key}; copy it again") from None
        where = f"{key}: " if key else ""
        raise DataError(f"{path}: {where}{first['msg']}; copy it again, or remove it") from None


def _frame_name(file_name: str) -> str:
    name = nfc(file_name.replace("\\", "/"))
    return name.removeprefix("./").removeprefix("rawframes/")


def _has_area(annotation: Annotation) -> bool:
    return all(map(isfinite, annotation.bbox)) and min(annotation.bbox[2:]) > 0


def _cut(annotation: Annotation, image: Image) -> Box | None:
    left, top, width, height = annotation.bbox
    return inside(left, top, left + width, top + height, image.width, image.height)
