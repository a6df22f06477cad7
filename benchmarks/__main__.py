"""``python -m benchmarks``: measures cells, keeps their results, writes docs/performance.md."""

import click

from benchmarks.cells import CELLS, FULL_RUN
from benchmarks.environments import prepare_environments
from benchmarks.field import FIELD
from benchmarks.page import render_cell, write_page
from benchmarks.results import load_results, save_result

LEAST_RUNS = 3


@click.command()
@click.argument("names", metavar="[CELL]...", nargs=-1, type=click.Choice(list(CELLS)))
@click.option("--list", "listed", is_flag=True, help="List the cells and contenders.")
@click.option("--runs", default=LEAST_RUNS, show_default=True, help="Timed runs of each.")
@click.option(
    "-c",
    "--contender",
    "chosen",
    multiple=True,
    type=click.Choice([one.name for one in FIELD]),
    help="Of the first syncs, only this one; may be repeated.",
)
@click.option("--write-page", "only_page", is_flag=True, help="Write the page and measure nothing.")
def main(
    *, names: tuple[str, ...], listed: bool, runs: int, chosen: tuple[str, ...], only_page: bool
) -> None:
    """Measure cells (all if none is named) beside each other on this machine.

    What all contenders measured with three runs at least is kept in benchmarks/results/ and written
    into docs/performance.md; anything less is only shown.
    """
    if listed:
        for cell in CELLS.values():
            click.echo(f"{cell.name:18} {cell.title}")
        for contender in FIELD:
            click.echo(f"  {contender.name:16} {contender.title}")
        return
    contenders = [one for one in FIELD if not chosen or one.name in chosen]
    cells = [] if only_page else [CELLS[name] for name in names or FULL_RUN]
    if cells:
        first = any(cell.kind == "first" for cell in cells)
        prepare_environments(peers=first and any(one.is_peer for one in contenders))
    for cell in cells:
        result = cell.run(contenders, runs=runs)
        click.echo(render_cell(result))
        if runs >= LEAST_RUNS and contenders == list(FIELD) and cell.name in FULL_RUN:
            save_result(result)
            write_page(load_results())
    if only_page:
        write_page(load_results())


if __name__ == "__main__":
    main()
