"""Which requests go wrong, and how: a script that a test writes, played the same each time."""

from collections import Counter
from collections.abc import Collection
from threading import Lock
from typing import Literal

import msgspec

from aegis_etl.sandbox.breakage import KINDS, TRANSIENT
from aegis_etl.sandbox.dice import Dice
from aegis_etl.sandbox.http import Request, Response, json_response
from aegis_etl.sandbox.model import Dataset
from aegis_etl.sandbox.world import World

Listing = Literal["partial", "paged"]
Shift = Literal["insert", "delete", "both"]


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong. All fields can be combined; nothing goes wrong by default.

    `always` and `times` name their target by a dataset's id, a path below /api/v1 (`/datasets`,
    `/datasets/all-partial`, `/dataset-types`), `/datasets/*` for all details, or `*`; kinds are
    those of `breakage.KINDS`. Raises ValueError for a kind that does not exist.
    """

    seed: int = 0
    rate: float = 0.0  # of all responses, each with one of `kinds`
    kinds: tuple[str, ...] = TRANSIENT
    always: dict[int | str, str] = {}  # target to kind: for ever
    times: dict[int | str, tuple[str, int]] = {}  # target to kind and number: that many, then well
    hide: Collection[int] | Literal["all"] = ()  # datasets that listings do not show
    hide_from: tuple[Listing, ...] = ("partial", "paged")
    shift: Shift | None = None  # what happens to the account between two pages of a listing
    shifts: int = 1  # how often
    totals: int = 0  # added to each page's total_items
    retry_after: float = 1.0  # seconds, where a kind sends them
    delay: float = 0.5  # seconds, of `slow` and between the pieces of `drip`
    bomb_mb: int = 1024  # what `bomb` unpacks to

    def __post_init__(self) -> None:
        used = {*self.kinds, *self.always.values(), *(kind for kind, _ in self.times.values())}
        if unknown := sorted(used - set(KINDS)):
            raise ValueError(f"unknown fault {unknown[0]!r}: one of {', '.join(KINDS)}")


class Mischief:
    """Faults as they are played: counts requests, so that the n-th always fares alike."""

    def __init__(self, faults: Faults, world: World) -> None:
        self.faults = faults
        self._world = world
        self._always = {str(target): kind for target, kind in faults.always.items()}
        self._times = {str(target): script for target, script in faults.times.items()}
        self._asked: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._shifts_left = faults.shifts if faults.shift else 0
        self._lock = Lock()

    def kind_for(self, request: Request) -> str | None:
        """The fault that this request meets; null when it fares well."""
        targets = _targets(request)
        with self._lock:
            what = f"{request.path}?{request.query_text}"
            self._asked[what] += 1
            for target in targets:
                if target in self._times:
                    kind, number = self._times[target]
                    if self._failed[target] < number:
                        self._failed[target] += 1
                        return kind
                if target in self._always:
                    return self._always[target]
            if self.faults.rate <= 0:
                return None
            dice = Dice(self.faults.seed, what, self._asked[what])
            return dice.pick(self.faults.kinds) if dice.chance(self.faults.rate) else None

    def listed(self, listing: str, datasets: list[Dataset]) -> list[Dataset]:
        """What a listing shows of the datasets."""
        hide = self.faults.hide
        if listing not in self.faults.hide_from:
            return datasets
        if hide == "all":
            return []
        return [dataset for dataset in datasets if dataset.id not in hide]

    def retold(self, request: Request, response: Response) -> Response:
        """The response with the totals that the script wants."""
        if not self.faults.totals or request.path != "/datasets" or response.status != 200:
            return response
        page = msgspec.json.decode(response.body)
        page["meta"]["total_items"] += self.faults.totals
        return json_response(200, page)

    def before(self, request: Request) -> None:
        """Lets the account shift under a reader who asks for a page after the first."""
        if request.path != "/datasets" or request.query.get("page", "1") == "1":
            return
        with self._lock:
            if self._shifts_left <= 0:
                return
            self._shifts_left -= 1
            odd = self._shifts_left % 2
        shift = self.faults.shift
        if shift == "insert" or (shift == "both" and odd):
            self._world.add_dataset()
        elif newest := self._world.dataset_ids(dataset_type_id=1):
            self._world.delete_dataset(newest[0])


def _targets(request: Request) -> list[str]:
    if not request.below_api:
        return []
    if request.dataset_id is not None:
        return [str(request.dataset_id), request.path, "/datasets/*", "*"]
    return [request.path, "*"]
