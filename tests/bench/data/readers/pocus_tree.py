"""A small copy of POCUS: files that are listed and never read, and tables, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.data.readers.pocus import Pocus
from plugins.dataset import Record

ALL = {"classes": ("healthy", "pneumonia", "covid", "viral"), "probes": ("convex", "linear")}

FILES = (
    "pocus_videos/convex/Reg_pat2Image_1.mpeg",
    "pocus_videos/convex/Reg_pat2Image_2.mpeg",
    "pocus_videos/convex/Reg-Atlas.gif",
    "pocus_videos/convex/Pneu_northumbria_0409_set3_vid1.avi",
    "pocus_videos/convex/Reg_northumbria_0409_set3_vid2.avi",
    "pocus_videos/convex/pneu-everyday.MP4",
    "pocus_videos/convex/Cov-Atlas-+(43).gif",
    "pocus_videos/linear/Vir_liftl_H1N1_case2_clip2.mp4",
    "pocus_videos/linear/label_uncertain/Cov_bolzano_sliding .mpeg",
    "pocus_videos/linear/label_uncertain/Vir_or_Pneu_file4.mp4",
    "pocus_images/convex/Pneu_northumbria_0409_set3_img2.jpg",
    "pocus_images/convex/Reg_Avi_Image001.JPG",
    "pocus_images/linear/Cov_Fig14.png",
)


def build(root: Path) -> Path:
    """Write the files, empty."""
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "README.md").write_text("about the data")
    (root / "pocus_videos" / ".gitkeep").touch()
    return root


def pocus(root: Path, **parameters: object) -> Pocus:
    """The reader of a copy."""
    return Pocus(root=str(root), **parameters)


def groups(records: Iterable[Record]) -> dict[str, str]:
    """Group by file name."""
    return {r.id.rpartition("/")[2]: r.group for r in records}


def metadata(root: Path, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Write dataset_metadata.csv; a row is (file without suffix, type, licence, patient)."""
    lines = ["Filename,Type,License,Patient ID / Name,,Comments"]
    lines += [f'{a},{b},{c},{d},,"one, two\nthree"' for a, b, c, d in rows]
    (root / "dataset_metadata.csv").write_text("\n".join(lines), "utf-8")


def clips(root: Path, header: str = "path,group", row: str = "{path},g{i}") -> None:
    """Write clips.csv with a row per video."""
    videos = [name for name in FILES if "videos" in name and "uncertain" not in name]
    lines = [header] + [row.format(path=path, i=i // 2) for i, path in enumerate(videos)]
    (root / "clips.csv").write_text("\n".join(lines), "utf-8")
