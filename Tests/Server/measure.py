"""Measures geul-server against its goals, each with what it is compared with in the same run, in turn; prints medians.

    Tests/Server/run measure                # about 6 minutes, on a quiet machine
    Tests/Server/run measure speed first    # some of: speed first single sessions wrk serve
    Tests/Server/run measure --record       # also append the results to docs/data/server.csv

`serve` builds a clone of the repository with `make serve`, and is measured only when it is named.
"""
import argparse
import json
import math
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from load import latencies, streaming_speed
from server import Server, raise_descriptor_limit, read_answer, repository, run_geul, small_model

sys.path.insert(0, str(repository / "Tests/Benchmarks"))
from processor import busy_cores, processor_name  # noqa: E402
from results import Results, source  # noqa: E402

corpus = (repository / "corpora/english.txt").read_text(encoding="utf-8")


def random_model(layers, hidden):
    """Returns a model of a shape with almost random weights."""
    return small_model(f"random-{layers}x{hidden}", "english", "--steps", "1", "--layers", str(layers), "--hidden", str(hidden))


def vocabulary_size(server):
    return server.get("/v1/models").json["data"][0]["geul"]["vocabulary_size"]


def percentile(values, share):
    """Returns the smallest value that a share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def compare_speed(name, clients, hidden, goal, rounds, seconds):
    """Total speed of streaming clients, and of the engine without a server, in turn."""
    with Server("--max-tokens", 10_000_000, models=[random_model(2, hidden)]) as server:
        vocabulary = vocabulary_size(server)
        served, alone, ratios, cores = [], [], [], []
        for _ in range(rounds):
            bench, _ = run_geul("bench", "generate", "--sequences", clients, "--layers", 2, "--hidden", hidden,
                                "--vocabulary", vocabulary, "--seconds", seconds)
            speed, used = streaming_speed(server, clients, seconds)
            served.append(speed)
            alone.append(bench["chars_per_second"])
            ratios.append(speed / bench["chars_per_second"])
            cores.append(used)
    return [(name, statistics.median(served), "chars/s", f"geul bench generate --sequences {clients}", statistics.median(alone),
             statistics.median(ratios), goal,
             f"load generator: {statistics.median(cores):.2f} cores; ratios {min(ratios):.2f} to {max(ratios):.2f}")]


def measure_speed(rounds):
    return compare_speed("64 streaming clients, 2 x 256, float32", 64, 256, "at least 0.60", rounds, 6)


def measure_single(rounds):
    return compare_speed("one streaming client, 2 x 128, float32", 1, 128, "at least 20 k", rounds, 4)


def measure_first(rounds):
    """Time to the first character, of 64 clients that arrive at random and of one client."""
    generator = random.Random(1)
    length, seconds = 3000, 3.0
    with Server(models=[random_model(2, 256)]) as server:
        def prompts():
            starts = [generator.randrange(len(corpus) - 200) for _ in range(64)]
            return [corpus[start:start + 200] for start in starts]
        latencies(server, prompts()[:5], None, 100)
        alone, together, others = [], [], []
        for _ in range(rounds):
            alone += latencies(server, prompts(), None, 200)[0]
            # A Poisson process: given their number, arrivals are uniform.
            found, active = latencies(server, prompts(), sorted(generator.random() * seconds for _ in range(64)), length)
            together += found
            others.append(active)
    rows = []
    for name, share, goal in [("p50", 0.5, 5), ("p99", 0.99, 25)]:
        one, many = 1000 * percentile(alone, share), 1000 * percentile(together, share)
        rows.append((f"time to first character, {name}, 64 clients at random", many, "ms", "one client", one, many / one,
                     f"at most {goal} ms above", f"{many - one:+.1f} ms; on average {statistics.mean(others):.0f} other requests active"))
    return rows


def measure_sessions(_):
    """Memory of 10,000 idle sessions."""
    count = 10_000
    rows = []
    with Server(models=[random_model(2, 256)]) as server:
        for number in range(200):
            server.complete(corpus[number:number + 20], max_tokens=4)
        before = server.resident
        start = time.monotonic()
        connection, data = server.connect(), b""
        for first in range(0, count, 100):
            requests = [server.raw_post("/v1/completions", {
                "model": server.models[0], "prompt": corpus[number:number + 20], "session": f"session-{number}", "max_tokens": 4, "seed": 1})
                for number in range(first, first + 100)]
            connection.sendall(b"".join(requests))
            for _ in requests:
                status, body, data = read_answer(connection, data)
                assert status == 200, body
        seconds = time.monotonic() - start
        assert server.health()["sessions"] == count
        after = server.resident
        rows.append(("10,000 idle sessions, 2 x 256", (after - before) / 1e6, "MB above the model", "the server before", before / 1e6, after / before,
                     "at most 200 MB", f"{(after - before) / count / 1000:.1f} KB each, of which the state is 4.1 KB; made in {seconds:.1f} s"))
    return rows


def measure_wrk(_):
    """wrk at several levels of concurrency; each answer must be one of the right texts."""
    rows = []
    with Server("--max-queue", 1024, models=["english"]) as server, tempfile.TemporaryDirectory() as folder:
        requests, expected = [], []
        generator = random.Random(1)
        for seed in range(40):
            length, prompt = generator.choice([1, 5, 20, 50, 100, 200]), corpus[seed * 50:seed * 50 + generator.randrange(1, 60)]
            result, _ = run_geul("generate", repository / "checkpoints/english.safetensors", "--prompt", prompt, "--length", length,
                                 "--seed", seed)
            body = {"model": "english", "prompt": prompt, "max_tokens": length, "seed": seed}
            answer = server.post("/v1/completions", body)
            assert answer.json["choices"][0]["text"] == result["samples"][0]["text"], "not the text of geul generate"
            requests.append(json.dumps(body))
            # The text as the server writes it, escapes included.
            expected.append(re.search(r'"text": ?"(?:[^"\\]|\\.)*"', answer.text)[0])
        script = pathlib.Path(folder) / "requests.lua"
        # Long brackets of Lua need no escapes.
        script.write_text("bodies = {" + ",".join(f"[==[{body}]==]" for body in requests) + "}\n"
                          + "texts = {" + ",".join(f"[==[{text}]==]" for text in expected) + "}\n"
                          + (pathlib.Path(__file__).parent / "completions.lua").read_text())
        for concurrency in [1, 8, 64, 256]:
            done = subprocess.run(["wrk", "-t1", f"-c{concurrency}", "-d6s", "--timeout", "30s", "--latency", "-s", script, server.url],
                                  capture_output=True, text=True, timeout=120)
            found = re.search(r"checked (\d+) wrong (\d+) failed (\d+)", done.stdout)
            assert found, done.stdout + done.stderr
            checked, wrong, failed = map(int, found.groups())
            sockets = re.search(r"Socket errors: .*", done.stdout)
            rate = float(re.search(r"Requests/sec: +([\d.]+)", done.stdout)[1])
            assert wrong == 0 and failed == 0 and not sockets, done.stdout
            rows.append((f"wrk, concurrency {concurrency}", rate, "requests/s", "", None, None, "no error", f"{checked:,} answers, all with the right text"))
    return rows


def measure_serve(_):
    """`make serve` in a fresh clone until the first answer."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 8080))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", repository, folder], check=True)
        start = time.monotonic()
        process = subprocess.Popen(["make", "serve"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            body = json.dumps({"model": "english", "prompt": "Dear Nell", "max_tokens": 20}).encode()
            while True:
                assert process.poll() is None, "make serve failed"
                try:
                    request = urllib.request.Request("http://127.0.0.1:8080/v1/completions", body, {"Content-Type": "application/json"})
                    urllib.request.urlopen(request, timeout=10).read()
                    break
                except urllib.error.URLError:
                    time.sleep(0.1)
            seconds = time.monotonic() - start
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    return [("make serve, from a clean clone to the first answer", seconds, "s", "", None, None, "at most 480 s", "")]


topics = {"speed": measure_speed, "first": measure_first, "single": measure_single, "sessions": measure_sessions, "wrk": measure_wrk, "serve": measure_serve}
quick = ["speed", "first", "single", "sessions", "wrk"]


def shown(value, unit):
    if value is None:
        return ""
    return f"{value / 1000:,.1f} k {unit}" if unit == "chars/s" else f"{value:,.1f} {unit}"


def main():
    parser = argparse.ArgumentParser(description="Measures geul-server.")
    parser.add_argument("topics", nargs="*", metavar="topic", help=", ".join(topics))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="append to docs/data/server.csv")
    parser.add_argument("--busy", action="store_true", help="measure although other processes are busy")
    arguments = parser.parse_args()
    unknown = set(arguments.topics) - set(topics)
    if unknown:
        parser.error(f"unknown topic {', '.join(sorted(unknown))}")
    raise_descriptor_limit()
    busy = busy_cores()
    if busy > 0.1 and not arguments.busy:
        sys.exit(f"Other processes use {busy:.1f} cores. Wait for them, or measure anyway with --busy.")
    print(f"Processor: {processor_name()}, {os.cpu_count()} cores\n")
    print("| Measurement | geul-server | Compared with | Ratio | Goal | Notes |\n| --- | --- | --- | --- | --- | --- |")
    for topic in arguments.topics or quick:
        for name, value, unit, peer, peer_value, ratio, goal, note in topics[topic](arguments.rounds):
            compared = f"{peer}: {shown(peer_value, unit.split(' ')[0])}" if peer else ""
            print(f"| {name} | {shown(value, unit)} | {compared} | {'' if ratio is None else f'{ratio:.2f}'} | {goal} | {note} |", flush=True)
            if arguments.record:
                Results().append("server", source=source("Tests/Server/run measure"), measurement=name, value=f"{value:.1f}", unit=unit, peer=peer,
                                 peer_value="" if peer_value is None else f"{peer_value:.1f}",
                                 ratio="" if ratio is None else f"{ratio:.3f}", rounds=arguments.rounds, note=note)


if __name__ == "__main__":
    main()
