"""Which known weight file a file is, told by its content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from plugins.checksum import Algorithm, digest_of
from plugins.errors import DataError
from plugins.known_weights import WeightFile
from plugins.tensorfile import read_checkpoint


def identify(path: Path, known: Sequence[WeightFile]) -> WeightFile:
    """Tell a file by its checksum, or where none is published by its tensors.

    Its name counts for nothing, except in the message about a damaged file, and
    where several known files have the same tensors.

    Raises:
        DataError: it is none of them, a damaged one, or one of several that only
            their names tell apart; says what was expected.
    """
    digests = _digests(path, known)
    for file in known:
        if file.checksum and file.checksum.fits(digests[file.checksum.algorithm]):
            return file
    try:
        tensors, unreadable = read_checkpoint(path), None
    except DataError as error:
        tensors, unreadable = {}, error
    alike = [file for file in known if file.tensors and not differing_tensor(file, tensors)]
    if told := _told_by_tensors(path, alike):
        return told
    named = [file for file in known if file.filename == path.name]
    for file in (*alike, *named):
        if file.checksum:
            found = digests[file.checksum.algorithm]
            raise DataError(f"{unlike(file, path, found)}. Get it again from {file.source}")
    if unreadable:
        raise DataError(f"{unreadable}. {_expected(known)}")
    raise DataError(f"{path}: not a weight file that is known here. {_expected(known)}")


def _told_by_tensors(path: Path, alike: Sequence[WeightFile]) -> WeightFile | None:
    """Which file without a checksum it is, among all with such tensors; by name where several."""
    unsummed = [file for file in alike if file.checksum is None]
    if not unsummed or len(alike) == 1:
        return next(iter(unsummed), None)
    if named := next((file for file in alike if file.filename == path.name), None):
        return named if named in unsummed else None  # its checksum differs: it is damaged
    names = " or ".join(file.filename for file in alike)
    raise DataError(
        f"{path}: its tensors are those of {names}, and nothing in it tells which it is. "
        "Give it the name under which it is published"
    )


def differing_tensor(file: WeightFile, tensors: Mapping[str, Tensor]) -> str | None:
    """What is missing or of another shape among a file's tensors; None: nothing."""
    for name, shape in file.tensors.items():
        if name not in tensors:
            return f"it holds no '{name}'"
        found = tuple(tensors[name].shape)
        if found != shape:
            return f"its '{name}' has shape {found}, not {shape}"
    return None


def unlike(file: WeightFile, path: Path, digest: str) -> str:
    """What tells a file from the one that it seems to be."""
    size = path.stat().st_size
    expected = f"{file.checksum}" + (f", {file.size:,} bytes" if file.size else "")
    return (
        f"{path}: damaged, or another edition of '{file.name}' ({file.about}): expected "
        f"{expected}; found {digest}, {size:,} bytes"
    )


def _digests(path: Path, known: Sequence[WeightFile]) -> dict[Algorithm, str]:
    """The file's digest by every algorithm that a known file is told by."""
    if path.is_dir():
        raise DataError(f"{path}: a folder; name the weight files in it")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    algorithms = {file.checksum.algorithm for file in known if file.checksum}
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty; get it again")
        return {algorithm: digest_of(path, algorithm) for algorithm in sorted(algorithms)}
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def _expected(known: Sequence[WeightFile]) -> str:
    names = "; ".join(f"{file.filename} ({file.about})" for file in known)
    return f"Known are, by their content: {names}"
