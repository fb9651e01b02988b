"""A plugin that an experiment chooses: by name, with parameters, or by a config file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.section import Section
from plugins.parameter_sets import named

CONFIG_SUFFIXES = (".py", ".json", ".yaml", ".yml")
"""What a config file's name ends with, in a list of plugins' names."""


class Choice(Section):
    """A generator, classifier or metric under a name of the experiment's own."""

    plugin: str = ""
    """The plugin's name; the choice's own name where empty. ``name:set`` also chooses a set."""

    set: str = ""
    """One of the plugin's named sets of parameters; its defaults where empty."""

    config: str = ""
    """A config file in the plugin's place, for a kind of plugin that reads such files: of
    classifiers, a recognizer of MMAction2. A relative path starts at the working directory."""

    parameters: dict[str, Any] = {}
    """Parameters of the plugin; they win over the set's."""

    def plugin_and_set(self, name: str) -> tuple[str, str]:
        """The names of the plugin and of its set (empty: the defaults).

        Args:
            name: the choice's own.
        """
        plugin, set_name = named(self.plugin or name)
        return plugin, set_name or self.set

    def refuse_two_answers(self, where: str, name: str) -> None:
        """Raise where two keys say the same thing differently.

        Raises:
            ValueError: two sets, or a plugin beside a config.
        """
        said = named(self.plugin or name)[1]
        if said and self.set and said != self.set:
            raise ValueError(f"{where} names two sets, '{said}' and '{self.set}': leave one out")
        if self.config and self.plugin:
            raise ValueError(f"{where} names a plugin and a config: leave one out")


def files_by_name(raw: dict[str, Any], list_key: str, table_key: str) -> dict[str, Any]:
    """Turn paths of config files in a list of names into choices that go by the files' names.

    Args:
        raw: an experiment as it was written; not changed.
        list_key: of the list of names.
        table_key: of the table of choices.

    Raises:
        ValueError: two files would go by one name.
    """
    names, choices = raw.get(list_key), raw.get(table_key, {})
    if not isinstance(names, (list, tuple)) or not isinstance(choices, dict):
        return raw  # pydantic says what is due
    files = {n: Path(n).stem for n in names if isinstance(n, str) and _is_config(n)}
    if not files:
        return raw
    for path, name in files.items():
        choice = choices.get(name, {})
        if not isinstance(choice, dict):
            continue  # pydantic says what is due
        if list(files.values()).count(name) > 1 or choice.get("config", path) != path:
            raise ValueError(
                f"{list_key}: two configs would go by the name '{name}'; give each its own: "
                f'[{table_key}.NAME] with config = "FILE"'
            )
        choices = {**choices, name: {"config": path, **choice}}
    return {**raw, list_key: [files.get(n, n) for n in names], table_key: choices}


def _is_config(name: str) -> bool:
    return Path(name).suffix in CONFIG_SUFFIXES
