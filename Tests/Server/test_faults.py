"""Faults of clients, files and the machine, which geul-server must survive.

A test ends with `check_alive`: the server answers, and the text is right.
"""
import asyncio
import functools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from server import (Server, ServerTest, dechunk, model_path, parse_events, raise_descriptor_limit, read_answer, run_geul, server_program,
                    small_model, wait_until)

is_thorough = os.environ.get("GEUL_THOROUGH") == "1"


@functools.cache
def expected_text(model="english"):
    result, _ = run_geul("generate", model_path(model), "--prompt", "Dear Nell", "--length", 20, "--seed", 5)
    return result["samples"][0]["text"]


class FaultTest(ServerTest):
    models = ("english",)

    @classmethod
    def setUpClass(cls):
        raise_descriptor_limit()
        super().setUpClass()

    def check_alive(self, server=None):
        server = server or self.server
        self.assertTrue(server.is_running, "geul-server ended")
        self.assertEqual(server.complete("Dear Nell", seed=5)["choices"][0]["text"], expected_text())


def reset(connection):
    """Closes a connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class ClientTests(FaultTest):
    options = ("--parallel", 64, "--idle-timeout", 3, "--max-tokens", 10_000_000)

    def test_client_closes_in_the_middle(self):
        """The rows of a client that is gone are evicted: streaming, waiting for the whole answer, with FIN and with RST."""
        for stream in [True, False]:
            for close in [socket.socket.close, reset]:
                with self.subTest(stream=stream, close=close.__name__):
                    connections = [self.server.stream("Dear", stream=stream, max_tokens=5_000_000) for _ in range(10)]
                    wait_until(lambda: self.server.health()["active"] == 10)
                    for connection in connections:
                        close(connection)
                    self.server.wait_idle(2)
                    self.assertEqual(self.server.metrics().total("geul_sequences_active"), 0)
        self.check_alive()

    def test_client_closes_before_it_reads(self):
        before = self.server.descriptors
        for number in range(300):
            connection = self.server.stream("Dear", max_tokens=100)
            (reset if number % 2 else socket.socket.close)(connection)
        self.server.wait_idle()
        wait_until(lambda: self.server.descriptors <= before + 2)
        self.check_alive()

    def test_half_open_connections(self):
        """Connections that send nothing, a part of the headers, or a part of the body are closed after the idle timeout."""
        request = self.server.raw_post("/v1/completions", {"prompt": "Dear"})
        parts = [b"", b"POST", b"POST /v1/completions HTTP/1.1\r\nHost: a\r\n", request[:-5], request[:-1]]
        connections = []
        for number in range(100):
            connection = self.server.connect()
            connection.sendall(parts[number % len(parts)])
            connections.append(connection)
        self.check_alive()
        start = time.monotonic()
        for number, connection in enumerate(connections):
            connection.settimeout(15)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            except TimeoutError:
                self.fail(f"a connection that had sent {parts[number % len(parts)][-20:]!r} is still open")
        self.assertLess(time.monotonic() - start, 12)
        self.check_alive()

    def test_slow_headers(self):
        """A client that sends a byte twice a second does not keep its connection."""
        connection = self.server.connect()
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
        start = time.monotonic()
        is_closed = False
        while not is_closed and time.monotonic() - start < 30:
            try:
                connection.sendall(b"X")
                connection.settimeout(0.5)
                is_closed = connection.recv(1000) == b""
            except TimeoutError:
                pass
            except ConnectionError:
                is_closed = True
        self.assertTrue(is_closed, "the connection is still open")
        self.check_alive()

    def test_keep_alive_connection_is_closed_when_idle(self):
        connection = self.server.connect(15)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(read_answer(connection)[0], 200)
        start = time.monotonic()
        self.assertEqual(connection.recv(100), b"")
        self.assertGreater(time.monotonic() - start, 1)

    def test_waiting_for_an_answer_is_not_idle(self):
        """The idle timeout does not end a request whose answer takes longer to compute."""
        start = time.monotonic()
        self.server.complete("Dear", max_tokens=10_000)
        length = int(10_000 * 4.5 / (time.monotonic() - start))
        start = time.monotonic()
        answer = self.server.post("/v1/completions", {"prompt": "Dear", "max_tokens": length})
        self.assertEqual(answer.status, 200)
        self.assertGreater(time.monotonic() - start, 3.1, "the request is too short for this test")

    def test_expect_continue(self):
        body = b'{"prompt": "Dear Nell", "max_tokens": 3}'
        connection = self.server.connect(10)
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body))
        first = connection.recv(1000)
        self.assertTrue(first.startswith(b"HTTP/1.1 100"), first)
        connection.sendall(body)
        status, _, _ = read_answer(connection, first.partition(b"\r\n\r\n")[2])
        self.assertEqual(status, 200)

    def test_pipelined_requests(self):
        """Answers come in the order of the requests."""
        connection = self.server.connect(30)
        requests = [self.server.raw_post("/v1/completions", {"prompt": "Dear", "max_tokens": length, "seed": 1}) for length in (300, 1, 50)]
        connection.sendall(b"".join(requests))
        rest, counts = b"", []
        for _ in requests:
            status, body, rest = read_answer(connection, rest)
            self.assertEqual(status, 200)
            counts.append(json.loads(body)["usage"]["completion_tokens"])
        self.assertEqual(counts, [300, 1, 50])


class SlowReaderTests(FaultTest):
    options = ("--idle-timeout", 4, "--parallel", 512, "--max-tokens", 10_000_000, "--max-queue", 512)

    def test_slow_readers(self):
        """256 clients that do not read: others are not slowed, memory is bounded, and they are dropped after the timeout."""
        def seconds():
            start = time.monotonic()
            self.server.complete("Dear Nell", max_tokens=3000, temperature=1)
            return time.monotonic() - start
        self.check_alive()
        alone = sorted(seconds() for _ in range(5))[2]
        before = self.server.resident
        connections = []
        for _ in range(256):
            connection = self.server.connect(receive_buffer=4096)
            connection.sendall(self.server.raw_post("/v1/completions", {"prompt": "Dear", "stream": True, "max_tokens": 5_000_000,
                                                                        "logprobs": 20}))
            connections.append(connection)
        # Buffers of the sockets fill; then the sequences are suspended.
        dropped = threading.Event()
        peak, beside = before, []

        def watch():
            nonlocal peak
            while not dropped.is_set():
                peak = max(peak, self.server.resident)
                time.sleep(0.1)
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            wait_until(lambda: self.server.health()["active"] == 0 or seconds() < 2 * alone, 30, "slow readers slow others")
            beside = sorted(seconds() for _ in range(3))
            wait_until(lambda: self.server.health()["active"] == 0 and self.server.health()["waiting"] == 0, 40, "slow readers are still served")
        finally:
            dropped.set()
            watcher.join()
        print(f"Slow readers: 3,000 characters take {1000 * alone:.0f} ms alone, {1000 * beside[1]:.0f} ms beside 256 clients that do"
              f" not read; memory grows by {(peak - before) / 1e6:.0f} MB")
        self.assertLess(beside[1], 3 * alone)
        self.assertLess(peak - before, 300e6)
        for connection in connections:
            connection.close()
        wait_until(lambda: self.server.descriptors < 100)
        self.check_alive()

    def test_slow_but_steady_reader_gets_everything(self):
        """A client that reads slowly, but reads, is not dropped, and its text is complete."""
        connection = self.server.connect(30, receive_buffer=4096)
        connection.sendall(self.server.raw_post("/v1/completions", {"prompt": "Dear Nell", "stream": True, "max_tokens": 60_000, "seed": 5,
                                                                    "temperature": 1}))
        data, start = b"", time.monotonic()
        while not data.endswith(b"\r\n0\r\n\r\n"):
            piece = connection.recv(2048 if time.monotonic() - start < 6 else 65536)
            self.assertTrue(piece, "the connection was closed")
            data += piece
            if time.monotonic() - start < 6:
                time.sleep(0.2)
        text = "".join(event["choices"][0]["text"] for event in parse_events(dechunk(data)) if event != "[DONE]" and event["choices"])
        result, _ = run_geul("generate", model_path("english"), "--prompt", "Dear Nell", "--length", 60_000, "--seed", 5, "--temperature", 1)
        self.assertEqual(text, result["samples"][0]["text"])


class BodyTests(FaultTest):
    def test_too_large(self):
        """A body above the limit is refused without being read to its end."""
        for size in [1_048_577, 100_000_000]:
            answer = self.large(size)
            self.assertEqual(answer[0], 413, answer[1][:300])
            self.assertEqual(json.loads(answer[1])["error"]["code"], "body_too_large")
        self.check_alive()

    def large(self, size):
        connection = self.server.connect(30)
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size)
        try:
            for _ in range(20):
                connection.sendall(b" " * 65536)
        except (ConnectionError, BrokenPipeError):
            pass
        return read_answer(connection)

    def test_too_large_chunked(self):
        """The same without a length in advance; memory does not grow with the body."""
        before = self.server.resident
        connection = self.server.connect(30)
        connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        try:
            for _ in range(1000):
                connection.sendall(chunk)
        except (ConnectionError, TimeoutError):
            pass
        try:
            self.assertEqual(read_answer(connection)[0], 413)
        except ConnectionResetError:
            pass  # The answer was lost with the connection, because the body was still being sent.
        self.assertLess(self.server.resident - before, 30e6)
        self.check_alive()

    def test_largest_body(self):
        prompt = "a" * 90_000
        self.assertEqual(self.server.post("/v1/completions", {"prompt": prompt, "max_tokens": 1}).status, 200)
        padding = b" " * (1_048_576 - 40) + b'{"prompt": "Dear Nell", "max_tokens": 1}'
        self.assertEqual(self.server.post("/v1/completions", padding).status, 200)

    def test_deeply_nested(self):
        for depth in [100, 10_000, 500_000]:
            for body in [b"[" * depth, b'{"a":' * min(depth, 200_000), b"[" * depth + b"]" * depth,
                         b'{"prompt": ' + b"[" * depth + b"]" * depth + b"}", b'{"x": ' + b"[" * depth + b"]" * depth + b', "max_tokens": 1}']:
                answer = self.server.post("/v1/completions", body, headers={"Content-Type": "application/json"})
                self.assertIn(answer.status, (200, 400, 413), f"{depth} {answer}")
        self.check_alive()

    def test_nul(self):
        for body, statuses in [(b"\0", [400]), (b'{"prompt": "\0"}', [400]), (b'{"prompt": "Dear"}\0', [400]), (b"\0" * 100_000, [400]),
                               (b'{"prompt": "Dear\\u0000Nell", "max_tokens": 1}', [200]), (b'{"pro\\u0000mpt": "Dear", "max_tokens": 1}', [200]),
                               (b'{"model": "english\\u0000", "max_tokens": 1}', [404]), (b'{"session": "a\\u0000b", "max_tokens": 1}', [400])]:
            with self.subTest(body[:50]):
                answer = self.server.post("/v1/completions", body, headers={"Content-Type": "application/json"})
                self.assertIn(answer.status, statuses, f"{answer}")
        self.check_alive()

    def test_malformed_requests(self):
        """Bytes that are not HTTP get 400 or a closed connection."""
        for data in [b"\0\0\0\0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"get / http/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nA B: c\r\n\r\n", b"POST /v1/score HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                     b"POST /v1/score HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST /v1/score HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                     b"POST /v1/score HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     b"POST /v1/score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                     b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000 + b"\r\n"]:
            with self.subTest(data[:60]):
                connection = self.server.connect(10)
                answer = b""
                try:
                    connection.sendall(data)
                    connection.shutdown(socket.SHUT_WR)
                    while piece := connection.recv(65536):
                        answer += piece
                except ConnectionError:
                    pass
                if answer:
                    self.assertRegex(answer[:15].decode("latin-1"), r"^HTTP/1\.[01] (4\d\d|50[15]) ", data[:60])
        self.check_alive()

    def test_path_traversal(self):
        """No path reads a file of the machine."""
        secret = b"root:x:0:0"
        for path in ["/../../../../etc/passwd", "/..%2f..%2f..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                     "/v1/models/../../../../etc/passwd", "/v1/models/..%2F..%2F..%2Fetc%2Fpasswd", "/v1/sessions/..%2f..%2fetc",
                     "/..\\..\\etc\\passwd", "/%00", "/v1/models/english%00.safetensors", "/%ff%fe", "/?file=/etc/passwd", "/%", "/%zz",
                     "/v1/models/" + "%2e%2e%2f" * 20 + "etc/passwd", "/checkpoints/english.safetensors", "/proc/self/environ"]:
            for method in ["GET", "POST", "DELETE"]:
                connection = self.server.connect(10)
                connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
                self.assertNotIn(secret, answer)
                status = int(answer.split(b" ")[1])
                self.assertIn(status, (400, 404, 405) if path != "/?file=/etc/passwd" or method != "GET" else (200,), f"{method} {path}")
        self.check_alive()


class RandomBodyTests(FaultTest):
    """100,000 random bodies."""
    models = ("english", "korean")
    options = ("--max-tokens", 20)
    count = 100_000
    paths = ["/v1/completions", "/v1/chat/completions", "/v1/score", "/v1/explain", "/v1/tokenize", "/v1/detokenize"]
    samples = [
        {"model": "english", "prompt": "Dear Nell, the light is lit", "max_tokens": 2, "stop": ["e", "a"], "seed": 3, "logprobs": 2, "echo": True},
        {"model": "korean", "prompt": ["할머니", "옛날"], "max_tokens": 1, "n": 2, "temperature": 0.5, "top_p": 0.9, "stream": True},
        {"model": "english", "messages": [{"role": "user", "content": "Dear"}, {"role": "system", "content": [{"type": "text", "text": "x"}]}],
         "max_tokens": 1, "logit_bias": {"3": -5}, "stream_options": {"include_usage": True}},
        {"model": "english", "text": ["Dear", "Nell"], "top_logprobs": 3},
        {"model": "korean", "text": "할머니는", "layer": 1, "neurons": [1, 2], "rows": 3},
        {"model": "english", "tokens": [1, 2, 3], "session": "a", "prompt": [1, 2, 3], "max_tokens": 1},
    ]
    snippets = [b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u", b"\\ud800", b"null", b"1e999", b"-", b"0", b"9" * 30, b"\xff", b"\0", b",", b":", b"true",
                b"\xf0\x9f\x98\x80", b"[[[[", b"-0.0", b"\\u0000", b" "]

    values = [None, True, 0, 1, 2, -1, 0.5, 2**53, -2**63, 2**64, 1e300, "", "a", "\0", "\ud800", [], [[]], ["a", ""], [1], [[1], [2]], {}, {"a": 1},
              {"1": 2}, {"role": "user"}, [{"role": "user", "content": "a"}], [None], "english", "a" * 300]

    def random_body(self, generator):
        kind = generator.randrange(10)
        if kind < 2:
            return generator.randbytes(generator.randrange(200))
        if kind < 3:
            return b"".join(generator.choices(self.snippets, k=generator.randrange(30)))
        if kind < 5:
            # Valid JSON with wrong types and values.
            body = dict(generator.choice(self.samples))
            for _ in range(generator.randrange(1, 3)):
                body[generator.choice(list(body) + ["n", "top_k", "min_p", "echo", "logprobs"])] = generator.choice(self.values)
            return json.dumps(body).encode()
        body = bytearray(generator.choice(self.encoded))
        for _ in range(generator.randrange(1, 4)):
            position = generator.randrange(len(body))
            change = generator.randrange(4)
            if change == 0:
                body[position] = generator.randrange(256)
            elif change == 1:
                del body[position:position + generator.randrange(1, 8)]
            elif change == 2:
                body[position:position] = generator.choice(self.snippets)
            else:
                del body[position:]
            if not body:
                break
        return bytes(body)

    def test_random_bodies(self):
        self.encoded = [json.dumps(sample, ensure_ascii=number % 2 == 0).encode() for number, sample in enumerate(self.samples)]
        self.statuses = {}
        self.check_alive()
        before = self.server.resident, self.server.descriptors
        start = time.monotonic()
        asyncio.run(self.send_all())
        seconds = time.monotonic() - start
        self.assertEqual(sum(self.statuses.values()), self.count)
        print(f"{self.count:,} random bodies in {seconds:.0f} s; statuses: "
              + ", ".join(f"{status} {count:,}" for status, count in sorted(self.statuses.items())))
        self.assertLessEqual(set(self.statuses), {200, 400, 404, 409, 413})
        self.assertGreater(self.statuses[200], self.count / 200)
        self.assertGreater(self.statuses[400], self.count / 2)
        self.server.wait_idle()
        self.assertLess(self.server.resident - before[0], 150e6)
        wait_until(lambda: self.server.descriptors <= before[1] + 8)
        self.check_alive()

    async def send_all(self):
        connections = 16
        await asyncio.gather(*[self.send_many(random.Random(number), self.count // connections) for number in range(connections)])

    async def send_many(self, generator, count):
        """Sends requests on one connection, 20 at a time, and checks their answers."""
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port, limit=2**22)
        while count:
            batch = min(20, count)
            count -= batch
            requests = []
            for _ in range(batch):
                body = self.random_body(generator)
                requests.append(b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                                % (generator.choice(self.paths).encode(), len(body)) + body)
            writer.write(b"".join(requests))
            for request in requests:
                try:
                    await asyncio.wait_for(self.read(reader), 60)
                except (asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                    raise AssertionError(f"no answer ({error!r}) to {request!r}") from error
        writer.close()

    async def read(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        position = lower.find(b"content-length:")
        if position >= 0:
            body = await reader.readexactly(int(lower[position + 15:lower.index(b"\r\n", position)]))
            if status != 200:
                assert body.startswith(b"{"), head + body[:300]
                error = json.loads(body)["error"]
                assert error["message"] and set(error) == {"message", "type", "param", "code"}, body
        else:
            assert b"transfer-encoding: chunked" in lower and status == 200, head
            while (size := int(await reader.readuntil(b"\r\n"), 16)):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        self.statuses[status] = self.statuses.get(status, 0) + 1


class FileTests(unittest.TestCase):
    """Models that change while they are served."""

    def setUp(self):
        raise_descriptor_limit()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="geul-server-models-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.model = self.folder / "story.safetensors"
        shutil.copy(model_path("english"), self.model)
        self.other = small_model("other", "english", "--steps", "20", "--hidden", "32", "--layers", "1") / "best.safetensors"

    def text_of(self, path):
        result, _ = run_geul("generate", path, "--prompt", "Dear Nell", "--length", 20, "--seed", 5)
        return result["samples"][0]["text"]

    def text(self, server):
        return server.complete("Dear Nell", seed=5)["choices"][0]["text"]

    def replace(self, data):
        """Replaces the file as `geul train` does: by renaming."""
        path = self.folder / "new"
        path.write_bytes(data)
        path.rename(self.model)

    def damages(self):
        whole = model_path("english").read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0x10
        return {"empty": b"", "truncated": whole[:100_000], "one bit": bytes(flipped), "random": random.Random(1).randbytes(10_000),
                "large header": struct.pack("<Q", 2**60) + whole[8:]}

    def test_replaced(self):
        with Server(models=[self.model]) as server:
            self.assertEqual(server.models, ["story"])
            first = self.text(server)
            self.assertEqual(first, self.text_of(model_path("english")))
            running = server.stream("Dear Nell", max_tokens=60_000, seed=6)
            self.replace(self.other.read_bytes())
            self.assertEqual(self.text(server), first)
            server.signal(signal.SIGHUP)
            second = self.text_of(self.other)
            self.assertNotEqual(first, second)
            wait_until(lambda: self.text(server) == second)
            self.assertEqual(server.get("/v1/models").json["data"][0]["geul"]["hidden"], 32)
            # The request that was running finishes with the model it began with.
            data = b""
            while not data.endswith(b"\r\n0\r\n\r\n"):
                piece = running.recv(65536)
                self.assertTrue(piece)
                data += piece
            text = "".join(event["choices"][0]["text"] for event in parse_events(dechunk(data)) if event != "[DONE]")
            result, _ = run_geul("generate", model_path("english"), "--prompt", "Dear Nell", "--length", 60_000, "--seed", 6)
            self.assertEqual(text, result["samples"][0]["text"])

    def test_damaged(self):
        """A damaged file changes nothing, whether it is overwritten in place or replaced, before and after SIGHUP."""
        with Server(models=[self.model]) as server:
            first = self.text(server)
            for name, data in self.damages().items():
                for in_place in [True, False]:
                    with self.subTest(name, in_place=in_place):
                        if in_place:
                            self.model.write_bytes(data)
                        else:
                            self.replace(data)
                        self.assertEqual(self.text(server), first)
                        lines = len(server.log)
                        server.signal(signal.SIGHUP)
                        wait_until(lambda: any("story" in line for line in server.log[lines:]), message="nothing was logged")
                        self.assertEqual(self.text(server), first)
            self.model.unlink()
            lines = len(server.log)
            server.signal(signal.SIGHUP)
            wait_until(lambda: any("story" in line for line in server.log[lines:]))
            self.assertEqual(self.text(server), first)
            # A good file works again.
            self.replace(self.other.read_bytes())
            server.signal(signal.SIGHUP)
            wait_until(lambda: self.text(server) == self.text_of(self.other))

    def test_reload_under_load(self):
        """Reloading loses no request; memory of old models is freed."""
        with Server(models=[self.model]) as server:
            errors, stop, served = [], threading.Event(), [0]

            def load():
                while not stop.is_set():
                    try:
                        server.complete("Dear Nell", max_tokens=300)
                        served[0] += 1
                    except Exception as error:
                        errors.append(error)
            threads = [threading.Thread(target=load) for _ in range(8)]
            for thread in threads:
                thread.start()
            resident = []
            for number in range(20):
                self.replace((self.other if number % 2 else model_path("english")).read_bytes())
                server.signal(signal.SIGHUP)
                time.sleep(0.15)
                resident.append(server.resident)
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(errors, [])
            self.assertGreater(served[0], 20)
            self.assertLess(resident[-1], resident[5] + 60e6, resident)

    def test_damaged_at_the_start(self):
        for name, data in self.damages().items():
            with self.subTest(name):
                self.model.write_bytes(data)
                done = subprocess.run([server_program, self.model, "--port", "0"], capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"\Ageul-server: [^\n]*story\.safetensors[^\n]*\n\Z")


class SignalTests(unittest.TestCase):
    def setUp(self):
        raise_descriptor_limit()

    def finish(self, server, length, number, timeout=30):
        """Sends SIGTERM or SIGINT while requests run; returns the answers, the exit code and the seconds until the end."""
        streams = [server.stream("Dear Nell", max_tokens=length, seed=seed) for seed in range(8)]
        whole = [server.stream("Dear Nell", max_tokens=length, seed=seed, stream=False) for seed in range(8)]
        wait_until(lambda: server.health()["active"] == 16)
        time.sleep(0.2)
        start = time.monotonic()
        server.signal(number)
        time.sleep(0.3)
        refused = None
        if server.is_running:
            try:
                refused = server.post("/v1/completions", {"prompt": "Dear"}, timeout=5).status
            except OSError:
                refused = "connection refused"
        answers = []
        for connection in streams + whole:
            connection.settimeout(60)
            data = b""
            try:
                while piece := connection.recv(65536):
                    data += piece
            except ConnectionResetError:
                data += b"RESET"
            answers.append(data)
        code = server.wait(60)
        return answers[:8], answers[8:], code, time.monotonic() - start, refused

    @staticmethod
    @functools.cache
    def text(length, seed):
        result, _ = run_geul("generate", model_path("english"), "--prompt", "Dear Nell", "--length", length, "--seed", seed)
        return result["samples"][0]["text"]

    def test_running_requests_finish(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(number.name), Server(models=["english"]) as server:
                streams, whole, code, _, refused = self.finish(server, 8000, number)
                self.assertEqual(code, 0, server.log[-5:])
                self.assertIn(refused, (503, "connection refused"))
                for seed in range(8):
                    expected = self.text(8000, seed)
                    body = json.loads(whole[seed].partition(b"\r\n\r\n")[2])
                    self.assertEqual(body["choices"][0]["text"], expected)
                    events = list(parse_events(dechunk(streams[seed])))
                    self.assertEqual(events[-1], "[DONE]")
                    self.assertEqual("".join(event["choices"][0]["text"] for event in events[:-1]), expected)

    def test_deadline(self):
        """After the deadline, requests end with what they have."""
        with Server("--shutdown-timeout", 1, "--max-tokens", 10_000_000, models=["english"]) as server:
            streams, whole, code, seconds, _ = self.finish(server, 5_000_000, signal.SIGTERM)
            self.assertEqual(code, 0, server.log[-5:])
            self.assertLess(seconds, 6)
            self.assertGreater(seconds, 0.9)
            for data in whole:
                body = json.loads(data.partition(b"\r\n\r\n")[2])
                self.assertEqual(body["choices"][0]["finish_reason"], "length")
                self.assertGreater(body["usage"]["completion_tokens"], 100)
            for data in streams:
                events = list(parse_events(dechunk(data)))
                self.assertEqual(events[-1], "[DONE]")
                self.assertEqual(events[-2]["choices"][0]["finish_reason"], "length")

    def test_idle(self):
        """Without requests, the server ends at once, although a client keeps a connection open."""
        with Server(models=["english"]) as server:
            connection = server.connect()
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            read_answer(connection)
            start = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - start, 3)

    def test_second_signal(self):
        """A slow shutdown is not prolonged by more signals, and the exit code stays 0."""
        with Server("--shutdown-timeout", 2, "--max-tokens", 10_000_000, models=["english"]) as server:
            server.stream("Dear", max_tokens=10_000_000).recv(100)
            start = time.monotonic()
            for _ in range(3):
                if server.is_running:
                    server.signal(signal.SIGTERM)
                    time.sleep(0.2)
            self.assertIn(server.wait(), (0, 143, -signal.SIGTERM))
            self.assertLess(time.monotonic() - start, 6)

    def test_health_while_shutting_down(self):
        with Server("--shutdown-timeout", 3, "--max-tokens", 10_000_000, models=["english"]) as server:
            server.stream("Dear", max_tokens=10_000_000).recv(100)
            # Connections that are open before the signal may still ask.
            connection = server.connect(10)
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(read_answer(connection)[0], 200)
            server.signal(signal.SIGTERM)
            time.sleep(0.3)
            try:
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                status = read_answer(connection)[0]
            except ConnectionError:
                status = None
            self.assertIn(status, (503, None))


class MachineTests(unittest.TestCase):
    def run_server(self, *arguments, environment=None):
        done = subprocess.run([server_program, *map(str, arguments)], capture_output=True, text=True, timeout=30,
                              env=os.environ | (environment or {}))
        self.assertEqual(done.stdout if done.returncode else "", "")
        return done.returncode, done.stderr

    def test_descriptors_used_up(self):
        """With 64 descriptors, 200 clients cannot all connect; the server lives and answers when they are gone."""
        with Server(models=["english"], descriptors=64) as server:
            connections = []
            for _ in range(200):
                try:
                    connections.append(server.connect(2))
                except OSError:
                    break
            time.sleep(0.5)
            self.assertTrue(server.is_running)
            used = server.processor_seconds
            time.sleep(1)
            self.assertLess(server.processor_seconds - used, 0.5, "the server is busy with refusing connections")
            for connection in connections:
                connection.close()
            text = wait_until(lambda: self.try_complete(server))
            self.assertEqual(text, expected_text())
            self.assertLess(server.descriptors, 60)

    def try_complete(self, server):
        try:
            return server.complete("Dear Nell", seed=5)["choices"][0]["text"]
        except OSError:
            return None

    def test_max_connections(self):
        with Server("--max-connections", 10, models=["english"]) as server:
            connections = []
            for _ in range(10):
                connection = server.connect(5)
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(read_answer(connection)[0], 200)
                connections.append(connection)
            extra = server.connect(1.5)
            extra.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            try:
                self.assertIn(read_answer(extra)[0], (None, 503))
            except (TimeoutError, ConnectionError):
                pass
            for connection in connections:
                connection.close()
            self.assertEqual(wait_until(lambda: self.try_complete(server)), expected_text())

    def test_port_in_use(self):
        with Server(models=["english"]) as server:
            code, message = self.run_server(model_path("english"), "--port", server.port)
            self.assertEqual(code, 1)
            self.assertRegex(message, rf"\Ageul-server: [^\n]*{server.port}[^\n]*\.\n\Z")

    def test_port_again_after_the_end(self):
        """The port can be used at once after a server with connections ended."""
        with Server(models=["english"]) as server:
            connection = server.connect()
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            read_answer(connection)
            server.stop()
            with Server(models=["english"], port=server.port) as second:
                self.assertEqual(second.get("/health").status, 200)

    def test_bad_flags(self):
        model = model_path("english")
        for arguments in [[], [model, "--port", "65536"], [model, "--port", "-1"], [model, "--port", "http"], [model, "--parallel", "0"],
                          [model, "--precision", "float16"], [model, "--chat-template", "llama"], [model, "--cache-size", "large"],
                          [model, "--timeout", "-1"], [model, "--unknown"], [model, "--max-body", "0"], [model, "--threads", "0"],
                          [model, "--log-level", "loud"], [model, "--max-tokens", "-5"]]:
            with self.subTest(arguments[1:]):
                code, message = self.run_server(*arguments)
                self.assertEqual(code, 2, message)
                self.assertRegex(message, r"(?m)^(geul-server|Error): \S")

    def test_bad_files(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = pathlib.Path(folder) / "keys"
            empty.write_text("\n")
            for arguments in [["none.safetensors"], [model_path("english"), "--api-key-file", folder + "/none"],
                              [model_path("english"), "--api-key-file", empty], [folder],
                              [model_path("english"), "--host", "256.0.0.1"], [model_path("english"), "--host", "192.0.2.1"]]:
                with self.subTest(arguments):
                    code, message = self.run_server(*arguments, "--port", 0)
                    self.assertEqual(code, 1, message)
                    self.assertRegex(message, r"\Ageul-server: [^\n]+\n\Z")

    def test_two_models_of_one_name(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "english.safetensors"
            shutil.copy(model_path("english"), copy)
            code, message = self.run_server(model_path("english"), copy, "--port", 0)
            self.assertEqual(code, 1)
            self.assertRegex(message, r"\Ageul-server: [^\n]*english[^\n]*\n\Z")

    def test_closed_log(self):
        """A reader of the log that has ended does not end the server."""
        read, write = os.pipe()
        server = Server("--log-level", "debug", models=["english"])
        process = subprocess.Popen(server.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write)
        os.close(write)
        try:
            line = b""
            listening = re.compile(rb"listening on http://127\.0\.0\.1:(\d+) \(.*\n")
            while not listening.search(line):
                line += os.read(read, 1)
            os.close(read)
            server.process = process
            server.host, server.port = "127.0.0.1", int(listening.search(line)[1])
            server.models = ["english"]
            for _ in range(3):
                self.assertEqual(server.complete("Dear Nell", seed=5)["choices"][0]["text"], expected_text())
        finally:
            process.kill()
            process.wait()

    def test_no_prompt_in_the_log(self):
        marker = "Quixotic zebras"
        for options, appears in [(["--log-level", "trace"], False), (["--log-level", "debug", "--log-prompts"], True)]:
            with Server(*options, models=["english"]) as server:
                server.complete(marker)
                server.post("/v1/completions", {"prompt": marker, "temperature": -1})
                server.post("/v1/chat/completions", {"messages": [{"role": "user", "content": marker}], "max_tokens": 1})
                server.post("/v1/score", {"text": marker})
                server.post("/v1/completions", b'{"prompt": "' + marker.encode() + b'"', headers={"Content-Type": "application/json"})
                server.stop()
                self.assertEqual(marker in "\n".join(server.log), appears)

    def test_no_key_in_the_log(self):
        with Server("--log-level", "trace", models=["english"], key="k-3141592653", environment={"GEUL_API_KEY": "k-3141592653"}) as server:
            server.complete("Dear")
            server.stop()
            self.assertNotIn("k-3141592653", "\n".join(server.log))


if __name__ == "__main__":
    unittest.main()
