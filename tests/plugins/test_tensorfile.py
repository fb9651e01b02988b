"""Files of tensors from elsewhere: told from their content, and refused in words for their user."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from plugins.errors import DataError
from plugins.tensorfile import read_checkpoint, read_tensors

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(1)}


def saved(path: Path, content: object = TENSORS) -> Path:
    torch.save(content, path)
    return path


def test_either_format_by_any_name(tmp_path: Path) -> None:
    other = tmp_path / "weights.pth"
    save_file(TENSORS, other)
    for path in (saved(tmp_path / "weights.safetensors"), other):
        found = read_tensors(path)
        assert found.keys() == TENSORS.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_checkpoint_holds_its_table_beside_other_things(tmp_path: Path, key: str) -> None:
    parallel = {f"module.{name}": tensor for name, tensor in TENSORS.items()}
    path = saved(tmp_path / "a.pth", {"epoch": 3, key: parallel})
    assert read_checkpoint(path).keys() == TENSORS.keys()
    with pytest.raises(DataError, match="'epoch' is a int, not a tensor"):
        read_tensors(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no weights here",
        bytes(range(256)) * 8,
        b"PK\x03\x04" + bytes(100),
        b"\x80\x02}q\x00.",
    ],
    ids=["empty", "text", "noise", "archive", "nothing"],
)
def test_what_holds_no_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "junk.pth"
    path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        read_tensors(path)
    assert str(refused.value).startswith(f"{path}: no weights can be read from it (")
    # torch advises to switch its protection off; nobody should for a damaged file.
    assert "weights_only" not in str(refused.value)


def test_what_would_have_to_be_run_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", {"args": SimpleNamespace(rate=1), "model": TENSORS})
    said = r"it holds a types.SimpleNamespace, which would have to be run\).*as safetensors"
    with pytest.raises(DataError, match=said):
        read_checkpoint(path)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="no weights can be read from it"):
        read_tensors(path)
