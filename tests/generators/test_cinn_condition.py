"""What cINN sees of a still: a frozen image encoder, and the class."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from generators.cinn.generator import CINN
from generators.cinn.image_fit import IMAGES
from plugins import DataError, Run
from plugins.conformance import check_generator
from tests.generators.small_cinn import BY_CLASS, EMBEDDED, TINY


@pytest.fixture(scope="module")
def embedded(clips, tmp_path_factory) -> tuple[CINN, Run]:
    run = Run(tmp_path_factory.mktemp("embedded"), seed=3)
    generator = CINN(**(TINY | EMBEDDED | BY_CLASS))
    generator.fit(clips, run)
    return generator, run


@pytest.mark.slow
def test_with_an_image_autoencoder_it_keeps_the_contract(clips, stills, tmp_path) -> None:
    findings = check_generator(CINN(**(TINY | EMBEDDED)), clips, stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


def test_the_frozen_encoder_is_the_learned_one_batch_statistics_included(embedded) -> None:
    """The flow's training, which follows, changes none of it."""
    generator, run = embedded
    learned = load_file(run.folder / IMAGES)
    kept = generator._prior.condition.encoder.state_dict()
    assert any("running_var" in name for name in kept)
    for name, tensor in kept.items():
        assert torch.equal(tensor, learned[f"encoder.{name}"]), name


def test_an_embedding_does_not_depend_on_its_batch_in_any_mode(embedded, stills) -> None:
    condition = embedded[0]._prior.condition.train()
    assert condition.training
    together = condition(stills.images)
    for i in range(len(stills)):
        assert torch.allclose(condition(stills.images[i : i + 1])[0], together[i], atol=1e-4)
    condition.eval()


def test_the_class_of_a_still_shapes_its_sample(embedded, stills) -> None:
    generator, _ = embedded
    one, other, unknown = (
        generator.sample(replace(stills, labels=[label] * len(stills)), 16)
        for label in (0, 1, None)
    )
    assert not torch.equal(one, other)
    assert not torch.equal(one, unknown)


def test_a_class_that_was_not_learned_is_refused(embedded, stills) -> None:
    strange = replace(stills, classes=("normal",), labels=[0] * len(stills))
    with pytest.raises(DataError, match="'cinn' learned with class_conditioning"):
        embedded[0].sample(strange, 16)
