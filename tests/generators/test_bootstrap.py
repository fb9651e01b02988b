"""`bootstrap` gives an image the motion of one training clip."""

from __future__ import annotations

import torch

from bench.conformance_data import simulated_clips
from generators.controls.bootstrap import Bootstrap, FieldBank, mirrored
from generators.controls.pull_back import moved, pull_back
from plugins import MemoryClips, Run, Stills


def test_a_clip_s_own_motion_beats_holding_its_frame_0(tmp_path) -> None:
    clips = simulated_clips(tmp_path / "cache", 64)
    for clip in clips:
        own = moved(clip[:, 0], pull_back(clip, 16))[:, 1:]
        held = clip[:, :1].expand_as(clip)[:, 1:]
        error, still = ((made - clip[:, 1:]).square().mean() for made in (own, held))
        assert float(error) < 0.5 * float(still)


def test_of_one_clip_every_image_gets_its_motion(tmp_path) -> None:
    clips = simulated_clips(tmp_path / "cache", 32)
    one = MemoryClips((clips[2][None] * 255).round().byte(), [0], ("a",))
    (tmp_path / "run").mkdir()
    generator = Bootstrap()
    generator.fit(one, Run(tmp_path / "run"))
    images = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    made = generator.sample(Stills(images, seeds=[4, 5, 6]), 16)
    field = pull_back(one[0], 16).half()
    assert torch.equal(made, torch.stack([moved(image, field.float()) for image in images]))


def bank(mirror: float = 0.0) -> FieldBank:
    """Five fields on 1 x 4 cells; a field's dx tells its number and its side."""
    made = FieldBank(5, (1, 2, 2, 8), 4, mirror)
    made.fields[:, 0, 0, 0] = torch.arange(5)[:, None] * 10 + torch.arange(1, 5)
    made.fields[:, 1, 0, 0] = 7
    return made


def test_all_fields_are_equally_likely() -> None:
    drawn = [int(bank().draw(seed)[0, 0, 0, 0]) // 10 for seed in range(1000)]
    counts = torch.tensor(drawn).bincount(minlength=5)
    assert len(counts) == 5
    # 200 each; five standard deviations of the binomial distribution are 63.
    assert int((counts - 200).abs().max()) < 63


def test_a_mirrored_motion_belongs_to_the_mirrored_clip() -> None:
    never, always, half = bank(), bank(1.0), bank(0.5)
    turned = 0
    for seed in range(400):
        plain = never.draw(seed)
        assert torch.equal(always.draw(seed), mirrored(plain))
        turned += not torch.equal(half.draw(seed), plain)
    assert abs(turned - 200) < 50
    image = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0))
    field = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    there = moved(image.flip(-1), mirrored(field))
    assert torch.allclose(there, moved(image, field).flip(-1), atol=1e-5)
