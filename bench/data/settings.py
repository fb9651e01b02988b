"""What a clip is: how many frames of how long a stretch, at which size."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ClipSettings(BaseModel):
    """The shape of every clip of an experiment, and how a video becomes one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    frames: int = Field(default=16, ge=1)
    """Frames of a clip."""
    span: int = Field(default=48, ge=1)
    """Consecutive video frames that a clip covers; its frames are sampled uniformly from them."""
    size: int = Field(default=64, ge=8, le=2048)
    """Height and width of a clip, in pixels."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """How a frame becomes a square: its centre cropped, black bars added, or stretched."""
    channels: Literal[1, 3] = 1
    """1 for grey, 3 for RGB."""
    short: Literal["loop", "hold", "drop"] = "loop"
    """A video shorter than span starts again, holds its last frame, or is left out and counted."""
    per_video: int = Field(default=1, ge=1)
    """Clips of each video, at evenly spaced starts; 1 is the centre."""

    @model_validator(mode="after")
    def _span_holds_frames(self) -> ClipSettings:
        if self.span < self.frames:
            raise ValueError(
                f"span ({self.span}) must be at least frames ({self.frames}): "
                "a clip would repeat frames"
            )
        return self

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, T, H, W) of a clip."""
        return (self.channels, self.frames, self.size, self.size)
