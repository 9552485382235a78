"""Tests the view "Learn": ten steps in two languages, and their numbers against formulas that are computed here."""
import math
import pathlib
import re
import tempfile
import unittest

from browser import PageTest, Keys, pairwise, thorough
from models import letters, write_model

sentences = {"english": 'He said, "Go home."', "korean": "\"가자.\" 하고 말했다."}
superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def softmax(logits):
    weights = [math.exp(logit - max(logits)) for logit in logits]
    return [weight / sum(weights) for weight in weights]


class ReferenceModel:
    """A model of one layer with random parameters, in float64."""

    hidden = 8

    def __init__(self, cell, path):
        self.cell = cell
        self.path = path
        self.tensors = write_model(path, cell=cell, layers=1, hidden=self.hidden, bound=1.0)

    def row(self, name, index, size):
        values = self.tensors[name]
        return values[index * size:(index + 1) * size]

    def sums(self, token, hidden_state, change=None):
        """Returns W x + b and U h + b, a value for each gate and neuron; `change` is added to W x."""
        rows = len(self.tensors[f"{self.cell}.bias_ih_l0"])
        count = len(letters)
        inputs = [self.tensors[f"{self.cell}.weight_ih_l0"][row * count + token] + self.tensors[f"{self.cell}.bias_ih_l0"][row]
                  + (change[row] if change else 0) for row in range(rows)]
        recurrent = [sum(w * h for w, h in zip(self.row(f"{self.cell}.weight_hh_l0", row, self.hidden), hidden_state))
                     + self.tensors[f"{self.cell}.bias_hh_l0"][row] for row in range(rows)]
        return inputs, recurrent

    def read(self, text, changes=None):
        """Returns for each character of a text the gates and states of all neurons."""
        c, h = [0.0] * self.hidden, [0.0] * self.hidden
        steps = []
        for time, character in enumerate(text):
            inputs, recurrent = self.sums(letters.index(character), h, (changes or {}).get(time))
            total = [a + b for a, b in zip(inputs, recurrent)]
            blocks = [range(gate * self.hidden, (gate + 1) * self.hidden) for gate in range(len(total) // self.hidden)]
            step = {"c_{t-1}": c, "h_{t-1}": h}
            if self.cell == "lstm":
                step["i_t"], step["f_t"], step["o_t"] = ([sigmoid(total[row]) for row in blocks[gate]] for gate in (0, 1, 3))
                step["c~_t"] = [math.tanh(total[row]) for row in blocks[2]]
                c = [f * before + i * g for f, before, i, g in zip(step["f_t"], c, step["i_t"], step["c~_t"])]
                h = [o * math.tanh(value) for o, value in zip(step["o_t"], c)]
                step["i_t * c~_t"] = [i * g for i, g in zip(step["i_t"], step["c~_t"])]
                step["tanh(c_t)"] = [math.tanh(value) for value in c]
            elif self.cell == "gru":
                step["r_t"], step["z_t"] = ([sigmoid(total[row]) for row in blocks[gate]] for gate in (0, 1))
                step["n_t"] = [math.tanh(inputs[row] + r * recurrent[row]) for row, r in zip(blocks[2], step["r_t"])]
                step["1 - z_t"] = [1 - z for z in step["z_t"]]
                h = [(1 - z) * n + z * before for z, n, before in zip(step["z_t"], step["n_t"], h)]
            else:
                h = [math.tanh(value) for value in total]
            steps.append({**step, "c_t": c, "h_t": h})
        return steps

    def logits(self, hidden_state):
        return [sum(w * h for w, h in zip(self.row("decoder.weight", k, self.hidden), hidden_state)) + self.tensors["decoder.bias"][k]
                for k in range(len(letters))]

    def loss(self, text):
        """Returns the mean loss after the first character, in nats."""
        steps = self.read(text)
        losses = [-math.log(softmax(self.logits(step["h_t"]))[letters.index(after)]) for step, after in zip(steps, text[1:])]
        return sum(losses) / len(losses)


class LearnTest(PageTest):
    """A test of the tour, with ways to go through it."""

    def open_tour(self, models, sentence=None, **options):
        self.open(models=models, view="learn", **options)
        self.sentence(sentence) if sentence else self.step(1)

    def step(self, number):
        self.js("document.querySelectorAll('.learn nav button')[arguments[0] - 1].click()", number)
        self.ready(number)

    def ready(self, number):
        self.wait(f"""
            const figure = document.querySelector(".lesson-figure");
            return figure && figure.dataset.step === "{number}" && figure.childElementCount > 0""", f"step {number} is not shown")
        self.js("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def sentence(self, text):
        """Writes a sentence and waits until it is read."""
        self.js("""
            document.querySelector(".lesson-figure").replaceChildren();
            const input = document.getElementById("learn-sentence");
            input.value = arguments[0];
            input.dispatchEvent(new Event("input"));""", text)
        self.wait("return document.querySelector('.lesson-figure').childElementCount > 0", "the sentence is not read")

    def choose(self, position, row=".lesson-figure .token-text"):
        """Chooses a token with the keyboard."""
        self.js("arguments[0].focus()", self.find(row))
        self.keys(Keys.HOME, *[Keys.ARROW_RIGHT] * position)

    def slide(self, index, value):
        """Moves a slider of the figure and returns the value that it takes."""
        return float(self.js("""
            const slider = document.querySelectorAll(".lesson-figure input[type=range]")[arguments[0]];
            slider.value = arguments[1];
            slider.dispatchEvent(new Event("input"));
            return slider.value;""", index, value))

    def choose_neuron(self, index):
        self.js("""
            const number = document.querySelector(".lesson-figure input[type=number]");
            number.value = arguments[0];
            number.dispatchEvent(new Event("change"));""", index)

    def values(self):
        """Returns the listed quantities of the chosen token by name."""
        return self.js("""
            return Object.fromEntries([...document.querySelectorAll(".lesson-figure dl.values [data-name]")]
              .map(({ dataset }) => [dataset.name, Number(dataset.value)]))""")

    def bars(self, selector=".lesson-figure .bars"):
        """Returns the last list of bars as pairs of a label and a value; the width of a bar is its exact value."""
        return self.js("""
            return [...[...document.querySelectorAll(arguments[0])].at(-1).children].map((item) =>
              [item.querySelector(".bar-label").textContent, parseFloat(item.querySelector(".bar").style.width) / 100])""", selector)

    def check_text(self):
        """Fails if a key, a value or the notation of formulas is shown as it is."""
        found = re.search(r".*(learn\.\w|NaN|undefined|\{\w+\}|`|\*\*).*", self.find(".learn").text)
        self.assertIsNone(found and found[0])

    def data(self, selector, name):
        return float(self.js("return document.querySelector(arguments[0]).dataset[arguments[1]]", selector, name))


class WalkTests(LearnTest):
    """All steps with the models of the project."""

    def walk(self, model, language, scheme="light", width=1280, checks_axe=True):
        self.open_tour([model], language=language, scheme=scheme, width=width)
        for number in range(1, 11):
            self.ready(number)
            with self.subTest(model=model, language=language, step=number):
                self.assertTrue(self.find(".lesson h2").text.startswith(f"{number}. "))
                self.assertEqual(1, len(self.find_all('.learn nav [aria-current="step"]')))
                self.assertGreater(len(self.find_all(".lesson-formula math")), 1)
                self.assertGreater(len(self.find_all(".lesson > p")), 1)
                self.js("document.querySelectorAll('.lesson details').forEach((details) => { details.open = true; })")
                self.wait("return [...document.querySelectorAll('.chart-data')].every((details) => details.querySelector('td'))")
                self.check_text()
                hangul = sum("가" <= character <= "힣" for character in self.find(".lesson > p").text)
                self.assertEqual(language == "ko", hangul > 10)
                self.assert_fits()
                if checks_axe:
                    self.axe()
                self.js("document.querySelectorAll('.lesson details').forEach((details) => { details.open = false; })")
                self.screenshot(f"learn-{model}-{language}-{scheme}-{width}-{number:02}")
            if number < 10:
                self.click(".lesson-moves .primary")
        self.assertEqual([], self.find_all(".lesson-moves .primary"))

    def test_english(self):
        self.walk("english", "en")

    @thorough
    def test_english_model_in_korean(self):
        self.walk("english", "ko", width=360, checks_axe=False)

    def test_korean(self):
        self.walk("korean", "ko", scheme="dark", width=360)

    @thorough
    def test_korean_model_in_english(self):
        self.walk("korean", "en", scheme="dark", width=1600, checks_axe=False)

    def test_own_sentence(self):
        """Every step shows another sentence."""
        for model, sentence in sentences.items():
            self.open_tour([model], language="en")
            for number in range(1, 11):
                self.step(number)
                before = self.find(".lesson-figure").get_attribute("innerHTML")
                self.sentence(sentence)
                self.ready(number)
                self.assertTrue(before != self.find(".lesson-figure").get_attribute("innerHTML"), f"{model}, step {number}")
                self.click(text="Default sentence")
                self.wait(lambda: self.find(".lesson-figure").text != "")

    def test_sentences_without_figure(self):
        self.open_tour(["english"])
        for text in ["", "a"]:
            self.sentence(text)
            self.assertIn("at least two characters", self.find(".lesson-figure").text)
        self.sentence("a글b")
        self.assertIn("글", self.find("#learn-sentence-note").text)
        self.assertEqual(2, len(self.find_all(".lesson-figure .token-text [role=option]")))

    def test_state_survives(self):
        """The step and the sentence survive a change of the tab and of the language."""
        self.open_tour(["english"], "abc abc", language="en")
        self.step(6)
        self.click("#tab-write")
        self.click("#tab-learn")
        self.ready(6)
        self.click("#language")
        self.ready(6)
        self.assertEqual("abc abc", self.find("#learn-sentence").get_attribute("value"))
        self.assertTrue(self.find(".lesson h2").text.startswith("6. 입력 게이트"))

    def test_text_of_the_reader(self):
        """The tour begins with the first line of a text that the reader wrote elsewhere."""
        self.open(models=["english"], view="write", text="My own line.\nAnother.")
        self.click("#tab-learn")
        self.ready(1)
        self.assertEqual("My own line.", self.find("#learn-sentence").get_attribute("value"))


class NumberTests(LearnTest):
    """The figures of a model with random parameters, against float64 formulas."""

    text = "the cat sat on the mat."

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.models = {cell: ReferenceModel(cell, pathlib.Path(folder.name) / f"{cell}.safetensors") for cell in ("lstm", "gru", "rnn")}

    def open_model(self, cell, step, **options):
        self.open_tour([self.models[cell].path], self.text, language="en", **options)
        self.step(step)
        return self.models[cell]

    def test_loss_and_exchanged_characters(self):
        model = self.open_model("lstm", 1)
        self.assertAlmostEqual(model.loss(self.text), self.data(".lesson-figure .result", "loss"), 4)
        probability = math.exp(-model.loss(self.text) * (len(self.text) - 1))
        shown = self.find(".lesson-figure .result").text.split(" · ")[0].split("token: ")[1].translate(superscripts).replace(" × 10", "e")
        self.assertAlmostEqual(1, float(shown) / probability, 1)
        self.choose(4)
        self.click(text="Exchange ‘c’ ↔ ‘a’")
        self.wait("return document.querySelector('.lesson-figure [data-loss][role=status]')")
        self.assertAlmostEqual(model.loss("the act sat on the mat."), self.data(".lesson-figure [data-loss][role=status]", "loss"), 4)

    def test_predictions(self):
        model = self.open_model("rnn", 2)
        for position in (0, 7, len(self.text) - 1):
            self.choose(position)
            probabilities = softmax(model.logits(model.read(self.text)[position]["h_t"]))
            shown = self.bars()
            self.assertEqual(5, len(shown))
            for value, expected in zip([value for _, value in shown], sorted(probabilities, reverse=True)):
                self.assertAlmostEqual(expected, value, 5)

    def test_influence(self):
        """The curve is the norm of the gradient, here by central differences, relative to that of the token just before."""
        model = self.open_model("rnn", 3)
        self.choose(12)
        self.wait("return document.querySelector('.chart').dataset.position === '12'")
        self.js("document.querySelector('.chart-data').open = true")
        self.wait("return document.querySelector('.chart-data td')")
        shown = [float(cell.text.translate(superscripts).replace(" × 10", "e")) for cell in self.find_all(".chart-data td")]
        self.assertEqual(12, len(shown))

        def log_probability(time, row, size):
            change = [size if index == row else 0 for index in range(model.hidden)]
            state = model.read(self.text[:12], {time: change})[-1]["h_t"]
            return math.log(softmax(model.logits(state))[letters.index(self.text[12])])

        def norm(time):
            return math.sqrt(sum(((log_probability(time, row, 1e-4) - log_probability(time, row, -1e-4)) / 2e-4) ** 2
                                 for row in range(model.hidden)))

        for distance in (2, 5, 9, 12):
            expected = norm(12 - distance) / norm(11)
            self.assertLess(abs(shown[distance - 1] - expected), 0.05 * expected + 0.005, f"distance {distance}")

    def test_gates_and_states(self):
        """The quantities of each neuron in the steps 4 to 8 are those of the formulas."""
        for cell in ("lstm", "gru", "rnn"):
            model = self.open_model(cell, 4)
            steps = model.read(self.text)
            for number in (4, 5, 6, 8):
                self.step(number)
                for neuron, position in ((0, 3), (5, 20)):
                    self.choose_neuron(neuron)
                    self.choose(position)
                    shown = self.values()
                    self.assertTrue(shown)
                    for name, value in shown.items():
                        self.assertAlmostEqual(steps[position][name][neuron], value, 4, f"{cell}, step {number}, {name}")
            self.assertEqual(0 if cell == "lstm" else 1, len(self.find_all(".lesson .remark")))

    def test_update_by_hand(self):
        model = self.open_model("lstm", 7)
        self.choose_neuron(3)
        self.choose(9)
        step = model.read(self.text)[9]
        bars = ".lesson-figure .bars"
        self.assertAlmostEqual(step["c_t"][3], self.data(bars, "after"), 5)
        self.assertAlmostEqual(step["c_t"][3], step["f_t"][3] * step["c_{t-1}"][3] + step["i_t"][3] * step["c~_t"][3], 12)
        before, forget, write, candidate = [self.slide(index, value) for index, value in enumerate([-0.8, 0.35, 0.6, 0.45])]
        self.assertAlmostEqual(forget * before + write * candidate, self.data(bars, "after"), 9)
        self.slide(1, 1), self.slide(2, 0)
        self.assertAlmostEqual(before, self.data(bars, "after"), 9)
        self.slide(1, 0), self.slide(2, 1)
        self.assertAlmostEqual(candidate, self.data(bars, "after"), 9)
        self.click(text="Back to the model's values")
        self.assertAlmostEqual(step["c_t"][3], self.data(bars, "after"), 5)

    def test_update_by_hand_of_other_cells(self):
        model = self.open_model("gru", 7)
        self.choose_neuron(2)
        self.choose(9)
        self.assertAlmostEqual(model.read(self.text)[9]["h_t"][2], self.data(".lesson-figure .bars", "after"), 5)
        before, update, candidate = [self.slide(index, value) for index, value in enumerate([0.5, 0.25, -0.4])]
        self.assertAlmostEqual((1 - update) * candidate + update * before, self.data(".lesson-figure .bars", "after"), 9)
        self.open_model("rnn", 7)
        before, forget, write, candidate = [self.slide(index, value) for index, value in enumerate([0.5, 0.9, 0.2, -1])]
        self.assertAlmostEqual(forget * before + write * candidate, self.data(".lesson-figure .bars", "after"), 9)

    def test_output_gate(self):
        """The slider changes h_t, and with it the prediction."""
        model = self.open_model("lstm", 8)
        self.choose_neuron(1)
        self.choose(6)
        step = model.read(self.text)[6]
        for gate in (0, 0.5, 1):
            gate = self.slide(0, gate)
            hidden_state = list(step["h_t"])
            hidden_state[1] = gate * step["tanh(c_t)"][1]
            self.assertAlmostEqual(hidden_state[1], self.data(".lesson-figure [data-hidden]", "hidden"), 5)
            for (_, shown), expected in zip(self.bars(), sorted(softmax(model.logits(hidden_state)), reverse=True)):
                self.assertAlmostEqual(expected, shown, 5)

    def test_temperature(self):
        model = self.open_model("lstm", 10)
        self.choose(10)
        probabilities = softmax(model.logits(model.read(self.text)[10]["h_t"]))
        for temperature in (0.5, 1, 2):
            temperature = self.slide(0, temperature)
            weights = [p ** (1 / temperature) for p in probabilities]
            expected = sorted((weight / sum(weights) for weight in weights), reverse=True)
            self.assertAlmostEqual(1, self.data(".lesson-figure .bars", "sum"), 9)
            shown = [value for _, value in self.bars()]
            self.assertAlmostEqual(1, sum(shown), 6)
            for a, b in zip(expected[:10], shown):
                self.assertAlmostEqual(a, b, 5)
        self.slide(0, 0)
        self.assertEqual([1] + [0] * 10, [value for _, value in self.bars()])
        self.wait("return new Set([...document.querySelectorAll('.sample')].map((sample) => sample.textContent)).size === 1")
        samples = [sample.get_attribute("textContent") for sample in self.find_all(".sample")]
        self.assertEqual(3, len(samples))
        # The most likely tokens one after the other.
        text = self.text[:11]
        while len(text) < 11 + 60:
            logits = model.logits(model.read(text)[-1]["h_t"])
            text += letters[logits.index(max(logits))]
        self.assertEqual(text[11:], samples[0])
        self.slide(0, 2)
        self.wait("""return new Set([...document.querySelectorAll('.sample')].map((sample) => sample.textContent)).size === 3
            && [...document.querySelectorAll('.sample')].every((sample) => [...sample.textContent].length === 60)""")
        before = self.find(".samples").text
        self.click(text="Sample again")
        self.wait(lambda: self.find(".samples").text != before)


class ActivationTests(LearnTest):
    """Step 9: a recurrent network of one neuron."""

    functions = {
        "relu": (lambda a: max(0, a), lambda value: float(value > 0)),
        "tanh": (math.tanh, lambda value: 1 - value * value),
        "sigmoid": (sigmoid, lambda value: value * (1 - value)),
    }

    def test_recurrence(self):
        self.open_tour(["english"])
        self.step(9)
        final = {}
        for weight in (0.5, 0.9, 1, 1.2, 1.6):
            weight = self.slide(0, weight)
            for name, (function, slope) in self.functions.items():
                state, gradient = function(1), 1
                for _ in range(59):
                    state = function(weight * state)
                    gradient *= weight * slope(state)
                shown = [float(value) for value in self.js(
                    "return [...document.querySelectorAll(`.recurrence [data-name=${arguments[0]}] td`)].map(({ dataset }) => dataset.value)", name)]
                for expected, value in zip((state, gradient), shown):
                    self.assertAlmostEqual(1, value / expected, 9, f"{name}, w = {weight}")
                final[name, weight] = shown
        self.assertAlmostEqual(1.2 ** 59, final["relu", 1.2][0], 4)
        self.assertGreater(final["relu", 1.6][1], 1e12)
        self.assertLess(final["relu", 0.9][1], 0.01)
        self.assertTrue(0.65 < final["tanh", 1.2][0] < 0.66)
        self.assertLess(final["tanh", 1.2][1], 1e-9)
        self.assertLess(max(final["sigmoid", weight][1] for weight in (0.9, 1.2, 1.6)), 0.4 ** 59)

    def test_points_lie_on_the_curves(self):
        """The model's gates are on the sigmoid and its candidates on tanh: as many as three gates and a candidate have."""
        self.open_tour(["english"], sentences["english"])
        self.step(9)
        counts = self.js("return ['series-1', 'series-2'].map((name) => document.querySelectorAll(`.chart circle.${name}`).length)")
        length = len(sentences["english"])
        self.assertTrue(2 * length < counts[0] <= 3 * length, counts)
        self.assertTrue(length / 2 < counts[1] <= length, counts)


class CellTests(LearnTest):
    """Pages of other cells, and of several models."""

    def test_cells_without_cell_state(self):
        with tempfile.TemporaryDirectory() as folder:
            for cell, language in pairwise(("gru", "rnn"), ("en", "ko")):
                path = pathlib.Path(folder) / f"{cell}.safetensors"
                write_model(path, cell=cell)
                self.open_tour([path], "the cat sat", language=language, width=360)
                for number in range(1, 11):
                    self.step(number)
                    remarks = " ".join(remark.text for remark in self.find_all(".lesson .remark"))
                    self.assertEqual(number in range(4, 9) or (cell == "gru" and number == 2), cell.upper() in remarks, f"{cell}, step {number}")
                    self.check_text()
                    self.assert_fits()
                    if number in (5, 7):
                        self.axe()
            # An LSTM in the same page shows what the selected model lacks.
            self.open_tour([path, "english"], "the cat sat", language="en")
            self.step(5)
            self.assertIn("english", self.find(".lesson .remark").text)
            self.assertIn("f_t", self.values())

    def test_curve_of_each_cell(self):
        """Step 3 compares the selected model with models of another cell that read the same tokens."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / f"{cell}.safetensors" for cell in ("lstm", "rnn", "gru")]
            for path in paths:
                write_model(path, cell=path.stem)
            self.open_tour(paths, "the cat sat", language="en")
            self.step(3)
            self.wait("return document.querySelectorAll('.chart .series.series-3').length > 0")
            legend = self.find(".chart figcaption").get_attribute("textContent")
            for name in ("lstm (LSTM)", "rnn (RNN)", "gru (GRU)"):
                self.assertIn(name, legend)

    def test_chart_selects_a_token(self):
        self.open_tour(["english"], sentences["english"], language="en")
        self.step(5)
        plot = self.find(".chart .plot")
        box = self.js("const { left, width, top } = arguments[0].getBoundingClientRect(); return { left, width, top };", plot)
        self.js("""
            arguments[0].dispatchEvent(new MouseEvent("click", { clientX: arguments[1], clientY: arguments[2], bubbles: true }))""",
                plot, box["left"] + 13 + (box["width"] - 22) * 3.5 / len(sentences["english"]), box["top"] + 20)
        self.assertIn("t = 4", self.find(".lesson-figure dl.values").text)


if __name__ == "__main__":
    unittest.main()
