"""The ``aegis-etl`` group, and how an error becomes one line and an exit status."""

import sys
import traceback

import click

from aegis_etl.cli.dashboard import dashboard
from aegis_etl.cli.keeping import erase, rebuild, rollback, verify
from aegis_etl.cli.sandbox import demo, sandbox
from aegis_etl.cli.sql import sql
from aegis_etl.cli.status import export, metrics, status
from aegis_etl.cli.sync import plan, sync
from aegis_etl.errors import AegisEtlError

COMMANDS = (
    demo,
    sync,
    plan,
    status,
    sql,
    export,
    metrics,
    dashboard,
    verify,
    rebuild,
    rollback,
    erase,
    sandbox,
)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from AEGIS_… environment variables or a .env file; see the README. "
    "--debug adds a traceback to an error.",
)
@click.version_option(package_name="aegis_etl")
def cli() -> None:
    """Syncs an Aegis account into Parquet and a DuckDB warehouse that forgets nothing.

    Exit status: 0 complete, 1 failed and nothing new published, 2 wrong use or settings,
    3 published but some datasets failed, 4 another sync of this data directory is running.
    """


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Runs the command line and exits with the contract's status.

    ``--debug``, anywhere, adds the traceback to an error's line.
    """
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        status = cli.main(arguments, standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()} (see aegis-etl --help)", err=True)
        status = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = 1
    except BrokenPipeError:
        status = 1
    except Exception as error:  # noqa: BLE001  the last place that can turn it into a line
        known = isinstance(error, (AegisEtlError, OSError))
        text = str(error) if known else f"{type(error).__name__}: {error} (see --debug)"
        if len(arguments) < len(sys.argv) - 1:
            traceback.print_exc()
        click.echo(f"error: {text}", err=True)
        status = error.exit_status if isinstance(error, AegisEtlError) else 1
    sys.exit(status or 0)
