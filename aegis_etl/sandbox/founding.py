"""Where in time and ids the datasets of an account lie that the world begins with."""

from aegis_etl.sandbox.birth import Birth, Ids, Plan
from aegis_etl.sandbox.clock import DAY, SECOND
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.model import CUSTOM, Kind

_FIRST_IDS = Ids(record=10_000, run=3_000, evaluation=500_000)
_HISTORY = 200 * DAY  # over which the datasets were added


def found(plan: Plan, kinds: list[Kind], start: int) -> list[Birth]:
    """The births of one dataset of each kind, oldest first, all before `start` (milliseconds).

    Ids grow with age and never clash. Those of the custom type are numbered first.
    """
    customs = sorted(range(len(kinds)), key=lambda place: kinds[place] != CUSTOM)
    numbers = {place: number for number, place in enumerate(customs)}
    return [
        _birth(plan, kind, place, numbers[place], start=start, total=len(kinds))
        for place, kind in enumerate(kinds)
    ]


def _birth(plan: Plan, kind: Kind, place: int, number: int, *, start: int, total: int) -> Birth:
    dice = Dice(plan.seed, "birth", place)
    gap = _HISTORY // total
    created = start - 5 * DAY - (total - place) * gap - dice.between(0, gap // 2)
    idle = dice.between(0, 20) * DAY if dice.chance(0.3) else 0
    if plan.originals is not None:
        created, idle = start - 60 * DAY + place * SECOND, 0
    width = plan.records * plan.metrics * plan.runs
    return Birth(
        number=number,
        dataset_id=101 + place * 3 + dice.between(0, 2),
        ids=Ids(
            record=_FIRST_IDS.record + place * plan.records,
            run=_FIRST_IDS.run + place * plan.runs,
            evaluation=_FIRST_IDS.evaluation + place * width,
        ),
        created=created,
        observed=max(start - idle, created + 4 * DAY),
        kind=kind,
    )
