"""When the API counts as down: made-up times, no server."""

import pytest

from aegis_etl.api.errors import ApiDown
from aegis_etl.api.outage import OutageWatch


def test_silence_of_a_minute_or_two_is_an_outage():
    """Eight requests that time out after 60 seconds each, twice: it stops at two minutes."""
    watch = OutageWatch()
    watch.record_answer()
    for number in range(8):
        watch.record_failure(f"/datasets/{number}", started=1000, now=1060)
    with pytest.raises(ApiDown, match="120 seconds"):
        watch.record_failure("/datasets/0", started=1060, now=1120)


def test_an_api_that_never_answered_needs_no_second_path():
    """A listing that only times out stops within two minutes, not after six tries."""
    watch = OutageWatch()
    watch.record_failure("/datasets/all-partial", started=0, now=60)
    with pytest.raises(ApiDown):
        watch.record_failure("/datasets/all-partial", started=60, now=120)


def test_one_slow_dataset_is_no_outage():
    """One dataset that times out for ever, while nothing else is asked, is its own trouble."""
    watch = OutageWatch()
    watch.record_answer()
    for minute in range(60):
        watch.record_failure("/datasets/1", started=60 * minute, now=60 * minute + 60)


def test_an_api_that_only_pushes_back_is_down():
    """Two different requests that got nothing but 429 for a quarter of an hour; one is its own."""
    watch = OutageWatch()
    watch.record_given_up("/datasets/1", starved=True)
    watch.record_answer()
    watch.record_given_up("/datasets/2", starved=True)
    watch.record_given_up("/datasets/2", starved=True)
    with pytest.raises(ApiDown):
        watch.record_given_up("/datasets/3", starved=True)


def test_any_answer_ends_the_row():
    """An API that answers now and then is slow, not down."""
    watch = OutageWatch()
    for minute in range(60):
        for number in range(24):
            watch.record_failure(f"/datasets/{number}", started=60 * minute, now=60 * minute + 60)
            watch.record_given_up(f"/datasets/{number}", starved=False)
        watch.record_answer()


def test_time_spent_waiting_before_is_not_silence():
    """A pause in which nobody asked anything does not count towards an outage."""
    watch = OutageWatch()
    watch.record_answer()
    for number in range(20):
        watch.record_failure(f"/datasets/{number}", started=10_000, now=10_001)
