"""How Streamlit is started: on loopback, without telemetry, and nothing written into a home."""

import socket
import sys
from pathlib import Path

from aegis_etl.errors import SettingsError

HOST = "127.0.0.1"
PREFERRED_PORT = 8501
SCRIPT = Path(__file__).with_name("app.py")

_FLAGS = (
    f"--server.address={HOST}",
    f"--server.allowedHosts={HOST}",  # another site's name that is pointed at loopback is refused
    "--server.allowedHosts=localhost",
    "--server.enableCORS=true",
    "--server.enableXsrfProtection=true",
    "--server.fileWatcherType=none",
    "--server.showEmailPrompt=false",
    f"--browser.serverAddress={HOST}",
    "--browser.gatherUsageStats=false",
    "--client.toolbarMode=viewer",
    "--client.showErrorDetails=none",
    "--client.showErrorLinks=false",
    "--logger.hideWelcomeMessage=true",
    "--logger.level=warning",
    "--runner.magicEnabled=false",
    "--theme.paddingTop=2.5rem",
    '--theme.headingFontSizes=["2.25rem", "1.75rem", "1.375rem"]',
    "--theme.light.primaryColor=#2559b3",
    "--theme.light.redTextColor=#b3261e",
    "--theme.light.greenTextColor=#12694a",
    "--theme.light.orangeTextColor=#8a5a00",
    "--theme.dark.primaryColor=#82b1ff",
    "--theme.dark.redTextColor=#ff8b7e",
    "--theme.dark.greenTextColor=#5fd0a0",
    "--theme.dark.orangeTextColor=#eeb458",
)
"""What no configuration of the user's own changes: flags win over files and environment."""


def choose_port(wanted: int | None) -> int:
    """The port to serve on: the wanted one, else 8501, else any that is free.

    Args:
        wanted: None leaves the choice; 0 takes a free one.

    Raises:
        SettingsError: the wanted port is taken, or may not be used.
    """
    if wanted is not None:
        try:
            return _bind(wanted)
        except OSError as error:
            raise SettingsError(
                f"--port: {wanted} cannot be used ({error.strerror}); name another, or leave it out"
            ) from error
    try:
        return _bind(PREFERRED_PORT)
    except OSError:
        return _bind(0)


def make_command(port: int, *, browser: bool) -> list[str]:
    """The command that serves the dashboard on that port, in the place of this process.

    ``-P`` keeps the working directory, which is the user's, off Python's import path.

    Args:
        browser: opens the page in the default browser.
    """
    served = (f"--server.port={port}", f"--server.headless={str(not browser).lower()}")
    return [sys.executable, "-P", "-m", "streamlit", "run", str(SCRIPT), *_FLAGS, *served]


def _bind(port: int) -> int:
    with socket.socket() as listening:
        # As the server itself will: a port whose last connections are still closing is free.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        return int(listening.getsockname()[1])
