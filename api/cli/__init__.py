"""The command line: ``flagstone``."""

from api.cli.program import app, main

__all__ = ["app", "main"]
