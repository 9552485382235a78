"""Tests of the view "See": what it shows is what the engine and `geul explain` compute."""
import math
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from browser import Keys, PageTest, pairwise, repository
from models import write_model

english = 'Dear Nell, the light is lit. "Who goes there?" asked the keeper. "It is only me," said the boy.'
korean = '달이 떴다. "누구냐?" 하고 물었다. "나는 이 마을에 사는 사람이오."'

# Recomputes all gates and states: layers, quantities, [hidden, time].
activations_script = """
    const { network } = geul.model.value;
    let state = geul.tree.value.initialState;
    const states = geul.tree.value.ids.map((id) => state = id < 0 ? state : network.step(id, state));
    return Array.from({ length: network.layerCount }, (_, layer) => Object.fromEntries(network.cell.quantities.map((quantity) => [
      quantity.key, Array.from({ length: network.hiddenSize }, (_, n) => states.map((state) => quantity.value(state[layer], n)))])));
    """


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b)) / len(a)
    return covariance / math.sqrt(variance(a) * variance(b))


def on_sign(value, threshold):
    return 1 if value >= threshold else -1 if value <= -threshold else 0


class SeeTests(PageTest):
    def see(self, **options):
        self.open(view="see", **options)
        self.ready()

    def ready(self):
        """Waits until the heat maps show the text."""
        self.idle()
        self.wait("const layer = document.querySelector('.layer'); return layer && !layer.hidden && !layer.matches('.stale')")
        self.idle()

    def cursor(self, index):
        self.js("geul.cursor.value = arguments[0]", index)
        self.ready()

    def select(self, start, end):
        self.js("geul.selection.value = { start: arguments[0], end: arguments[1] }", start, end)
        self.ready()

    def choose(self, value):
        self.click(f".segmented [data-value='{value}']")
        self.ready()

    def change(self, label, value):
        """Chooses a value in the select box with a label."""
        self.js("""
            const label = [...document.querySelectorAll(".see label")].find((label) => label.firstChild.textContent === arguments[0]);
            const control = label.querySelector("select, input");
            control.value = arguments[1];
            control.dispatchEvent(new Event("input"));
            control.dispatchEvent(new Event("change"));
            """, label, value)
        self.ready()

    def tints(self):
        """Returns the signed tint of each character as it is drawn."""
        return self.js("""
            return [...document.querySelectorAll(".token-text > [role=option]")].map((span) => (
              (Number(span.style.getPropertyValue("--tint")) || 0) * (span.classList.contains("negative") ? -1 : 1)))""")

    def characters(self):
        return self.js("return geul.tree.value.characters")

    def rows(self, quantity="hiddenState"):
        """Returns the neurons of the rows of a heat map."""
        return self.js("""return [...document.querySelectorAll(`[data-quantity=${arguments[0]}] .row-labels button`)].map(
            (label) => Number(label.dataset.neuron))""", quantity)

    def value_at(self, layer, key, neuron, character):
        """Returns the mean of a quantity over the tokens of a character."""
        values = layer[key][neuron][character["start"]:character["end"]]
        return sum(values) / len(values)


class SurprisalTests(SeeTests):
    def explained(self, model, text):
        """Returns the bits of each token by `geul explain`; None for the first token."""
        program = pathlib.Path(os.environ.get("GEUL") or repository / ".build/release/geul")
        if not program.exists():
            self.skipTest(f"{program} does not exist")
        model = repository / f"checkpoints/{model}.safetensors"
        output = subprocess.run([program, "explain", model, "--text", text, "--json"], capture_output=True, check=True).stdout
        return [token["surprisal_bits"] for token in json.loads(output)["tokens"]]

    def check_surprisal(self, model, text):
        self.see(models=[model], text=text)
        tokens = self.explained(model, text)
        characters = self.characters()
        self.assertEqual(len(tokens), characters[-1]["end"])
        tints = self.tints()
        for index, character in enumerate(characters):
            bits = [value for value in tokens[character["start"]:character["end"]] if value is not None]
            self.cursor(index)
            cells = [[cell.text for cell in row.find_elements("css selector", "td")] for row in self.find_all(".detail tbody tr")]
            self.assertEqual(len(cells), character["end"] - character["start"])
            for expected, (shown, *_) in zip(tokens[character["start"]:character["end"]], cells):
                if expected is None:
                    self.assertEqual(shown, "no prediction")
                else:
                    # The table rounds to two decimals.
                    self.assertAlmostEqual(float(shown.split()[0]), expected, delta=0.0051)
            # The tint of a character is the sum of its tokens, of at most 8 bits.
            self.assertAlmostEqual(tints[index], min(1, sum(bits) / 8), delta=0.0051)
            if len(bits) > 1:
                total = float(re.search(r"([\d.]+) bits", self.find(".detail p").text).group(1))
                self.assertAlmostEqual(total, sum(bits), delta=0.0051)
                label = self.js("return document.querySelectorAll('.token-text > [role=option]')[arguments[0]].ariaLabel", index)
                self.assertAlmostEqual(float(re.search(r"([\d.]+) bits", label).group(1)), sum(bits), delta=0.051)

    def test_english(self):
        self.check_surprisal("english", english[:46])

    def test_korean(self):
        self.check_surprisal("korean", korean[:22])

    def test_jamo(self):
        """Initial, vowel and final differ, also ㄱ from ㄱ."""
        self.see(models=["korean"], text="각하고")
        parts = self.js("""return [...document.querySelectorAll(".token-text > :first-child .below > span")].map((span) => {
            const { boxShadow } = getComputedStyle(span);
            return [span.className.replace("negative", "").trim(), span.textContent, boxShadow !== "none"]; })""")
        self.assertEqual(parts, [["lead", "ㄱ", False], ["vowel", "ㅏ", False], ["final", "ㄱ", True]])
        self.assertEqual(len(self.find_all(".token-text > [role=option]")), 3)
        self.assertEqual([item.text for item in self.find_all(".jamo-legend > span")], ["ㄱ initial", "ㅏ vowel", "ㄱ final"])

    def test_most_surprising(self):
        """The list is in descending order, and a click moves the cursor."""
        self.see(text=english)
        bits = [float(note.text.split()[0]) for note in self.find_all(".mode .note")]
        self.assertEqual(bits, sorted(bits, reverse=True))
        button = self.find(".mode .contexts button")
        marked = button.find_element("css selector", "mark").text
        button.click()
        self.ready()
        index = self.js("return geul.cursor.value")
        self.assertEqual(self.characters()[index]["text"], marked)
        probabilities = self.js("return geul.tree.value.path.map((node) => node.probability ?? 1)")
        self.assertEqual(probabilities[index], min(probabilities))


class HeatMapTests(SeeTests):
    def test_values(self):
        """The table and the pixels have the engine's values, in each layer and for each cell."""
        self.expected_errors.append("willReadFrequently")  # This test reads pixels.
        with tempfile.TemporaryDirectory() as folder:
            for cell in ["lstm", "gru", "rnn"]:
                path = pathlib.Path(folder) / f"{cell}.safetensors"
                write_model(path, cell=cell, layers=2, hidden=20, bound=1.5)
                self.see(models=[path], text="the quick brown fox")
                expected = self.js(activations_script)
                self.cursor(5)
                self.change("Neurons", "0")
                self.js("document.querySelector('.layer details').open = true")
                for layer in [1, 0]:
                    self.choose(str(layer))
                    self.check_table(expected[layer], 5)
                    self.check_pixels(expected[layer], range(1, 19, 4))

    def check_table(self, layer, time):
        self.ready()
        head = [cell.text for cell in self.find_all(".layer table thead th")][1:]
        names = self.js("return [...document.querySelectorAll('.quantity h3')].map((heading) => heading.firstChild.textContent)")
        self.assertEqual([text.split(",")[0] for text in head], names)
        keys = self.js("return [...document.querySelectorAll('.quantity')].map((panel) => panel.dataset.quantity)")
        self.assertEqual(set(keys), set(layer))
        lines = self.js("return [...document.querySelectorAll('.layer tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")
        self.assertEqual(len(lines), 21)
        for name, *values in lines:
            for key, value in zip(keys, values):
                neurons = range(20) if name == "mean" else [int(name)]
                mean = sum(layer[key][neuron][time] for neuron in neurons) / len(neurons)
                self.assertAlmostEqual(float(value), mean, delta=0.00051, msg=f"{key} of {name}")

    def check_pixels(self, layer, times):
        """Compares the color at the center of some cells with the blend of the colors of style/base.css."""
        for key in layer:
            first = 20 + 32 + 6  # Heights of labels, means, gap.
            rows = self.rows(key)
            for row in range(0, len(rows), 3):
                for time in times:
                    value = layer[key][rows[row]][time]
                    shown, background, end = self.js("""
                        const [key, row, time, first, isNegative] = arguments;
                        const canvas = document.querySelector(`[data-quantity=${key}] canvas[role=img]`);
                        const width = parseFloat(canvas.parentElement.style.width) / 19;
                        const pixel = [...canvas.getContext("2d").getImageData((time + 0.5) * width, first + 5 * row + 2, 1, 1).data];
                        const color = (name) => {
                          const probe = document.body.appendChild(document.createElement("i"));
                          probe.style.color = `var(${name})`;
                          const components = getComputedStyle(probe).color.match(/[0-9]+/g).map(Number);
                          probe.remove();
                          return components;
                        };
                        return [pixel.slice(0, 3), color("--background"), color(isNegative ? "--low" : "--high")];
                        """, key, row, time, first, value < 0)
                    for i in range(3):
                        blend = background[i] + abs(value) * (end[i] - background[i])
                        # A step of the scale is 1/255 of the difference.
                        self.assertAlmostEqual(shown[i], blend, delta=1.6, msg=f"{key} of {rows[row]} at {time}")

    def test_orders(self):
        self.see(text=english)
        layer = self.js(activations_script)[1]
        hidden = range(208)

        def check(order, score):
            self.change("Order", order)
            expected = sorted(hidden, key=lambda neuron: (-score(neuron), neuron))[:12]
            self.assertEqual(self.rows("forgetGate"), expected)
            self.assertEqual(self.rows(), expected)

        check("activity", lambda neuron: variance(layer["hiddenState"][neuron]))
        check("persistence", lambda neuron: sum(layer["forgetGate"][neuron]))
        check("index", lambda neuron: -neuron)
        self.select(30, 44)
        selected = [float(30 <= time < 44) for time in range(len(english))]
        check("selection", lambda neuron: abs(correlation(layer["cellState"][neuron], selected)))
        self.change("Neurons", "24")
        self.assertEqual(len(self.rows()), 24)
        self.change("Neurons", "0")
        self.assertEqual(len(self.rows()), 208)

    def test_formulas(self):
        """Each panel has its formula, the names in both languages and an explanation."""
        self.see(text="Once", language="ko")
        panels = {panel.get_attribute("data-quantity"): panel.text for panel in self.find_all(".quantity")}
        self.assertEqual(list(panels), ["forgetGate", "inputGate", "candidate", "outputGate", "cellState", "hiddenState"])
        self.assertIn("망각 게이트 Forget gate", panels["forgetGate"])
        formulas = [re.sub(r"\s", "", formula.get_attribute("textContent")) for formula in self.find_all(".quantity .formula")]
        self.assertEqual(formulas, [
            "ft=σ(Wfxt+Ufht−1+bf)", "it=σ(Wixt+Uiht−1+bi)", "c~t=tanh(Wcxt+Ucht−1+bc)", "ot=σ(Woxt+Uoht−1+bo)",
            "ct=ft⊙ct−1+it⊙c~t", "ht=ot⊙tanh(ct)"])

    def test_scrolling(self):
        """All maps scroll together, and to the cursor."""
        self.see(text=english, width=600)
        self.cursor(90)
        positions = self.js("return [...document.querySelectorAll('.scroller')].map((scroller) => scroller.scrollLeft)")
        self.assertGreater(positions[0], 100)
        self.assertEqual(len(set(positions)), 1)
        self.js("document.querySelectorAll('.scroller')[3].scrollLeft = 40")
        self.ready()
        self.assertEqual({40}, set(self.js("return [...document.querySelectorAll('.scroller')].map((scroller) => scroller.scrollLeft)")))

    def test_hover(self):
        """The pointer over a cell shows its neuron, token and value."""
        self.see(text=english)
        layer = self.js(activations_script)[1]
        neuron = self.rows("forgetGate")[2]
        self.js("""
            const canvas = document.querySelector("[data-quantity=forgetGate] canvas");
            canvas.scrollIntoView({ block: "center" });
            const { left, top } = canvas.getBoundingClientRect();
            const width = parseFloat(canvas.parentElement.style.width) / arguments[0];
            canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: left + 7.5 * width, clientY: top + 58 + 2.5 * 20, bubbles: true }));
            """, len(english))
        self.assertEqual(self.find(".tooltip").text, f"neuron {neuron} · {english[7]} · {layer['forgetGate'][neuron][7]:.3f}")


class NeuronTests(SeeTests):
    def test_pick(self):
        """A click on a row tints the text by that neuron and chooses its quantity."""
        self.see(models=["korean"], text=korean)
        layer = self.js(activations_script)[1]
        neuron = self.rows("cellState")[3]
        self.click(f"[data-quantity=cellState] .row-labels [data-neuron='{neuron}']")
        self.ready()
        self.assertEqual(self.find(".segmented [data-value=neuron]").get_attribute("aria-pressed"), "true")
        for tint, character in zip(self.tints(), self.characters()):
            self.assertAlmostEqual(tint, self.value_at(layer, "cellState", neuron, character), delta=0.0051)
        # The jamo have the values of their own tokens.
        parts = self.js("""return [...document.querySelectorAll(".token-text > :first-child .below > span")].map((span) => (
            Number(span.style.getPropertyValue("--tint")) * (span.classList.contains("negative") ? -1 : 1)))""")
        for part, value in zip(parts, layer["cellState"][neuron][:3]):
            self.assertAlmostEqual(part, value, delta=0.0051)
        values = layer["cellState"][neuron]
        notes = [float(note.text.replace("−", "-")) for note in self.find_all(".mode .note")]
        for shown, value in zip(notes, sorted(values, reverse=True)[:5] + sorted(values)[:5]):
            self.assertAlmostEqual(shown, value, delta=0.0051)
        self.change("Neuron", "7")
        self.change("Quantity", "forgetGate")
        for tint, character in zip(self.tints(), self.characters()):
            self.assertAlmostEqual(tint, self.value_at(layer, "forgetGate", 7, character), delta=0.0051)
        self.assertIn(7, self.rows())

    def test_click_in_map(self):
        """A click on a cell chooses its neuron and moves the cursor to its token."""
        self.see(text=english)
        neuron = self.rows("outputGate")[1]
        self.js("""
            const canvas = document.querySelector("[data-quantity=outputGate] canvas");
            const { left, top } = canvas.getBoundingClientRect();
            const width = parseFloat(canvas.parentElement.style.width) / arguments[0];
            canvas.dispatchEvent(new MouseEvent("click", { clientX: left + 9.5 * width, clientY: top + 58 + 1.5 * 20, bubbles: true }));
            """, len(english))
        self.ready()
        self.assertEqual(self.js("return geul.cursor.value"), 9)
        self.assertEqual(self.find(".mode input[type=number]").get_attribute("value"), str(neuron))

    def test_layers_and_models(self):
        """Another layer or model shows its own values."""
        self.see(models=["english", "korean"], text=english)
        layers = self.js(activations_script)
        self.click("[data-quantity=hiddenState] .row-labels button")
        self.ready()
        neuron = int(self.find(".mode input[type=number]").get_attribute("value"))
        for number in [0, 1]:
            self.choose(str(number))
            self.assertAlmostEqual(self.tints()[11], layers[number]["hiddenState"][neuron][11], delta=0.0051)
        self.js("geul.selectModel(geul.models[1])")
        self.ready()
        self.js("geul.setText(arguments[0])", korean)
        self.ready()
        self.assertEqual(len(self.find_all(".token-text > [role=option]")), len(korean))
        layer = self.js(activations_script)[1]
        expected = sorted(range(208), key=lambda n: -variance(layer["hiddenState"][n]))[:12]
        self.assertEqual(self.rows(), expected)


class SelectionTests(SeeTests):
    def expected(self, values, start, end, threshold, exclusive):
        """Returns `{(neuron, sign): contrast}` by the definition in selectionMatch.js."""
        result = {}
        for neuron, row in enumerate(values):
            for sign in [1, -1]:
                is_on = [on_sign(value, threshold) == sign for value in row]
                if not all(is_on[start:end]):
                    continue
                if exclusive and (is_on[start - 1] or is_on[end]):
                    continue
                outside = row[:start] + row[end:]
                result[neuron, sign] = sign * (sum(row[start:end]) / (end - start) - sum(outside) / len(outside))
        return result

    def listed(self):
        return [tuple(pair) for pair in self.js(
            "return [...document.querySelectorAll('.mode .neurons button')].map(({ dataset }) => [Number(dataset.neuron), Number(dataset.sign)])")]

    def test_neurons(self):
        self.see(models=["korean"], text=korean)
        values = self.js(activations_script)[1]["cellState"]
        characters = self.characters()
        start = characters[korean.index("누")]["start"]
        end = characters[korean.index("냐")]["end"]
        self.choose("matches")
        self.select(korean.index("누"), korean.index("냐") + 1)
        for threshold, exclusive in [(0.3, True), (0.3, False), (0.15, True)]:
            self.change("Threshold", str(threshold))
            if self.find(".mode input[type=checkbox]").is_selected() != exclusive:
                self.click(".mode input[type=checkbox]")
                self.ready()
            expected = self.expected(values, start, end, threshold, exclusive)
            self.assertTrue(expected)
            self.assertIn(f": {len(expected)}", self.find(".mode .results h3").text)
            listed = self.listed()
            self.assertEqual(listed, sorted(expected, key=lambda pair: (-expected[pair], pair[0]))[:24])
            # Every place that is listed has most of these neurons on, and the tint is the part of them.
            parts = [sum(on_sign(values[neuron][time], threshold) == sign for neuron, sign in expected) / len(expected)
                     for time in range(len(values[0]))]
            for tint, character in zip(self.tints(), characters):
                part = parts[character["start"]:character["end"]]
                self.assertAlmostEqual(tint, sum(part) / len(part), delta=0.0051)
            marked = self.js("return [...document.querySelectorAll('.token-text > [role=option]')].map((span) => span.classList.contains('mark'))")
            runs, time = [], 0
            while time < len(parts):
                stop = time
                while stop < len(parts) and parts[stop] >= 0.75 - 1e-9:
                    stop += 1
                if stop > time and (stop <= start or time >= end):
                    runs.append((time, stop))
                time = max(stop, time + 1)
            for is_marked, character in zip(marked, characters):
                touches = any(first < character["end"] and character["start"] < last for first, last in runs)
                self.assertEqual(is_marked, touches, character)
            self.assertEqual(len(self.find_all(".mode .contexts li")), min(12, len(runs)))

    def test_quotation(self):
        """Neuron 173 of the second layer is on inside quotation marks (docs/mathematics.ko.md, section 7)."""
        self.see(models=["korean"], text=korean)
        self.select(korean.index("구"), korean.index("?"))
        self.choose("matches")
        self.click(".mode input[type=checkbox]")
        self.ready()
        self.assertIn((173, -1), self.listed())

    def test_keyboard(self):
        """Shift with arrow keys selects, and shows the neurons of the selection."""
        self.see(text=english)
        self.js("document.querySelector('.token-text').focus()")
        self.cursor(11)
        self.keys(Keys.SHIFT + Keys.ARROW_RIGHT * 3 + Keys.NULL)
        self.ready()
        self.assertEqual(self.js("return geul.selection.value"), {"start": 11, "end": 15})
        self.assertEqual(self.find(".segmented [data-value=matches]").get_attribute("aria-pressed"), "true")
        self.assertEqual(len(self.find_all(".token-text > .selected")), 4)
        self.keys(Keys.ESCAPE)
        self.ready()
        self.assertIn("Select a part of the text", self.find(".mode .results").text)


class InfluenceTests(SeeTests):
    def influence(self, position):
        """Returns the norms and contributions of the engine."""
        if not self.origin.startswith("http"):
            self.skipTest("the page of one file has no modules to import")
        return self.js("""
            const position = arguments[0];
            return Promise.all([import("/engine/trace.js"), import("/engine/influence.js")]).then(([{ Trace }, { Influence }]) => {
              const trace = new Trace(geul.model.value, geul.tree.value.ids);
              while (!trace.advance(1000));
              const influence = new Influence(geul.model.value, trace, position);
              while (!influence.advance(1000));
              return [[...influence.norms], [...influence.contributions]];
            });""", position)

    def check_tints(self, scale, values):
        largest = max(abs(value) for value in values)
        for tint, value in zip(self.tints(), values):
            self.assertAlmostEqual(tint, math.copysign(scale(abs(value) / largest), value), delta=0.0051)
        self.assertEqual(set(self.tints()[len(values):]), {0})

    def show(self):
        self.choose("influence")
        self.wait("return document.querySelector('.mode figure svg')")
        self.ready()

    def test_english(self):
        self.see(text=english)
        self.cursor(45)
        self.show()
        norms, contributions = self.influence(45)
        self.check_tints(lambda strength: strength, norms)
        # Far characters have less influence than near ones.
        self.assertLess(sum(self.tints()[:15]), 0.1 * sum(self.tints()[30:45]))
        self.click("input[type=checkbox]")
        self.ready()
        self.check_tints(lambda strength: max(0, 1 + math.log10(strength) / 4), norms)
        self.click("input[type=checkbox]")
        self.choose("contributions")
        self.check_tints(lambda strength: strength, contributions)
        self.assertLess(min(contributions), 0)

    def test_korean(self):
        """A syllable has the norm of the gradient with respect to all of its jamo."""
        self.see(models=["korean"], text=korean)
        characters = self.characters()
        index = korean.index("냐")
        self.cursor(index)
        self.show()
        norms, _ = self.influence(characters[index]["start"])
        self.check_tints(lambda strength: strength, [
            math.sqrt(sum(norm ** 2 for norm in norms[character["start"]:character["end"]])) for character in characters[:index]])

    def test_first(self):
        """The first character has no others before it."""
        self.see(text=english)
        self.cursor(0)
        self.choose("influence")
        self.assertIn("others before it", self.find(".mode").text)
        self.assertEqual(set(self.tints()), {0})


class TextTests(SeeTests):
    def test_edit(self):
        """Text that is typed here is read and shown."""
        self.see(text="Once")
        self.click("summary", text="Edit the text")
        area = self.find(".see textarea")
        self.assertEqual(area.get_attribute("value"), "Once")
        area.clear()
        area.send_keys("The sea\u20acis")
        self.ready()
        self.assertEqual(self.js("return geul.tree.value.text"), "The sea\u20acis")
        spans = self.find_all(".token-text > [role=option]")
        self.assertEqual([span.text for span in spans if span.text.strip()], list("Thesea\u20acis"))
        self.cursor(7)
        self.assertEqual(len(self.find_all(".token-text > .unknown")), 1)

    def test_empty(self):
        self.see(text="Once")
        self.js("geul.setText('')")
        self.idle()
        self.assertFalse(self.find(".layer").is_displayed())
        self.js("geul.setText('Twice')")
        self.ready()
        self.assertEqual(len(self.find_all(".token-text > [role=option]")), 5)

    def test_long(self):
        """Of a long text, a window of 600 tokens around the cursor is shown; its values continue from the text before."""
        text = (repository / "corpora/english.txt").read_text()[1000:2500]
        self.see(text=text)
        self.assertIn("Tokens 901 to 1,500 of 1,500", self.find(".part").text)
        self.assertEqual(len(self.find_all(".token-text > [role=option]")), 600)
        layer = self.js(activations_script)[1]
        self.click("[data-quantity=cellState] .row-labels button")
        self.ready()
        neuron = int(self.find(".mode input[type=number]").get_attribute("value"))
        for tint, value in zip(self.tints(), layer["cellState"][neuron][900:]):
            self.assertAlmostEqual(tint, value, delta=0.0051)
        self.click("button", text="Earlier text")
        self.ready()
        self.assertEqual(self.js("return geul.cursor.value"), 899)
        left, width, track = self.js("const s = document.querySelector('.scroller'); return [s.scrollLeft, s.clientWidth, s.firstChild.offsetWidth]")
        column = (449 + 0.5) * track / 600
        self.assertTrue(left < column < left + width, "the maps are scrolled to the cursor")
        start = 899 - 450
        self.assertIn(f"Tokens {start + 1} to {start + 600:,}", self.find(".part").text)
        for tint, value in zip(self.tints(), layer["cellState"][neuron][start:start + 600]):
            self.assertAlmostEqual(tint, value, delta=0.0051)


class AccessibilityTests(SeeTests):
    def test_axe(self):
        languages = [("english", english, "en"), ("korean", korean, "ko")]
        for scheme, (model, text, language) in pairwise(["light", "dark"], languages):
            with self.subTest(scheme=scheme, model=model):
                self.see(models=[model], text=text, language=language, scheme=scheme)
                self.cursor(16)
                self.js("document.querySelectorAll('.see details').forEach((details) => { details.open = true; })")
                self.select(10, 14)
                for tint in ["surprisal", "neuron", "influence", "matches"]:
                    self.choose(tint)
                    if tint == "neuron":
                        self.click("[data-quantity=cellState] .row-labels button")
                        self.ready()
                    self.axe(".see")
                    self.screenshot(f"see-{model}-{scheme}-{tint}")

    def test_sizes(self):
        for width, height in [(360, 740), (768, 1024), (1900, 1000)]:
            with self.subTest(width=width):
                self.see(models=["korean"], text=korean, language="ko", width=width, height=height)
                self.cursor(12)
                for tint in ["surprisal", "influence", "matches"]:
                    self.choose(tint)
                    self.assert_fits()
                self.screenshot(f"see-{width}")

    def test_language(self):
        """The view keeps its choices when the language changes."""
        self.see(text=english)
        self.change("Order", "index")
        self.click("#language")
        self.ready()
        self.assertEqual(self.rows()[:3], [0, 1, 2])
        self.assertEqual(self.find(".layer h2").text, "게이트와 상태")


if __name__ == "__main__":
    unittest.main()
