"""Before the first cell: all is decoded once, what belongs together is found, faults are told."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from bench.data.decode import frames as decoded
from bench.prepare import prepare
from bench.store import Store
from plugins.errors import DataError
from tests.bench.data.conftest import write_image
from tests.bench.pictures import crop
from tests.bench.two_folders import (
    IMAGES,
    VIDEOS,
    gathered,
    pixels_of_images,
    pixels_of_videos,
    write_folders,
    write_unlike,
)


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, Any]:
    """Two folders, in which a copy is made of a video's frame, of an image, and of both."""
    videos, images = pixels_of_videos(), pixels_of_images()
    videos["benign/1"][5] = videos["malignant/3"][2]
    images["benign/2.png"] = crop(videos["benign/0"][0])
    images["malignant/1.png"] = images["benign/0.png"]
    return write_folders(tmp_path / "data", videos, images)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def decoding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the records that are decoded from now on."""
    from bench.data.readers.record import FileRecord

    seen: list[str] = []
    stream = FileRecord.stream

    def told(record):
        seen.append(record.id)
        return stream(record)

    monkeypatch.setattr(FileRecord, "stream", told)
    return seen


def test_what_the_pixels_show_is_found_and_told(planted, store: Store) -> None:
    made = prepare(gathered(planted), store)
    group = dict(zip(made.videos.ids, made.videos.groups, strict=True))
    assert group["benign/1"] == group["malignant/3"]
    assert len(set(group.values())) == len(VIDEOS) - 1
    of_images = dict(zip(made.images.ids, made.images.groups, strict=True))
    assert of_images["benign/2.png"] == group["benign/0"]
    assert set(of_images) == set(IMAGES) - {"benign/0.png", "malignant/1.png"}
    (pair,) = made.alike
    assert pair == ("benign/1", 5, "malignant/3", 2, "the very same frame")
    for told in (
        "3 of 8 videos show nearly the same frame",
        "3 of 6 images show nearly the same frame",
        "videos of different classes show nearly the same frame: benign/1 and malignant/3",
        "2 of 6 images left out of synthesis, as nearly the same one carries another class: "
        "benign/0.png, malignant/1.png",
    ):
        assert any(note.startswith(told) for note in made.notes), told


def test_every_file_is_decoded_once_and_then_never_again(
    planted, store: Store, monkeypatch
) -> None:
    seen = decoding(monkeypatch)
    first = prepare(gathered(planted), store)
    assert sorted(seen) == sorted({*VIDEOS, *IMAGES} - {"malignant/1.png"}), "equal files: once"
    seen.clear()
    again = prepare(gathered(planted), store)
    assert seen == []
    assert again == first


def test_a_file_that_changed_is_looked_at_again(
    planted, store: Store, tmp_path: Path, monkeypatch
) -> None:
    prepare(gathered(planted), store)
    frame = decoded(tmp_path / "data/videos/benign/2")[0, ..., 0]
    write_image(tmp_path / "data/images/malignant/2.png", frame)
    seen = decoding(monkeypatch)
    from bench.cells.part import _listed

    _listed.cache_clear()  # a new call of bench lists anew
    again = prepare(gathered(planted), store)
    assert seen == ["malignant/2.png"]
    assert "malignant/2.png" not in again.images.ids


def test_clips_that_are_too_short_are_left_out_before_groups_are_made(
    planted, store: Store, tmp_path: Path
) -> None:
    for path in sorted((tmp_path / "data/videos/malignant/3").iterdir())[3:]:
        path.unlink()
    clip = {**planted["clip"], "short": "drop"}
    made = prepare(gathered(planted, clip=clip), store)
    assert set(made.videos.ids) == set(VIDEOS) - {"malignant/3"}
    assert "1 videos left out: shorter than 4 frames" in made.notes
    assert made.alike == ()
    kept = prepare(gathered(planted), store)
    assert set(kept.videos.ids) == set(VIDEOS)
    assert len(kept.alike) == 1


def test_damaged_videos_and_images_are_all_named(planted, store: Store, tmp_path: Path) -> None:
    for name in ("videos/benign/2/000003.png", "images/malignant/0.png"):
        path = tmp_path / "data" / name
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError) as raised:
        prepare(gathered(planted), store)
    lead, *lines = str(raised.value).splitlines()
    assert lead == "2 of 14 files cannot be read:"
    assert "videos/benign/2/000003.png" in lines[0]
    assert "images/malignant/0.png" in lines[1]


def test_progress_goes_where_it_is_asked_to(planted, store: Store, capsys) -> None:
    elsewhere = io.StringIO()
    prepare(gathered(planted), store, elsewhere)
    assert "decoding 13 of 14 videos and images: about 1 MiB into" in elsewhere.getvalue()
    assert capsys.readouterr().out == ""
    quiet = io.StringIO()
    prepare(gathered(planted), store, quiet)
    assert "decoding" not in quiet.getvalue()


def test_records_without_a_region_are_counted(planted, store: Store, tmp_path: Path) -> None:
    (tmp_path / "data/videos/regions.csv").write_text(
        "id,left,top,width,height\nbenign/0,10,10,50,50\n"
    )
    made = prepare(gathered(planted, clip={**planted["clip"], "region": "box"}), store)
    assert "7 of 8 videos have no region of interest: used whole" in made.notes
    assert "4 of 4 images have no region of interest: used whole" in made.notes


def test_given_splits_are_held_against_what_the_pixels_show(
    planted, store: Store, tmp_path: Path
) -> None:
    def table(test: set[str]) -> str:
        rows = "".join(f"{id},{'test' if id in test else 'train'}\n" for id in VIDEOS)
        (tmp_path / "split.csv").write_text("id,side\n" + rows)
        return str(tmp_path / "split.csv")

    whole = prepare(gathered(planted, splits=[table({"benign/1", "malignant/3"})]), store)
    assert whole.experiment.ratios == ("75:25",)
    told = r"split\.csv: benign/1 \(frame 5\) and malignant/3 \(frame 2\) show the very same frame"
    with pytest.raises(DataError, match=told):
        prepare(gathered(planted, splits=[table({"benign/1", "malignant/2"})]), store)
    near = {"near": "ignore"}
    with pytest.raises(DataError, match=told):
        prepare(
            gathered(planted, splits=[table({"benign/1", "malignant/2"})], duplicates=near), store
        )


def test_textures_are_not_alike_by_themselves(store: Store, tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    tables = write_unlike(tmp_path / "apart")
    made = prepare(gathered(tables), store)
    assert made.alike == ()
    assert not any("nearly the same frame as" in note for note in made.notes)
    assert all(frames.std() > 30 for frames in pixels_of_videos().values())
