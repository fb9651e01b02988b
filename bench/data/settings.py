"""What a clip is: how many frames of how long a stretch, of which part, at which size."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Sampling = Literal["uniform", "segments", "stride"]
Short = Literal["loop", "hold", "drop"]


class ClipSettings(BaseModel):
    """The shape of every clip of an experiment, and how a video becomes one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    frames: int = Field(default=16, ge=1)
    """Frames of a clip."""
    sampling: Sampling = "uniform"
    """Which frames of the span make a clip: ``uniform`` takes its first, its last and those evenly
    between; ``segments`` the middle one of each of ``frames`` equal parts; ``stride`` every
    ``stride``-th."""
    stride: int | None = Field(default=None, ge=1)
    """Video frames from one frame of a clip to the next, where sampling is ``stride``."""
    span: int = Field(default=48, ge=1)
    """Consecutive video frames that a clip covers. With sampling ``stride`` it is not set but
    follows: (frames - 1) * stride + 1."""
    start: Literal["random", "fixed"] = "random"
    """Where a clip starts in training: ``random`` draws it anew each time from all places that
    hold a span, ``fixed`` takes the ``per_video`` places. Tests and stills take the places."""
    size: int = Field(default=64, ge=8, le=2048)
    """Height and width of a clip, in pixels."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How a frame becomes a square: its centre cropped, black bars added, or stretched."""
    region: Literal["none", "box"] = "none"
    """``box`` first cuts every frame to a square around the video's region of interest (from a
    mask or boxes); a video without one is used whole, and counted."""
    region_margin: float = Field(default=0.1, ge=0, le=10)
    """Added to the region on each side, as a share of its longer side."""
    region_side: int | None = Field(default=None, ge=8, le=4096)
    """Side of the cut in the video's own pixels, so that all videos keep one scale; None: the
    region's longer side with its margins, video by video."""
    channels: Literal[1, 3] = 1
    """1 for grey, 3 for RGB."""
    short: Short = "loop"
    """A video shorter than span starts again, holds its last frame, or is left out and counted."""
    per_video: int = Field(default=1, ge=1)
    """Clips of each video, at evenly spaced starts; 1 is the centre."""

    @model_validator(mode="before")
    @classmethod
    def _span_follows_from_stride(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("sampling") != "stride" or "span" in given:
            return given
        frames = given.get("frames", cls.model_fields["frames"].default)
        stride = given.get("stride")
        sound = all(isinstance(n, int) and n > 0 for n in (frames, stride))
        return {**given, "span": (frames - 1) * stride + 1} if sound else given

    @model_validator(mode="after")
    def _stride_makes_the_span(self) -> ClipSettings:
        if self.sampling != "stride":
            if self.stride is not None:
                raise ValueError(
                    f"stride is only for sampling = 'stride', and sampling is '{self.sampling}': "
                    "leave stride out, or set sampling = 'stride'"
                )
            return self
        if self.stride is None:
            raise ValueError("sampling = 'stride' needs stride, for example stride = 3")
        due = (self.frames - 1) * self.stride + 1
        if self.span != due:
            raise ValueError(
                f"span ({self.span}) is not what stride makes it: (frames - 1) * stride + 1 = "
                f"({self.frames} - 1) * {self.stride} + 1 = {due}; "
                f"leave span out, or set it to {due}"
            )
        return self

    @model_validator(mode="after")
    def _span_holds_frames(self) -> ClipSettings:
        if self.span < self.frames:
            raise ValueError(
                f"span ({self.span}) must be at least frames ({self.frames}): "
                "a clip would repeat frames"
            )
        return self

    @model_validator(mode="after")
    def _cut_is_of_a_region(self) -> ClipSettings:
        has_margin = self.region_margin != type(self).model_fields["region_margin"].default
        has_side = self.region_side is not None
        if self.region == "none" and (has_margin or has_side):
            key = "region_side" if has_side else "region_margin"
            raise ValueError(f"{key} is only for region = 'box': leave it out, or set region")
        if has_margin and has_side:
            raise ValueError(
                "region_margin grows a cut that follows the region, and region_side makes all cuts "
                "of one size: leave one of them out"
            )
        return self

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, T, H, W) of a clip."""
        return (self.channels, self.frames, self.size, self.size)
