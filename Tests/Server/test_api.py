"""The API of geul-server: statuses, sessions, scores, explanations, tokens, health, metrics, the OpenAPI document, the page."""
import base64
import concurrent.futures
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import openapi_spec_validator

from server import Server, ServerTest, model_path, run_geul, temporary_folder, wait_until

text = "Dear Nell, the light is lit.\nThe lamp on the Hen"


def expected_text(prompt, length, seed, *options, model="english"):
    result, _ = run_geul("generate", model_path(model), "--prompt", prompt, "--length", length, "--seed", seed, *options)
    return result["samples"][0]["text"]


class StatusTests(ServerTest):
    """Each status of the table in docs/server.md that does not need a server of its own."""
    options = ("--max-prompt", 1000, "--max-body", 100_000)

    def post(self, body, path="/v1/completions", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            headers = {"Content-Type": "application/json"} | headers
        return self.server.post(path, body, headers=headers)

    def test_not_json(self):
        for body in [b"", b"{", b"prompt=Dear", b'{"prompt": "Dear",}', b"{'prompt': 'Dear'}", b'{"prompt": "\n"}', b'{"n": 01}',
                     b'{"n": NaN}', b'{"prompt": "Dear"} x', b'{"prompt": "\\x41"}', b'{"prompt": "\\u12"}', b"\xef\xbb\xbf{", b"[",
                     b'{"temperature": .5}', b'{"temperature": 1.}', b'{"temperature": +1}', b"nul", b'"']:
            with self.subTest(body):
                self.assert_error(self.post(body), 400, "invalid_json")

    def test_not_an_object(self):
        for body in [b"[]", b"null", b"3", b'"Dear"', b"true"]:
            with self.subTest(body):
                self.assertEqual(self.post(body).status, 400)

    def test_not_utf8(self):
        for data in [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xea\xb8"]:
            with self.subTest(data):
                self.assert_error(self.post(b'{"model": "english", "prompt": "' + data + b'"}'), 400, "invalid_json")

    def test_wrong_types(self):
        for options, param in [({"prompt": 3}, "prompt"), ({"prompt": {}}, "prompt"), ({"prompt": ["a", 1]}, "prompt"),
                               ({"prompt": [[1], "a"]}, "prompt"), ({"prompt": [1.5]}, "prompt"), ({"prompt": [-1]}, "prompt"),
                               ({"stream": "yes"}, "stream"), ({"echo": 1}, "echo"), ({"model": 3}, "model"), ({"stop": 3}, "stop"),
                               ({"stop": [3]}, "stop"), ({"logit_bias": []}, "logit_bias"), ({"logit_bias": {"e": 1}}, "logit_bias"),
                               ({"n": "2"}, "n"), ({"seed": "x"}, "seed"), ({"max_tokens": "x"}, "max_tokens"),
                               ({"session": "a/b"}, "session"), ({"session": ""}, "session"), ({"session": "x" * 129}, "session"),
                               ({"top_k": 2**70}, "top_k"), ({"logprobs": -1}, "logprobs")]:
            with self.subTest(options):
                answer = self.post({"model": "english", "prompt": "Dear", "max_tokens": 1} | options)
                self.assert_error(answer, 400, json.loads(answer.body)["error"]["code"], param)

    def test_numbers(self):
        for number, status in [(b"1e400", 400), (b"-0.0", 200), (b"1e-400", 200), (b"0.8e0", 200), (b"1" + b"0" * 400, 400)]:
            with self.subTest(number):
                body = b'{"model": "english", "prompt": "Dear", "max_tokens": 1, "temperature": ' + number + b"}"
                self.assertEqual(self.post(body).status, status)
        for number, status in [(b"1.0", 200), (b"1e0", 200), (b"1.5", 400), (b"9223372036854775808", 400), (b"1" * 5000, 400)]:
            with self.subTest(number):
                self.assertEqual(self.post(b'{"model": "english", "prompt": "Dear", "max_tokens": ' + number + b"}").status, status)

    def test_message_names_value_and_range(self):
        message = self.assert_error(self.post({"model": "english", "prompt": "", "temperature": -0.25}), 400, None, "temperature")
        self.assertIn("-0.25", message)
        message = self.assert_error(self.post({"model": "english", "prompt": "", "n": 129}), 400, None, "n")
        self.assertIn("129", message)
        self.assertIn("128", message)

    def test_too_many_sequences(self):
        self.assertEqual(self.post({"model": "english", "prompt": ["a"] * 3, "n": 43, "max_tokens": 1}).status, 400)
        self.assertEqual(self.post({"model": "english", "prompt": ["a"] * 2, "n": 64, "max_tokens": 1}).status, 200)

    def test_model_is_required(self):
        self.assert_error(self.post({"prompt": "Dear"}), 400, None, "model")

    def test_prompt_too_long(self):
        self.assert_error(self.post({"model": "english", "prompt": "a" * 1001, "max_tokens": 1}), 400, "context_length_exceeded",
                          "prompt")
        self.assertEqual(self.post({"model": "english", "prompt": "a" * 1000, "max_tokens": 1}).status, 200)

    def test_not_found(self):
        self.assert_error(self.post({"model": "french", "prompt": ""}), 404, "model_not_found", "model")
        self.assert_error(self.server.get("/v1/models/french"), 404, "model_not_found")
        self.assert_error(self.server.get("/v1/engines"), 404, "not_found")
        self.assert_error(self.server.get("/index.php"), 404, "not_found")
        self.assert_error(self.server.delete("/v1/sessions/none"), 404, "session_not_found")

    def test_method_not_allowed(self):
        for method, path, allowed in [("GET", "/v1/completions", "POST"), ("PUT", "/v1/score", "POST"), ("POST", "/health", "GET"),
                                      ("DELETE", "/v1/models", "GET"), ("POST", "/", "GET"), ("POST", "/v1/sessions/a", "DELETE")]:
            with self.subTest(method=method, path=path):
                answer = self.server.request(method, path)
                self.assert_error(answer, 405, "method_not_allowed")
                self.assertIn(allowed, answer.headers["allow"].replace(" ", "").split(","))

    def test_body_too_large(self):
        self.assert_error(self.post({"model": "english", "prompt": "a" * 100_000}), 413, "body_too_large")

    def test_media_type(self):
        body = json.dumps({"model": "english", "prompt": "Dear", "max_tokens": 1}).encode()
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]:
            self.assert_error(self.post(body, Content_Type=kind), 415, "unsupported_media_type")
        for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"]:
            self.assertEqual(self.post(body, Content_Type=kind).status, 200)
        # Without a Content-Type, as from `curl -H Content-Type:`.
        self.assertEqual(self.server.request("POST", "/v1/completions", body).status, 200)

    def test_unknown_keys_are_ignored(self):
        self.assertEqual(self.post({"model": "english", "prompt": "", "max_tokens": 1, "user": "u", "x": {"y": [1]}}).status, 200)

    def test_null_is_absent(self):
        names = ["max_tokens", "temperature", "top_p", "n", "stream", "stop", "logprobs", "echo", "best_of", "suffix", "logit_bias",
                 "presence_penalty", "frequency_penalty", "user", "stream_options", "top_k", "min_p", "repeat_penalty",
                 "repeat_last_n", "session", "prompt", "top_n_sigma", "typical_p", "dry_multiplier", "dry_base", "dry_allowed_length",
                 "dry_penalty_last_n", "dynatemp_range", "dynatemp_exponent", "mirostat", "mirostat_tau", "mirostat_eta"]
        with_null = self.post({"model": "english", "seed": 3} | dict.fromkeys(names)).json
        self.assertEqual(with_null["choices"], self.post({"model": "english", "seed": 3}).json["choices"])

    def test_head(self):
        for path in ["/health", "/v1/models", "/", "/metrics", "/openapi.json"]:
            with self.subTest(path):
                head = self.server.request("HEAD", path)
                self.assertEqual((head.status, head.body), (200, b""))

    def test_characters(self):
        """NUL and escapes are characters outside the vocabulary; a lone surrogate is not text."""
        plain = self.server.complete("Dear Nell", seed=1)
        answer = self.server.complete("Dear\u0000 N\u0007ell", seed=1)
        self.assertEqual(answer["choices"][0]["text"], plain["choices"][0]["text"])
        self.assertEqual(len(answer["warnings"]), 2)
        escaped = self.post(b'{"model": "english", "prompt": "D\\u0065ar\\u0020Nell", "max_tokens": 20, "seed": 1}')
        self.assertEqual(escaped.json["choices"], plain["choices"])
        answer = self.post(b'{"model": "english", "prompt": "\\ud83e", "max_tokens": 1}')
        self.assertIn(answer.status, (200, 400))
        pair = self.post(b'{"model": "english", "prompt": "\\ud83d\\ude00", "max_tokens": 1}').json
        self.assertIn("U+1F600", pair["warnings"][0])


class SingleModelTests(ServerTest):
    models = ("english",)

    def test_model_is_optional(self):
        for path, body in [("/v1/completions", {"prompt": "Dear", "max_tokens": 1}), ("/v1/score", {"text": "Dear"}),
                           ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Dear"}], "max_tokens": 1}),
                           ("/v1/explain", {"text": "Dear"}), ("/v1/tokenize", {"text": "Dear"}), ("/v1/detokenize", {"tokens": [1]})]:
            with self.subTest(path):
                self.assertEqual(self.server.post(path, body).status, 200)


class KeyTests(ServerTest):
    key = "the-key"
    environment = {"GEUL_API_KEY": "the-key"}
    models = ("english",)

    def request(self, path, authorization=None, method="GET", body=None):
        headers = {"Authorization": authorization} if authorization else {}
        self.server.key, key = None, self.server.key
        try:
            return self.server.request(method, path, body, headers=headers)
        finally:
            self.server.key = key

    def test_missing(self):
        for path in ["/v1/models", "/v1/sessions", "/metrics", "/openapi.json", "/", "/none"]:
            with self.subTest(path):
                self.assert_error(self.request(path), 401, "invalid_api_key", type="authentication_error")
        self.assertTrue(self.request("/v1/models").headers["www-authenticate"].startswith("Bearer"))
        self.assertTrue(self.request("/").headers["www-authenticate"].startswith("Basic"))
        answer = self.request("/v1/completions", method="POST", body={"prompt": "Dear"})
        self.assert_error(answer, 401, "invalid_api_key", type="authentication_error")

    def test_health_needs_no_key(self):
        self.assertEqual(self.request("/health").status, 200)

    def test_bearer_and_basic(self):
        basic = "Basic " + base64.b64encode(b"anyone:the-key").decode()
        for authorization, status in [("Bearer the-key", 200), ("bearer the-key", 200), (basic, 200), ("Bearer the-ke", 401),
                                      ("Bearer the-key2", 401), ("Bearer", 401), ("the-key", 401), ("Basic the-key", 401),
                                      ("Basic " + base64.b64encode(b"the-key:").decode(), 401), ("Bearer \xff", 401)]:
            with self.subTest(authorization):
                self.assertEqual(self.request("/v1/models", authorization).status, status)
                self.assertEqual(self.request("/", authorization).status, status)


class LimitTests(unittest.TestCase):
    """Limits of the queue, of time and of max_tokens."""
    assert_error = ServerTest.assert_error

    def test_queue_full(self):
        with Server("--parallel", 1, "--max-queue", 1, models=["english"]) as server:
            streams = []
            for wanted in [(1, 0), (1, 1)]:
                streams.append(server.stream("Dear", max_tokens=60_000))
                wait_until(lambda: (server.health()["active"], server.health()["waiting"]) == wanted)
            answer = server.post("/v1/completions", {"prompt": "Dear", "max_tokens": 1})
            self.assert_error(answer, 429, "queue_full", type="rate_limit_error")
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
            # Not some of the sequences of a request: all or none.
            streams.pop().close()
            wait_until(lambda: server.health()["waiting"] == 0)
            self.assertEqual(server.post("/v1/completions", {"prompt": "Dear", "n": 3, "max_tokens": 1}).status, 429)
            streams.pop().close()
            server.wait_idle()
            self.assertEqual(server.post("/v1/completions", {"prompt": "Dear", "max_tokens": 1}).status, 200)

    def test_timeout(self):
        with Server("--timeout", 1, "--max-tokens", 10_000_000, models=["english"]) as server:
            start = time.monotonic()
            answer = server.post("/v1/completions", {"prompt": "Dear", "max_tokens": 10_000_000})
            self.assert_error(answer, 503, "timeout", type="server_error")
            self.assertLess(time.monotonic() - start, 5)
            server.wait_idle()
            connection = server.stream("Dear", max_tokens=10_000_000)
            data = read_stream(connection)
            self.assertIn(b"error", data[-2000:])
            self.assertIn(b'"timeout"', data[-2000:])
            self.assertNotIn(b"[DONE]", data[-2000:])
            server.wait_idle()

    def test_max_tokens(self):
        with Server("--max-tokens", 20, models=["english"]) as server:
            self.assert_error(server.post("/v1/completions", {"prompt": "Dear", "max_tokens": 21}), 400, None, "max_tokens")
            self.assertEqual(server.complete("Dear", max_tokens=20)["usage"]["completion_tokens"], 20)
            # The default is 500, or the limit if that is less.
            answer = server.post("/v1/completions", {"prompt": "Dear"})
            self.assertEqual((answer.status, answer.json["usage"]["completion_tokens"]), (200, 20))

    def test_parallel_limits_active_sequences(self):
        with Server("--parallel", 2, models=["english"]) as server:
            with concurrent.futures.ThreadPoolExecutor() as pool:
                answer = pool.submit(server.complete, "Dear", n=20, max_tokens=2000, seed=3)
                active = []
                while not answer.done():
                    active.append(server.health()["active"])
            self.assertEqual(max(active), 2)
            result, _ = run_geul("generate", model_path("english"), "--prompt", "Dear", "--seed", 3, "--num-samples", 20,
                                 "--length", 2000)
            self.assertEqual([choice["text"] for choice in answer.result()["choices"]],
                             [sample["text"] for sample in result["samples"]])


class SessionTests(ServerTest):
    options = ("--max-sessions", 3)

    def setUp(self):
        for session in self.sessions():
            self.server.delete(f"/v1/sessions/{session}")

    def sessions(self):
        answer = self.server.get("/v1/sessions").json
        found = answer.get("data", answer.get("sessions"))
        return {session["id"]: session for session in found}

    def test_continues_the_text(self):
        for model, parts in [("english", ["Dear Nell,", " And then", "\nOAKES:"]), ("korean", ["할머니는", " 그리고", "\n옛날"])]:
            whole, count = "", 0
            for number, part in enumerate(parts):
                whole += part
                # A text that is cut off within a syllable has other tokens than it had when it was generated.
                length, expected = next((length, text) for length in range(30, 100)
                                        if (text := expected_text(whole, length, number, model=model))[-1] in " .,\n")
                answer = self.server.complete(part, model=model, session=f"s-{model}", seed=number, max_tokens=length)
                self.assertEqual(answer["choices"][0]["text"], expected)
                whole += expected
                count += answer["usage"]["total_tokens"]
            self.assertEqual(self.sessions()[f"s-{model}"]["tokens"], count)

    def test_streaming_continues_too(self):
        self.server.complete("Dear Nell,", session="streamed", seed=1, max_tokens=30)
        with self.server.stream(" And then", session="streamed", seed=2, max_tokens=30) as connection:
            read_stream(connection)
        whole = "Dear Nell," + expected_text("Dear Nell,", 30, 1) + " And then"
        whole += expected_text(whole, 30, 2)
        answer = self.server.complete("", session="streamed", seed=3, max_tokens=30)
        self.assertEqual(answer["choices"][0]["text"], expected_text(whole, 30, 3))

    def test_repetition_penalty_remembers(self):
        options = {"repeat_penalty": 1.5, "repeat_last_n": 200}
        first = self.server.complete("Dear Nell,", session="penalty", seed=1, max_tokens=30, **options)["choices"][0]["text"]
        second = self.server.complete(" And", session="penalty", seed=1, max_tokens=30, **options)["choices"][0]["text"]
        self.assertEqual(second, expected_text("Dear Nell," + first + " And", 30, 1, "--repeat-penalty", 1.5, "--repeat-last-n", 200))

    def test_failed_request_changes_nothing(self):
        first = self.server.complete("Dear Nell,", session="kept", seed=1, max_tokens=30)["choices"][0]["text"]
        self.assertEqual(self.server.post("/v1/completions", {"model": "english", "prompt": "x", "session": "kept", "n": 2}).status, 400)
        connection = self.server.stream("x", session="kept", max_tokens=60_000)
        connection.recv(1000)
        connection.close()
        self.server.wait_idle()

        def second():
            answer = self.server.post("/v1/completions", {"model": "english", "prompt": " And", "session": "kept", "seed": 2,
                                                          "max_tokens": 30})
            return answer if answer.status != 409 else None
        answer = wait_until(second).json
        self.assertEqual(answer["choices"][0]["text"], expected_text("Dear Nell," + first + " And", 30, 2))

    def test_busy(self):
        connection = self.server.stream("Dear", session="busy", max_tokens=60_000)
        connection.recv(1000)
        answer = self.server.post("/v1/completions", {"model": "english", "prompt": "x", "session": "busy", "max_tokens": 1})
        self.assert_error(answer, 409, "session_busy", type=answer.error["type"])
        connection.close()
        self.server.wait_idle()

    def test_one_prompt_and_one_choice(self):
        for options in [{"n": 2}, {"prompt": ["a", "b"]}]:
            answer = self.server.post("/v1/completions", {"model": "english", "prompt": "a", "session": "one"} | options)
            self.assert_error(answer, 400, answer.error["code"])

    def test_list_and_delete(self):
        self.server.complete("Dear Nell", session="listed", max_tokens=5)
        session = self.sessions()["listed"]
        self.assertEqual((session["model"], session["tokens"]), ("english", 14))
        self.assertEqual(self.server.health()["sessions"], 1)
        answer = self.server.delete("/v1/sessions/listed")
        self.assertEqual((answer.status, answer.json), (200, {"id": "listed", "object": "session", "deleted": True}))
        self.assertEqual(self.server.delete("/v1/sessions/listed").status, 404)
        fresh = self.server.complete("Dear", session="listed", seed=4)["choices"][0]["text"]
        self.assertEqual(fresh, expected_text("Dear", 20, 4))

    def test_other_model(self):
        """A session belongs to its model."""
        self.server.complete("Dear", session="english-only", max_tokens=5)
        answer = self.server.post("/v1/completions", {"model": "korean", "prompt": "x", "session": "english-only", "max_tokens": 1})
        self.assertEqual(answer.status, 400, f"{answer}")

    def test_limit(self):
        for number in range(3):
            self.server.complete("Dear", session=f"limit-{number}", max_tokens=1)
        answer = self.server.post("/v1/completions", {"model": "english", "prompt": "a", "session": "limit-3", "max_tokens": 1})
        self.assert_error(answer, 429, "too_many_sessions", type="rate_limit_error")
        self.assertIn("retry-after", answer.headers)
        self.server.complete("Dear", session="limit-0", max_tokens=1)

    def test_expiry(self):
        with Server("--session-timeout", 1, "--max-sessions", 1, models=["english"]) as server:
            server.complete("Dear", session="old", max_tokens=1)
            time.sleep(1.3)
            # The expired session makes room.
            server.complete("Dear", session="new", max_tokens=1)
            self.assertEqual(server.delete("/v1/sessions/old").status, 404)


def read_stream(connection):
    """Reads an answer with a chunked body to its end and returns the bytes."""
    data = b""
    while not data.endswith(b"\r\n0\r\n\r\n"):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


class ScoreTests(ServerTest):
    def score(self, text, **options):
        answer = self.server.post("/v1/score", {"model": "english", "text": text} | options)
        self.assertEqual(answer.status, 200, f"{answer}")
        return answer.json

    def test_like_explain(self):
        for model, sample in [("english", text), ("korean", "할머니는 옛날 이야기를 하셨다.")]:
            explained, _ = run_geul("explain", model_path(model), "--text", sample)
            score, = self.score(sample, model=model)["data"]
            self.assertEqual([token["id"] for token in score["tokens"]], [token["id"] for token in explained["tokens"]])
            self.assertEqual(score["token_count"], len(explained["tokens"]))
            self.assertIsNone(score["tokens"][0]["logprob"])
            for token, other in zip(score["tokens"][1:], explained["tokens"][1:]):
                self.assertAlmostEqual(-token["logprob"] / math.log(2), other["surprisal_bits"], 4)
            self.assertAlmostEqual(score["bits_per_character"], explained["mean_bits_per_character"], 4)

    def test_like_evaluate(self):
        sample = pathlib.Path(model_path("english").parents[1] / "corpora/english.txt").read_text(encoding="utf-8")[:3000]
        path = temporary_folder() / "sample.txt"
        path.write_text(sample, encoding="utf-8")
        evaluation, _ = run_geul("evaluate", model_path("english"), path)
        score, = self.score(sample)["data"]
        self.assertAlmostEqual(score["nats_per_token"], evaluation["nats"], 4)
        self.assertAlmostEqual(score["sum_logprob"], sum(token["logprob"] for token in score["tokens"][1:]), 2)

    def test_several_texts(self):
        data = self.score(["Dear", "", "D"])["data"]
        self.assertEqual([score["index"] for score in data], [0, 1, 2])
        self.assertEqual([score["token_count"] for score in data], [4, 0, 1])
        self.assertEqual(data[0], self.score("Dear")["data"][0])

    def test_top_logprobs(self):
        score, = self.score("Dear Nell", top_logprobs=5)["data"]
        explained, _ = run_geul("explain", model_path("english"), "--text", "Dear Nell")
        for token, other in zip(score["tokens"][1:], explained["tokens"][1:]):
            self.assertEqual([top["id"] for top in token["top_logprobs"]], [prediction["id"] for prediction in other["predictions"]])
            for top, prediction in zip(token["top_logprobs"], other["predictions"]):
                self.assertAlmostEqual(math.exp(top["logprob"]), prediction["probability"], 5)

    def test_warnings(self):
        score, = self.score("Dear $")["data"]
        self.assertEqual(len(score["warnings"]), 1)
        self.assertIn("U+0024", score["warnings"][0])

    def test_beside_others(self):
        """Scores do not depend on what else runs."""
        alone = self.score(text, top_logprobs=3)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            generations = [pool.submit(self.server.complete, "Dear", n=20, max_tokens=500) for _ in range(3)]
            scores = [pool.submit(self.score, text, top_logprobs=3) for _ in range(20)]
            for score in scores:
                self.assertEqual(score.result()["data"], alone["data"])
            for generation in generations:
                generation.result()


class ExplainTests(ServerTest):
    def explain(self, text, **options):
        answer = self.server.post("/v1/explain", {"model": "english", "text": text} | options)
        self.assertEqual(answer.status, 200, f"{answer}")
        return answer.json

    def test_equals_the_command(self):
        cases = [({}, []), ({"layer": 1}, ["--layer", 1]), ({"rows": 3}, ["--rows", 3]), ({"select": "persistent"}, ["--select", "persistent"]),
                 ({"select": "active", "layer": 2, "rows": 2}, ["--select", "active", "--layer", 2, "--rows", 2]),
                 ({"neurons": [5, 0]}, ["--neuron", 5, "--neuron", 0])]
        for model, sample in [("english", "Dear Nell"), ("korean", "할머니는")]:
            for options, arguments in cases:
                with self.subTest(model=model, options=options):
                    expected, _ = run_geul("explain", model_path(model), "--text", sample, *arguments)
                    found = self.explain(sample, model=model, **options)
                    self.assertEqual(found.pop("warnings"), [])
                    self.assertEqual(found, expected)

    def test_limits(self):
        self.assertEqual(len(self.explain("a" * 1000)["tokens"]), 1000)
        for options in [{"text": "a" * 1001}, {"layer": 3}, {"layer": 0}, {"neurons": [208]}, {"neurons": [-1]}, {"select": "some"},
                        {"rows": 0}, {"text": 3}]:
            with self.subTest(options):
                answer = self.server.post("/v1/explain", {"model": "english", "text": "Dear"} | options)
                self.assert_error(answer, 400, answer.error["code"])

    def test_warnings(self):
        self.assertIn("U+0024", self.explain("Dear $")["warnings"][0])


class TokenTests(ServerTest):
    def test_round_trip(self):
        for model, sample in [("english", text), ("korean", "할머니는 옛날 이야기를"), ("english", "")]:
            tokens = self.server.post("/v1/tokenize", {"model": model, "text": sample}).json
            self.assertEqual(tokens["count"], len(tokens["tokens"]))
            ids = [token["id"] for token in tokens["tokens"]]
            self.assertEqual(self.server.post("/v1/detokenize", {"model": model, "tokens": ids}).json["text"], sample)

    def test_bad_ids(self):
        for tokens in [[70], [-1], ["a"], "1", None, [1.5], [2**64]]:
            answer = self.server.post("/v1/detokenize", {"model": "english", "tokens": tokens})
            self.assert_error(answer, 400, None, "tokens")


class HealthTests(ServerTest):
    def test_health(self):
        answer = self.server.get("/health")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["status"], "ok")
        self.assertEqual(answer.json["models"], ["english", "korean"])
        self.assertEqual((answer.json["active"], answer.json["waiting"]), (0, 0))

    def test_metrics(self):
        answer = self.server.get("/metrics")
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        before = self.server.metrics()
        self.server.complete("Dear Nell", n=3, max_tokens=10)
        self.server.post("/v1/completions", {"model": "french"})
        after = self.server.metrics()

        def growth(name):
            return after.total(name) - before.total(name)
        self.assertEqual(growth("geul_completion_tokens_total"), 30)
        # Each prompt is read once for all of its texts.
        self.assertEqual(growth("geul_prompt_tokens_total"), 9)
        self.assertGreaterEqual(growth("geul_http_requests_total"), 2)
        self.assertGreater(growth("geul_engine_steps_total"), 0)
        for name in ["geul_sequences_active", "geul_sequences_waiting", "geul_sequences_suspended", "geul_sessions"]:
            self.assertEqual((after.types[name], after.total(name)), ("gauge", 0))

    def test_prefix_cache(self):
        prompt = "The lamp on the Hen was lit again, " * 20
        first = self.server.complete(prompt, seed=1, max_tokens=40)
        second = self.server.complete(prompt, seed=1, max_tokens=40)
        self.assertEqual(first["choices"], second["choices"])
        # The last token is read anew for its prediction.
        self.assertEqual(second["usage"]["prompt_tokens_details"]["cached_tokens"], len(prompt) - 1)
        longer = self.server.complete(prompt + "and", seed=1, max_tokens=40)
        self.assertIn(longer["usage"]["prompt_tokens_details"]["cached_tokens"], (len(prompt) - 1, len(prompt)))
        self.assertEqual(longer["choices"][0]["text"], expected_text(prompt + "and", 40, 1))
        changed = self.server.complete(prompt[:300] + "x" + prompt[300:], seed=1, max_tokens=40)
        self.assertEqual(changed["usage"]["prompt_tokens_details"]["cached_tokens"], 256)
        self.assertEqual(changed["choices"][0]["text"], expected_text(prompt[:300] + "x" + prompt[300:], 40, 1))

    def test_without_cache(self):
        with Server("--cache-size", 0, models=["english"]) as server:
            for _ in range(2):
                answer = server.complete("Dear Nell", seed=1, max_tokens=40)
                self.assertEqual(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 0)
                self.assertEqual(answer["choices"][0]["text"], expected_text("Dear Nell", 40, 1))


class DocumentTests(unittest.TestCase):
    """The OpenAPI document, and schemathesis, which tests the server against it."""

    def test_document(self):
        with Server(models=["english"]) as server:
            document = server.get("/openapi.json").json
        openapi_spec_validator.validate(document)
        self.assertTrue(document["openapi"].startswith("3.1"))
        self.assertEqual(set(document["paths"]), {
            "/v1/completions", "/v1/chat/completions", "/v1/models", "/v1/models/{id}", "/v1/score", "/v1/explain", "/v1/tokenize",
            "/v1/detokenize", "/v1/sessions", "/v1/sessions/{name}", "/health", "/metrics", "/openapi.json", "/"})

    def test_schemathesis(self):
        # schemathesis takes 64 as the limit of max_tokens from the document, so that answers are short.
        with Server("--max-tokens", 64, models=["english", "korean"]) as server:
            self.assertEqual(server.get("/openapi.json").status, 200)
            command = [pathlib.Path(sys.executable).with_name("schemathesis"), "run", server.url + "/openapi.json", "--checks", "all",
                       "--max-examples", "30", "--phases", "examples,coverage,fuzzing", "--seed", "1", "--generation-database", "none",
                       "--request-timeout", "20", "--suppress-health-check", "all", "--no-color", "--workers", "1",
                       "--warnings", "off", "--no-shrink"]
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
            self.assertTrue(server.is_running)


class PageTests(ServerTest):
    def test_page(self):
        page = self.server.get("/")
        self.assertEqual(page.status, 200)
        self.assertTrue(page.headers["content-type"].startswith("text/html"))
        self.assertIn("<html", page.text[:1000])
        for model in ["english", "korean"]:
            self.assertIn(model, page.text)
        again = self.server.get("/", headers={"If-None-Match": page.headers["etag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.server.get("/", headers={"If-None-Match": '"other"'}).status, 200)


class OriginTests(unittest.TestCase):
    """Cross-origin requests of browsers."""

    def preflight(self, server, origin):
        return server.request("OPTIONS", "/v1/completions", headers={
            "Origin": origin, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type"})

    def test_off(self):
        with Server(models=["english"]) as server:
            self.assertNotIn("access-control-allow-origin", self.preflight(server, "https://a.example").headers)
            answer = server.get("/v1/models", headers={"Origin": "https://a.example"})
            self.assertNotIn("access-control-allow-origin", answer.headers)

    def test_on(self):
        options = ["--allow-origin", "https://a.example", "--allow-origin", "http://b.example:3000"]
        with Server(*options, models=["english"], key="k", environment={"GEUL_API_KEY": "k"}) as server:
            for origin, allowed in [("https://a.example", True), ("http://b.example:3000", True), ("https://c.example", False),
                                    ("http://a.example", False), ("https://a.example.evil", False), ("null", False)]:
                with self.subTest(origin):
                    # A preflight request never has the key.
                    key, server.key = server.key, None
                    preflight = self.preflight(server, origin)
                    server.key = key
                    answer = server.get("/v1/models", headers={"Origin": origin})
                    self.assertEqual(answer.headers.get("access-control-allow-origin"), origin if allowed else None)
                    self.assertEqual(preflight.headers.get("access-control-allow-origin"), origin if allowed else None)
                    if allowed:
                        self.assertIn(preflight.status, (200, 204))
                        self.assertIn("POST", preflight.headers["access-control-allow-methods"])
                        self.assertIn("authorization", preflight.headers["access-control-allow-headers"].lower())
                        self.assertIn("Origin", answer.headers.get("vary", ""))
            # An error can be read by the page, too.
            wrong = server.post("/v1/completions", {"temperature": -1}, headers={"Origin": "https://a.example"})
            self.assertEqual((wrong.status, wrong.headers["access-control-allow-origin"]), (400, "https://a.example"))

    def test_any(self):
        with Server("--allow-origin", "*", models=["english"]) as server:
            answer = server.get("/v1/models", headers={"Origin": "https://c.example"})
            self.assertEqual(answer.headers["access-control-allow-origin"], "*")
            self.assertEqual(self.preflight(server, "https://c.example").headers["access-control-allow-origin"], "*")


if __name__ == "__main__":
    unittest.main()
