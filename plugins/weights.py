"""Weight files that the user supplied: where they lie, and that they are what they should be.

Nothing is ever downloaded. A file is registered once (`Registry.add`,
``bench weights add``), and its checksum is compared again before its first
use in a process, so that a figure never rests on damaged or other weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from plugins import known_weights
from plugins.checksum import Checksum, digest_of, started
from plugins.errors import DataError
from plugins.hints import nearest
from plugins.known_weights import WeightFile
from plugins.tensorfile import read_checkpoint
from plugins.weight_copy import copy, same
from plugins.weight_identity import differing_tensor, identify, unlike
from plugins.weight_places import VARIABLE, hub_cache, weights_folder

State = Literal["registered", "wrong size", "missing"]

_verified: set[tuple[Path, int, int, Checksum]] = set()


@dataclass(frozen=True)
class Added:
    """What became of a file that was to be registered.

    Attributes:
        file: which one it is.
        path: where it is kept.
        new: it was not there before.
    """

    file: WeightFile
    path: Path
    new: bool


class Registry:
    """The known weight files, and those of them that are here.

    Args:
        files: the known ones; None: `plugins.known_weights.KNOWN`.
        folder: where files are registered; None: `plugins.weight_places.weights_folder`.
        caches: folders of other programs, in which a file of the right name
            counts as registered; None: the one of ``torch.hub``.
    """

    def __init__(
        self,
        files: Sequence[WeightFile] | None = None,
        folder: Path | None = None,
        caches: Sequence[Path] | None = None,
    ) -> None:
        self.files = tuple(known_weights.KNOWN if files is None else files)
        self.folder = weights_folder() if folder is None else folder
        self.caches = (hub_cache(),) if caches is None else tuple(caches)

    def known(self, name: str) -> WeightFile:
        """What is known of a file.

        Raises:
            DataError: no such file is known; the nearest name is given.
        """
        files = {file.name: file for file in self.files}
        if name not in files:
            raise DataError(f"no weight file '{name}' is known{nearest(name, files)}")
        return files[name]

    def find(self, name: str) -> Path | None:
        """Where a file lies, unread; None where it is not registered.

        Raises:
            DataError: no such file is known, or a folder must not be read.
        """
        file = self.known(name)
        places = [folder / file.filename for folder in (self.folder, *self.caches)]
        try:
            return next((path for path in places if path.is_file()), None)
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from None

    def state(self, name: str) -> State:
        """Whether a file is here, as far as its size tells without reading it.

        Raises:
            DataError: no such file is known.
        """
        path, size = self.find(name), self.known(name).size
        if path is None:
            return "missing"
        return "registered" if size in (None, path.stat().st_size) else "wrong size"

    def load(self, name: str) -> dict[str, Tensor]:
        """A file's tensors by name, on the CPU, once its checksum has been compared.

        Raises:
            DataError: the file is not known, not registered, or damaged; says
                what to do.
        """
        file, path = self._found(name)
        _verify(file, path)
        tensors = read_checkpoint(path)
        if difference := differing_tensor(file, tensors):
            raise DataError(f"{path}: not '{name}': {difference}. {get_again(file, path)}")
        return tensors

    def read(self, name: str) -> bytes:
        """A file's bytes, once they have been compared with its whole checksum.

        For a file that is a program: it may be run only if it is the known one,
        and what is run must be what was compared.

        Raises:
            DataError: the file is not known, not registered, damaged, or of no
                published checksum; says what to do.
        """
        file, path = self._found(name)
        checksum = file.checksum
        if checksum is None or not checksum.whole:
            raise DataError(
                f"{path}: '{name}' is a program, and no whole checksum of it is known: "
                "it is not run"
            )
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
        digest = started(checksum.algorithm, len(content))
        digest.update(content)
        if not checksum.fits(digest.hexdigest()):
            raise DataError(f"{unlike(file, path, digest.hexdigest())}. {get_again(file, path)}")
        return content

    def _found(self, name: str) -> tuple[WeightFile, Path]:
        file, path = self.known(name), self.find(name)
        if path is None:
            raise DataError(
                f"the weights '{name}' ({file.about}) are not registered. {how_to_get(file)}"
            )
        return file, path

    def add(self, path: Path) -> Added:
        """Register a file: tell by its content which one it is, and copy it into the folder.

        The copy is there whole or not at all. A file that is registered
        already, and sound, is left alone.

        Raises:
            DataError: the file is unknown, damaged or cannot be read, or the
                folder cannot be written.
        """
        file = identify(path, self.files)
        target = self.folder / file.filename
        try:
            if target.is_file() and same(file, path, target):
                return Added(file, target, new=False)
            copy(file, path, target)
        except OSError as error:
            raise DataError(
                f"{path}: cannot be copied to {target} ({error.strerror or error}). Make room, or "
                f"name another folder in the environment variable {VARIABLE}"
            ) from None
        return Added(file, target, new=True)


def how_to_get(file: WeightFile) -> str:
    """What a user does to have a file."""
    return f"Get {file.filename} from {file.source}, then run: bench weights add {file.filename}"


def get_again(file: WeightFile, path: Path) -> str:
    """What a user does where a file is damaged."""
    return f"Delete {path}. {how_to_get(file)}"


def _verify(file: WeightFile, path: Path) -> None:
    """Compare a file's checksum, once in a process for as long as the file is not changed."""
    if file.checksum is None:
        return
    try:
        about = path.stat()
        seen = (path, about.st_size, about.st_mtime_ns, file.checksum)
        if seen in _verified:
            return
        digest = digest_of(path, file.checksum.algorithm)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not file.checksum.fits(digest):
        raise DataError(f"{unlike(file, path, digest)}. {get_again(file, path)}")
    _verified.add(seen)
