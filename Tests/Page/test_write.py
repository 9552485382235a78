"""Tests the view "Write": typing, composition, continuation, rivals, alternatives, branches, undo, copy."""
import json
import math
import os
import pathlib
import subprocess
import unittest

from browser import Keys, PageTest, pairwise, repository

# The commands that wrote the expected texts: `geul generate`, if the program is built.
program = next((path for path in [
    pathlib.Path(os.environ.get("GEUL") or "/nonexistent"), repository / ".build/release/geul"] if path.is_file()), None)

text_of = "return geul.tree.value.text"
status = "return document.querySelector('.status').textContent"


class WriteTest(PageTest):
    """Opens the view with the fastest speed."""

    def start(self, text="Once upon a time ", model="english", **options):
        self.open(models=[model], view="write", text=text, **options)
        self.set_slider("speed", 7)

    def set_slider(self, name, value):
        """Moves the slider that the text `about-NAME` describes."""
        self.js("""
            const slider = document.querySelector(`[aria-describedby="about-${arguments[0]}"]`);
            slider.value = String(arguments[1]);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
            """, name, value)

    def set_seed(self, seed):
        self.js("""
            const field = document.querySelector("#seed");
            field.value = String(arguments[0]);
            field.dispatchEvent(new Event("input", { bubbles: true }));
            """, seed)

    def set_stops(self, stops):
        self.js("""
            const field = document.querySelector(".stops");
            field.value = arguments[0];
            field.dispatchEvent(new Event("input", { bubbles: true }));
            """, stops)

    @property
    def text(self):
        return self.js(text_of)

    @property
    def value(self):
        return self.js("return document.querySelector('.field').value")

    def focus(self, position=None):
        """Focuses the field, with the caret at a position or at the end."""
        self.js("""
            const field = document.querySelector(".field");
            field.focus();
            const position = arguments[0] ?? field.value.length;
            field.setSelectionRange(position, position);
            """, position)
        self.idle()

    def continue_text(self):
        """Lets the model continue the text to its end; returns what it wrote."""
        before = self.text
        self.click("#continue")
        self.wait("return document.querySelector('.status').textContent !== ''", "the model does not stop", 60)
        self.assertEqual(self.text, self.value.replace("\r\n", "\n"))
        self.assertTrue(self.text.startswith(before))
        return self.text[len(before):]

    def assert_aligned(self):
        """Fails if the field breaks its lines elsewhere than the tinted copy does."""
        result = self.js("""
            const field = document.querySelector(".field");
            const spans = [...document.querySelectorAll(".copy span")];
            const text = field.value;
            const style = getComputedStyle(field);
            const lineHeight = parseFloat(style.lineHeight);
            const top = spans[0].getBoundingClientRect().top;
            field.style.cssText = "height: 0; align-self: start; min-height: 0";
            const lines = [];
            // Where a word ends, the line of its last character does not depend on what follows.
            for (let end = 1; end <= spans.length; end++) {
              if (end < text.length && /\\S/.test(text[end]) && / /.test(text)) continue;
              if (/\\s/.test(text[end - 1])) continue;
              field.value = text.slice(0, end);
              const height = field.scrollHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
              const own = Math.round(height / lineHeight);
              const copied = Math.round((spans[end - 1].getBoundingClientRect().top - top) / lineHeight) + 1;
              lines.push([end, own, copied]);
            }
            field.value = text;
            field.style.cssText = "";
            return lines;
            """)
        self.assertGreater(len(result), 20)
        self.assertGreater(result[-1][1], 3)
        self.assertEqual([], [line for line in result if line[1] != line[2]][:5])

class TypingTests(WriteTest):
    def test_typed_text_is_read_and_tinted(self):
        self.start("")
        self.focus()
        self.keys("The house")
        self.idle()
        self.assertEqual("The house", self.text)
        tints = self.js("return [...document.querySelectorAll('.copy .tinted')].map((span) => span.style.getPropertyValue('--tint'))")
        self.assertEqual(9, len(tints))
        self.assertEqual("0.00", tints[0])
        self.assertGreater(len(set(tints)), 4)
        probabilities = self.js("return geul.tree.value.path.map((node) => node.probability)")
        self.assertIsNone(probabilities[0])
        for tint, probability in zip(tints[1:], probabilities[1:]):
            self.assertAlmostEqual(0.8 * min(1, -math.log2(probability) / 8), float(tint), delta=0.006)

    def test_insertion_in_the_middle_keeps_the_caret(self):
        self.start("Once a time ")
        self.focus(5)
        self.keys("upon ")
        self.idle()
        self.assertEqual("Once upon a time ", self.text)
        self.assertEqual(10, self.js("return document.querySelector('.field').selectionStart"))

    def test_typing_stops_the_model_and_is_appended(self):
        self.start()
        self.set_slider("length", 7)
        self.set_slider("speed", 4)
        self.focus()
        self.keys(Keys.CONTROL, Keys.ENTER)
        self.keys(Keys.NULL)
        self.wait("return geul.tree.value.characters.length > 30")
        self.keys("Q")
        self.idle()
        text = self.text
        self.assertTrue(text.startswith("Once upon a time "))
        self.assertTrue(text.endswith("Q"), text)
        self.assertGreater(len(text), 30)
        self.assertEqual(text, self.value)
        self.assertEqual("Continue", self.js("return document.querySelector('#continue').textContent"))

    def test_undo_takes_back_words_and_redo_repeats_them(self):
        self.start("")
        self.focus()
        self.keys("one two")
        self.keys(Keys.CONTROL, "z")
        self.keys(Keys.NULL)
        self.assertEqual("one ", self.value)
        self.keys(Keys.CONTROL, "z")
        self.keys(Keys.NULL)
        self.assertEqual("", self.value)
        self.keys(Keys.CONTROL, "y")
        self.keys(Keys.NULL)
        self.keys(Keys.CONTROL, Keys.SHIFT, "z")
        self.keys(Keys.NULL)
        self.assertEqual("one two", self.value)
        self.idle()
        self.assertEqual("one two", self.text)

    def test_undo_restores_a_cleared_text(self):
        self.start("Dear Nell, I have seen it.")
        self.click("#clear")
        self.assertEqual("", self.text)
        self.click("#undo")
        self.idle()
        self.assertEqual("Dear Nell, I have seen it.", self.value)
        self.assertTrue(self.js("return geul.tree.value.path.every((node) => node.state !== null)"))

    def test_long_text_is_limited(self):
        self.start("")
        self.js("""
            const field = document.querySelector(".field");
            field.focus();
            field.value = `${"the sea ".repeat(10)}\n`.repeat(130);
            field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
            """)
        self.assertEqual(10000, self.js("return geul.tree.value.path.length"))
        self.assertEqual(10000, len(self.value))
        self.assertIn("10,000", self.js(status))
        self.click("#continue")
        self.wait("return document.querySelector('.status').textContent.includes('maximum')")
        self.assertEqual(10000, self.js("return geul.tree.value.path.length"))

    def test_unknown_characters(self):
        self.start("a 7한 é")
        classes = self.js("return [...document.querySelectorAll('.copy .unknown')].map((span) => span.textContent)")
        self.assertIn("한", classes)
        self.js("geul.cursor.value = 3")
        self.idle()
        self.assertIn("한 is not in the vocabulary", self.js("return document.querySelector('.rivals').textContent"))
        self.assertEqual("a 7한 é", self.value)

    def test_copy_has_the_layout_of_the_field(self):
        for width in [1280, 360]:
            for text in ["The sea   and  the wind.\n\n" * 6, "a" * 500, "fi ffi AVAVA To. " * 30 + "\n", "한글 English 글이다. " * 30]:
                self.start(text, width=width)
                self.assert_aligned()


class CompositionTests(WriteTest):
    def compose(self, *steps):
        for step in steps:
            self.cdp("Input.imeSetComposition", text=step, selectionStart=len(step), selectionEnd=len(step))

    def test_hangul_is_read_when_it_is_complete(self):
        self.start("", model="korean")
        self.focus()
        self.compose("ㅎ", "하", "한")
        self.assertEqual("", self.text)
        self.assertEqual("한", self.value)
        self.assertEqual("한", self.js("return document.querySelector('.copy').textContent.replace('\\u200b', '')"))
        self.cdp("Input.insertText", text="한")
        self.compose("ㄱ", "그", "글")
        self.assertEqual("한", self.text)
        self.cdp("Input.insertText", text="글")
        self.idle()
        self.assertEqual("한글", self.text)
        self.assertEqual("한글", self.value)
        self.assertEqual(6, self.js("return geul.tree.value.path.length"))

    def test_composition_in_the_middle(self):
        self.start("옛날 마을에", model="korean")
        self.focus(3)
        self.compose("ㅈ", "자", "작")
        self.cdp("Input.insertText", text="작")
        self.compose("ㅇ", "은")
        self.cdp("Input.insertText", text="은")
        self.idle()
        self.assertEqual("옛날 작은마을에", self.text)
        self.assertEqual(5, self.js("return document.querySelector('.field').selectionStart"))

    def test_composition_stops_the_model(self):
        self.start("옛날 ", model="korean")
        self.set_slider("length", 7)
        self.set_slider("speed", 4)
        self.focus()
        self.click("#continue")
        self.wait("return geul.tree.value.characters.length > 20")
        self.focus()
        self.compose("ㄷ", "다")
        count = self.js("return geul.tree.value.path.length")
        self.compose("달")
        self.assertEqual(count, self.js("return geul.tree.value.path.length"))
        self.cdp("Input.insertText", text="달")
        self.idle()
        self.assertTrue(self.text.endswith("달"), self.text)
        self.assertEqual(self.text, self.value)

    def test_syllable_of_jamo_shows_three_lists_of_rivals(self):
        self.start("옛날 한", model="korean", language="ko")
        self.js("geul.cursor.value = 3")
        self.idle()
        lists = self.js("return [...document.querySelectorAll('.rivals ol')].map((list) => list.querySelectorAll('button').length)")
        self.assertEqual([5, 5, 5], lists)
        text = self.js("return document.querySelector('.rivals').textContent")
        for name in ["초성 ㅎ", "중성 ㅏ", "종성 ㄴ"]:
            self.assertIn(name, text)


class ContinuationTests(WriteTest):
    def generate(self, model, prompt, *options):
        """Returns the prompt and what `geul generate` writes after it."""
        if program is None:
            self.skipTest("geul is not built")
        output = subprocess.run(
            [program, "generate", repository / f"checkpoints/{model}.safetensors", "--prompt", prompt,
             "--quiet", *options], capture_output=True, text=True, check=True)
        return output.stdout[:-1]

    def test_text_is_that_of_the_program(self):
        for model, prompt in [("english", "Dear Nell,"), ("english", ""), ("korean", "할머니는"), ("korean", "옛날 어느 마을에 ")]:
            for temperature, options in [(0, ["--greedy"]), (0.8, ["--seed", "7"]), (1.3, ["--seed", "123456789012"])]:
                with self.subTest(model=model, prompt=prompt, temperature=temperature):
                    self.start(prompt, model=model)
                    self.set_slider("temperature", temperature)
                    self.set_seed(options[1] if len(options) > 1 else 1)
                    self.set_slider("length", 3)
                    written = self.continue_text()
                    options = [*options, "--temperature", str(temperature)] if temperature else options
                    # Characters, of which a few have several code points.
                    self.assertIn(len(written), range(200, 210))
                    self.assertTrue(self.generate(model, prompt, "--length", "700", *options).startswith(prompt + written))

    def test_filters_are_those_of_the_program(self):
        self.start("할머니는 ", model="korean")
        self.set_seed(3)
        for name, value in [("temperature", 1.2), ("topK", 12), ("topP", 0.9), ("minP", 0.05), ("repeatPenalty", 1.3), ("repeatLastN", 32)]:
            self.set_slider(name, value)
        self.set_slider("length", 3)
        written = self.continue_text()
        self.assertEqual(self.generate(
            "korean", "할머니는 ", "--seed", "3", "--temperature", "1.2", "--top-k", "12", "--top-p", "0.9", "--min-p", "0.05",
            "--repeat-penalty", "1.3", "--repeat-last-n", "32", "--length", "700")[:205], "할머니는 " + written)

    def test_stop_strings_are_those_of_the_program(self):
        for model, prompt, stops in [
            ("english", "Dear Nell,", ["\\n", "the w"]), ("korean", "할머니는", ["다."]), ("korean", "할머니는", ["\\n"]),
            ("korean", "할머니", ["가", "는", "의", "를"]),
        ]:
            with self.subTest(model=model, stops=stops):
                self.start(prompt, model=model)
                self.set_seed(2)
                self.set_stops("\n".join(stops))
                written = self.continue_text()
                options = [option for stop in stops for option in ["--stop", stop.replace("\\n", "\n")]]
                self.assertEqual(self.generate(model, prompt, "--seed", "2", *options), prompt + written)
                self.assertIn("stop string", self.js(status))

    def test_random_seed_changes_the_text_and_is_shown(self):
        self.start()
        self.set_slider("length", 1)
        first = self.continue_text()
        seed = self.js("return document.querySelector('#seed').value")
        self.click("#undo")
        self.assertEqual("Once upon a time ", self.text)
        second = self.continue_text()
        self.assertNotEqual(first, second)
        self.click("#undo")
        self.set_seed(seed)
        self.assertEqual(first, self.continue_text())

    def test_stop_button_and_escape(self):
        self.start()
        self.set_slider("length", 7)
        for stop in [lambda: self.click("#continue", text="Stop"), lambda: self.keys(Keys.ESCAPE)]:
            self.click("#continue")
            count = self.js("return geul.tree.value.characters.length")
            self.wait(f"return geul.tree.value.characters.length > {count} + 20")
            stop()
            self.assertRegex(self.js(status), r"^Stopped\. Characters written: [\d,]+\.$")
            length = self.js("return geul.tree.value.path.length")
            self.idle()
            self.assertEqual(length, self.js("return geul.tree.value.path.length"))

    def test_speed_limits_the_characters(self):
        self.start("옛날 어느 마을에 ", model="korean")
        self.set_slider("length", 7)
        self.set_slider("speed", 3)
        count = self.js("return geul.tree.value.characters.length")
        self.click("#continue")
        self.js("return new Promise((done) => setTimeout(done, 2000))")
        self.click("#continue")
        written = self.js("return geul.tree.value.characters.length") - count
        self.assertGreater(written, 20)
        self.assertLess(written, 70)

    def test_page_responds_while_the_model_writes(self):
        self.start(("the sea " * 8 + "\n") * 60)
        self.set_slider("length", 7)
        self.click("#continue")
        median = self.js("""
            return new Promise((done) => {
              const times = [performance.now()];
              const tick = () => {
                times.push(performance.now());
                if (times.length < 40) requestAnimationFrame(tick);
                else done(times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b)[20]);
              };
              requestAnimationFrame(tick);
            });
            """)
        self.keys(Keys.ESCAPE)
        # A frame takes 17 ms on an idle machine; the limit leaves room for other processes.
        self.assertLess(median, 250)

    def test_live_mode_continues_and_typing_replaces_it(self):
        self.start("Once")
        self.set_slider("length", 0)
        self.js("document.querySelectorAll('.settings input[type=checkbox]')[0].click()")
        self.focus()
        self.keys(" upon")
        self.wait("return document.querySelector('.status').textContent !== ''", seconds=10)
        text = self.text
        self.assertTrue(text.startswith("Once upon"))
        self.assertEqual(29, len(text))
        self.keys(" a")
        self.assertEqual("Once upon a", self.text)
        self.assertIn("None yet", self.js("return document.querySelector('.branches').textContent"))
        self.wait("return geul.tree.value.characters.length === 31", seconds=10)
        self.keys(Keys.END)
        self.idle()
        self.keys(".")
        self.assertEqual(32, len(self.text))
        self.assertEqual(self.text, self.value)


class BranchTests(WriteTest):
    def test_arrow_keys_show_the_rivals(self):
        self.start()
        self.focus(4)
        self.assertEqual(4, self.js("return geul.cursor.value"))
        self.assertEqual("␣", self.js("return document.querySelector('.rivals h3 .glyph').textContent"))
        self.keys(Keys.ARROW_RIGHT)
        self.idle()
        self.assertEqual(5, self.js("return geul.cursor.value"))
        self.assertEqual("u", self.js("return document.querySelector('.rivals h3 .glyph').textContent"))
        self.assertEqual(5, len(self.find_all(".rivals button.rival")))
        self.keys(Keys.END)
        self.idle()
        self.assertEqual(-1, self.js("return geul.cursor.value"))
        self.assertIn("Next token", self.js("return document.querySelector('.rivals').textContent"))

    def test_pointer_shows_rivals_and_click_keeps_them(self):
        self.start("word\n" * 3)
        point = self.js("""
            const box = document.querySelectorAll(".copy .tinted")[6].getBoundingClientRect();
            return [box.left + box.width * 0.8, box.top + box.height / 2];
            """)
        self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=point[0], y=point[1])
        self.idle()
        glyph = "return document.querySelector('.rivals h3 .glyph')?.textContent"
        self.assertEqual("o", self.js(glyph))
        for kind in ["mousePressed", "mouseReleased"]:
            self.cdp("Input.dispatchMouseEvent", type=kind, x=point[0], y=point[1], button="left", clickCount=1)
        self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=5)
        self.idle()
        self.assertEqual(6, self.js("return geul.cursor.value"))
        self.assertEqual("o", self.js(glyph))

    def test_tap_shows_the_rivals_of_the_character(self):
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=True)
        try:
            self.start(width=400)
            for part in [0.2, 0.8]:
                point = self.js("""
                    document.querySelector(".editor").scrollIntoView();
                    const box = document.querySelectorAll(".copy .tinted")[7].getBoundingClientRect();
                    return [box.left + box.width * arguments[0], box.top + box.height / 2];
                    """, part)
                # A second tap within half a second would select the word.
                self.js("geul.cursor.value = -1; return new Promise((done) => setTimeout(done, 700))")
                self.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": point[0], "y": point[1]}])
                self.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
                self.wait("return geul.cursor.value >= 0")
                self.idle()
                self.assertEqual(7, self.js("return geul.cursor.value"))
        finally:
            self.cdp("Emulation.setTouchEmulationEnabled", enabled=False)

    def test_view_can_be_left_while_the_model_writes(self):
        self.open(models=["english", "korean"], view="write")
        self.set_slider("length", 7)
        self.set_slider("temperature", 1.5)
        for leave in ["document.querySelector('#tab-see').click()", "document.querySelector('#language').click()", """
                const select = document.querySelector(".choices select");
                select.value = "1";
                select.dispatchEvent(new Event("change"));"""]:
            self.click("#tab-write")
            self.click("#continue")
            self.wait("return geul.tree.value.characters.length > 25")
            self.js(leave)
            self.idle()
            length = self.js("return geul.tree.value.path.length")
            self.idle()
            self.assertEqual(length, self.js("return geul.tree.value.path.length"))
        self.click("#tab-write")
        self.idle()
        self.assertEqual(self.text, self.value)
        self.assertEqual("1.5", self.find("[aria-describedby=about-temperature]").get_attribute("value"))
        self.assertEqual("7", self.find("[aria-describedby=about-length]").get_attribute("value"))

    def test_rival_makes_a_branch_and_the_list_leads_back(self):
        self.start()
        self.set_slider("length", 1)
        first = self.continue_text()
        before = self.text
        self.js("geul.cursor.value = 20")
        self.idle()
        name = self.js("return document.querySelector('.rivals button.rival .glyph').textContent").replace("␣", " ").replace("↵", "\n")
        self.find(".rivals button.rival").send_keys(Keys.ENTER)
        self.wait("return document.querySelector('.status').textContent.includes('40')")
        after = self.text
        self.assertEqual(before[:20] + name, after[:21])
        self.assertEqual(61, len(after))
        self.assertEqual(20, self.js("return geul.cursor.value"))
        self.assertTrue(self.js("return document.activeElement.classList.contains('rival')"), "the focus is lost")
        self.assertEqual(3, len(self.find_all(".branches button")))
        # The old text can be reached by its rival, by the list and by undoing.
        self.click(".rivals button.rival[aria-label*='has a branch']")
        self.assertEqual(before, self.text)
        self.click(".branches li li:last-child button")
        self.assertEqual(after, self.text)
        self.assertEqual("true", self.find(".branches li li:last-child button").get_attribute("aria-current"))
        self.click(".branches li button")
        self.assertEqual(before[:20], self.text)
        for expected in [after, before, after, before, before[:17]]:
            self.click("#undo")
            self.assertEqual(expected, self.text)
        self.assertEqual(first, before[17:])

    def test_write_again_from_a_character(self):
        self.start()
        self.set_slider("length", 1)
        self.continue_text()
        self.js("geul.cursor.value = 5")
        self.idle()
        self.click("button", text="Regenerate from here")
        self.wait("return document.querySelector('.status').textContent !== ''")
        self.assertTrue(self.text.startswith("Once "))
        self.assertEqual(55, len(self.text))

    def test_rival_alone_is_one_character(self):
        self.start()
        self.js("document.querySelectorAll('.settings input[type=checkbox]')[1].click()")
        name = self.js("return document.querySelector('.rivals button.rival .glyph').textContent").replace("␣", " ").replace("↵", "\n")
        self.click(".rivals button.rival")
        self.idle()
        self.assertEqual("Once upon a time " + name, self.text)

    def test_alternatives_become_branches(self):
        for model, text in [("english", "Once upon a time "), ("korean", "옛날 어느 마을")]:
            self.start(text, model=model)
            self.set_seed(5)
            self.click("#three")
            self.wait("return document.querySelector('.alternative:not(:disabled)')")
            alternatives = self.js("return [...document.querySelectorAll('.alternative')].map((button) => button.textContent)")
            self.assertEqual(3, len(set(alternatives)))
            self.click(".alternatives .alternative:nth-child(2)")
            self.idle()
            self.assertTrue(self.text.endswith(alternatives[1]))
            self.assertEqual(self.text, self.value)
            ends = self.js("return [...document.querySelectorAll('.branches li')].filter((item) => !item.querySelector('ul')).length")
            self.assertEqual(3, ends)
            if program:
                output = subprocess.run(
                    [program, "generate", repository / f"checkpoints/{model}.safetensors", "--prompt", text, "--quiet", "--json",
                     "--seed", "5", "--num-samples", "3", "--length", "200"], capture_output=True, text=True, check=True)
                for alternative, sample in zip(alternatives, json.loads(output.stdout)["samples"]):
                    # The sample begins with the syllable that the program held back.
                    self.assertTrue(sample["text"].removeprefix(text[-1:]).startswith(alternative.removeprefix(text[-1:])))
            self.click("#undo")
            self.assertEqual(text, self.text)

    def test_copy(self):
        self.start("Dear Nell,\nI have seen it.")
        self.cdp("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=self.origin.rstrip("/"))
        self.click("#copy")
        self.wait("return document.querySelector('.status').textContent === 'Copied.'")
        self.assertEqual("Dear Nell,\nI have seen it.", self.js("return navigator.clipboard.readText()"))
        self.js("navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))")
        self.js("geul.setText('Another text')")
        self.click("#copy")
        self.idle()
        self.assertEqual("Another text", self.js("return navigator.clipboard.readText()"))


class TreeTests(WriteTest):
    """Random edits, generated text, branches, undo and redo on a TextTree."""

    def test_random_operations(self):
        for model in ["english", "korean"]:
            self.start("", model=model)
            problems = self.js("""
                const tree = new geul.tree.value.constructor(geul.model.value);
                const letters = arguments[0];
                let seed = 1;
                const random = (limit) => (seed = (seed * 48271) % 2147483647) % limit;
                const problems = [];
                const check = (condition, text) => { if (!condition) problems.push(text); };
                const texts = [];                                        // the texts that undo returns to
                for (let round = 0; round < 600 && problems.length === 0; round++) {
                  const before = tree.text;
                  const kind = random(9);
                  if (kind < 4) {
                    const at = random(before.length + 1);
                    const removed = random(3) === 0 ? random(4) : 0;
                    const added = Array.from({ length: random(4) }, () => letters[random(letters.length)]).join("");
                    const text = before.slice(0, at) + added + before.slice(at + removed);
                    const depth = tree.history.length;
                    tree.setText(text);
                    if (tree.history.length > depth || tree.text !== before) texts.push(before);
                    check(tree.text === text.normalize("NFC"), `setText ${JSON.stringify([before, text, tree.text])}`);
                  } else if (kind === 4) {
                    while (!tree.advance(1000)) {}
                    tree.record();
                    texts.push(before);
                    for (let count = random(8); count >= 0; count--) {
                      const state = tree.stateAfter(tree.tip);
                      const id = random(geul.model.value.vocabulary.count);
                      if (id === geul.model.value.vocabulary.unknownID) continue;
                      tree.append(id, 0.5, geul.model.value.network.step(id, state));
                    }
                  } else if (kind === 5 && tree.path.length > 1) {
                    tree.moveTo(tree.path[random(tree.path.length - 1)]);
                    texts.push(before);
                  } else if (kind === 6 && tree.path.length > 1) {
                    tree.branch(tree.path[random(tree.path.length - 1)], 1);
                    texts.push(before);
                  } else if (kind >= 7 && tree.canUndo) {
                    tree.undo();
                    const expected = texts.pop();
                    if (expected !== undefined) check(tree.text === expected, `undo ${JSON.stringify([tree.text, expected])}`);
                    const undone = tree.text;
                    if (random(2) === 0) {
                      tree.redo();
                      check(tree.text === before, "redo");
                      texts.push(undone);
                    }
                  }
                  if (random(4) === 0) while (!tree.advance(1000)) {}
                  const shape = (characters) => JSON.stringify(characters);
                  check(shape(tree.characters) === shape(tree.copy().characters), "characters");
                  let isRead = true;
                  for (const node of tree.path) {
                    check(isRead || node.state === null, "a node below an unread one is read");
                    isRead = node.state !== null;
                    check(node.parent.children.includes(node), "a node is lost");
                  }
                }
                return problems;
                """, [*"ab e\n한글각ㄱ나é7"] if model == "english" else [*"가각 나\n한글ㄱㅏ를Ω7."])
            self.assertEqual([], problems)


class LayoutTests(WriteTest):
    def test_views(self):
        languages = [("en", "english", "Once upon a time "), ("ko", "korean", "옛날 어느 마을에 ")]
        for (language, model, text), scheme, width in pairwise(languages, ["light", "dark"], [1280, 360]):
            with self.subTest(language=language, scheme=scheme, width=width):
                self.start(text, model=model, language=language, scheme=scheme, width=width)
                self.set_slider("length", 2)
                self.set_seed(1)
                self.continue_text()
                self.js("geul.cursor.value = 40")
                self.idle()
                self.click(".rivals button.rival")
                self.idle()
                self.keys(Keys.ESCAPE)
                self.click("#three")
                self.wait("return document.querySelector('.alternative:not(:disabled)')")
                self.click("summary")
                self.screenshot(f"write-{language}-{scheme}-{width}")
                self.assert_fits()
                self.axe()

    def test_tab_leaves_the_field(self):
        self.start()
        self.focus()
        self.keys(Keys.TAB)
        self.assertTrue(self.js("return document.activeElement.closest('.write-side, .rivals') !== null"))


if __name__ == "__main__":
    unittest.main()
