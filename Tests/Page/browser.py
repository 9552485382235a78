"""Opens the page in headless Chromium for tests.

    Tests/Page/run                          # all tests, in a virtual environment with selenium and axe-core
    Tests/Page/run test_page.SizeTests      # some of them
    GEUL_SCREENSHOTS=/tmp/shots Tests/Page/run test_compare

A test is a method of a subclass of `PageTest`:

    from browser import PageTest

    class WriteTests(PageTest):
        def test_continue(self):
            self.open(models=["english"], language="en", view="write", scheme="light", width=1280, height=900, text="Once")
            self.click("button.primary")                          # a CSS selector, or text="Continue"
            self.wait("return geul.tree.value.ids.length > 40")   # JavaScript (or a Python function), at most 30 s
            self.assertGreater(self.js("return document.body.scrollHeight"), 100)
            self.axe()                                            # no violation of WCAG 2.1 A, AA and best practices
            self.screenshot("write-light-360")                    # a PNG of the whole page in $GEUL_SCREENSHOTS, if set

`window.geul` is the page's Store. `models` are names of files in checkpoints/ or paths (models.py writes random ones). Other
methods: `find(css)`, `find_all(css)`, `labeled(text)`, `choose(label, value)` (of a select), `type(css, text)`, `keys("x", Keys.TAB)` (to the
focused element), `before(script)` (runs before the scripts of pages opened later in the test), `idle()` (waits until the text
is read), `reload()`, `resize(width, height)`, `assert_fits()` (no horizontal scrolling), `cdp(command, parameter=value)`.

A test fails if the page throws an error, writes to the console or requests anything but its own files. A test of an error
adds a part of its text to `expected_errors`.

The page is that of the sources, through Tests/Page/serve. If GEUL_PAGE is set, it is a file made by `geul page`:
GEUL_PAGE/english+korean.html for the models english and korean. A file that is missing is made with the program GEUL if
that is set, with float32 weights, so that numbers are those of the model files; otherwise the test is skipped.
"""
import atexit
import base64
import functools
import hashlib
import http.server
import importlib.machinery
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time
import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys  # noqa: F401 (for tests)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.select import Select

repository = pathlib.Path(__file__).resolve().parents[2]


def environment_path(name):
    """Returns the path in an environment variable, or None."""
    return pathlib.Path(os.environ[name]).resolve() if os.environ.get(name) else None


page_folder = environment_path("GEUL_PAGE")
program = environment_path("GEUL")
screenshot_folder = environment_path("GEUL_SCREENSHOTS")


@functools.cache
def browser():
    """Starts Debian's Chromium, once for all tests."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--force-color-profile=srgb", "--no-first-run", "--disable-component-update"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_script_timeout(300)
    atexit.register(driver.quit)
    return driver


@functools.cache
def serve(handler):
    """Starts a web server on a free port, once for each class of handlers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return server


@functools.cache
def source_handler():
    """Returns the class of handlers of Tests/Page/serve."""
    loader = importlib.machinery.SourceFileLoader("serve", str(pathlib.Path(__file__).with_name("serve")))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("serve", loader))
    loader.exec_module(module)
    return module.Handler


thorough = unittest.skipUnless(os.environ.get("GEUL_THOROUGH") == "1", "only with GEUL_THOROUGH=1")


def pairwise(*choices):
    """Returns half of all tuples with one of two values of each choice; with GEUL_THOROUGH=1, all of them.

    Each value occurs, and with three choices each pair of values of two choices.
    """
    tuples = list(itertools.product(*choices))
    if os.environ.get("GEUL_THOROUGH") == "1":
        return tuples
    return [t for t in tuples if sum(choice.index(value) for choice, value in zip(choices, t)) % 2 == 0]


@functools.cache
def axe_source():
    """Returns the newest axe-core that is installed as part of a Python package."""
    for package in ["axe_playwright_python", "axe_core_python"]:
        # find_spec does not import the package, so its dependencies may be missing.
        spec = importlib.util.find_spec(package)
        if spec:
            return next(pathlib.Path(spec.origin).parent.glob("axe.min.js")).read_text()
    raise unittest.SkipTest("axe-core is not installed: use Tests/Page/run")


class PageTest(unittest.TestCase):
    """A test that opens the page; see the description of this module."""

    def setUp(self):
        self.driver = browser()
        self.scripts = []
        self.origin = None
        self.expected_errors = []
        self.take_logs()

    def tearDown(self):
        try:
            self.check_logs()
        finally:
            self.leave()
            self.remove_scripts()

    # Opening

    def open(self, models=("english",), language="en", view="write", scheme="light", width=1280, height=900, text=None,
             reduced_motion=True, wait=True):
        """Opens the page with some models, as a reader with the browser's language `language` sees it first."""
        self.check_logs()
        self.leave()
        paths = [model if isinstance(model, pathlib.Path) else repository / f"checkpoints/{model}.safetensors"
                 for model in models]
        self.resize(width, height)
        self.emulate(scheme, reduced_motion)
        agent = self.js("return navigator.userAgent")
        self.cdp("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage={"ko": "ko-KR,ko,en"}.get(language, language))
        self.driver.get(self.address(paths) + f"#{view}")
        if not wait:
            return
        self.wait("return window.geul !== undefined", "the page does not start")
        if text is not None:
            self.js("geul.setText(arguments[0])", text)
        self.idle()

    def reload(self):
        self.driver.refresh()
        self.wait("return window.geul !== undefined", "the page does not start")
        self.idle()

    def address(self, paths):
        if page_folder is None:
            handler = source_handler()
            handler.models, handler.settings = paths, {"title": None, "text": None, "language": None}
            self.origin = f"http://127.0.0.1:{serve(handler).server_port}/"
            return self.origin
        name = "+".join(path.stem for path in paths)
        if any(path.parent != repository / "checkpoints" for path in paths):
            # Tests write different models with the same names.
            name += "-" + hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
        page = page_folder / f"{name}.html"
        if not page.exists() and program is not None:
            page_folder.mkdir(parents=True, exist_ok=True)
            # Other processes of tests may make the same page at the same time.
            own = page.with_suffix(f".{os.getpid()}.html")
            subprocess.run([program, "page", *paths, "--precision", "float32", "--out", own], check=True, capture_output=True)
            own.replace(page)
        if not page.exists():
            self.skipTest(f"{page} does not exist")
        self.origin = page.as_uri()
        return self.origin

    def leave(self):
        """Closes the page and forgets what it stored."""
        if self.driver.current_url.startswith(("http", "file")):
            self.js("try { localStorage.clear(); } catch {}")
        self.driver.get("about:blank")

    def resize(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def emulate(self, scheme="light", reduced_motion=True, media=""):
        """Sets what the page's media queries see; `media` is "", "screen" or "print"."""
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"}])

    def before(self, script):
        """Runs a script before those of each page that is opened later in this test."""
        added = self.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)
        self.scripts.append(added["identifier"])

    def remove_scripts(self):
        """Removes the scripts of `before`."""
        while self.scripts:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=self.scripts.pop())

    # Reading and acting

    def cdp(self, command, **parameters):
        """Calls a command of the Chrome DevTools Protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def js(self, script, *arguments):
        """Runs the body of a function in the page; a promise is awaited."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition, message=None, seconds=30):
        """Waits until JavaScript or a Python function returns something true, and returns that."""
        end = time.monotonic() + seconds
        while True:
            value = condition() if callable(condition) else self.js(condition)
            if value:
                return value
            if time.monotonic() > end:
                self.fail(f"{message or condition} (after {seconds} s)")
            time.sleep(0.02)

    def idle(self, seconds=30):
        """Waits until the text is read and the views are drawn."""
        self.wait("return geul.tree.value.path.every((node) => node.state !== null)", "the text is not read", seconds)
        self.js("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def find(self, selector):
        """Returns the first element of a CSS selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector="button, a, summary, label", text=None):
        """Clicks the first visible element of a CSS selector, with exactly this text if one is given."""
        for element in self.find_all(selector):
            if element.is_displayed() and (text is None or element.text.strip() == text):
                self.js("arguments[0].scrollIntoView({ block: 'center' })", element)
                element.click()
                return element
        return self.fail(f"no visible element {selector} with the text {text}")

    def labeled(self, label):
        """Returns the first control inside a label with this text."""
        return self.driver.find_element(By.XPATH, f"//label[span[normalize-space()='{label}']]//*[self::select or self::input]")

    def choose(self, label, value):
        """Chooses the option with this value of the select element with this label."""
        Select(self.labeled(label)).select_by_value(value)

    def type(self, selector, text):
        """Replaces the text of an input or textarea, as typing does."""
        self.js("""
            const [element, text] = arguments;
            element.focus();
            element.value = text;
            element.dispatchEvent(new InputEvent("input", { bubbles: true }));
            element.dispatchEvent(new Event("change", { bubbles: true }));
            """, self.find(selector), text)

    def keys(self, *keys):
        """Sends keys to the element that has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def screenshot(self, name):
        """Writes NAME.png, the whole page, into the folder GEUL_SCREENSHOTS; returns the PNG's bytes."""
        image = base64.b64decode(self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])
        if screenshot_folder:
            screenshot_folder.mkdir(parents=True, exist_ok=True)
            (screenshot_folder / f"{name}.png").write_bytes(image)
        return image

    # Checks

    def axe(self, selector=None):
        """Fails if axe-core finds a violation of WCAG 2.1 A or AA, or of its best practices."""
        if not self.js("return window.axe !== undefined"):
            self.js(axe_source())
        violations = self.js("""
            return axe.run(arguments[0] ?? document, { resultTypes: ["violations"], runOnly: { type: "tag",
              values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] } }).then(({ violations }) => violations)
            """, selector)
        self.assertEqual([], [
            f"{violation['id']}: {violation['help']}: " + "; ".join(
                f"{node['html'][:150]} ({node['failureSummary']})" for node in violation["nodes"][:3])
            for violation in violations])

    def assert_fits(self):
        """Fails if the document is wider than the window, and names the elements that are."""
        outside = self.js("""
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.body.querySelectorAll("*")].filter((element) => element.getBoundingClientRect().right > width + 0.5)
              .map((element) => element.outerHTML.slice(0, 120)).slice(0, 5);
            """)
        self.assertEqual([], outside, "the document is wider than the window")

    def take_logs(self):
        """Returns the console's messages and the addresses of requests since the last call."""
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        requests = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return messages, requests

    def check_logs(self):
        """Fails if the page wrote to the console or requested anything but itself."""
        messages, requests = self.take_logs()
        origin = self.origin
        if origin and origin.startswith("http"):
            # Chromium asks the development server for an icon.
            messages = [message for message in messages if "/favicon.ico" not in message]
        self.assertEqual([], [message for message in messages if not any(text in message for text in self.expected_errors)])
        own = (origin, "data:", "blob:", "about:") if origin else ("data:", "blob:", "about:")
        self.assertEqual([], [request for request in requests if not request.startswith(own)])
