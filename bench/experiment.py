"""The experiment file: what a user writes, checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from bench.choice import Choice, files_by_name
from bench.data import ClipSettings
from bench.data.ratio import parse_ratio, ratio_text
from bench.section import Section
from plugins.errors import BenchError, DataError
from plugins.hints import nearest

Protocol = Literal["real", "synthetic", "mixed"]
Prior = Literal["source", "real", "balanced"]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


def _one_spelling(ratio: Any) -> Any:
    if not isinstance(ratio, (str, int, float)):
        return ratio  # pydantic says what is due
    try:
        return ratio_text(parse_ratio(ratio))
    except DataError as error:
        raise ValueError(str(error).removeprefix(f"ratio = {ratio!r}: ")) from None


Ratio = Annotated[str, BeforeValidator(_one_spelling)]
"""Training to test videos, in the one spelling of `bench.data.ratio.ratio_text`."""


_LISTS = ("generators", "classifiers", "metrics", "splits", "ratios", "protocols", "replicates")


class Source(Section):
    """Where videos or images come from."""

    spec: str
    """``reader`` or ``reader:root``, for example ``folder:/data/busv``."""

    parameters: dict[str, Any] = {}
    """Parameters of the reader."""


class Synthesis(Section):
    """How many videos are synthesized, and of which classes."""

    per_image: int = Field(default=1, ge=1, le=1000)
    """Videos per image of the image set, for training classifiers."""

    per_test_video: int = Field(default=1, ge=1, le=1000)
    """Samples per test video's first frame, for the quality metrics."""

    prior: Prior = "source"
    """Class prior of the synthetic part in training: as in the image set
    (``source``), as in the real training videos (``real``), or equal
    (``balanced``); reached by leaving synthetic videos out."""

    batch: int = Field(default=64, ge=1, le=4096)
    """Images handed to a generator at once; one that needs much memory continues fewer together.
    A GPU with room for more is better used by more."""


class Duplicates(Section):
    """What is done with records that show nearly the same frame (`bench data audit` lists them)."""

    near: Literal["group", "ignore"] = "group"
    """Keep them on one side of every split; ``ignore`` does so with equal frames only."""

    contradicted: Literal["leave-out", "keep"] = "leave-out"
    """Images that are nearly the same as one of another class: synthesize from them or not."""


class Seeds(Section):
    """Fix one of the four seeds that a replicate otherwise derives from its number."""

    split: Seed | None = None
    """Of the split into training and test videos."""
    fit: Seed | None = None
    """Of training the generator."""
    sample: Seed | None = None
    """Of sampling from the generator."""
    train: Seed | None = None
    """Of training the classifier."""


class Experiment(Section):
    """A grid of generators, classifiers, ratios, protocols and replicates."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    """The name that tables, status and leaderboard take."""

    title: str = ""
    """One line on what it is for."""

    videos: Source
    """The labelled videos: the real side of the matrix."""

    images: Source
    """The labelled still images that videos are synthesized from."""

    clip: ClipSettings = ClipSettings()
    """How a clip is taken from a video."""

    generators: tuple[str, ...] = Field(min_length=1)
    """Names of generators (``name:set`` for one of its sets), or of choices in the table
    ``generator``."""

    classifiers: tuple[str, ...] = Field(min_length=1)
    """Names of classifiers, likewise; or paths of MMAction2's configs, which then go by
    the file's name without suffix."""

    metrics: tuple[str, ...] = Field(min_length=1)
    """Names of metrics, likewise."""

    generator: dict[str, Choice] = {}
    """Parameters of generators, or several variants of one."""

    classifier: dict[str, Choice] = {}
    """Parameters of classifiers, or several variants of one."""

    metric: dict[str, Choice] = {}
    """Parameters of metrics, or several variants of one."""

    splits: tuple[str, ...] = ()
    """Files of splits made elsewhere, which take the place of ``ratios``: manifests of
    ``bench data split``, or CSV tables with the columns ``id`` and ``side``. One per ratio, or
    one per ratio and replicate, in the order of the replicates."""

    ratios: tuple[Ratio, ...] = Field(default=("7:3", "5:5", "3:7"), min_length=1)
    """Training to test videos: ``"7:3"``, or the share of training videos, ``0.7``."""

    protocols: tuple[Protocol, ...] = Field(default=("real", "synthetic", "mixed"), min_length=1)
    """What classifiers are trained on."""

    replicates: tuple[Seed, ...] = Field(default=(0,), min_length=1)
    """Numbers of the replicates; each derives its own four seeds."""

    seeds: Seeds = Seeds()
    """Seeds to be the same in every replicate."""

    synthesis: Synthesis = Synthesis()
    """What is synthesized."""

    duplicates: Duplicates = Duplicates()
    """What is done with nearly equal records."""

    @model_validator(mode="before")
    @classmethod
    def _configs_by_name(cls, raw: Any) -> Any:
        return files_by_name(raw, "classifiers", "classifier") if isinstance(raw, dict) else raw

    @model_validator(mode="after")
    def _no_repeats(self) -> Experiment:
        for key in (
            "generators",
            "classifiers",
            "metrics",
            "splits",
            "ratios",
            "protocols",
            "replicates",
        ):
            values = getattr(self, key)
            repeated = sorted({str(v) for v in values if values.count(v) > 1})
            if repeated:
                raise ValueError(f"{key} names {', '.join(repeated)} twice")
        return self

    @model_validator(mode="after")
    def _one_answer_each(self) -> Experiment:
        for kind in ("generator", "classifier", "metric"):
            for name, choice in getattr(self, kind).items():
                choice.refuse_two_answers(f"{kind}.{name}", name)
        return self


def load_experiment(path: Path, overrides: dict[str, Any] | None = None) -> Experiment:
    """Read and check an experiment file.

    Args:
        path: a TOML file.
        overrides: values by dotted key, which win over the file's.

    Raises:
        BenchError: the file cannot be read, is not TOML, or has a wrong
            key or value; names the file, the key and the nearest right one.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: not valid TOML: {error}") from None
    raw.setdefault("name", path.stem)
    for key, value in (overrides or {}).items():
        _place(raw, key, value)
    return check_experiment(raw, str(path))


def check_experiment(raw: dict[str, Any], where: str) -> Experiment:
    """Make an experiment from plain values.

    Raises:
        BenchError: a key or a value is wrong; `where` leads the message.
    """
    try:
        return Experiment.model_validate(raw)
    except ValidationError as error:
        faults = error.errors()
        # A list whose items are wrong also counts as too short: the items are what to mend.
        said = [f for f in faults if not any(_holds(f["loc"], other["loc"]) for other in faults)]
        raise BenchError("\n".join(f"{where}: {_explain(dict(f))}" for f in said)) from None


def parse_override(text: str) -> tuple[str, Any]:
    """``key=value`` of ``--set``: the value as TOML, or else as a plain string.

    The key is dotted; a name with a dot of its own is quoted, as in TOML.

    Raises:
        BenchError: there is no ``=`` or no key.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise BenchError(f"--set {text}: write key=value, for example clip.size=112")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _place(raw: dict[str, Any], dotted: str, value: Any) -> None:
    *tables, last = _parts(dotted)
    for table in tables:
        raw = raw.setdefault(table, {})
        if not isinstance(raw, dict):
            raise BenchError(f"--set {dotted}: '{table}' is a value, not a table")
    raw[last] = value


def _parts(dotted: str) -> list[str]:
    """The names in a dotted key; where it is no key of TOML, what is between its dots."""
    parts = []
    try:
        table: Any = tomllib.loads(f"{dotted} = true")
        while isinstance(table, dict):
            [(name, table)] = table.items()
            parts.append(name)
    except ValueError:  # not TOML, or more than one key
        return dotted.split(".")
    return parts


def _holds(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    """Whether the other place is inside this one."""
    return len(place) < len(other) and other[: len(place)] == place


def _explain(fault: dict[str, Any]) -> str:
    location = [part for part in fault["loc"] if isinstance(part, (str, int))]
    key = ".".join(map(str, location))
    if fault["type"] == "extra_forbidden":
        return f"unknown key '{key}'{nearest(str(location[-1]), _keys(location[:-1]))}"
    if fault["type"] == "missing":
        return f"'{key}' is missing"
    message = fault["msg"].removeprefix("Value error, ")
    # A fault of the whole has the whole experiment as its input.
    return f"'{key}' = {fault['input']!r}: {message}" if location else message


def _keys(location: list[str | int]) -> list[str]:
    """The keys that the table at a location may hold."""
    model: Any = Experiment
    for part in location:
        annotation = model.model_fields[part].annotation if part in model.model_fields else Choice
        is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation if is_table else Choice
    return list(model.model_fields)
