"""Tests what all views of the page share: languages, colors, sizes, keyboard, printing, damaged files, speed."""
import base64
import functools
import http.server
import os
import pathlib
import re
import tempfile
import zlib

from browser import Keys, PageTest, environment_path, pairwise, repository, serve
from models import write_model

views = ["write", "see", "learn", "compare"]


class LanguageTests(PageTest):
    def test_language_of_the_browser_is_the_default(self):
        for browser_language, expected in [("en", "en"), ("ko", "ko"), ("en-US,ko", "en"), ("ko-KR,en", "ko"), ("fr-FR", "en"), ("fr,ko", "ko")]:
            with self.subTest(browser_language):
                self.open(language=browser_language)
                self.assertEqual(self.js("return document.documentElement.lang"), expected)
                self.assertEqual(self.find("#tab-write").text, {"en": "Write", "ko": "쓰기"}[expected])

    def test_button_switches_the_language_and_the_choice_is_kept(self):
        self.open(language="en", text="Once upon")
        for language, name in [("ko", "쓰기"), ("en", "Write"), ("ko", "쓰기")]:
            self.click("#language")
            self.assertEqual(self.js("return document.documentElement.lang"), language)
            self.assertEqual(self.find("#tab-write").text, name)
            self.assertEqual(self.js("return geul.tree.value.text"), "Once upon")
        self.reload()
        self.assertEqual(self.js("return document.documentElement.lang"), "ko")

    def test_every_string_is_translated(self):
        for language in ["en", "ko"]:
            for view in views:
                with self.subTest(language=language, view=view):
                    self.open(models=["english", "korean"], language=language, view=view)
                    text = self.js("return document.body.innerText")
                    # t() returns the key if a string is missing, and leaves {name} without a value.
                    self.assertEqual(re.findall(r"\b(?:page|write|see|learn|compare)\.[A-Za-z.]+|\{\w+\}", text), [])
                    self.assertNotRegex(text, r"\bNaN\b|\bundefined\b|\[object")


class FrameTests(PageTest):
    def test_theme(self):
        background = "return getComputedStyle(document.body).backgroundColor"
        self.open(scheme="light")
        light = self.js(background)
        self.emulate("dark")
        dark = self.js(background)
        self.assertNotEqual(light, dark)
        self.choose("Theme", "light")
        self.assertEqual(self.js(background), light)
        self.emulate("light")
        self.choose("Theme", "dark")
        self.assertEqual(self.js(background), dark)
        self.reload()
        self.assertEqual(self.js(background), dark)

    def test_model_switch_keeps_a_typed_text(self):
        self.open(models=["english", "korean"], text="A fox 여우")
        self.js("geul.selectModel(geul.models[1])")
        self.idle()
        self.assertEqual(self.js("return geul.tree.value.text"), "A fox 여우")
        self.assertEqual(self.js("return geul.model.value.name"), "korean")

    def test_model_switch_replaces_the_default_text(self):
        self.open(models=["english", "korean"])
        english = self.js("return geul.tree.value.text")
        self.choose("Model", "1")
        self.idle()
        self.assertNotEqual(self.js("return geul.tree.value.text"), english)
        self.assertIn("korean", self.js("return geul.model.value.name"))
        self.assertRegex(self.find("header .facts").text, "jamo|characters")

    def test_tabs_by_keyboard(self):
        self.open(view="write")
        self.js("document.querySelector('#tab-write').focus()")
        for key, expected in [(Keys.ARROW_RIGHT, "see"), (Keys.ARROW_RIGHT, "learn"), (Keys.ARROW_RIGHT, "compare"),
                              (Keys.ARROW_RIGHT, "write"), (Keys.ARROW_LEFT, "compare")]:
            self.keys(key)
            self.wait(f"return location.hash === '#{expected}'")
            self.wait(f"return document.querySelector('[aria-selected=true][role=tab]').id === 'tab-{expected}'")
            self.assertEqual(self.js("return document.activeElement.id"), f"tab-{expected}")
            self.assertEqual(self.js("return document.querySelectorAll('[role=tab][tabindex=\"0\"]').length"), 1)

    def test_reduced_motion(self):
        for view in views:
            with self.subTest(view):
                self.open(view=view, reduced_motion=True)
                moving = self.js("""
                    return [...document.querySelectorAll("*")].filter((element) => {
                      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
                      return parseFloat(transitionDuration) > 0 || animationName !== "none" || scrollBehavior === "smooth";
                    }).map((element) => element.outerHTML.slice(0, 100)).slice(0, 3)""")
                self.assertEqual(moving, [])

    def test_print(self):
        for view in views:
            with self.subTest(view):
                self.open(models=["english", "korean"], view=view, text="Once upon a time there was a fox.")
                pdf = base64.b64decode(self.cdp("Page.printToPDF", printBackground=True)["data"])
                self.assertTrue(pdf.startswith(b"%PDF"))
                self.assertGreater(text_operators(pdf), 5, "the printed page has no text")
                self.emulate(media="print")
                self.assertEqual([], self.js("""
                    return [...document.querySelectorAll("button, nav")].filter((element) => element.getClientRects().length > 0)
                      .map((element) => element.outerHTML.slice(0, 100))"""), "controls are printed")


def text_operators(pdf):
    """Returns how often text is shown in the compressed streams of a PDF."""
    count = 0
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            count += len(re.findall(rb"\bT[jJ]\b", zlib.decompress(match[1])))
        except zlib.error:
            pass  # Another kind of stream.
    return count


class SizeTests(PageTest):
    """All views in both languages, color schemes and two widths: accessibility, no horizontal scrolling, screenshots."""

    def check(self, view):
        for language, scheme, width in pairwise(["en", "ko"], ["light", "dark"], [360, 1280]):
            with self.subTest(language=language, scheme=scheme, width=width):
                self.open(models=["english", "korean"], language=language, view=view, scheme=scheme, width=width)
                self.screenshot(f"{view}-{language}-{scheme}-{width}")
                self.assert_fits()
                self.axe()
                self.assertEqual(self.js("return document.querySelector('[role=tab][aria-selected=true]').id"), f"tab-{view}")
                self.assertGreater(self.js("return document.querySelector('#panel').innerText.trim().length"), 20)


def add_size_tests():
    for view in views:
        setattr(SizeTests, f"test_{view}", functools.partialmethod(SizeTests.check, view))


add_size_tests()


class FaultTests(PageTest):
    def test_browser_without_segmenter(self):
        self.before("delete Intl.Segmenter")
        self.open(wait=False)
        text = self.wait("return document.querySelector('[role=alert]')?.textContent")
        self.assertIn("Intl.Segmenter", text)
        self.assertIn("이 브라우저에는", text)
        self.assertFalse(self.js("return window.geulHasStarted === true"))

    def test_damaged_model(self):
        # Scripts of type "module" run after the document was read, so this damages the model before they do.
        damage = """
            document.addEventListener("readystatechange", () => {
              if (document.readyState !== "interactive") return;
              const element = document.querySelector("script.model");
              if (element === null) return;
              const text = element.textContent;
              element.textContent = %s;
            });"""
        damages = {
            "truncated": "text.slice(0, 100000)",
            "empty": "''",
            "not base64": "'!' + text.slice(1)",
            "not safetensors": "btoa('this is another kind of file')",
            "other metadata": "text.slice(0, 40) + 'AAAA' + text.slice(44)",
        }
        self.expected_errors = ["Uncaught Error"]
        for name, change in damages.items():
            with self.subTest(name):
                self.before(damage % change)
                try:
                    self.open(wait=False)
                    text = self.wait("return document.querySelector('#app').innerText.trim()")
                finally:
                    self.remove_scripts()
                self.assertRegex(text, r"^[^.!\n]+(\.\w[^.!\n]*)*\.$", "the page shows one sentence")


class SpeedTests(PageTest):
    """Tokens of the generator per second of processor time, with random LSTMs."""

    def processor_time(self):
        """Returns the seconds of processor time that the processes of web pages have used."""
        ticks = 0
        processes = {self.driver.service.process.pid}
        stats = {}
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                # The name, in parentheses, may contain spaces.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                stats[int(folder.name)] = int(fields[1]), int(fields[11]) + int(fields[12]), (folder / "cmdline").read_bytes()
            except OSError:
                pass  # The process has ended.
        while True:
            children = {process for process, (parent, _, _) in stats.items() if parent in processes} - processes
            if not children:
                break
            processes |= children
        for process in processes:
            _, time, command = stats.get(process, (0, 0, b""))
            ticks += time if b"--type=renderer" in command else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def measure(self, layers, hidden):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, f"speed-{layers}x{hidden}.safetensors")
            write_model(path, "lstm", layers, hidden, [chr(0x20 + index) for index in range(90)], bound=0.1)
            self.open(models=[path], view="learn")
        self.js("""
            const model = geul.models[0];
            const { Generator } = location.protocol === "file:" ? {} : await import("/engine/generator.js");
            window.generator = Generator ? new Generator(model, { length: 1e6 }, []) : networkGenerator(model);
            for (let count = 0; count < 100; count++) generator.next();
            function networkGenerator({ network }) {
              // The modules of a file cannot be imported: this does what Generator does with the model's own methods.
              let state = network.initialState();
              return { next() {
                let rest = Math.random();
                const id = network.probabilities(state).findIndex((p) => (rest -= p) <= 0);
                state = network.step(Math.max(0, id), state);
              } };
            }""")
        start = self.processor_time()
        count, milliseconds = self.js("""
            const start = performance.now();
            let count = 0;
            while (performance.now() - start < 3000) {
              for (let i = 0; i < 10; i++) generator.next();
              count += 10;
            }
            return [count, performance.now() - start];""")
        seconds = self.processor_time() - start
        self.assertGreater(seconds, 0)
        print(f"LSTM {layers} x {hidden}: {count / seconds:.0f} tokens per second of processor time, "
              f"{count / milliseconds * 1000:.0f} per second", flush=True)
        return count / seconds

    def test_small_model(self):
        self.assertGreaterEqual(self.measure(2, 160), 1500)

    def test_large_model(self):
        self.assertGreaterEqual(self.measure(2, 512), 200)


class RepositoryHandler(http.server.SimpleHTTPRequestHandler):
    """Serves all files of the repository, for scripts that import modules of the page."""
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".mjs": "text/javascript"}

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=repository)

    def log_message(self, *arguments):
        pass


class EngineTests(PageTest):
    """Compares the engine in the browser with what the library computed; EngineTests.swift writes the fixtures."""

    def test_engine_equals_library(self):
        folder = environment_path("GEUL_PAGE_FIXTURES")
        if folder is None:
            self.skipTest("GEUL_PAGE_FIXTURES is not set")
        fixtures = sorted(folder.glob("*.safetensors"))
        self.assertTrue(fixtures, f"{folder} has no fixtures")
        self.origin = f"http://127.0.0.1:{serve(RepositoryHandler).server_port}/"
        self.driver.get(self.origin + "Tests/GeulPageTests/Scripts/")
        for path in fixtures:
            with self.subTest(path.stem):
                differences = self.js("""
                    const { compareCase } = await import("./compare.mjs");
                    const bytes = Uint8Array.from(atob(arguments[0]), (character) => character.charCodeAt(0));
                    return compareCase(bytes, JSON.parse(arguments[1]));
                    """, base64.b64encode(path.read_bytes()).decode(), path.with_suffix(".json").read_text())
                self.assertEqual(differences, [])
