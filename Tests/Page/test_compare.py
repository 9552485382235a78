"""Tests the view "Compare"."""
import math
import pathlib
import tempfile

from browser import Keys, PageTest
from models import letters, write_model

sentence = "the fox ran home. then it slept."


class CompareTest(PageTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, **options):
        """Writes a random model into a temporary folder; returns its path and its tensors."""
        path = self.folder / f"{name}.safetensors"
        tensors = write_model(path, **options)
        return path, tensors

    def write_cells(self):
        return [self.write(f"random-{cell}", cell=cell, hidden=16, seed=seed)[0] for seed, cell in enumerate(["rnn", "gru", "lstm"])]

    def open_compare(self, models, text=sentence, **options):
        self.open(models=models, view="compare", text=text, **options)
        self.wait_for_text()

    def wait_for_text(self):
        """Waits until all models have read the text and the charts are drawn."""
        self.wait("return /^(Mean over|\\d+글자 가운데 \\d+글자의 평균)/.test(document.querySelector('.compare [role=status]').textContent)",
                  seconds=60)
        self.idle()

    def losses(self):
        """Returns the rows of the table of losses, as texts."""
        return self.js("""return [...document.querySelector(".compare table").tBodies[0].rows]
            .map((row) => [...row.cells].map((cell) => cell.textContent))""")

    def option_count(self):
        return len(self.find_all(".character-grid > [role=option]"))


def rnn_surprisals(tensors, tokens, text):
    """Returns the surprisal in bits of each character of a text but the first, by a vanilla RNN of one layer in float64."""
    count, hidden = len(tokens), len(tensors["rnn.bias_ih_l0"])
    ids = [tokens.index(character) for character in text]
    state = [0.0] * hidden
    bits = []
    for current, following in zip(ids, ids[1:]):
        state = [math.tanh(
            tensors["rnn.weight_ih_l0"][row * count + current] + tensors["rnn.bias_ih_l0"][row] + tensors["rnn.bias_hh_l0"][row]
            + sum(tensors["rnn.weight_hh_l0"][row * hidden + column] * state[column] for column in range(hidden)))
            for row in range(hidden)]
        logits = [tensors["decoder.bias"][token] + sum(
            tensors["decoder.weight"][token * hidden + column] * state[column] for column in range(hidden)) for token in range(count)]
        bits.append((math.log(sum(math.exp(logit) for logit in logits)) - logits[following]) / math.log(2))
    return bits


class LossTests(CompareTest):
    def test_losses_are_those_of_an_independent_computation(self):
        models = [self.write(name, cell="rnn", hidden=12, seed=seed) for seed, name in enumerate(["first", "second"])]
        self.open_compare([path for path, _ in models])
        for row, (path, tensors), number in zip(self.losses(), models, [1, 2]):
            bits = rnn_surprisals(tensors, letters, sentence)
            self.assertEqual(row[0], f"{number} {path.stem}")
            self.assertAlmostEqual(float(row[1]), sum(bits) / len(bits), delta=0.00051)
            self.assertAlmostEqual(float(row[2]), sum(bits) / len(bits) * math.log(2), delta=0.00051)
        self.assertEqual(self.find(".compare [role=status]").text, f"Mean over {len(sentence) - 1} of {len(sentence)} characters.")

    def test_table_describes_the_models(self):
        self.open_compare(self.write_cells())
        # Parameters: gates * hidden * (vocabulary + hidden + 1; 2 biases for the GRU), and the output layer.
        output = 29 * 16 + 29
        self.assertEqual([row[3:] for row in self.losses()], [
            ["RNN", "1 × 16", f"{16 * (29 + 16 + 1) + output:,}", "29 characters"],
            ["GRU", "1 × 16", f"{3 * 16 * (29 + 16 + 2) + output:,}", "29 characters"],
            ["LSTM", "1 × 16", f"{4 * 16 * (29 + 16 + 1) + output:,}", "29 characters"],
        ])

    def test_characters_that_a_model_does_not_know_are_left_out_for_all(self):
        whole, whole_tensors = self.write("whole", cell="rnn", hidden=12, seed=4)
        lacking_tokens = [letter for letter in letters if letter != "x"]
        lacking, _ = self.write("lacking", cell="rnn", hidden=12, seed=5, tokens=lacking_tokens)
        self.open_compare([whole, lacking])
        bits = rnn_surprisals(whole_tensors, letters, sentence)
        counted = [value for value, character in zip(bits, sentence[1:]) if character != "x"]
        self.assertNotEqual(len(counted), len(bits))
        self.assertAlmostEqual(float(self.losses()[0][1]), sum(counted) / len(counted), delta=0.00051)
        text = self.find(".compare").text
        self.assertIn("because not in the vocabulary of 2 lacking: x", text)
        self.assertIn(f"Mean over {len(counted)} of {len(sentence)} characters.", text)
        left_out = self.js("return [...document.querySelectorAll('.left-out')].map((column) => column.firstChild.textContent)")
        self.assertEqual(left_out, [sentence[0], "x"])

    def test_replaced_characters_are_left_out_for_all(self):
        # The second model reads F as f, so its probability is not that of F.
        whole, tensors = self.write("whole", cell="rnn", hidden=12, seed=4, tokens=letters + ["F"])
        lower, _ = self.write("lower", cell="rnn", hidden=12, seed=5)
        text = "the Fox and the Fennec"
        self.open_compare([whole, lower], text=text)
        bits = rnn_surprisals(tensors, letters + ["F"], text)
        counted = [value for value, character in zip(bits, text[1:]) if character != "F"]
        self.assertAlmostEqual(float(self.losses()[0][1]), sum(counted) / len(counted), delta=0.00051)
        self.assertIn("because not in the vocabulary of 2 lower: F", self.find(".compare").text)

    def test_bits_per_character_add_the_bytes_of_a_character(self):
        byte_tokens = [chr(byte) for byte in range(256)]
        letters_model, _ = self.write("letters", cell="rnn", hidden=12, tokens=letters + ["é", "글"], seed=6)
        bytes_model, tensors = self.write("bytes", cell="rnn", hidden=12, tokens=byte_tokens, unit="byte", seed=7)
        text = "a café 글 b"
        self.open_compare([letters_model, bytes_model], text=text)
        encoded = text.encode().decode("latin-1")
        bits = rnn_surprisals(tensors, byte_tokens, encoded)
        row = self.losses()[1]
        self.assertAlmostEqual(float(row[1]), sum(bits) / (len(text) - 1), delta=0.00051)
        self.assertAlmostEqual(float(row[2]), sum(bits) / len(bits) * math.log(2), delta=0.00051)
        # The detail of a character of three bytes lists them.
        self.js("document.querySelectorAll('.character-grid [role=option]')[7]"
                ".dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))")
        parts = self.js("return document.querySelector('.parts').textContent")
        self.assertRegex(parts, r"^EA [\d.]+ \+ B8 [\d.]+ \+ 80 [\d.]+$")

    def test_a_long_text_is_cut_and_an_empty_one_has_no_loss(self):
        self.open_compare(self.write_cells(), text="the fox " * 80)
        self.assertEqual(self.option_count(), 500)
        self.assertIn("Only the first 500 characters are compared.", self.find(".compare").text)
        self.type("#compared-text", "")
        self.wait("return document.querySelector('.compare table').tBodies[0].rows[0].cells[1].textContent === '–'")
        self.assertEqual(self.option_count(), 0)
        self.type("#compared-text", "a")
        self.wait("return document.querySelectorAll('.character-grid [role=option]').length === 1")
        self.assertEqual(self.losses()[0][1], "–")


class CursorTests(CompareTest):
    def test_arrow_keys_and_pointer_move_the_cursor_of_all_models(self):
        self.open_compare(self.write_cells())
        self.js("document.querySelector('.character-grid').focus()")
        active = "return document.activeElement.getAttribute('aria-activedescendant')"
        self.assertEqual(self.js(active), f"compared-{len(sentence) - 1}")
        for key, index in [(Keys.HOME, 0), (Keys.ARROW_RIGHT, 1), (Keys.ARROW_RIGHT, 2), (Keys.ARROW_LEFT, 1), (Keys.END, len(sentence) - 1)]:
            self.keys(key)
            self.assertEqual(self.js(active), f"compared-{index}")
            self.assertEqual(self.js("return [...document.querySelectorAll('.character-grid [aria-selected=true]')].map((e) => e.id)"),
                             [f"compared-{index}"])
        self.js("document.querySelectorAll('.character-grid [role=option]')[4].dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))")
        self.assertEqual(self.js(active), "compared-4")
        self.assertIn("Character 5: f", self.find(".compare").text)
        rows = self.js("""return [...document.querySelectorAll(".compare table")[1].tBodies[0].rows]
            .map((row) => [...row.querySelectorAll(".prediction")].map((prediction) => parseFloat(prediction.textContent.split(" ")[1])))""")
        self.assertEqual([len(row) for row in rows], [5, 5, 5])
        for row in rows:
            self.assertEqual(row, sorted(row, reverse=True))

    def test_each_character_has_a_row_for_each_model_and_lines_are_numbered(self):
        self.open_compare(self.write_cells(), width=360)
        self.assertEqual(self.option_count(), len(sentence))
        self.assertTrue(self.js("return [...document.querySelectorAll('.character-grid > *')].every((column) => column.childElementCount === 3)"))
        starts = self.js("return [...document.querySelectorAll('.line-start')].map((column) => column.offsetLeft)")
        self.assertGreater(len(starts), 1, "the text is wrapped at 360 px")
        self.assertEqual(len(set(starts)), 1)
        self.js("document.querySelector('.character-grid').focus()")
        self.keys(Keys.HOME, Keys.ARROW_DOWN)
        self.assertTrue(self.js("return document.querySelector('.character-grid .cursor').classList.contains('line-start')"))
        self.assertNotEqual(self.js("return document.querySelector('.character-grid .cursor').id"), "compared-0")


class ChartTests(CompareTest):
    def series(self, chart):
        """Returns the paths of the lines of a chart."""
        return self.js("return [...document.querySelectorAll('.chart')[arguments[0]].querySelectorAll('.plot .series')].map((path) => path.getAttribute('d'))",
                       chart)

    def test_charts_of_three_models(self):
        self.open_compare(self.write_cells())
        self.wait("return document.querySelectorAll('.chart').length === 3")
        for chart in range(3):
            lines = self.series(chart)
            self.assertEqual(len(lines), 3)
            self.assertEqual(len(set(lines)), 3)
        dashes = self.js("return [...document.querySelector('.plot').querySelectorAll('.series')].map((path) => getComputedStyle(path).strokeDasharray)")
        self.assertEqual(len(set(dashes)), 3, "lines differ without color")
        labels = self.js("return [...document.querySelectorAll('.chart svg[role=img]')].map((svg) => svg.getAttribute('aria-label'))")
        # The cumulative loss ends with the sum of the mean loss over the characters.
        for row in self.losses():
            total = float(row[1]) * (len(sentence) - 1)
            self.assertRegex(labels[0], rf"{row[0]}: first value 0, last ({total:.0f}|{total:.2f}|{total - 1:.0f}|{total + 1:.0f})")
        self.assertIn("1 random-rnn: first value 0, last 0, lowest 0, highest 0.", labels[1])

    def test_click_and_numbers_of_a_loss_chart(self):
        """A click moves the cursor; the table of the numbers stays open and has a row for each character."""
        self.open_compare(self.write_cells())
        self.js("document.querySelector('.chart-data').open = true")
        self.wait(f"return document.querySelectorAll('.chart-data tbody tr').length === {len(sentence)}")
        self.js("""
            const plot = document.querySelector(".chart .plot");
            const { left, width } = plot.getBoundingClientRect();
            // The first and the last character are 12 px and 10 px from the sides.
            const clientX = left + 12 + (width - 22) * 6 / (arguments[0] - 1);
            plot.dispatchEvent(new MouseEvent("click", { clientX, bubbles: true }));""", len(sentence))
        self.wait("return document.querySelector('.character-grid .cursor').id === 'compared-6'")
        self.wait("return document.querySelectorAll('.chart .plot')[0].querySelectorAll('circle').length === 3")
        last = self.js("return [...document.querySelectorAll('.chart-data')[0].querySelector('tbody tr:last-child').cells].slice(1).map((cell) => Number(cell.textContent))")
        for row, total in zip(self.losses(), last):
            self.assertAlmostEqual(float(row[1]) * (len(sentence) - 1), total, delta=0.0005 * len(sentence))

    def test_reference_of_the_difference(self):
        self.open_compare(self.write_cells())
        before = self.series(1)
        self.choose("Reference", "2")
        labels = self.js("return document.querySelectorAll('.chart svg[role=img]')[1].getAttribute('aria-label')")
        self.assertIn("Difference from 3 random-lstm", labels)
        self.assertIn("3 random-lstm: first value 0, last 0, lowest 0, highest 0.", labels)
        self.assertNotEqual(self.series(1), before)

    def test_influence_follows_the_cursor(self):
        self.open_compare(self.write_cells())
        title = "return [...document.querySelectorAll('.chart figcaption')].at(-1).textContent"
        self.wait(f"{title}.includes('Influence on character {len(sentence)}')")
        self.js("document.querySelector('.character-grid').focus()")
        self.keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 6)
        self.wait(f"{title}.includes('Influence on character 7: x')")
        # Six earlier characters; each line is one path of six points.
        for line in self.series(2):
            distances = [float(point.split()[0]) for point in line[1:].split("L")]
            self.assertEqual(len(distances), 6)
            self.assertEqual(distances, sorted(distances))
        self.keys(Keys.HOME)
        self.wait("return document.querySelectorAll('.chart').length === 2")
        self.assertIn("a character that all models predict", self.find(".compare").text)

    def test_influence_of_trained_recurrence(self):
        # An RNN with small recurrent weights forgets sooner than one with large ones.
        forgetful, _ = self.write("forgetful", cell="rnn", hidden=12, bound=0.08, seed=1)
        lasting, _ = self.write("lasting", cell="rnn", hidden=12, bound=0.4, seed=1)
        self.open_compare([forgetful, lasting])
        self.wait("return document.querySelectorAll('.chart').length === 3")
        label = self.js("return [...document.querySelectorAll('.chart svg[role=img]')].at(-1).getAttribute('aria-label')")
        self.assertLess(*self.last_values(label))
        # So it is with the mean over 16 characters, the second half of the text.
        self.choose("Influence on", "mean")
        title = "return [...document.querySelectorAll('.chart figcaption')].at(-1).textContent"
        self.wait(f"{title}.includes('Mean influence on 16 characters')")
        mean = self.js("return [...document.querySelectorAll('.chart svg[role=img]')].at(-1).getAttribute('aria-label')")
        self.assertLess(*self.last_values(mean))
        self.assertNotEqual(mean, label)
        # It does not depend on the cursor, and is computed again for another text.
        self.type("#compared-text", sentence[:10])
        self.wait(f"{title}.includes('Mean influence on 5 characters')")

    def last_values(self, label):
        """Returns the shares at the largest distance for both models."""
        return [float(part.split("last ")[1].split(",")[0]) for part in label.split("1 forgetful:")[1].split("2 lasting:")]


class TextTests(CompareTest):
    def test_text_follows_the_page_until_it_is_edited(self):
        self.open_compare(self.write_cells())
        value = "return document.querySelector('#compared-text').value"
        self.assertEqual(self.js(value), sentence)
        self.js("geul.setText('a new text')")
        self.wait(f"{value} === 'a new text'")
        self.type("#compared-text", "my own text")
        self.js("geul.setText('another text')")
        self.idle()
        self.assertEqual(self.js(value), "my own text")
        # It survives a change of the language, of the model and of the view.
        self.click("#language")
        self.assertEqual(self.js(value), "my own text")
        self.js("geul.selectModel(geul.models[2])")
        self.assertEqual(self.js(value), "my own text")
        self.js("location.hash = 'write'")
        self.wait("return document.querySelector('#compared-text') === null")
        self.js("location.hash = 'compare'")
        self.wait("return document.querySelector('#compared-text') !== null")
        self.wait_for_text()
        self.assertEqual(self.js(value), "my own text")
        self.assertEqual(self.option_count(), len("my own text"))
        self.click("#language")
        self.click(text="Use the text of the other views")
        self.assertEqual(self.js(value), "another text")

    def test_edits_give_the_same_losses_as_a_new_text(self):
        models = self.write_cells()
        self.open_compare(models)
        expected = self.losses()
        for text in ["the fox", "the dog ran home.", sentence]:
            self.type("#compared-text", text)
            self.wait(f"return document.querySelectorAll('.character-grid [role=option]').length === {len(text)}")
        self.wait_for_text()
        self.assertEqual(self.losses(), expected)

    def test_one_model(self):
        self.open_compare([self.write_cells()[0]])
        text = self.find(".compare").text
        self.assertIn("geul page checkpoints/rnn checkpoints/gru checkpoints/lstm", text)
        self.assertEqual([row[0] for row in self.losses()], ["random-rnn"])
        self.assertNotIn("Reference", text)
        self.wait("return document.querySelectorAll('.chart').length === 2")
        self.axe()


class ContinuationTests(CompareTest):
    def continuations(self):
        self.click(text="Continue with each")
        self.wait("return [...document.querySelectorAll('.compare blockquote')].every((text) => text.textContent.length === 200)")
        return [element.get_attribute("textContent") for element in self.find_all(".compare blockquote")]

    def test_continuations(self):
        self.open_compare(self.write_cells())
        greedy = self.continuations()
        self.assertEqual(len(set(greedy)), 3)
        self.assertEqual(self.continuations(), greedy)
        self.assertFalse(self.find(".compare input").is_displayed())
        self.choose("Choice of tokens", "sampled")
        sampled = self.continuations()
        self.assertNotEqual(sampled, greedy)
        self.assertEqual(self.continuations(), sampled)
        self.type(".compare input", "2")
        self.assertNotEqual(self.continuations(), sampled)
        self.type(".compare input", "1")
        self.assertEqual(self.continuations(), sampled)
        self.type(".compare input", "one")
        self.assertEqual(self.find(".compare input").get_attribute("value"), "1")

    def test_greedy_continuation_is_the_most_likely_token(self):
        self.open_compare(self.write_cells())
        expected = self.js("""
            return geul.models.map((model) => {
              const { network, vocabulary } = model;
              let state = network.initialState();
              for (const id of model.encode(arguments[0]).ids) state = network.step(id, state);
              let text = "";
              for (let count = 0; count < 200; count++) {
                const probabilities = network.probabilities(state);
                const id = probabilities.indexOf(Math.max(...probabilities));
                text += vocabulary.tokens[id];
                state = network.step(id, state);
              }
              return text;
            })""", sentence)
        self.assertEqual(self.continuations(), expected)
