"""How fast the plain DDPM learns and samples, at the batch and precision of LDDM."""

from __future__ import annotations

from collections.abc import Iterator

from lddm_case import Case
from measure import flops, forget_peak, peak_memory, timed
from plain_ddpm import STEPS, PlainDDPM, size_of, unet_of_size
from speed_table import Speed


def ddpm_speeds(case: Case, parameters: int, n_images: int, steps: int) -> Iterator[Speed]:
    """The plain DDPM trained, then sampled.

    Args:
        case: whose clips, device and precision it takes.
        parameters: its network has as many, within a tenth.
        n_images: sampled at once.
        steps: of its `STEPS` that are run and timed.
    """
    lddm = case.lddm()
    unet = unet_of_size(case.clips.shape[0], parameters).to(case.device)
    name = f"plain DDPM ({size_of(unet) / 1e6:.2f} M parameters)"
    ddpm = PlainDDPM(unet, lddm.amp, case.device)
    batch = lddm.autoencoder_batch
    clips = case.clips.batch(range(batch), [0] * batch)
    ddpm.step(clips)
    forget_peak(case.device)
    seconds = timed(lambda: ddpm.step(clips), case.device, case.seconds)
    yield Speed(
        f"{name}, training",
        batch,
        [batch / s for s in seconds],
        peak_memory(case.device),
        flops(lambda: ddpm.step(clips)) / batch,
        lddm.amp,
    )
    shape = (n_images, *case.clips.shape)
    ddpm.sample(shape, 1, lddm.sample_amp)
    forget_peak(case.device)
    seconds = timed(lambda: ddpm.sample(shape, steps, lddm.sample_amp), case.device, case.seconds)
    yield Speed(
        f"{name}, sampling, {STEPS} steps (timed: {steps}, times {STEPS / steps:g})",
        n_images,
        [n_images * steps / STEPS / s for s in seconds],
        peak_memory(case.device),
        STEPS * flops(lambda: ddpm.sample(shape, 1, lddm.sample_amp)) / n_images,
        lddm.sample_amp,
    )
