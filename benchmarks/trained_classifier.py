"""A classifier as an experiment trained it on real videos, found again in the store."""

from __future__ import annotations

from typing import Any

from bench.cells.part import Part
from bench.store import Store
from plugins.classifier import Classifier
from plugins.errors import BenchError
from plugins.run import Run


def trained_on_real(
    classifier: Classifier,
    name: str,
    training: Part,
    plan: dict[str, Any],
    store: Store,
    device: str,
) -> Classifier:
    """The classifier with the weights of protocol ``real``.

    Args:
        classifier: as the experiment configures it.
        name: its name there.
        training: the training videos of the split.
        plan: of the experiment.
        device: to look at clips on.

    Raises:
        BenchError: no such training is finished, or it cannot be loaded.
    """
    wanted = (classifier.name, classifier.parameters(), training.fingerprint())
    for cell in plan["cells"]:
        result = store.result(cell["key"]) if cell["kind"] == "train" else None
        if result is None or cell["reads"]:  # those that read a synthesis are not of real alone
            continue
        identity = result["identity"]
        of = identity["classifier"]
        if (of["name"], of["parameters"], identity["real"]) == wanted:
            loaded = classifier.fresh()
            loaded.load(Run(folder=store.cell(cell["key"]), device=device))
            return loaded
    called = plan["experiment"]["name"]
    raise BenchError(
        f"{store.root} holds no finished training of '{name}' on the real training videos of "
        f"'{called}' as they are now; run it again: bench run {called} (with protocol 'real', or "
        "a metric such as kvd:self)"
    )
