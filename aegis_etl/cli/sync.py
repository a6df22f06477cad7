"""``sync`` and ``plan``: what talks to the API."""

import click


@click.command()
@click.option("--full", is_flag=True, help="Flatten every payload again, the unchanged ones too.")
@click.option("--active", is_flag=True, help="Fetch only datasets with a run in the last 7 days.")
@click.option("--dataset", "dataset_ids", type=int, multiple=True, metavar="ID", help="Fetch this.")
@click.option("--allow-mass-delete", is_flag=True, help="Go on where most datasets vanished.")
@click.option("--notify", is_flag=True, help="Post to AEGIS_WEBHOOK_URL on failure, as at night.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object, last.")
def sync(
    *,
    full: bool,
    active: bool,
    dataset_ids: tuple[int, ...],
    allow_mass_delete: bool,
    notify: bool,
    quiet: bool,
    as_json: bool,
) -> int:
    """Sync the API once: list, fetch, flatten, fold, audit, publish."""
    if active and dataset_ids:
        raise click.UsageError("--active and --dataset exclude each other")
    from aegis_etl.settings import load_settings

    settings = load_settings()
    settings.require_key()
    from aegis_etl.definitions import defs
    from aegis_etl.orchestration.launch import run_job
    from aegis_etl.orchestration.resource import SyncResource

    summary = run_job(
        defs,
        settings,
        SyncResource(
            kind="active" if active else "selected" if dataset_ids else "full",
            dataset_ids=sorted(set(dataset_ids)),
            reflatten=full,
            allow_mass_delete=allow_mass_delete,
            notify=notify,
            quiet=quiet,
            wait_seconds=0,
        ),
    )
    if not quiet:
        for line in summary.describe():
            click.echo(line, err=as_json)
    if as_json:
        click.echo(summary.to_json())
    return summary.exit_status


@click.command()
def plan() -> int:
    """Say what a sync would do, writing nothing."""
    from aegis_etl.settings import load_settings
    from aegis_etl.sync.planning import make_plan

    settings = load_settings()
    settings.require_key()
    for line in make_plan(settings).describe():
        click.echo(line)
    return 0
