"""Runs geul-server at full load for a long time and checks that its memory and descriptors do not grow.

    Tests/Server/run soak                   # two minutes
    Tests/Server/run soak --seconds 3600

The load: completions whole and streamed, several choices, sessions, scores, explanations, errors, cancellations, clients that
vanish, and clients that do not read. The same request must always get the same text. It fails if, after a warm-up of a quarter of the
time (at most ten minutes), resident memory grows by more than 5 %, if descriptors remain, or if an answer is wrong.
"""
import argparse
import asyncio
import json
import random
import statistics
import sys
import time

from server import Server, parse_metrics, raise_descriptor_limit, repository

corpora = {name: (repository / f"corpora/{name}.txt").read_text(encoding="utf-8") for name in ["english", "korean"]}


class Soak:
    def __init__(self, server):
        self.server = server
        self.texts = {}
        self.counts = {}
        self.is_stopping = False

    def prompt(self, generator, model):
        start = generator.randrange(len(corpora[model]) - 300)
        return corpora[model][start:start + generator.randrange(300)]

    async def open(self, path, body, method=b"POST"):
        """Sends a request on a connection of its own."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port, limit=1 << 22)
        writer.write(b"%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                     % (method, path.encode(), len(data)) + data)
        return reader, writer

    async def ask(self, path, body, status=200, method=b"POST"):
        """Sends a request and returns the body of the answer, which must have a status."""
        reader, writer = await self.open(path, body, method)
        try:
            answer = await asyncio.wait_for(reader.read(), 120)
        finally:
            writer.close()
        head, _, data = answer.partition(b"\r\n\r\n")
        found = int(head[9:12]) if head else None
        if found != status:
            raise AssertionError(f"{found} instead of {status} for {path} {str(body)[:300]}: {data[:300]!r}")
        return data

    async def completion(self, generator):
        """One of 200 requests, whose text must be the same each time."""
        number = generator.randrange(200)
        own = random.Random(number)
        model = own.choice(["english", "korean"])
        body = {"model": model, "prompt": self.prompt(own, model), "max_tokens": own.randrange(800), "seed": number, "n": own.choice([1, 1, 4]),
                "top_p": own.choice([1, 0.9]), "logprobs": own.choice([None, None, 2])}
        choices = json.loads(await self.ask("/v1/completions", body))["choices"]
        texts = [choice["text"] for choice in choices]
        if self.texts.setdefault(number, texts) != texts:
            raise AssertionError(f"request {number} got another text")

    async def fresh(self, generator):
        """A request that was never made, so that the prefix cache drops old entries."""
        model = generator.choice(["english", "korean"])
        await self.ask("/v1/completions", {"model": model, "prompt": self.prompt(generator, model), "max_tokens": generator.randrange(500), "n": 2})

    async def stream(self, generator):
        model = generator.choice(["english", "korean"])
        data = await self.ask("/v1/completions", {"model": model, "prompt": self.prompt(generator, model), "max_tokens": 1500, "stream": True,
                                                  "stream_options": {"include_usage": True}})
        if b"data: [DONE]" not in data:
            raise AssertionError(f"the stream ends with {data[-200:]!r}")

    async def cancelled(self, generator):
        """A client that leaves at a random moment."""
        reader, writer = await self.open("/v1/completions", {"model": "english", "prompt": self.prompt(generator, "english"), "max_tokens": 60_000,
                                                             "stream": generator.random() < 0.7, "n": generator.choice([1, 3])})
        try:
            await asyncio.wait_for(reader.read(), generator.random())
        except asyncio.TimeoutError:
            pass
        if generator.random() < 0.5:
            writer.transport.abort()
        else:
            writer.close()

    async def slow(self, generator):
        """A client that does not read."""
        reader, writer = await self.open("/v1/completions", {"model": "english", "prompt": "Dear", "max_tokens": 60_000, "stream": True})
        reader._transport.pause_reading()
        await asyncio.sleep(2 + 3 * generator.random())
        writer.transport.abort()

    async def session(self, generator):
        """A session that is continued and sometimes deleted; another client may use it at the same time."""
        name = f"s{generator.randrange(500)}"
        try:
            await self.ask("/v1/completions", {"model": "english", "prompt": "And then ", "session": name, "max_tokens": 50})
        except AssertionError as error:
            if "409" not in str(error)[:30]:
                raise
        if generator.random() < 0.2:
            try:
                await self.ask(f"/v1/sessions/{name}", b"", method=b"DELETE")
            except AssertionError as error:
                if not str(error).startswith(("404", "409")):
                    raise

    async def other(self, generator):
        """Everything else, errors included."""
        prompt = self.prompt(generator, "english")
        await self.ask("/v1/score", {"model": "english", "text": prompt, "top_logprobs": 2})
        await self.ask("/v1/explain", {"model": "english", "text": prompt[:100], "layer": 1})
        await self.ask("/v1/chat/completions", {"model": "english", "messages": [{"role": "user", "content": prompt}], "max_tokens": 20})
        await self.ask("/v1/completions", {"model": "english", "prompt": prompt, "temperature": -1}, 400)
        await self.ask("/v1/completions", generator.randbytes(500), 400)
        await self.ask("/v1/none", b"", 404)
        await self.ask("/", b"", method=b"GET")
        parse_metrics((await self.ask("/metrics", b"", method=b"GET")).decode())

    async def client(self, generator):
        actions = [self.completion] * 6 + [self.fresh] * 3 + [self.stream] * 3 + [self.cancelled] * 3 + [self.session] * 3 + [self.other, self.slow]
        while not self.is_stopping:
            action = generator.choice(actions)
            await action(generator)
            self.counts[action.__name__] = self.counts.get(action.__name__, 0) + 1

    async def run(self, clients, seconds):
        tasks = [asyncio.create_task(self.client(random.Random(number))) for number in range(clients)]
        start, samples = time.monotonic(), []
        while (now := time.monotonic() - start) < seconds:
            await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
            if not self.server.is_running:
                raise AssertionError("geul-server ended")
            samples.append((now, self.server.resident, self.server.descriptors))
            if len(samples) % (10 if seconds < 600 else 60) == 0:
                print(f"{now:5.0f} s  {samples[-1][1] / 1e6:6.1f} MB  {samples[-1][2]:4} descriptors  {sum(self.counts.values()):7,} requests", flush=True)
        self.is_stopping = True
        await asyncio.wait_for(asyncio.gather(*tasks), 180)
        return samples


def main():
    parser = argparse.ArgumentParser(description="Runs geul-server at full load and checks its memory and descriptors.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=96)
    arguments = parser.parse_args()
    raise_descriptor_limit()
    # The cache fills up during the warm-up.
    with Server("--cache-size", "2M", "--idle-timeout", 5, "--max-queue", 1024) as server:
        server.complete("Dear", max_tokens=1)
        descriptors = server.descriptors
        soak = Soak(server)
        used = server.processor_seconds
        samples = asyncio.run(soak.run(arguments.clients, arguments.seconds))
        cores = (server.processor_seconds - used) / samples[-1][0]
        server.wait_idle()
        time.sleep(1)
        remaining = server.descriptors
        warm_up = min(arguments.seconds / 4, 600)
        steady = [resident for at, resident, _ in samples if at >= warm_up]
        share = max(1, len(steady) // 5)
        first, last = statistics.median(steady[:share]), statistics.median(steady[-share:])
        growth = last / first - 1
        print(f"{sum(soak.counts.values()):,} requests in {arguments.seconds:.0f} s ("
              + ", ".join(f"{name} {count:,}" for name, count in sorted(soak.counts.items()))
              + f"); the server used {cores:.2f} cores; memory after the warm-up {first / 1e6:.1f} MB, at the end {last / 1e6:.1f} MB"
              f" ({100 * growth:+.1f} %); descriptors before {descriptors}, after {remaining}")
        faults = []
        if growth > 0.05:
            faults.append(f"memory grew by {100 * growth:.1f} %")
        if remaining > descriptors + 2:
            faults.append(f"{remaining - descriptors} descriptors remain")
        if server.stop() != 0:
            faults.append("the exit code is not 0")
    if faults:
        sys.exit("soak: " + "; ".join(faults) + ".")


if __name__ == "__main__":
    main()
