"""Why a class cannot be used as a plugin, told before anything runs with it."""

from __future__ import annotations

import inspect
import json
from typing import get_args

from pydantic import ValidationError

from plugins.base import Plugin
from plugins.errors import one_line
from plugins.metric import CLIPS, FEATURES, PREDICTIONS, Ingredient
from plugins.parameter_sets import declaration_fault
from plugins.weight_needs import needs_fault


def class_fault(item: object, kind: str) -> tuple[str, str] | None:
    """Why an object cannot be used as a plugin of a kind, and what to do; None where it can.

    Args:
        item: what the hook returned.
        kind: ``generator``, ``classifier``, ``metric`` or ``dataset``.
    """
    base = f"plugins.{kind.capitalize()}"
    if not (isinstance(item, type) and issubclass(item, Plugin)):
        return "not a plugin class", f"return classes derived from {base}"
    if getattr(item, "kind", None) != kind:
        return f"not a {kind}", f"derive it from {base}"
    if not isinstance(getattr(item, "name", None), str):
        return "it has no name", 'give it a class attribute: name: ClassVar[str] = "..."'
    if ":" in item.name:
        return f"its name '{item.name}' holds a colon", "rename it: 'name:set' chooses a set"
    if inspect.isabstract(item):
        missing = ", ".join(sorted(item.__abstractmethods__))
        return f"it lacks {missing}", f"write {missing} as {base} describes"
    needed = [name for name, field in item.model_fields.items() if field.is_required()]
    if needed:
        return f"parameters without a default: {', '.join(needed)}", "give each a default"
    return (
        (_metric_fault(item) if kind == "metric" else None)
        or _default_fault(item)
        or declaration_fault(item)
        or needs_fault(item)
    )


def _metric_fault(metric: type[Plugin]) -> tuple[str, str] | None:
    """What the tables and the matrix ask of a metric's class and would not find."""

    def lacking(name: str, example: str) -> tuple[str, str]:
        found = getattr(metric, name, None)
        fault = f"its {name} is {found!r}" if found is not None else f"it has no {name}"
        return fault, f"give it a class attribute: {name}: ClassVar{example}"

    for name, example in (("title", '[str] = "..."'), ("unit", '[str] = ""')):
        if not isinstance(getattr(metric, name, None), str):
            return lacking(name, example)
    if getattr(metric, "direction", None) not in ("higher", "lower"):
        return lacking("direction", '[...] = "higher" (or "lower")')
    reads = getattr(metric, "reads", None)
    known = get_args(Ingredient)
    if not isinstance(reads, tuple) or not reads or not set(reads) <= set(known):
        return lacking("reads", f"[...] = (...), of {', '.join(known)}")
    kinds = [set(kind) & set(reads) for kind in (CLIPS, PREDICTIONS, FEATURES)]
    if sum(map(bool, kinds)) > 1:
        mixed = ", ".join(reads)
        return (
            f"it reads {mixed}, which come from different cells",
            f"let it read of one kind only: {', '.join(CLIPS)}; {', '.join(PREDICTIONS)}; or "
            f"{', '.join(FEATURES)}",
        )
    if not isinstance(getattr(metric, "least_samples", None), int):
        return lacking("least_samples", "[int] = 1")
    return None


def _default_fault(item: type[Plugin]) -> tuple[str, str] | None:
    """Why the plugin cannot be made, described or keyed with its defaults."""
    try:
        json.dumps(item().parameters(), allow_nan=False)
        item.model_json_schema()
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "its parameters"
        return (
            f"the default of {key} is not valid: {first['msg']}",
            "mend the default or its limits",
        )
    except Exception as error:
        return (
            f"with its defaults it raised {one_line(error)}",
            "parameters must be JSON values (numbers, texts, lists of these), with defaults "
            "that it can be made of",
        )
    return None
