"""Starts geul-server for tests.

    Tests/Server/run                          # all tests and a soak of two minutes
    Tests/Server/run test_api                 # the tests of a file
    Tests/Server/run -v test_api.ScoreTests   # some of them

    from server import Server, ServerTest

    with Server("--parallel", "8", models=["english"]) as server:
        answer = server.post("/v1/completions", {"prompt": "Dear", "max_tokens": 20, "seed": 1})
        answer.status, answer.headers["content-type"], answer.json["choices"][0]["text"]
        server.metrics()["geul_sequences_active"]
        server.resident, server.descriptors    # bytes, a number
        server.log                             # lines of standard error
        server.stop()                          # SIGTERM; returns the exit code

`models` are names of files in checkpoints/ or paths. The port is chosen by the system. A test is a method of a subclass of
`ServerTest`, which has one server for all tests of the class (`options`, `models`), and shows its log if a test fails.
"""
import atexit
import functools
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

repository = pathlib.Path(__file__).resolve().parents[2]


def program_path(variable, *places):
    """Returns the path of a program: that of the environment variable, or the first that exists."""
    if os.environ.get(variable):
        return pathlib.Path(os.environ[variable]).resolve()
    paths = [repository / place for place in places]
    return next((path for path in paths if path.exists()), paths[0])


server_program = program_path("GEUL_SERVER", ".build-server/release/geul-server")
program = program_path("GEUL", ".build/release/geul", ".build-server/release/geul")

# The number of seconds after which a test calls something that should happen at once a failure.
patience = 20


def wait_until(condition, seconds=patience, message="the condition did not become true"):
    """Waits until a function returns something true, and returns it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{message} within {seconds} s")
        time.sleep(0.02)


@functools.cache
def temporary_folder():
    """Makes a folder that is removed at the end."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="geul-server-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def model_path(model):
    return model if isinstance(model, pathlib.Path) else repository / f"checkpoints/{model}.safetensors"


@functools.cache
def small_model(name, corpus="english", *options):
    """Trains a model for a few steps with float32 and returns its path; its weights are almost random."""
    folder = temporary_folder() / name
    subprocess.run([program, "train", repository / f"corpora/{corpus}.txt", "--out", folder, "--precision", "float32",
                    "--sample-every", "0", "--quiet", *options], check=True, stdout=subprocess.DEVNULL, timeout=600)
    return folder


def run_geul(*arguments):
    """Runs `geul` and returns what it prints as JSON, and its notes."""
    done = subprocess.run([program, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise AssertionError(f"geul {' '.join(map(str, arguments))}: {done.stderr}")
    return json.loads(done.stdout), done.stderr.splitlines()


class Answer:
    """A status, headers with names in lower case, and a body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @functools.cached_property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def error(self):
        return self.json["error"]

    @property
    def events(self):
        """The JSON objects of server-sent events; [DONE] is the string."""
        return list(parse_events(self.body))

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


def parse_events(body):
    """Yields the data of each server-sent event, as JSON or the string "[DONE]"."""
    for event in body.decode().replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in event.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        data = "\n".join(line[5:].removeprefix(" ") for line in lines if line.startswith("data:"))
        yield data if data == "[DONE]" else json.loads(data)


def read_answer(connection, data=b""):
    """Reads one answer with a Content-Length; returns the status, the body and the bytes after it."""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None, data, b""
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    length = int(length[1]) if length else 0
    while len(rest) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        rest += piece
    return int(head.split(b" ")[1]), rest[:length], rest[length:]


def dechunk(data):
    """Returns the body of an answer with chunked encoding."""
    _, _, rest = data.partition(b"\r\n\r\n")
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            return body
        body, rest = body + rest[:count], rest[count + 2:]


def parse_metrics(text):
    """Parses Prometheus text and returns values by name with labels; raises ValueError if it is malformed."""
    values, types, helped = {}, {}, set()
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
    sample = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:" + label + r"(?:," + label + r")*,?)?\})? (\S+)( -?\d+)?")
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    for line in text.split("\n")[:-1]:
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if kind not in ("counter", "gauge", "histogram", "summary", "untyped"):
                raise ValueError(f"unknown type: {line}")
            if name in types:
                raise ValueError(f"two types of {name}")
            types[name] = kind
        elif line.startswith("# HELP "):
            helped.add(line.split(" ")[2])
        elif line.startswith("#") or not line:
            continue
        else:
            match = sample.fullmatch(line)
            if not match:
                raise ValueError(f"not a sample: {line!r}")
            name, labels = match[1], match[2] or ""
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            if name not in types and types.get(base) not in ("histogram", "summary"):
                raise ValueError(f"no type before: {line!r}")
            if name + labels in values:
                raise ValueError(f"twice: {line!r}")
            values[name + labels] = float(match[3])
    for name in types:
        if name not in helped:
            raise ValueError(f"no help for {name}")
    return Metrics(values, types)


class Metrics(dict):
    """Values by name with labels, such as 'geul_http_requests_total{status="200"}', and the type of each name."""

    def __init__(self, values, types):
        super().__init__(values)
        self.types = types

    def total(self, name):
        """Returns the sum of a metric over its labels."""
        return sum(value for key, value in self.items() if key.split("{")[0] == name)


def raise_descriptor_limit():
    """Allows this process as many descriptors as the system does."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A running geul-server; a context manager."""

    def __init__(self, *options, models=("english", "korean"), key=None, environment=None, descriptors=None, port=0):
        self.arguments = [str(server_program), *(str(model_path(model)) for model in models), "--port", str(port),
                          *map(str, options)]
        self.key = key
        self.environment = {name: value for name, value in os.environ.items() if name != "GEUL_API_KEY"}
        self.environment.update(environment or {})
        self.descriptor_limit = descriptors
        self.log = []
        self.process = self.reader = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.kill()
        if error[0] is not None:
            self.show_log()

    def show_log(self):
        if self.log:
            print("\n--- log of geul-server, last lines\n" + "\n".join(line[:300] for line in self.log[-30:]), file=sys.stderr)

    def launch(self):
        """Starts the process and does not wait."""
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptor_limit, self.descriptor_limit))
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self.environment, preexec_fn=limit if self.descriptor_limit else None)
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        atexit.register(self.kill)
        return self

    def start(self):
        """Starts the process and waits until it listens."""
        self.launch()
        listening = re.compile(r"geul-server: listening on http://(\S+):(\d+) \(models: (.*)\)")

        def address():
            if self.process.poll() is not None:
                self.reader.join(5)
                raise AssertionError(f"geul-server ended with {self.process.returncode}: " + "\n".join(self.log))
            return next(filter(None, map(listening.fullmatch, list(self.log))), None)
        match = wait_until(address, 60, "geul-server does not listen")
        self.host, self.port, self.models = match[1].strip("[]"), int(match[2]), match[3].split(", ")
        self.url = f"http://{match[1]}:{match[2]}"
        return self

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line.decode(errors="backslashreplace").rstrip("\n"))

    @property
    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=60):
        """Waits for the end and returns the exit code."""
        code = self.process.wait(seconds)
        self.reader.join(5)
        return code

    def stop(self, seconds=60):
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process and self.process.stderr and self.reader:
            self.reader.join(5)
            self.process.stderr.close()
        atexit.unregister(self.kill)

    # Requests

    def headers(self, headers=None):
        own = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return own | (headers or {})

    def request(self, method, path, body=None, headers=None, timeout=60):
        """Sends a request on a connection of its own and returns the Answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
                headers = {"Content-Type": "application/json"} | (headers or {})
            connection.request(method, path, body, self.headers(headers))
            response = connection.getresponse()
            data = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, **options):
        return self.request("POST", path, body, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def complete(self, prompt="", **options):
        """Sends a completion and returns the object; any other status than 200 is an error."""
        answer = self.post("/v1/completions", {"model": self.models[0], "prompt": prompt, "max_tokens": 20} | options)
        if answer.status != 200:
            raise AssertionError(f"{answer}")
        return answer.json

    def stream(self, prompt="", path="/v1/completions", timeout=60, **options):
        """Opens a connection, requests a stream and returns the socket; the answer has not been read."""
        connection = self.connect(timeout)
        connection.sendall(self.raw_post(path, {"model": self.models[0], "prompt": prompt, "stream": True} | options))
        return connection

    def connect(self, timeout=60, receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(timeout)
        connection.connect((self.host, self.port))
        return connection

    def raw_post(self, path, body, *headers):
        """Returns the bytes of a request."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Content-Type: application/json",
                 f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in self.headers().items()), *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    # State

    def metrics(self):
        answer = self.get("/metrics")
        if answer.status != 200:
            raise AssertionError(f"/metrics: {answer}")
        return parse_metrics(answer.text)

    def health(self):
        return self.get("/health").json

    def wait_idle(self, seconds=patience):
        """Waits until no sequence is active or waiting."""
        def is_idle():
            health = self.health()
            return health["active"] == 0 and health["waiting"] == 0
        wait_until(is_idle, seconds, "sequences are still active")

    @property
    def resident(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))

    @property
    def processor_seconds(self):
        """Processor time used so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class ServerTest(unittest.TestCase):
    """Tests with one server for the class."""
    options = ()
    models = ("english", "korean")
    key = None
    environment = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options, models=cls.models, key=cls.key, environment=cls.environment).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()

    def run(self, result=None):
        failures = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > failures:
            self.server.show_log()

    def tearDown(self):
        self.assertTrue(self.server.is_running, "geul-server ended")

    def assert_error(self, answer, status, code=None, param=None, type="invalid_request_error"):
        """Checks an error in OpenAI's form and returns its message."""
        self.assertEqual(answer.status, status, f"{answer}")
        self.assertTrue(answer.headers["content-type"].startswith("application/json"), answer.headers)
        self.assertEqual(set(answer.json), {"error"})
        error = answer.error
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertEqual((error["type"], error["code"]), (type, code), f"{error}")
        if param is not None:
            self.assertEqual(error["param"], param)
        message = error["message"]
        self.assertRegex(message, r"^\S.*[.!]$", "not a sentence")
        return message
