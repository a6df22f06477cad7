"""The command line: parses, calls, prints. Every heavy import waits until a command needs it."""

from aegis_etl.cli.main import main

__all__ = ["main"]
