"""The dice and the clock: what every byte of the sandbox rests on."""

import statistics
from datetime import UTC, datetime

import pytest

from aegis_etl.sandbox.clock import Style, milliseconds, moment, stamp
from aegis_etl.sandbox.dice import Dice


def test_draws_are_the_same_on_every_python() -> None:
    """Promise: these draws, noted down from Python 3.10 to 3.13, never change."""
    dice = Dice(7, "x", 1)
    assert dice.random() == 0.9775116425918376
    assert (dice.between(1, 6), dice.pick("abcdef")) == (2, "d")
    assert dice.bell() == -0.1051102889678242
    assert dice.sample(range(10), 4) == [2, 6, 5, 0]


def test_keys_make_independent_dice() -> None:
    """Promise: each seed and each key is a sequence of its own."""
    firsts = {Dice(*key).random() for key in ((1,), (2,), (1, "a"), (1, "a", 0), (1, "a", 1))}
    assert len(firsts) == 5


def test_bell_is_centred_with_unit_spread() -> None:
    """Promise: mean 0, standard deviation 1, never beyond 3.5."""
    draws = [dice.bell() for dice in [Dice(3)] for _ in range(20_000)]
    assert abs(statistics.fmean(draws)) < 0.03
    assert abs(statistics.pstdev(draws) - 1) < 0.03
    assert max(map(abs, draws)) <= 3.5


def test_between_reaches_both_ends_and_samples_are_distinct() -> None:
    """Promise: bounds are included; a sample holds no choice twice, nor more than there are."""
    dice = Dice(5)
    assert {dice.between(1, 3) for _ in range(100)} == {1, 2, 3}
    assert sorted(dice.sample("abc", 9)) == ["a", "b", "c"]
    shares = [len(dice.share(range(10), 0.25)) for _ in range(4000)]
    assert set(shares) == {2, 3}
    assert abs(statistics.fmean(shares) - 2.5) < 0.05


@pytest.mark.parametrize("style", ["seconds", "milliseconds", "microseconds", "offset", "naive"])
def test_every_style_of_time_is_the_same_instant(style: Style) -> None:
    """Promise: whatever the style, the text is that instant in UTC, as precise as it can."""
    instant = milliseconds(datetime(2026, 2, 28, 23, 59, 59, 250_000, tzinfo=UTC))
    told = datetime.fromisoformat(stamp(instant, style))
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    whole = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)
    assert told.replace(microsecond=0) == whole
    assert moment(instant).microsecond == 250_000
