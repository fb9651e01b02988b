"""A metric's network is the registered one, as long as it is registered."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import pytest
import torch

from metrics.video.features import VideoFeatures
from metrics.video.networks import NETWORKS
from metrics.video.pretrained import Pretrained, weights_of
from plugins import known_weights
from plugins.errors import DataError
from tests.metrics.support import noise
from tests.metrics.video import plain_i3d
from tests.metrics.video.i3d_weights import registered


def test_it_is_the_registered_network_and_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registered(tmp_path, "i3d-kinetics-400", plain_i3d.drawn(400))
    monkeypatch.setattr(known_weights, "KNOWN", registry.files)
    monkeypatch.setenv("BENCH_WEIGHTS", str(registry.folder))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    network, clips = pickle.loads(pickle.dumps(Pretrained("google"))), noise(1, t=9, size=16)
    found = network.features(clips, "cpu")
    torch.testing.assert_close(found, VideoFeatures("google", registry).features(clips))
    path = registry.find("i3d-kinetics-400")
    assert path is not None
    path.unlink()
    with pytest.raises(DataError, match="not registered"):
        network.features(clips, "cpu")


def test_a_file_without_a_published_checksum_is_told_apart_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    network = Pretrained("dtfvd")
    assert network.content() == ""
    path = tmp_path / "I3D_16.pth.tar"
    seen = set()
    for text in (b"one", b"other"):
        path.write_bytes(text)
        assert network.content() == hashlib.sha256(text).hexdigest()
        seen.add(network.content())
    assert len(seen) == 2
    # A published checksum is compared when the file is loaded: the code holds it.
    (tmp_path / "i3d_pretrained_400.pt").write_bytes(b"one")
    assert Pretrained("google").content() == ""


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_files_are_the_networks_own(name: str) -> None:
    assert Pretrained(name).name == f"I3D ({name})"
    assert weights_of(name) == (NETWORKS[name].weights,)
