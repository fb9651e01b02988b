"""The contract's surface: lazy, complete, and free of torch until torch is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import plugins
from generators.controls.jitter import Jitter
from plugins import BenchError


def test_importing_plugins_and_asking_for_help_import_no_torch() -> None:
    code = (
        "import sys, plugins, bench.commands\n"
        "from click.testing import CliRunner\n"
        "result = CliRunner().invoke(bench.commands.cli, ['--help'])\n"
        "assert result.exit_code == 0 and 'bench run quick' in result.output\n"
        "assert not {'torch', 'mmengine', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there() -> None:
    for name in plugins.__all__:
        assert getattr(plugins, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = plugins.nothing


def test_parameters_are_checked_by_name_and_value() -> None:
    with pytest.raises(
        BenchError, match=r"x: generator 'jitter' has no parameter 'rotaton'.*'rotation'"
    ):
        Jitter.configure({"rotaton": 1}, "x")
    with pytest.raises(BenchError, match=r"'jitter', translation = 3: .*less than or equal to 0.5"):
        Jitter.configure({"translation": 3}, "x")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_parameter_is_finite(value: float) -> None:
    with pytest.raises(BenchError, match=r"x: generator 'jitter', translation = .*finite number"):
        Jitter.configure({"translation": value}, "x")


def test_every_parameter_of_every_plugin_is_documented() -> None:
    from plugins.discovery import discover

    for offer in discover().offers.values():
        for key, field in offer.plugin.model_fields.items():
            assert field.description, f"{offer.kind} {offer.name}: {key}"
        assert offer.plugin.__doc__, offer.name
