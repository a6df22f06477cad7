"""The tables of docs/performance.md, written between its two marks."""

import math
from collections.abc import Iterable, Mapping
from statistics import median

from benchmarks.cells import CELLS, FULL_RUN
from benchmarks.contenders.stages import STAGES
from benchmarks.environments import FOLDER
from benchmarks.goals import GOALS, Goal
from benchmarks.results import CellResult, Series

PAGE = FOLDER.parent / "docs" / "performance.md"
BEGIN = "<!-- measured: written by `make bench` -->"
END = "<!-- end of measured -->"
NOT_MEASURED = "not measured"


def write_page(results: Mapping[str, CellResult]) -> None:
    """Puts the results into the page, in the place of those that it has."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    measured = [results[name] for name in FULL_RUN if name in results]
    parts = [render_goals(results), render_machines(measured), *map(render_cell, measured)]
    page = "\n".join([f"{before}{BEGIN}\n", *parts, f"{END}{after}"])
    PAGE.write_text(page, encoding="utf-8")


def render_goals(results: Mapping[str, CellResult]) -> str:
    """Each goal, met or missed."""
    rows = [_render_goal(goal, results) for goal in GOALS]
    return "### Goals\n\n" + _table(["", "goal", "reach", "measured", ""], rows)


def render_machines(results: Iterable[CellResult]) -> str:
    """On which machine which cells were measured."""
    cells: dict[str, list[str]] = {}
    for result in results:
        cells.setdefault(result.machine, []).append(f"`{result.cell}`")
    lines = [f"- {machine}: {', '.join(names)}" for machine, names in cells.items()]
    return "### Machine\n\n" + "\n".join(lines) + "\n"


def render_cell(result: CellResult) -> str:
    """One cell: a row a contender, or a kind of night; then stages and queries, if there are."""
    rows = ", ".join(f"{count:,} {table}" for table, count in result.rows.items())
    head = (
        f"### {result.title}\n\n`make bench ARGS={result.cell}`, {result.measured_at:%Y-%m-%d}: "
        f"{result.payload_bytes / 1e6:,.0f} MB of JSON; {rows}.\n\n"
    )
    columns = ["", "wall s", "from – to", "× floor", "CPU s", "peak MB", "MB/s", "rows/s", "rows"]
    body = [_render_series(series, result) for series in result.series if series.timed]
    parts = [head + _table(columns, body)]
    if CELLS[result.cell].kind != "first":
        parts.append(_render_stages(result))
    if result.queries:
        slowest = sorted(result.queries.items(), key=lambda item: -(item[1] or math.inf))
        asked = [
            [f"`{name}`", f"{seconds:.3f}" if seconds else "failed"] for name, seconds in slowest
        ]
        parts.append(_table(["example query, warm", "s"], asked))
    return "\n".join(parts)


def _render_goal(goal: Goal, results: Mapping[str, CellResult]) -> list[str]:
    sign = "≥" if goal.least else "≤"
    goal_text = f"{sign} {goal.most:g} {goal.unit}"
    reach_text = "" if goal.reach is None else f"{sign} {goal.reach:g} {goal.unit}"
    try:
        figure = goal.measured(results)
    except KeyError:
        return [goal.title, goal_text, reach_text, NOT_MEASURED, ""]
    digits = 0 if goal.unit == "MB" else 2
    verdict = "met" if goal.is_met(figure, goal.most) else "**missed**"
    if goal.reach is not None and goal.is_met(figure, goal.reach):
        verdict = "reached"
    return [goal.title, goal_text, reach_text, f"{figure:.{digits}f} {goal.unit}", verdict]


def _render_series(series: Series, result: CellResult) -> list[str]:
    walls = [one.wall_seconds for one in series.timed]
    wall = series.wall_seconds
    kind = series.name.rpartition("-")[0] if CELLS[result.cell].kind != "first" else ""
    floor = next(
        (s for s in result.series if s.name == (f"{kind}-floor" if kind else "floor")), None
    )
    all_rows = sum(result.rows.values())
    return [
        series.title,
        f"{wall:.2f}",
        f"{min(walls):.2f} – {max(walls):.2f}",
        f"{wall / floor.wall_seconds:.2f}" if floor and floor.timed else "",
        f"{series.cpu_seconds:.2f}",
        "" if series.peak_mb is None else f"{series.peak_mb:.0f}",
        f"{result.payload_bytes / 1e6 / wall:.1f}",
        f"{all_rows / wall:,.0f}",
        {True: "equal", False: "**not equal**", None: ""}[series.rows_equal],
    ]


def _render_stages(result: CellResult) -> str:
    nights = [one for one in result.series if one.timed and one.name.endswith("-bare")]
    stages = [stage for stage in STAGES if any(stage in night.stages for night in nights)]
    rows = [
        [
            stage,
            *(f"{night.stages[stage]:.2f}" if stage in night.stages else "" for night in nights),
        ]
        for stage in stages
    ]
    rows.append(
        [
            "the file copied, synced and hashed by itself",
            *(f"{median(n.file_seconds):.2f}" if n.file_seconds else "" for n in nights),
        ]
    )
    return _table(["stage, s", *(night.name.removesuffix("-bare") for night in nights)], rows)


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---" if n == 0 else "---:" for n in range(len(columns))], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
