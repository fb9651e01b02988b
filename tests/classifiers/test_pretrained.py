"""Initial weights from files: what fits is taken, the rest is told, and nothing else is run."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from classifiers.mmaction import MMActionClassifier
from classifiers.tsm import TSM
from plugins import compat
from plugins.clips import MemoryClips
from plugins.errors import BenchError, DataError
from plugins.initial import Initial, read_initial
from plugins.run import Run

Make = Callable[..., MemoryClips]
SMALL: dict[str, Any] = {"depth": 18, "width": 8, "steps": 1, "batch_size": 2}


def tsm(**fields: Any) -> TSM:
    made = TSM.configure(SMALL | fields, "here")
    assert isinstance(made, TSM)
    return made


def built(classifier: MMActionClassifier, classes: int = 2) -> torch.nn.Module:
    names = [str(k) for k in range(classes)]
    return classifier._build({"classes": names, "shape": [1, 16, 32, 32]})


def begun(classifier: TSM, clips: MemoryClips, folder: Path) -> Initial:
    classifier.fit(clips, Run(folder, seed=0))
    told = read_initial(folder)
    assert told is not None
    return told


def resnet18() -> torch.nn.Module:
    compat.mmaction_registry()  # mends what torchvision lacks beside some builds of torch
    from torchvision.models import resnet18 as made

    return made(weights=None)


def drawn(classifier: MMActionClassifier) -> dict[str, Tensor]:
    torch.manual_seed(3)
    return {k: v.clone() for k, v in built(classifier, classes=5).state_dict().items()}


@pytest.mark.parametrize("form", ["safetensors", "torch", "checkpoint", "parallel"])
def test_own_weights_in_every_form(tmp_path: Path, drifting: Make, form: str) -> None:
    weights = drawn(tsm())
    path = tmp_path / "own.pth"
    if form == "safetensors":
        save_file(weights, path)
    else:
        prefix = "module." if form == "parallel" else ""
        table: Any = {prefix + name: tensor for name, tensor in weights.items()}
        torch.save({"state_dict": table, "meta": {"epoch": 3}} if form != "torch" else table, path)
    told = begun(tsm(pretrained=str(path)), drifting(4, seed=0, size=32), tmp_path / "run")
    assert told.drawn == ("cls_head.fc_cls.weight", "cls_head.fc_cls.bias")  # five classes there
    assert set(told.unused) == set(told.drawn)
    assert len(told.loaded) == len(weights) - 2
    assert "own.pth" in str(told)
    assert "not from it: cls_head.fc_cls.weight" in str(told)


def test_the_weights_are_where_training_begins(tmp_path: Path, drifting: Make) -> None:
    weights = drawn(tsm())
    save_file(weights, tmp_path / "own.safetensors")
    classifier = tsm(pretrained=str(tmp_path / "own.safetensors"), lr=1e-12, weight_decay=0)
    begun(classifier, drifting(4, seed=0, size=32), tmp_path / "run")
    assert classifier._model is not None
    for name, tensor in classifier._model.named_parameters():
        if name.startswith("backbone."):
            torch.testing.assert_close(tensor.cpu(), weights[name])


def test_imagenet_names_of_torchvision(tmp_path: Path, drifting: Make) -> None:
    resnet = resnet18()
    weights = resnet.state_dict()
    torch.save(weights, tmp_path / "resnet18.pth")
    classifier = tsm(width=64, pretrained=str(tmp_path / "resnet18.pth"))
    told = begun(classifier, drifting(2, seed=0, size=32), tmp_path / "run")
    assert told.unused == ("fc.bias", "fc.weight")
    assert told.drawn == ("cls_head.fc_cls.weight", "cls_head.fc_cls.bias")


def test_imagenet_weights_give_the_image_network() -> None:
    """With the shift off, mapped weights give the features of torchvision's own network."""
    torch.manual_seed(0)
    resnet = resnet18().eval()
    classifier = TSM(depth=18, segments=8)
    model = built(classifier).eval()
    given = classifier.mapped(dict(resnet.state_dict()))
    model.backbone.load_state_dict(given, strict=False)
    for module in model.modules():
        if hasattr(module, "shift_div") and hasattr(module, "net"):
            module.shift = lambda x, *_, **__: x
    frames = torch.randn(8, 3, 32, 32)
    trunk = torch.nn.Sequential(*list(resnet.children())[:-2])
    with torch.no_grad():
        torch.testing.assert_close(model.backbone(frames), trunk(frames))


def test_content_makes_the_key(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    weights = drawn(tsm())
    paths = [tmp_path / "own.safetensors", tmp_path / "there" / "renamed.pth"]
    for path in paths:
        save_file(weights, path)
    here, there = (tsm(pretrained=str(path)) for path in paths)
    assert here.parameters() == there.parameters()
    assert here.fresh().pretrained == here.pretrained
    weights["backbone.conv1.conv.weight"] += 1
    save_file(weights, tmp_path / "own.safetensors")
    changed = tsm(pretrained=str(tmp_path / "own.safetensors"))
    assert changed.parameters() != there.parameters()


def test_a_file_that_changes_is_refused(tmp_path: Path, drifting: Make) -> None:
    save_file(drawn(tsm()), tmp_path / "own.safetensors")
    classifier = tsm(pretrained=str(tmp_path / "own.safetensors"))
    save_file(drawn(tsm(width=16)), tmp_path / "own.safetensors")
    with pytest.raises(DataError, match="changed during the run"):
        classifier.fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))


def test_a_file_that_goes_away_is_refused(tmp_path: Path, drifting: Make) -> None:
    save_file(drawn(tsm()), tmp_path / "own.safetensors")
    classifier = tsm(pretrained=str(tmp_path / "own.safetensors"))
    (tmp_path / "own.safetensors").unlink()
    with pytest.raises(DataError, match="cannot be read any more"):
        classifier.fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))


def test_weights_of_another_model_are_refused(tmp_path: Path, drifting: Make) -> None:
    save_file({"features.0.weight": torch.zeros(3)}, tmp_path / "vgg.safetensors")
    classifier = tsm(pretrained=str(tmp_path / "vgg.safetensors"))
    with pytest.raises(DataError, match=r"no tensor of it fits.*'features.0.weight'.*'backbone"):
        classifier.fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))


class Trap:
    def __reduce__(self) -> Any:
        return (print, ("ran",))


def test_nothing_in_a_file_is_run(
    tmp_path: Path, drifting: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps({"state_dict": Trap()}))
    classifier = tsm(pretrained=str(path))
    with pytest.raises(DataError, match="no weights can be read"):
        classifier.fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))
    assert "ran" not in capsys.readouterr().out


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"none.pth: cannot be read \(No such file"):
        tsm(pretrained=str(tmp_path / "none.pth"))
