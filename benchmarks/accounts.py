"""The accounts that the benchmark syncs, by size."""

from dataclasses import dataclass
from datetime import date

STARTED = date(2026, 1, 5)
"""Where the sandbox's clock starts: long enough ago for sixty nights to lie in the past."""


@dataclass(frozen=True)
class Account:
    """An emulated account.

    Attributes:
        datasets: of the custom type; ``records`` and ``runs`` each, ``metrics`` a run.
        originals: so many datasets differ, the others say the same under their own ids, and each
            body is made when it is asked for. None: all differ, and bodies are made before anything
            is measured.
    """

    name: str
    datasets: int
    records: int = 100
    metrics: int = 5
    runs: int = 3
    originals: int | None = None


ACCOUNTS = {
    account.name: account
    for account in (
        Account("2mb", 5),
        Account("17mb", 44),
        Account("170mb", 440),
        Account("850mb", 2200),
        Account("990mb", 2600),
        Account("10m", 1080, records=1000, metrics=10, runs=2, originals=40),
    )
}
"""By name: how much JSON it is, or how many evaluations."""
