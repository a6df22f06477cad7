"""The page in a real browser: quiet, alone, and in place on a desk, a phone and paper."""

import base64
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from chromium import EXECUTABLE, Page, open_page
from report_accounts import HOSTILE, Lived

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A browser with one tab."""
    with open_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(params=["lived", "first_night", "empty"])
def account(request: pytest.FixtureRequest) -> Lived:
    """Each of the accounts in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Lived)
    return found


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, *_: Any) -> None:
        self.asked.append(self.path)


def set_width(browser: Page, width: int) -> None:
    """Makes the window so wide."""
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=width < 500,
    )


def test_it_asks_for_nothing_and_complains_of_nothing(browser: Page, account: Lived) -> None:
    """Opened as a file: no console message, no exception, no request but the page itself."""
    browser.open(account.page.as_uri())
    assert not browser.named("Log.entryAdded")
    assert not browser.named("Runtime.consoleAPICalled")
    assert not browser.named("Runtime.exceptionThrown")
    asked = [event["request"]["url"] for event in browser.named("Network.requestWillBeSent")]
    assert asked == [account.page.as_uri()]


def test_served_it_asks_for_nothing_else(browser: Page, lived: Lived) -> None:
    """Opened from a web server: not even its icon is asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Quiet,), {"asked": asked})
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=str(lived.page.parent))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.open(f"http://127.0.0.1:{server.server_port}/report.html")
        server.shutdown()
    assert asked == ["/report.html"]
    assert not browser.named("Log.entryAdded")


def test_the_style_is_applied(browser: Page, lived: Lived) -> None:
    """The policy lets the style sheet in, and the dark theme changes its colours."""
    colours = []
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.call("Emulation.setEmulatedMedia", media="", features=features)
        browser.open(lived.page.as_uri())
        colours.append(
            browser.evaluate(
                "['body', '.chart text'].map(s => document.querySelector(s))"
                ".map(e => getComputedStyle(e)).map(s => [s.backgroundColor, s.color, s.fill])"
            )
        )
    light, dark = colours
    assert light[0] == ["rgb(251, 250, 248)", "rgb(28, 32, 39)", "rgb(0, 0, 0)"]
    assert dark[0][:2] == ["rgb(19, 22, 27)", "rgb(230, 232, 235)"]
    assert light[1][2] == "rgb(89, 97, 109)"
    assert dark[1][2] == "rgb(154, 163, 175)"
    browser.call("Emulation.setEmulatedMedia", media="", features=[])


@pytest.mark.parametrize("width", [1200, 800, 390, 320])
def test_nothing_sticks_out(browser: Page, account: Lived, width: int) -> None:
    """At no width is there anything to scroll sideways but tables within their own frame."""
    set_width(browser, width)
    browser.open(account.page.as_uri())
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    set_width(browser, 1200)


def test_hostile_names_do_nothing(browser: Page, lived: Lived) -> None:
    """A name that is markup is text to the browser too."""
    browser.open(lived.page.as_uri())
    assert browser.evaluate("document.querySelectorAll('script').length") == 0
    text = browser.evaluate("document.body.innerText")
    assert HOSTILE[0] in text
    assert HOSTILE[1] in text
    assert not browser.named("Page.javascriptDialogOpening")


def test_it_prints(browser: Page, lived: Lived) -> None:
    """On paper it is some pages, none wider than the sheet: no table is cut at the side."""
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    set_width(browser, 688)  # A4 within the margins of the style sheet
    browser.open(lived.page.as_uri())
    assert (
        browser.evaluate(
            "[...document.querySelectorAll('table')]"
            ".filter(t => t.getBoundingClientRect().right > 690).map(t => t.caption.innerText)"
        )
        == []
    )
    assert browser.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.call("Emulation.setEmulatedMedia", media="", features=[])
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    set_width(browser, 1200)
