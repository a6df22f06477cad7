"""What the made-up account talks about."""

from aegis_etl.sandbox.texts.topic import Case, Layout, Topic, topics
from aegis_etl.sandbox.texts.verdicts import Sentences, verdicts

__all__ = ["Case", "Layout", "Sentences", "Topic", "topics", "verdicts"]
