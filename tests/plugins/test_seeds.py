"""Named seeds are stable for ever and apart from each other."""

from plugins.seeds import derive


def test_known_values() -> None:
    # From `printf '0\x1fsplit' | sha256sum`, first 8 bytes, halved.
    import hashlib

    expected = int(hashlib.sha256(b"0\x1fsplit").hexdigest()[:16], 16) // 2
    assert derive(0, "split") == expected


def test_paths_do_not_collide() -> None:
    paths = [(0, "a", "b"), (0, "ab"), (0, "a"), (1, "a"), (0, "a", "b", 1), (0, "a", "b1")]
    assert len({derive(*path) for path in paths}) == len(paths)
