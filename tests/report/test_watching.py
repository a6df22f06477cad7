"""The replay of watching, against one that walks through every five minutes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from aegis_etl.report.watching import RunTimes, count_caught_by_watching

START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 16


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)


NIGHTS = [at(1440 * day + 120) for day in range(DAYS)]


@st.composite
def runs_of_a_dataset(draw: st.DrawFn, dataset_id: int) -> list[RunTimes]:
    """Runs in order; each ends some time after its start, perhaps after the next one's."""
    gaps = st.integers(0, 30) | st.integers(30, 600) | st.integers(600, 11_000)
    created, instants = draw(st.integers(0, 3000)), []
    for gap in draw(st.lists(gaps, min_size=1, max_size=8)):
        if created < (DAYS - 1) * 1440:
            instants.append(created)
        created += gap + 1
    runs = []
    for instant, following in zip(instants, [*instants[1:], None], strict=True):
        lasts = draw(st.integers(1, 200) | st.none())
        runs.append(
            RunTimes(
                dataset_id,
                at(instant),
                None if lasts is None else at(instant + lasts / 7),
                None if following is None else at(following),
                is_lost=draw(st.booleans()),
            )
        )
    return runs


def walk(runs: list[RunTimes]) -> int:
    """How many lost runs are caught by somebody who looks at the clock every five minutes."""
    known: dict[datetime, datetime] = {}
    caught = set()
    for tick in range(0, DAYS * 1440, 5):
        now = at(tick)
        is_active = any(created + timedelta(days=7) >= now for created in known)
        is_new = any(noticed + timedelta(hours=3) >= now for noticed in known.values())
        is_polled = is_new or (is_active and tick % 60 == 0)
        if is_polled:
            caught |= {
                run
                for run in runs
                if run.is_lost
                and run.finished_at
                and run.superseded_at
                and run.finished_at <= now < run.superseded_at
            }
        if is_polled or now in NIGHTS:
            for run in runs:
                if run.created_at <= now:
                    known.setdefault(run.created_at, now)
    return len(caught)


@settings(max_examples=40)
@given(runs_of_a_dataset(1), runs_of_a_dataset(2))
def test_replay_equals_a_walk(first: list[RunTimes], second: list[RunTimes]) -> None:
    """The replay counts what a walk through the ticks of the schedule counts, per dataset."""
    assert count_caught_by_watching([*first, *second], NIGHTS) == walk(first) + walk(second)


def test_a_run_of_minutes_is_caught_only_while_its_dataset_is_new() -> None:
    """Replaced within 10 minutes: caught in the 3 hours after another run, else by luck only."""
    first = RunTimes(1, at(125), at(127), at(240), is_lost=False)
    quick = RunTimes(1, at(240), at(242), at(250), is_lost=True)
    late = RunTimes(1, at(1000), at(1002), at(1010), is_lost=True)
    after = RunTimes(1, at(1010), at(1012), None, is_lost=False)
    early = RunTimes(1, at(100), at(101), at(125), is_lost=False)
    assert count_caught_by_watching([early, first, quick], NIGHTS) == 1
    assert count_caught_by_watching([early, first, late, after], NIGHTS) == 0


def test_the_sync_that_finds_a_dataset_does_not_watch_it() -> None:
    """A run replaced a minute after the sync that first saw its dataset was polled by nobody."""
    lost = RunTimes(1, at(126), at(127), at(1561), is_lost=True)
    following = RunTimes(1, at(1561), at(1562), None, is_lost=False)
    assert count_caught_by_watching([lost, following], NIGHTS) == 0


def test_nothing_is_caught_of_an_account_without_runs() -> None:
    """No runs, no catch."""
    assert count_caught_by_watching([], NIGHTS) == 0
