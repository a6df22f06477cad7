"""Chance that falls alike on every machine and every Python version."""

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws that depend on the seed and the key alone.

    Only `Random.random` is used below (the one draw whose sequence Python promises to keep), and
    only sums and products above it (logarithms and cosines differ between C libraries).
    """

    __slots__ = ("random",)

    def __init__(self, seed: int, *key: int | str) -> None:
        text = "/".join(str(part) for part in (seed, *key))
        start = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        self.random = Random(start).random

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely."""
        return choices[int(self.random() * len(choices))]

    def bell(self) -> float:
        """A number around 0 with standard deviation 1, never beyond 3.5."""
        draw = self.random
        return (draw() + draw() + draw() + draw() - 2.0) * 1.7320508

    def sample(self, choices: Sequence[T], count: int) -> list[T]:
        """So many different ones of the choices, in random order."""
        left = list(choices)
        count = min(count, len(left))
        for place in range(count):
            other = place + int(self.random() * (len(left) - place))
            left[place], left[other] = left[other], left[place]
        return left[:count]

    def share(self, choices: Sequence[T], fraction: float) -> list[T]:
        """About this fraction of the choices: exactly that many on average, never one more."""
        return self.sample(choices, int(len(choices) * fraction + self.random()))
