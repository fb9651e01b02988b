"""Draw docs/images/phantom.png: the phantom's first videos, and what follows one still."""

from pathlib import Path

from bench.data import contact_sheet
from bench.data.phantom.dataset import Phantom


def main() -> None:
    """Four videos of each class, then three continuations of the first still."""
    phantom = Phantom(n_videos=24, n_images=1, size=96)
    rows = []
    for label in ("benign", "malignant"):
        chosen = [record for record in phantom.videos() if record.label == label][:4]
        rows += [(f"{label}: {record.id}", record.frames()) for record in chosen]
    (still,) = phantom.images()
    rows += [(f"{still.id}, seed {seed}", still.continuation(16, seed)) for seed in range(3)]
    contact_sheet(rows, Path(__file__).parent / "images" / "phantom.png")


if __name__ == "__main__":
    main()
