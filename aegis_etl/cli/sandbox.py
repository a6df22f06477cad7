"""``demo`` and ``sandbox``: the product without a key and without a network."""

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help="Where the demo's data goes; emptied first if an earlier demo wrote it.",
)
def demo(*, data_dir: Path) -> int:
    """Live through several nights of a made-up account and see what can be asked."""
    from aegis_etl.demo.run import run_demo

    return run_demo(data_dir)


@click.command()
@click.option("--port", default=8321, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option("--datasets", default=40, show_default=True, help="Datasets of the account.")
@click.option("--records", default=50, show_default=True, help="Records a dataset.")
@click.option("--metrics", default=5, show_default=True, help="Metrics a run.")
@click.option("--runs", default=3, show_default=True, help="Runs a dataset has at the start.")
@click.option("--nights", default=0, show_default=True, help="Nights lived before serving.")
@click.option("--seed", default=7, show_default=True, help="The same seed, the same bytes.")
@click.option("--shape", type=click.Choice(["old", "new", "mixed"]), default="mixed")
@click.option("--latency-ms", default=0.0, show_default=True, help="Added to every answer.")
@click.option("--rate-limit", type=float, help="Requests a second, beyond which it answers 429.")
@click.option("--fault-rate", default=0.0, show_default=True, help="Share of faulty answers.")
@click.option("--no-cache", is_flag=True, help="Make every body anew, for huge accounts.")
def sandbox(
    *,
    port: int,
    datasets: int,
    records: int,
    metrics: int,
    runs: int,
    nights: int,
    seed: int,
    shape: Literal["old", "new", "mixed"],
    latency_ms: float,
    rate_limit: float | None,
    fault_rate: float,
    no_cache: bool,
) -> int:
    """Serve the emulated Aegis API on loopback until interrupted."""
    from aegis_etl.sandbox import Faults, World, serve

    world = World(
        seed,
        datasets=datasets,
        records=records,
        metrics=metrics,
        runs=runs,
        shape=shape,
        cache=not no_cache,
    )
    for _ in range(nights):
        world.live_night()
    serve(
        world,
        faults=Faults(seed=seed, rate=fault_rate),
        port=port,
        latency_ms=latency_ms,
        rate_limit=rate_limit,
    )
    return 0
