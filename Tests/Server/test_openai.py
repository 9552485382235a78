"""The `openai` client of PyPI against geul-server."""
import asyncio
import math
import tempfile
import unittest

import openai

from server import Server, ServerTest, run_geul, model_path

prompt = "Dear Nell, the light"


class OpenAITest(ServerTest):
    models = ("english",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        super().tearDownClass()

    @classmethod
    def make_client(cls, **options):
        return openai.OpenAI(**{"base_url": cls.server.url + "/v1", "api_key": "none", "max_retries": 0, "timeout": 60} | options)

    def generated(self, *options, prompt=prompt, seed=7, model="english"):
        result, _ = run_geul("generate", model_path(model), "--prompt", prompt, "--seed", seed, *options)
        return [sample["text"] for sample in result["samples"]]


class CompletionTests(OpenAITest):
    def complete(self, **options):
        return self.client.completions.create(**{"model": "english", "prompt": prompt, "max_tokens": 40, "seed": 7} | options)

    def test_completion(self):
        answer = self.complete()
        self.assertEqual(answer.object, "text_completion")
        self.assertEqual(answer.model, "english")
        self.assertRegex(answer.id, r"^cmpl-[0-9a-f]+$")
        self.assertGreater(answer.created, 1_700_000_000)
        choice, = answer.choices
        self.assertEqual((choice.index, choice.finish_reason, choice.logprobs), (0, "length", None))
        self.assertEqual(choice.text, self.generated("--length", 40)[0])
        self.assertEqual(answer.usage.prompt_tokens, len(prompt))
        self.assertEqual(answer.usage.completion_tokens, 40)
        self.assertEqual(answer.usage.total_tokens, len(prompt) + 40)
        self.assertGreaterEqual(answer.usage.prompt_tokens_details.cached_tokens, 0)
        self.assertEqual(answer.seed, 7)

    def test_defaults_are_those_of_generate(self):
        answer = self.client.completions.create(model="english", prompt=prompt, seed=9)
        self.assertEqual(answer.choices[0].text, self.generated(seed=9)[0])
        self.assertEqual(answer.usage.completion_tokens, 500)

    def test_random_seed_is_named(self):
        first, second = self.complete(seed=None), self.complete(seed=None)
        self.assertNotEqual(first.seed, second.seed)
        self.assertEqual(self.complete(seed=first.seed).choices[0].text, first.choices[0].text)

    def test_sampling_options(self):
        cases = [
            ({"temperature": 0}, ["--greedy"]),
            ({"temperature": 1.3}, ["--temperature", 1.3]),
            ({"top_p": 0.5}, ["--top-p", 0.5]),
            ({"extra_body": {"top_k": 3}}, ["--top-k", 3]),
            ({"extra_body": {"min_p": 0.2}}, ["--min-p", 0.2]),
            ({"extra_body": {"repeat_penalty": 1.5}}, ["--repeat-penalty", 1.5]),
            ({"extra_body": {"repeat_penalty": 1.5, "repeat_last_n": 3}}, ["--repeat-penalty", 1.5, "--repeat-last-n", 3]),
            ({"extra_body": {"top_n_sigma": 1}}, ["--top-n-sigma", 1]),
            ({"extra_body": {"typical_p": 0.5}}, ["--typical-p", 0.5]),
            ({"extra_body": {"dry_multiplier": 2, "dry_base": 2, "dry_allowed_length": 2, "dry_penalty_last_n": 30}},
             ["--dry-multiplier", 2, "--dry-base", 2, "--dry-allowed-length", 2, "--dry-last-n", 30]),
            ({"extra_body": {"dynatemp_range": 0.7, "dynatemp_exponent": 2}}, ["--dynatemp-range", 0.7, "--dynatemp-exponent", 2]),
            ({"extra_body": {"mirostat": 2, "mirostat_tau": 1, "mirostat_eta": 0.2}},
             ["--mirostat", 2, "--mirostat-tau", 1, "--mirostat-eta", 0.2]),
        ]
        plain = self.generated("--length", 40)[0]
        for options, arguments in cases:
            with self.subTest(options):
                expected = self.generated("--length", 40, *arguments)[0]
                self.assertNotEqual(expected, plain, "the option has no effect, so the test shows nothing")
                self.assertEqual(self.complete(**options).choices[0].text, expected)

    def test_presence_and_frequency_penalty(self):
        """With greedy decoding, a model that repeats itself repeats less."""
        def distinct(**options):
            text = self.complete(temperature=0, max_tokens=200, extra_body={"repeat_last_n": 256}, **options).choices[0].text
            return len({text[i:i + 8] for i in range(len(text) - 8)})
        plain = distinct()
        self.assertGreater(distinct(presence_penalty=1), plain)
        self.assertGreater(distinct(frequency_penalty=0.2), plain)
        self.assertEqual(distinct(presence_penalty=0, frequency_penalty=0), plain)

    def test_frequency_penalty_is_linear_in_the_count(self):
        """The log-probability of the next token is that of the model; the choice follows the penalized logits."""
        answer = self.complete(prompt="e e e e", max_tokens=1, temperature=0, logprobs=20)
        ranking = sorted(answer.choices[0].logprobs.top_logprobs[0].items(), key=lambda item: -item[1])
        counts = {"e": 4, " ": 3}
        for penalty in (0.3, 1.0, 2.0):
            expected = max(ranking, key=lambda item: item[1] - penalty * counts.get(item[0], 0))[0]
            text = self.complete(prompt="e e e e", max_tokens=1, temperature=0, frequency_penalty=penalty).choices[0].text
            self.assertEqual(text, expected)
            expected = max(ranking, key=lambda item: item[1] - penalty * (item[0] in counts))[0]
            text = self.complete(prompt="e e e e", max_tokens=1, temperature=0, presence_penalty=penalty).choices[0].text
            self.assertEqual(text, expected)

    def test_several_choices(self):
        answer = self.complete(n=5)
        self.assertEqual([choice.index for choice in answer.choices], list(range(5)))
        self.assertEqual([choice.text for choice in answer.choices], self.generated("--length", 40, "--num-samples", 5))
        self.assertEqual(answer.usage.completion_tokens, 200)

    def test_several_prompts(self):
        prompts = ["Dear Nell", "", "The lamp"]
        answer = self.complete(prompt=prompts, n=2)
        self.assertEqual([choice.index for choice in answer.choices], list(range(6)))
        expected = [text for prompt in prompts for text in self.generated("--length", 40, "--num-samples", 2, prompt=prompt)]
        self.assertEqual([choice.text for choice in answer.choices], expected)

    def test_prompt_of_token_ids(self):
        ids = [token["id"] for token in self.server.post("/v1/tokenize", {"model": "english", "text": prompt}).json["tokens"]]
        expected = self.complete().choices[0].text
        self.assertEqual(self.complete(prompt=ids).choices[0].text, expected)
        self.assertEqual([choice.text for choice in self.complete(prompt=[ids, ids]).choices], [expected, expected])

    def test_stop(self):
        for stop in ["e", ["he", "a"], ["\n"], "no such text"]:
            with self.subTest(stop=stop):
                strings = [stop] if isinstance(stop, str) else stop
                result, _ = run_geul("generate", model_path("english"), "--prompt", prompt, "--seed", 7, "--length", 100,
                                     *[argument for string in strings for argument in ["--stop", string]])
                choice = self.complete(stop=stop, max_tokens=100).choices[0]
                self.assertEqual(choice.text, result["samples"][0]["text"])
                self.assertEqual(choice.finish_reason, result["samples"][0]["stop_reason"])

    def test_no_tokens(self):
        answer = self.complete(max_tokens=0)
        self.assertEqual(answer.choices[0].text, "")
        self.assertEqual(answer.choices[0].finish_reason, "length")
        self.assertEqual(answer.usage.completion_tokens, 0)

    def test_echo(self):
        self.assertEqual(self.complete(echo=True).choices[0].text, prompt + self.complete().choices[0].text)
        self.assertEqual(self.complete(echo=True, max_tokens=0).choices[0].text, prompt)

    def check_logprobs(self, logprobs, text, top):
        self.assertEqual("".join(logprobs.tokens), text)
        self.assertEqual({len(logprobs.tokens)}, {len(logprobs.token_logprobs), len(logprobs.text_offset),
                                                   len(logprobs.top_logprobs)})
        offset = 0
        for position, token in enumerate(logprobs.tokens):
            self.assertEqual(logprobs.text_offset[position], offset)
            offset += len(token)
            value, alternatives = logprobs.token_logprobs[position], logprobs.top_logprobs[position]
            if value is None:
                self.assertEqual(position, 0)
                continue
            self.assertLess(value, 0)
            self.assertIn(len(alternatives), (top, top + 1))
            self.assertLessEqual(sum(map(math.exp, alternatives.values())), 1 + 1e-5)
            if token in alternatives:
                self.assertAlmostEqual(alternatives[token], value, 6)
            else:
                self.assertLessEqual(value, min(alternatives.values()) + 1e-6)

    def test_logprobs(self):
        choice = self.complete(logprobs=3, temperature=1.5).choices[0]
        self.check_logprobs(choice.logprobs, choice.text, 3)
        self.assertNotIn(None, choice.logprobs.token_logprobs)
        self.assertEqual(choice.text, self.complete(temperature=1.5).choices[0].text)

    def test_logprobs_do_not_depend_on_filters(self):
        greedy = self.complete(logprobs=1, temperature=0, max_tokens=1).choices[0].logprobs
        filtered = self.complete(logprobs=1, temperature=0.1, top_p=0.1, max_tokens=1).choices[0].logprobs
        self.assertEqual(greedy.token_logprobs, filtered.token_logprobs)

    def test_echo_with_logprobs(self):
        choice = self.complete(logprobs=2, echo=True, max_tokens=10).choices[0]
        self.check_logprobs(choice.logprobs, choice.text, 2)
        self.assertIsNone(choice.logprobs.token_logprobs[0])
        self.assertNotIn(None, choice.logprobs.token_logprobs[1:])
        explained, _ = run_geul("explain", model_path("english"), "--text", choice.text)
        for value, token in zip(choice.logprobs.token_logprobs[1:], explained["tokens"][1:]):
            self.assertAlmostEqual(-value / math.log(2), token["surprisal_bits"], 4)

    def test_prompt_scores_without_generation(self):
        """What evaluation harnesses do: echo, logprobs and no new token."""
        choice = self.complete(logprobs=0, echo=True, max_tokens=0).choices[0]
        self.assertEqual(choice.text, prompt)
        self.assertEqual(len(choice.logprobs.tokens), len(prompt))
        self.assertNotIn(None, choice.logprobs.token_logprobs[1:])

    def test_logit_bias(self):
        tokens = {token["text"]: str(token["id"]) for token in
                  self.server.post("/v1/tokenize", {"model": "english", "text": "eaz "}).json["tokens"]}
        text = self.complete(logit_bias={tokens["e"]: -100, tokens["a"]: -100}, max_tokens=300).choices[0].text
        self.assertTrue(text and "e" not in text and "a" not in text, text)
        text = self.complete(logit_bias={tokens["z"]: 100}).choices[0].text
        self.assertEqual(text, "z" * 40)

    def test_stream(self):
        """The events of a stream say the same as the whole answer."""
        for options in [{}, {"n": 3}, {"prompt": ["A", "B"], "n": 2}, {"echo": True}, {"logprobs": 2}, {"stop": "e"},
                        {"logprobs": 1, "echo": True}, {"max_tokens": 0}, {"max_tokens": 2000}]:
            with self.subTest(options):
                whole = self.complete(**options)
                texts, endings, tokens = {}, {}, {}
                for event in self.complete(stream=True, **options):
                    self.assertEqual(event.object, "text_completion")
                    self.assertIsNone(event.usage)
                    for choice in event.choices:
                        self.assertNotIn(choice.index, endings, "text after the end of a choice")
                        texts[choice.index] = texts.get(choice.index, "") + choice.text
                        if choice.logprobs:
                            tokens.setdefault(choice.index, []).extend(choice.logprobs.tokens)
                        if choice.finish_reason:
                            endings[choice.index] = choice.finish_reason
                self.assertEqual(texts, {choice.index: choice.text for choice in whole.choices})
                self.assertEqual(endings, {choice.index: choice.finish_reason for choice in whole.choices})
                if "logprobs" in options:
                    self.assertEqual(tokens, {choice.index: choice.logprobs.tokens for choice in whole.choices})

    def test_stream_with_usage(self):
        *events, last = list(self.complete(stream=True, stream_options={"include_usage": True}))
        self.assertTrue(all(event.usage is None for event in events))
        self.assertEqual(last.choices, [])
        self.assertEqual((last.usage.prompt_tokens, last.usage.completion_tokens), (len(prompt), 40))
        self.assertEqual(len({event.id for event in events} | {last.id}), 1)
        self.assertEqual(events[0].seed, 7)

    def test_warnings(self):
        answer = self.complete(prompt="Dear Nell, 안녕")
        _, notes = run_geul("generate", model_path("english"), "--prompt", "Dear Nell, 안녕", "--seed", 7)
        self.assertEqual(answer.warnings, [note for note in notes if note.startswith("prompt")])
        self.assertEqual(len(answer.warnings), 2)
        first = next(iter(self.complete(prompt="Dear Nell, 안녕", stream=True)))
        self.assertEqual(first.warnings, answer.warnings)

    def test_asynchronous_client(self):
        async def run():
            async with openai.AsyncOpenAI(base_url=self.server.url + "/v1", api_key="none", max_retries=0) as client:
                async def one(seed):
                    answer = await client.completions.create(model="english", prompt=prompt, max_tokens=40, seed=seed)
                    return answer.choices[0].text
                return await asyncio.gather(*map(one, range(40)))
        self.assertEqual(asyncio.run(run())[7], self.generated("--length", 40)[0])


class ChatTests(OpenAITest):
    messages = [{"role": "system", "content": "The lamp burned."}, {"role": "user", "content": "Dear Nell,"}]

    def chat(self, **options):
        return self.client.chat.completions.create(
            **{"model": "english", "messages": self.messages, "max_completion_tokens": 40, "seed": 7} | options)

    def test_text_template(self):
        """Messages are lines of one text; the reply continues the last."""
        answer = self.chat()
        self.assertEqual(answer.object, "chat.completion")
        choice, = answer.choices
        self.assertEqual((choice.message.role, choice.finish_reason), ("assistant", "length"))
        self.assertIsNone(choice.message.refusal)
        self.assertEqual(choice.message.content, self.generated("--length", 40, prompt="The lamp burned.\nDear Nell,")[0])
        self.assertEqual(answer.usage.completion_tokens, 40)

    def test_reply_follows_directly(self):
        """A message of the assistant is not separated from the one before."""
        messages = [{"role": "user", "content": "Dear Nell,"}, {"role": "assistant", "content": " the light"},
                    {"role": "user", "content": "Then"}]
        expected = self.generated("--length", 40, prompt="Dear Nell, the light\nThen")[0]
        self.assertEqual(self.chat(messages=messages).choices[0].message.content, expected)

    def test_content_parts(self):
        parts = [{"role": "user", "content": [{"type": "text", "text": "Dear "}, {"type": "text", "text": "Nell,"}]}]
        expected = self.chat(messages=[{"role": "user", "content": "Dear Nell,"}]).choices[0].message.content
        self.assertEqual(self.chat(messages=parts).choices[0].message.content, expected)

    def test_stream(self):
        for options in [{}, {"n": 3}, {"logprobs": True, "top_logprobs": 2}]:
            with self.subTest(options):
                whole = self.chat(**options)
                texts, endings, roles = {}, {}, {}
                for event in self.chat(stream=True, **options):
                    self.assertEqual(event.object, "chat.completion.chunk")
                    for choice in event.choices:
                        if choice.index not in roles:
                            roles[choice.index] = choice.delta.role
                        texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
                        if choice.finish_reason:
                            endings[choice.index] = choice.finish_reason
                self.assertEqual(set(roles.values()), {"assistant"})
                self.assertEqual(texts, {choice.index: choice.message.content for choice in whole.choices})
                self.assertEqual(endings, {choice.index: choice.finish_reason for choice in whole.choices})

    def test_stream_helper(self):
        """The client's helper, which assembles the events."""
        options = {"max_completion_tokens": 200, "stop": ["."]}
        with self.client.chat.completions.stream(model="english", messages=self.messages, seed=7, **options,
                                                 stream_options={"include_usage": True}) as stream:
            for _ in stream:
                pass
            # It raises an error if the reason of the end is the length.
            answer = stream.get_final_completion()
        self.assertEqual(answer.choices[0].message.content, self.chat(**options).choices[0].message.content)
        self.assertGreater(answer.usage.completion_tokens, 0)

    def test_logprobs(self):
        choice = self.chat(logprobs=True, top_logprobs=4).choices[0]
        self.assertEqual("".join(token.token for token in choice.logprobs.content), choice.message.content)
        for token in choice.logprobs.content:
            self.assertEqual(bytes(token.bytes).decode(), token.token)
            self.assertEqual(len(token.top_logprobs), 4)
            self.assertEqual(sorted((top.logprob for top in token.top_logprobs), reverse=True),
                             [top.logprob for top in token.top_logprobs])
            self.assertLess(token.logprob, 0)

    def test_max_tokens(self):
        answer = self.client.chat.completions.create(model="english", messages=self.messages, max_tokens=5)
        self.assertEqual(answer.usage.completion_tokens, 5)

    def test_unsupported(self):
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
        for options in [{"tools": [tool]}, {"functions": [tool["function"]]}, {"response_format": {"type": "json_object"}}]:
            with self.subTest(options), self.assertRaises(openai.BadRequestError) as caught:
                self.chat(**options)
            self.assertEqual(caught.exception.param.split(".")[0], next(iter(options)))
        self.chat(response_format={"type": "text"})


class DialogueTests(ChatTests):
    """The template of dialogues; tests that it shares with the other are inherited."""
    options = ("--chat-template", "dialogue")

    def reply(self, prompt):
        result, _ = run_geul("generate", model_path("english"), "--prompt", prompt, "--seed", 7, "--length", 40,
                             "--stop", "\nUser:")
        return result["samples"][0]["text"].removeprefix(" ")

    def test_text_template(self):
        expected = self.reply("The lamp burned.\n\nUser: Dear Nell,\nAssistant:")
        self.assertEqual(self.chat().choices[0].message.content, expected)

    def test_reply_follows_directly(self):
        messages = [{"role": "user", "content": "Dear Nell,"}, {"role": "assistant", "content": "the light"},
                    {"role": "user", "content": "Then"}]
        expected = self.reply("User: Dear Nell,\nAssistant: the light\nUser: Then\nAssistant:")
        self.assertEqual(self.chat(messages=messages).choices[0].message.content, expected)

    def test_logprobs(self):
        choice = self.chat(logprobs=True).choices[0]
        tokens = "".join(token.token for token in choice.logprobs.content)
        self.assertEqual(tokens.removeprefix(" "), choice.message.content)


class ModelTests(OpenAITest):
    models = ("english", "korean")

    def test_list(self):
        models = self.client.models.list().data
        self.assertEqual([model.id for model in models], ["english", "korean"])
        for model in models:
            self.assertEqual((model.object, model.owned_by), ("model", "geul"))
            self.assertEqual((model.geul["cell"], model.geul["layers"], model.geul["hidden"]), ("lstm", 2, 208))
        self.assertEqual([model.geul["unit"] for model in models], ["grapheme", "jamo"])
        self.assertEqual([model.geul["vocabulary_size"] for model in models], [70, 86])

    def test_retrieve(self):
        model = self.client.models.retrieve("korean")
        self.assertEqual((model.id, model.geul["unit"]), ("korean", "jamo"))
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.models.retrieve("french")
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_korean(self):
        expected = self.generated("--length", 60, prompt="할머니는", model="korean")[0]
        answer = self.client.completions.create(model="korean", prompt="할머니는", max_tokens=60, seed=7)
        self.assertEqual(answer.choices[0].text, expected)
        pieces = [event.choices[0].text for event in
                  self.client.completions.create(model="korean", prompt="할머니는", max_tokens=60, seed=7, stream=True)]
        self.assertEqual("".join(pieces), expected)


class ErrorTests(OpenAITest):
    def test_bad_requests(self):
        for options, param in [({"temperature": -1}, "temperature"), ({"temperature": "hot"}, "temperature"), ({"top_p": 2}, "top_p"),
                               ({"n": 0}, "n"), ({"n": 129}, "n"), ({"max_tokens": -1}, "max_tokens"), ({"seed": -1}, "seed"),
                               ({"max_tokens": 1.5}, "max_tokens"), ({"logprobs": 21}, "logprobs"), ({"stop": ["x"] * 17}, "stop"),
                               ({"presence_penalty": 3}, "presence_penalty"), ({"frequency_penalty": -3}, "frequency_penalty"),
                               ({"logit_bias": {"0": 101}}, "logit_bias"), ({"logit_bias": {"100000": 1}}, "logit_bias"),
                               ({"best_of": 2}, "best_of"), ({"suffix": "end"}, "suffix"), ({"prompt": [70_000]}, "prompt"),
                               ({"extra_body": {"top_k": -1}}, "top_k"), ({"extra_body": {"min_p": 1.5}}, "min_p"),
                               ({"extra_body": {"repeat_penalty": 0}}, "repeat_penalty")]:
            with self.subTest(options):
                with self.assertRaises(openai.BadRequestError) as caught:
                    self.client.completions.create(**{"model": "english", "prompt": "Dear"} | options)
                self.assertEqual(caught.exception.type, "invalid_request_error")
                self.assertEqual(caught.exception.param, param)

    def test_unknown_model(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.completions.create(model="french", prompt="Cher")
        self.assertEqual(caught.exception.code, "model_not_found")
        self.assertIn("french", str(caught.exception))


class KeyTests(OpenAITest):
    environment = {"GEUL_API_KEY": "secret-of-the-environment"}
    key = "secret-of-the-environment"

    def test_key(self):
        for key in ["wrong", "secret-of-the-environmen"]:
            with self.assertRaises(openai.AuthenticationError) as caught:
                self.make_client(api_key=key).models.list()
            self.assertEqual((caught.exception.code, caught.exception.type), ("invalid_api_key", "authentication_error"))
        client = self.make_client(api_key=self.key)
        self.assertEqual(client.models.list().data[0].id, "english")
        self.assertEqual(client.completions.create(model="english", prompt="Dear", max_tokens=3).usage.completion_tokens, 3)

    def test_key_file(self):
        with tempfile.NamedTemporaryFile("w", suffix=".keys") as file:
            file.write("first-key\nsecond-key\n")
            file.flush()
            with Server("--api-key-file", file.name, models=["english"]) as server:
                for key, works in [("first-key", True), ("second-key", True), ("third-key", False), ("first-key,second-key", False)]:
                    client = openai.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0)
                    if works:
                        client.models.list()
                    else:
                        self.assertRaises(openai.AuthenticationError, client.models.list)


if __name__ == "__main__":
    unittest.main()
