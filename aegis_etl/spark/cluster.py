"""A Spark Connect server, to which tasks are sent and whose answers are counted."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

import msgspec
import pyarrow as pa

from aegis_etl.errors import AegisEtlError, SettingsError
from aegis_etl.settings import Settings

RETRIES = 3
"""Before a server counts as unreachable: some seconds."""

_SCHEMA = "task long, answer binary"

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


class Task(Protocol[Answer_co]):
    """A piece of work that an executor can import, and do more than once."""

    def run(self) -> Answer_co:
        """Does it; an answer is sent as JSON."""


class Cluster:
    """Executors, reached over a session of Spark Connect."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def count_cores(self) -> int:
        """How many tasks the executors run at once, as far as Spark knows now."""
        from pyspark.sql.functions import spark_partition_id

        with _explained():
            ids = self._session.range(10_000).select(spark_partition_id())
            return int(ids.distinct().count())

    def run(self, tasks: Sequence[Task[Answer]], kind: type[Answer]) -> list[Answer]:
        """Runs each task in one of Spark's, again where Spark lost it.

        Returns:
            The answers, in the order of the tasks.

        Raises:
            AegisEtlError: a task failed as often as Spark tries, the server is gone, or there is
                not exactly one answer to each task.
        """
        batches = self._session.range(0, len(tasks), 1, len(tasks))
        with _explained():
            answers = batches.mapInArrow(_make_worker(tasks), _SCHEMA).toArrow()
        return match_answers(
            len(tasks), zip(*(column.to_pylist() for column in answers.columns), strict=True), kind
        )


def match_answers(
    count: int, answers: Iterable[tuple[int, bytes]], kind: type[Answer]
) -> list[Answer]:
    """The answers in the order of their tasks, each exactly once.

    Raises:
        AegisEtlError: one is missing, or there are two.
    """
    answered = sorted(answers)
    numbers = [number for number, _ in answered]
    if numbers != list(range(count)):
        wrong = [n for n in range(count) if numbers.count(n) != 1]
        raise AegisEtlError(
            f"Spark answered for {len(numbers)} of {count} buckets (not once: {wrong}). "
            "Nothing was published"
        )
    return [msgspec.json.decode(answer, type=kind) for _, answer in answered]


@contextmanager
def open_cluster(settings: Settings) -> Iterator[Cluster]:
    """A session on the server that ``AEGIS_SPARK_REMOTE`` names, until it is left.

    Raises:
        SettingsError: no server is set, or the extra ``spark`` is not installed.
        AegisEtlError: the server cannot be reached.
    """
    if find_spec("pyspark") is None or find_spec("grpc") is None:
        raise SettingsError("--spark needs the extra spark: pip install 'aegis_etl[spark]'")
    if settings.spark_remote is None:
        raise SettingsError(
            "AEGIS_SPARK_REMOTE is not set: --spark needs the address of a Spark Connect server, "
            "such as sc://spark.example.com:15002"
        )
    with warnings.catch_warnings():
        # It warns of a newer pandas, which nothing here hands it.
        warnings.simplefilter("ignore", FutureWarning)
        from pyspark.sql.connect.session import SparkSession
    session = SparkSession.builder.remote(settings.spark_remote.get_secret_value()).create()
    try:
        with _impatient(session):
            _reach(session)
        yield Cluster(session)
    finally:
        with _impatient(session):
            session.stop()


def _reach(session: Any) -> None:
    """Asks the server for its version: until then nothing was sent."""
    from pyspark.errors import PySparkException

    try:
        _ = session.version
    except PySparkException as error:
        raise AegisEtlError(
            f"the server of AEGIS_SPARK_REMOTE does not answer: {_shorten(str(error))}"
        ) from error


@contextmanager
def _impatient(session: Any) -> Iterator[None]:
    """Within it, a server that does not answer is given up in seconds, and not in ten minutes."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    patient = session.client.get_retry_policies()
    session.client.set_retry_policies([DefaultPolicy(max_retries=RETRIES)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the retries: how they ended is told anyway
        yield
    session.client.set_retry_policies(patient)


def _make_worker(tasks: Sequence[Task[Any]]) -> Any:
    # A function of its own, and no method: Spark pickles it by value, with the tasks that it needs.
    def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                content = msgspec.json.encode(tasks[number].run())
                columns = [pa.array([number], pa.int64()), pa.array([content], pa.binary())]
                yield pa.RecordBatch.from_arrays(columns, names=["task", "answer"])

    return answer


@contextmanager
def _explained() -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise AegisEtlError(
            f"Spark did not do it: {_shorten(str(error))}. Nothing was published"
        ) from error


def _shorten(text: str) -> str:
    """Of an exception that passed through Python, a JVM and gRPC, the first one's own line."""
    if "No module named 'aegis_etl" in text:
        return "the Python of its executors has no aegis_etl: install it there, as it is here"
    if told := re.search(r'details = "(.+?)"', text):
        return told[1].rstrip(".")
    raised = re.findall(r"^(?:\w+\.)*\w+(?:Error|Exception): .+", text, flags=re.MULTILINE)
    return (raised[-1] if raised else text).partition("\n")[0].strip().rstrip(".")
