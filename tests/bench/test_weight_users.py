"""What needs which weight file is asked of the plugins, and the documentation says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.weight_users import users_by_file
from plugins.discovery import Catalogue, discover
from plugins.known_weights import KNOWN
from plugins.weight_needs import KINDS, needs_of

DOCS = Path(__file__).parents[2] / "docs" / "weights.md"


@pytest.fixture(scope="module")
def built_in() -> Catalogue:
    found = discover()
    offers = {key: one for key, one in found.offers.items() if one.distribution == "usbench"}
    return Catalogue(offers)


def test_the_documented_table_is_what_the_plugins_say(built_in: Catalogue) -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `[^`]+` \| ?[\d,]* \| (.+) \|$", DOCS.read_text(), re.M)
    documented = {name: sorted(re.findall(r"`([^`]+)`", users)) for name, users in rows}
    users = users_by_file(built_in)
    assert documented == {file.name: sorted(users.get(file.name, [])) for file in KNOWN}


def test_every_file_that_a_plugin_needs_is_known(built_in: Catalogue) -> None:
    assert set(users_by_file(built_in)) <= {file.name for file in KNOWN}


def test_the_defaults_of_no_generator_need_a_file(built_in: Catalogue) -> None:
    """Else nobody could begin without one."""
    firsts = [next(needs_of(one.plugin)) for one in built_in.of_kind("generator").values()]
    assert {"lddm", "cinn"} <= {need.choice for need in firsts}
    assert not any(need.weights for need in firsts)


def test_only_what_is_asked_is_counted(built_in: Catalogue) -> None:
    assert set(KINDS) == {"generator", "metric"}
    users = [choice for choices in users_by_file(built_in).values() for choice in choices]
    plugins = {re.split("[: ]", choice)[0] for choice in users}
    assert plugins <= {name for (kind, name) in built_in.offers if kind in KINDS}
