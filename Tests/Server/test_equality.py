"""Texts of geul-server under load equal those of `geul generate`.

Requests of mixed models, prompts, lengths, options and seeds, streaming and not, run at several levels of concurrency. Some are
cancelled at random, which must not change the others. GEUL_THOROUGH=1 sends 1,000 requests at concurrency 1, 8, 64 and 256;
otherwise there are fewer.
"""
import asyncio
import concurrent.futures
import inspect
import os
import random
import unittest

import openai

from server import Server, model_path, raise_descriptor_limit, run_geul, small_model

is_thorough = os.environ.get("GEUL_THOROUGH") == "1"
# Concurrency and number of requests.
levels = [(1, 1000), (8, 1000), (64, 1000), (256, 1000)] if is_thorough else [(1, 60), (8, 120), (64, 300), (256, 400)]
group_count = 400 if is_thorough else 80
samples_of_a_group = 4

prompts = {
    "english": ["", "Dear Nell, the light is lit.", "The lamp on the Hen", "안녕 Nell \u0007", "He said: \u201cyes\u201d 🧑‍🚀!", "OAKES: ",
                "The sea was " * 40],
    "korean": ["", "할머니는", "옛날 옛적에 호랑이가", "Hello, 세상", "ㅎㅏㄴ글", "바다가 " * 60],
    "bytes": ["", "할머니는", "🧑‍🚀", "\n"],
}


def random_group(generator, models):
    """Makes one invocation of `geul generate` and the same request."""
    model = generator.choice(models)
    prompt = generator.choice(prompts[model])
    options, arguments = {}, []

    def add(name, flag, values):
        value = generator.choice(values)
        if value is not None:
            options[name] = value
            arguments.append(f"{flag}={value}")
    add("temperature", "--temperature", [None, None, 0, 0.3, 1.0, 1.7])
    add("top_k", "--top-k", [None, None, 1, 5, 40])
    add("top_p", "--top-p", [None, None, 0.3, 0.9])
    add("min_p", "--min-p", [None, None, 0.05])
    add("repeat_penalty", "--repeat-penalty", [None, None, 1.1, 1.6])
    add("presence_penalty", "--presence-penalty", [None, None, None, 0.7, -1])
    add("frequency_penalty", "--frequency-penalty", [None, None, None, 0.2, 2])
    if any("penalty" in name for name in options):
        add("repeat_last_n", "--repeat-last-n", [None, 5, 200])
    add("top_n_sigma", "--top-n-sigma", [None, None, None, 1.2])
    add("typical_p", "--typical-p", [None, None, None, 0.7])
    add("dry_multiplier", "--dry-multiplier", [None, None, None, 1.5])
    if "dry_multiplier" in options:
        add("dry_base", "--dry-base", [None, 2])
        add("dry_allowed_length", "--dry-allowed-length", [None, 3])
        add("dry_penalty_last_n", "--dry-last-n", [None, 50])
    add("dynatemp_range", "--dynatemp-range", [None, None, None, 0.5])
    add("mirostat", "--mirostat", [None, None, None, 2])
    if "mirostat" in options:
        add("mirostat_tau", "--mirostat-tau", [None, 1])
        add("mirostat_eta", "--mirostat-eta", [None, 0.3])
    add("max_tokens", "--length", [0, 1, 2, 17, 60, 150, 400, 1200])
    add("seed", "--seed", [generator.randrange(2**31), generator.randrange(2**63)])
    if generator.random() < 0.3:
        options["stop"] = generator.sample(["e", "the", ".", "\n", "다", "는 ", "zzz"], generator.randrange(1, 4))
        for stop in options["stop"]:
            arguments.append(f"--stop={stop}")
    return {"model": model, "prompt": prompt, **options}, arguments


class EqualityTests(unittest.TestCase):
    precision = "float32"

    @classmethod
    def setUpClass(cls):
        raise_descriptor_limit()
        cls.paths = {"english": model_path("english"), "korean": model_path("korean"),
                     "bytes": small_model("bytes", "korean", "--unit", "byte", "--steps", "40", "--hidden", "32", "--layers", "1",
                                          "--cell", "gru", "--seed", "3")}
        cls.server = Server("--precision", cls.precision, "--max-queue", 4096, models=list(cls.paths.values())).start()
        generator = random.Random(1)
        groups = [random_group(generator, list(cls.paths)) for _ in range(group_count)]

        def expected(group):
            options, arguments = group
            result, _ = run_geul("generate", cls.paths[options["model"]], "--prompt", options["prompt"], *arguments,
                                 "--num-samples", samples_of_a_group, "--precision", cls.precision,
                                 "--threads", 1)
            return options, [(sample["text"], sample["stop_reason"]) for sample in result["samples"]]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            cls.groups = list(pool.map(expected, groups))

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()

    async def send(self, client, generator, counts):
        """Sends a random request, checks its texts, or cancels it."""
        options, expected = generator.choice(self.groups)
        # The client's other parameters are those of llama.cpp.
        parameters = inspect.signature(client.completions.create).parameters
        keys = {name: value for name, value in options.items() if name in parameters}
        extra = {name: value for name, value in options.items() if name not in keys}
        n = generator.choice([1, 1, 1, samples_of_a_group])
        prompt_count = generator.choice([1, 1, 1, 1, 2])
        if prompt_count > 1:
            keys["prompt"] = [options["prompt"]] * prompt_count
        wanted = {prompt * n + i: expected[i] for prompt in range(prompt_count) for i in range(n)}
        action = generator.choice(["whole", "whole", "stream", "stream", "stream", "cancel stream", "cancel whole"])
        create = client.completions.create(**keys, n=n, extra_body=extra, stream="stream" in action)
        if action == "cancel whole":
            try:
                await asyncio.wait_for(create, generator.random() * 0.05)
            except (asyncio.TimeoutError, openai.APITimeoutError):
                counts["cancelled"] += 1
            return
        answer = await create
        if action == "whole":
            found = {choice.index: (choice.text, choice.finish_reason) for choice in answer.choices}
        else:
            texts, endings = {}, {}
            limit = generator.randrange(1, 6) if action == "cancel stream" else None
            async for event in answer:
                for choice in event.choices:
                    texts[choice.index] = texts.get(choice.index, "") + choice.text
                    if choice.finish_reason:
                        endings[choice.index] = choice.finish_reason
                if limit is not None:
                    limit -= 1
                    if limit == 0:
                        await answer.close()
                        counts["cancelled"] += 1
                        for index, text in texts.items():
                            self.assertTrue(wanted[index][0].startswith(text), f"{options} n={n}")
                        return
            found = {index: (texts[index], endings.get(index)) for index in texts}
        self.assertEqual(found, wanted, f"{action} n={n} {options}")
        counts["compared"] += len(wanted)

    async def load(self, concurrency, count):
        counts = {"compared": 0, "cancelled": 0}
        generator = random.Random(concurrency)
        remaining = iter(range(count))
        async with openai.AsyncOpenAI(base_url=self.server.url + "/v1", api_key="none", max_retries=0, timeout=120) as client:
            async def worker(seed):
                own = random.Random(seed)
                for _ in remaining:
                    await self.send(client, own, counts)
            await asyncio.gather(*[worker(generator.random()) for _ in range(concurrency)])
        return counts

    def check(self, concurrency, count):
        counts = asyncio.run(self.load(concurrency, count))
        self.assertGreater(counts["compared"], count / 2)
        self.assertGreater(counts["cancelled"], count / 20)
        self.server.wait_idle()
        print(f"{self.precision}, concurrency {concurrency}: {count} requests, {counts['compared']} texts equal,"
              f" {counts['cancelled']} requests cancelled")

    def test_1(self):
        self.check(*levels[0])

    def test_8(self):
        self.check(*levels[1])

    def test_64(self):
        self.check(*levels[2])

    def test_256(self):
        self.check(*levels[3])


class Int8Tests(EqualityTests):
    precision = "int8"


if __name__ == "__main__":
    unittest.main()
