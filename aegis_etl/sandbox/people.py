"""The people and names of the made-up account."""

from aegis_etl.sandbox.model import User

ME = User(7, "analyst@acme.example")
COLLEAGUES = (
    User(11, "maria.keller@acme.example"),
    User(12, "o.adeyemi@acme.example"),
    User(19, "søren.dahl@acme.example"),
    User(23, "qa-bot+nightly@acme.example"),
)
ORGANIZATION_ID = 2
API_KEY_ID = 31

PERIODS = (
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "regression",
    "edge_cases",
    "smoke",
    "eu",
    "launch",
    "long_tail",
    "golden",
    "beta",
)

# Names that are text and nothing else, whatever they look like.
HOSTILE_NAMES = (
    "'; drop table records; --",
    "<script>alert('dataset')</script>.csv",
    'quoted "golden" set \\ back\\slash\ttab.csv',
    "🧪 évaluation – naïve café 中文.csv",
    "مراجعة العقود (نهائي).csv",
    "../../etc/passwd",
    '=HYPERLINK("http://x.example","open") & {{ 7*7 }} ${jndi} %s.csv',
)

ALIASES = (
    "nightly {day}",
    "baseline {day}",
    "prompt v{number}",
    "after review {day}",
    "retriever top-{number}",
    "release candidate {number}",
    "“final” check {day} ✅",
)


def dataset_name(stem: str, place: int) -> str:
    """The file name of the so-manieth dataset of a topic."""
    round_, period = divmod(place, len(PERIODS))
    return f"{stem}_{PERIODS[period]}{f'_{round_ + 1}' if round_ else ''}.csv"


def run_alias(stem: str, template: int, day: str, run_id: int) -> str:
    """A run's alias: unique for its user, as the API demands."""
    number = run_id % 9 + 2
    return f"{stem} {ALIASES[template % len(ALIASES)].format(day=day, number=number)} #{run_id}"
