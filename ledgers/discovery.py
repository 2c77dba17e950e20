"""Declarations are found where they stand: importing their modules registers them, without a list of names anywhere."""

import pkgutil
from importlib import import_module


def load(package: str) -> None:
    """Import the modules of a package, in the order of their names; or the one module of that name."""
    for module in pkgutil.iter_modules(getattr(import_module(package), "__path__", []), f"{package}."):
        import_module(module.name)
