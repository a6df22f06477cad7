"""Serves one account in a process of its own: ``python -m benchmarks.account_server NAME LATENCY``.

Before the two lines that ``aegis_etl.sandbox.serve`` prints, it prints what it serves as JSON.
"""

import json
import sys
from collections import Counter

from aegis_etl.sandbox import World, serve
from benchmarks.accounts import ACCOUNTS, STARTED, Account


def make_world(account: Account) -> World:
    """The account at its start."""
    return World(
        datasets=account.datasets,
        records=account.records,
        metrics=account.metrics,
        runs=account.runs,
        started=STARTED,
        proprietary=0,
        originals=account.originals,
        cache=account.originals is None,
    )


def count_served(world: World, originals: int | None) -> dict[str, int]:
    """What the account serves: rows a table, and ``bytes`` of all payloads.

    Where datasets repeat others, it is counted in those alone: ids grow with the number of a
    dataset, which says the same as every dataset so many before it. A larger id may take a byte
    more, so that ``bytes`` is then a little less than what comes.
    """
    ids = sorted(world.dataset_ids())
    counts = Counter(datasets=len(ids))
    for number, dataset_id in enumerate(ids[:originals]):
        times = len(ids[number::originals]) if originals else 1
        body = world.body(dataset_id) or b""
        counts["bytes"] += times * len(body)
        payload = json.loads(body)
        for table in ("records", "runs", "evaluations"):
            counts[table] += times * len(payload[table])
    return dict(counts)


def main() -> None:
    """Serves until it is terminated."""
    account = ACCOUNTS[sys.argv[1]]
    world = make_world(account)
    print(json.dumps(count_served(world, account.originals)), flush=True)
    serve(world, latency_ms=float(sys.argv[2]))


if __name__ == "__main__":
    main()
