"""``dashboard``: the published marts in a browser."""

import os
from importlib.util import find_spec

import click


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Loopback port; 8501 if it is free, else any. 0: any.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser; print the address only.")
def dashboard(*, port: int | None, no_browser: bool) -> int:
    """Show the published warehouse in a browser, on loopback, until interrupted.

    A newer version is picked up by itself.
    """
    from aegis_etl.dashboard.server import HOST, choose_port, make_command
    from aegis_etl.errors import SettingsError
    from aegis_etl.settings import load_settings

    if find_spec("streamlit") is None:
        raise SettingsError("the dashboard needs Streamlit: pip install 'aegis_etl[dashboard]'")
    load_settings()
    port = choose_port(port)
    click.echo(f"http://{HOST}:{port}  Ctrl-C ends it.")
    command = make_command(port, browser=not no_browser)
    os.execv(command[0], command)  # noqa: S606  no shell; its signals and exit status become ours
