"""The page in a real browser, served by the real command: quiet, alone, and up to date."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from chromium import EXECUTABLE, Page, open_page
from dashboard_account import ELSEWHERE, HOSTILE, TURNED_ON, copy_account

from aegis_etl.lake.paths import DataDir
from aegis_etl.warehouse.publish import rollback

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(find_spec("streamlit") is None, reason="Streamlit is not installed"),
]

TABS = ("Overview", "Compare runs", "Cost", "Captured and missed", "Trust")
TEXT = "document.body.innerText"
AT_REST = """
    !document.querySelector('[data-test-script-state=running]')
    && !document.querySelector('[data-stale=true]')
    && document.querySelectorAll('[data-testid=stTabs] [role=tab]').length == 5
    && [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
        .every(chart => chart.querySelector('canvas, svg'))
"""


@pytest.fixture(scope="module")
def data_dir(lived: DataDir, tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """An account of several versions, to be changed."""
    return copy_account(lived, tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of who runs the command."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(
    data_dir: DataDir, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where ``aegis-etl dashboard`` serves the account."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("aegis-etl"), "dashboard", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path_factory.mktemp("cwd"),
        env={**os.environ, **TURNED_ON, "AEGIS_DATA_DIR": str(data_dir.root), "HOME": str(home)},
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser with one tab, wide and high enough for a whole tab of the page."""
    with open_page(tmp_path_factory.mktemp("profile")) as page:
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=1280,
            height=3000,
            deviceScaleFactor=1,
            mobile=False,
        )
        yield page


def wait_until(browser: Page, condition: str) -> None:
    """Waits for a JavaScript condition; who runs the tests decides how long is too long."""
    while not browser.evaluate(f"!!({condition})"):
        browser.evaluate("new Promise(done => setTimeout(done, 100))")


def show(browser: Page, address: str, tab: str) -> None:
    """Opens a tab of the page and waits until all of it is drawn."""
    while True:
        browser.open(f"{address}/?tab={tab}")
        if browser.evaluate("location.origin") == address:
            break
    wait_until(browser, AT_REST)
    browser.evaluate("new Promise(done => setTimeout(done, 1000))")


def asked(browser: Page) -> set[str]:
    """The places that the page asked for something, without data and blobs of its own making."""
    urls = [event["request"]["url"] for event in browser.named("Network.requestWillBeSent")]
    urls += [event["url"] for event in browser.named("Network.webSocketCreated")]
    return {url.split("/")[2] for url in urls if not url.startswith(("data:", "blob:", "about:"))}


def said(browser: Page) -> list[Any]:
    """What the page wrote on the console."""
    return [
        browser.named(kind)
        for kind in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        if browser.named(kind)
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_a_tab_is_quiet_and_alone(
    browser: Page, address: str, home: Path, tab: str, scheme: str
) -> None:
    """No console message, no request but to its own server, all five tabs there, on both themes.

    Nothing is written at home.
    """
    browser.call(
        "Emulation.setEmulatedMedia",
        media="",
        features=[{"name": "prefers-color-scheme", "value": scheme}],
    )

    show(browser, address, tab)

    assert said(browser) == []
    assert asked(browser) == {address.removeprefix("http://")}
    labels = "[...document.querySelectorAll('[role=tab]')].map(tab => tab.innerText.trim())"
    assert browser.evaluate(labels) == list(TABS)
    assert (
        browser.evaluate("document.querySelector('[role=tab][aria-selected=true]').innerText")
        == tab
    )
    light = browser.evaluate(
        "getComputedStyle(document.querySelector('.stApp')).backgroundColor.match(/\\d+/g)[0] > 127"
    )
    assert light == (scheme == "light")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out(browser: Page, address: str, width: int) -> None:
    """On desk and phone there is nothing to scroll sideways but tables within their frame."""
    metrics = {"height": 3000, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", width=width, **metrics)
    show(browser, address, "Overview")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, **metrics)


def test_hostile_names_are_text(browser: Page, address: str) -> None:
    """Names that are markup are chosen and read as they are; none is run, drawn or asked for."""
    for tab in TABS:
        show(browser, address, tab)
        for box, test_id in enumerate(("stSelectbox", "stMultiSelect")):
            browser.evaluate(f"document.querySelector('[data-testid={test_id}] input').focus()")
            browser.call("Input.insertText", text=ELSEWHERE)
            wait_until(browser, f"{TEXT}.includes('![picture]')")
            text = browser.evaluate(TEXT)
            for name in HOSTILE:
                assert name in text, (tab, box, name)
            for key in ("Enter", "Escape"):
                for kind in ("keyDown", "keyUp"):
                    browser.call(
                        "Input.dispatchKeyEvent",
                        type=kind,
                        key=key,
                        code=key,
                        windowsVirtualKeyCode={"Enter": 13, "Escape": 27}[key],
                    )
            wait_until(browser, AT_REST)
        browser.evaluate("new Promise(done => setTimeout(done, 1000))")
        marked_up = (
            "[...document.querySelectorAll('script, img, a, iframe')]"
            f".filter(element => element.outerHTML.includes('{ELSEWHERE}')).length"
        )
        assert browser.evaluate(marked_up) == 0
        assert said(browser) == []
        assert asked(browser) == {address.removeprefix("http://")}
        assert not browser.named("Page.javascriptDialogOpening")


def test_a_new_version_is_picked_up(browser: Page, address: str, data_dir: DataDir) -> None:
    """Once another version is published, the open page shows it by itself."""
    show(browser, address, "Overview")
    shown = data_dir.published_sync_id()
    assert f"Sync {shown}" in browser.evaluate(TEXT)

    before = rollback(data_dir)

    wait_until(browser, f"{TEXT}.includes('Sync {before}')")
    wait_until(browser, AT_REST)
    assert f"Sync {shown}" not in browser.evaluate(TEXT)
    assert said(browser) == []
