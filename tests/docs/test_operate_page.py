"""docs/operate.md names what there is (audits, statuses, commands, settings); its files parse."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aegis_etl.cli.main import cli
from aegis_etl.errors import AegisEtlError
from aegis_etl.lake.paths import DataDir
from aegis_etl.orchestration.old_runs import KEPT_DAYS
from aegis_etl.sandbox import World
from aegis_etl.settings import Settings
from aegis_etl.sync import SyncRequest, run_sync
from aegis_etl.sync.findings import FINDINGS
from aegis_etl.sync.rebuilding import rebuild_published
from aegis_etl.warehouse.audit import AUDITS
from aegis_etl.warehouse.connection import open_for_reading
from aegis_etl.warehouse.verify import verify_data

PAGE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text(encoding="utf-8")
UNITS = dict(
    re.findall(
        r"`/etc/systemd/system/([\w@.-]+)`(?:(?!```).)*?```ini\n(.*?)```", PAGE, flags=re.DOTALL
    )
)
NOT_OURS = {"WEB_PORT"}
OPTIONS_OF_EVERY_COMMAND = {"--debug", "--help"}


def read_section(title: str) -> str:
    """The text below a heading, up to the next one."""
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def read_block(language: str, *, containing: str) -> str:
    """The one block of a language in which a text stands."""
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    [block] = [block for block in blocks if containing in block]
    return str(block)


def read_first_cells(text: str) -> set[str]:
    """The first cells of all table rows, without their marks."""
    return {cell.strip("`* ") for cell in re.findall(r"^\|([^|]+)\|", text, flags=re.MULTILINE)}


def test_every_audit_says_what_to_do() -> None:
    """Each audit and finding stands in the table of its kind: blocking, or a warning."""
    blocking, warnings = read_section("Audits").split("**Warnings")

    named = {name for name in read_first_cells(blocking) if re.fullmatch(r"[a-z_]+", name)}
    assert named - {"audit"} == {audit.name for audit in AUDITS if audit.blocks}
    named = {name for name in read_first_cells(warnings) if re.fullmatch(r"[a-z_]+", name)}
    assert named - {"audit"} == {a.name for a in AUDITS if not a.blocks} | set(FINDINGS)


def test_every_exit_status_says_what_to_do() -> None:
    """The table of the morning has a row for each exit status that an error or a sync gives."""
    raised = {error.exit_status for error in [AegisEtlError, *AegisEtlError.__subclasses__()]}
    rows = read_first_cells(read_section("In the morning"))

    assert {int(cell) for cell in rows if cell.isdigit()} == raised | {0, 3}


def test_every_command_exists() -> None:
    """Each ``aegis-etl …`` of the page is a command, with the options written behind it."""
    calls = re.findall(r"aegis-etl\s+([a-z]+)((?:\s+--[a-z-]+)*)", PAGE)

    assert len(calls) > 20
    for name, options in calls:
        known = {o for parameter in cli.commands[name].params for o in parameter.opts}
        assert set(options.split()) <= known | OPTIONS_OF_EVERY_COMMAND, name


def test_every_setting_exists() -> None:
    """Each setting that the page names, or sets, is one of ours; none is set twice."""
    settings = {field.validation_alias for field in Settings.model_fields.values()}
    written = re.findall(
        r"^([A-Z_]+)=", read_block("ini", containing="AEGIS_API_KEY"), re.MULTILINE
    )

    assert set(re.findall(r"\bAEGIS_[A-Z_]+|\bDAGSTER_HOME\b", PAGE)) <= settings
    assert set(written) <= settings | NOT_OURS
    assert len(written) == len(set(written))


def test_schedules_and_jobs_are_those_of_the_definitions() -> None:
    """Names and hours of what runs by itself, and for how long runs are kept."""
    from aegis_etl.definitions import defs

    schedules = {
        schedule.name: schedule.cron_schedule
        for schedule in defs.get_repository_def().schedule_defs
    }
    for name, hour in re.findall(r"`(\w+)` \((\d\d):00\)", read_section("With systemd")):
        assert schedules.pop(name) == f"0 {int(hour)} * * *"
    assert set(schedules) == {"watch"}
    for job in re.findall(r" -j (\w+)", PAGE):
        defs.resolve_job_def(job)
    assert f"older than {KEPT_DAYS} days" in " ".join(read_section("Old runs in Dagster").split())


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_one(name: str, tmp_path: Path) -> None:
    """Each unit parses, starts a program of this environment, and systemd finds nothing to say."""
    programs = Path(sys.executable).parent
    unit = tmp_path / name.replace("@", "@main")
    unit.write_text(UNITS[name].replace("/opt/aegis/bin", str(programs)))
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(unit)

    program, *arguments = parsed["Service"]["ExecStart"].split()
    assert Path(program).is_file()
    assert arguments[-2:] == ["-m", "aegis_etl.definitions"]
    assert parsed["Service"]["UMask"] == "0077"
    assert parsed["Service"]["EnvironmentFile"].endswith("/%i/.env")
    if systemd := shutil.which("systemd-analyze"):
        verified = subprocess.run(
            [systemd, "verify", unit], capture_output=True, text=True, check=False
        )
        assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_both_units_have_the_same_limits() -> None:
    """What runs by a click runs as what runs by the clock, but for the program."""
    daemon, web = (
        [line for line in unit.splitlines() if not line.startswith(("Description", "ExecStart"))]
        for unit in UNITS.values()
    )

    assert daemon == web
    assert "-h 127.0.0.1" in UNITS["aegis-web@.service"]


def test_the_containers_run_what_the_units_run() -> None:
    """The compose file parses; daemon and page share image and volume; the port is on loopback."""
    compose = yaml.safe_load(read_block("yaml", containing="services:"))
    daemon, web = compose["services"]["daemon"], compose["services"]["web"]

    for service in (daemon, web):
        program = service["command"][-1].split("exec ")[1].split()[0]
        assert Path(sys.executable).with_name(program).is_file()
        assert service["command"][-1].endswith("-m aegis_etl.definitions")
    assert daemon["volumes"] == web["volumes"] == ["aegis:/var/lib/aegis"]
    assert set(compose["volumes"]) == {"aegis"}
    assert all(port.startswith("127.0.0.1:") for port in web["ports"])
    dockerfile = read_block("dockerfile", containing="FROM")
    assert "USER aegis" in dockerfile
    assert "/var/lib/aegis/dagster_home" in dockerfile


def test_the_crontab_is_one() -> None:
    """Each line has five fields and a command; none holds a %, which cron reads as a new line."""
    for line in read_block("cron", containing="sync").splitlines():
        *fields, command = line.split(maxsplit=5)
        assert all(re.fullmatch(r"[\d*/,-]+", field) for field in fields)
        assert command.startswith("cd /var/lib/aegis/main && umask 077 && ")
        assert "%" not in command


def test_links_within_the_page_lead_somewhere() -> None:
    """Each anchor is that of a heading."""
    headings = re.findall(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors


def test_raw_and_lake_are_enough(settings: Settings, world: World, tmp_path: Path) -> None:
    """From a backup of raw and lake alone the warehouse is made again, proven, and synced on."""
    run_sync(settings, SyncRequest(), now=world.now)
    restored = DataDir(tmp_path / "restored")
    for folder in ("raw", "lake"):
        shutil.copytree(settings.data_dir / folder, restored.root / folder)

    rebuild_published(restored, from_raw=False, group_read=False)

    assert verify_data(restored).damages == []
    with open_for_reading(restored.warehouse) as connection:
        [(evaluations,)] = connection.execute("select count(*) from evaluations").fetchall()
        question = read_block("sh", containing="meta.audits").split('"')[1]
        assert connection.execute(question).fetchall() == []
    assert evaluations == sum(
        len((world.payload(dataset_id) or {})["evaluations"])
        for dataset_id in world.dataset_ids(dataset_type_id=1)
    )
    world.live_night()
    onwards = settings.model_copy(update={"data_dir": restored.root})
    assert run_sync(onwards, SyncRequest(), now=world.now).exit_status == 0
