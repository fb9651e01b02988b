"""Data sets as a user names them."""

import pytest

from bench.data.spec import Spec, parse_spec
from plugins.errors import DataError


@pytest.mark.parametrize(
    ("text", "reader", "root"),
    [
        ("phantom", "phantom", ""),
        ("folder:/data/x", "folder", "/data/x"),
        (" folder : /data/x ", "folder", "/data/x"),
        ("folder:data/x", "folder", "data/x"),
        ("folder:../x y", "folder", "../x y"),
        (r"folder:C:\data\x", "folder", r"C:\data\x"),
        ("folder:C:/data/x", "folder", "C:/data/x"),
        ("my-reader_2:/a:b", "my-reader_2", "/a:b"),
        ("folder:.", "folder", "."),
    ],
)
def test_a_reader_and_its_root(text, reader, root):
    assert parse_spec(text) == Spec(reader, root)


def test_a_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert parse_spec("folder:~/x").root == str(tmp_path / "x")
    with pytest.raises(DataError, match="there is no home folder '~nobody-of-that-name'"):
        parse_spec("folder:~nobody-of-that-name/x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is named 'reader:root'"),
        ("  ", "is named 'reader:root'"),
        ("/data/x", "write 'folder:/data/x'"),
        ("./x", r"write 'folder:\./x'"),
        (r"C:\data", r"write 'folder:C:\\data'"),
        (":/data/x", "write 'folder:/data/x'"),
        ("folder:", "after 'folder:' comes a folder"),
        ("phantom: ", "a simulator has no colon"),
    ],
)
def test_what_names_no_data_set(text, message):
    with pytest.raises(DataError, match=message):
        parse_spec(text)


def test_a_spec_is_written_as_it_is_read():
    for text in ("phantom", "folder:/data/x"):
        assert str(parse_spec(text)) == text
