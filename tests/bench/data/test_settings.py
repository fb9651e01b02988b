"""What an experiment's clip section may say, and how it is told what it may not."""

import pytest
from pydantic import ValidationError

from bench.data.settings import ClipSettings


def test_the_defaults_are_what_they_were():
    settings = ClipSettings()
    assert settings.shape == (1, 16, 64, 64)
    assert (settings.sampling, settings.span, settings.region) == ("uniform", 48, "none")
    assert all(field.description for field in ClipSettings.model_fields.values())


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"sampling": "stride", "stride": 3},
        {"sampling": "stride", "stride": 3, "frames": 8, "span": 22},
        {"sampling": "segments", "span": 100, "start": "fixed"},
        {"region": "box", "region_side": 128},
        {"region": "box", "region_margin": 0.5},
    ],
)
def test_settings_are_the_same_when_read_back(chosen):
    settings = ClipSettings(**chosen)
    assert ClipSettings.model_validate(settings.model_dump()) == settings
    assert ClipSettings.model_validate_json(settings.model_dump_json()) == settings


def test_a_stride_makes_the_span():
    assert ClipSettings(sampling="stride", stride=3).span == 46
    assert ClipSettings(sampling="stride", stride=1, frames=1).span == 1


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"span": 8}, r"span \(8\) must be at least frames \(16\)"),
        ({"sampling": "segments", "span": 8}, r"span \(8\) must be at least frames"),
        ({"sice": 64}, "Extra inputs"),
        ({"sampling": "stride"}, "'stride' needs stride, for example stride = 3"),
        ({"stride": 2}, "stride is only for sampling = 'stride', and sampling is 'uniform'"),
        ({"sampling": "stride", "stride": 2, "span": 48}, r"\(48\) is not .* = 31; leave span out"),
        ({"sampling": "stride", "stride": 0}, "greater than or equal to 1"),
        ({"region_side": 64}, "region_side is only for region = 'box'"),
        ({"region_margin": 0.2}, "region_margin is only for region = 'box'"),
        ({"region": "box", "region_side": 64, "region_margin": 0.3}, "leave one of them out"),
        ({"region": "box", "region_margin": float("nan")}, "region_margin"),
    ],
)
def test_settings_refuse_what_makes_no_sense(chosen, message):
    with pytest.raises(ValidationError, match=message) as error:
        ClipSettings(**chosen)
    assert error.value.error_count() == 1
