"""A synthesized clip beside the training clip that it is most like."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

AT_MOST = 8
"""Pairs that are kept of one metric and generator."""


class Pair(BaseModel):
    """Two clips, and how near to each other they are for two that were not made alike."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str
    """The video or still that the synthesized clip continues: its row of the features."""

    sample: int = Field(ge=0)
    """Which of its continuations."""

    training: str
    """The training video, by its row of the features."""

    clip: int = Field(default=0, ge=0)
    """Which of that video's rows."""

    ratio: FiniteFloat
    """Their distance, relative to what is usual; 0 where they are equal."""

    unseen: FiniteFloat
    """The smallest ratio of any test video, none of which a generator has seen."""

    @property
    def suspected(self) -> bool:
        """Whether the two are nearer than any test video is to its training clip."""
        return self.ratio < self.unseen
