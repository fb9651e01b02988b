"""Shape types are checked at run time in every test."""

from jaxtyping import install_import_hook

install_import_hook(["plugins", "generators", "classifiers", "metrics"], "beartype.beartype")
