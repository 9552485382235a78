"""A load generator for streams that uses little processor time, because it shares the machine with the server.

While a measurement runs, it only receives bytes and notes when; they are parsed at the end.
"""
import gc
import json
import re
import resource
import select
import socket
import time

text_field = re.compile(rb'"text": ?"((?:[^"\\]|\\.)*)"')


def count_characters(data):
    """Returns the number of characters of text in the events of a stream, which may be cut off anywhere."""
    texts = text_field.findall(data)
    # Texts without escapes are counted without the JSON parser.
    return sum(len(text.decode()) if b"\\" not in text else len(json.loads(b'"' + text + b'"')) for text in texts)


class Client:
    """A connection with one streaming request; `data` are pieces with the times at which they were received."""

    def __init__(self, server, request):
        self.pieces = []
        self.started = time.perf_counter()
        self.connection = socket.create_connection((server.host, server.port))
        self.connection.sendall(request)
        self.connection.setblocking(False)
        self.first = None
        self.tail = b""
        self.is_done = False

    def receive(self):
        """Receives what there is."""
        try:
            piece = self.connection.recv(1 << 20)
        except BlockingIOError:
            return
        now = time.perf_counter()
        if not piece:
            raise AssertionError(f"the connection was closed after {b''.join(piece for _, piece in self.pieces)[-300:]!r}")
        self.pieces.append((now, piece))
        if self.first is None:
            data = b"".join(piece for _, piece in self.pieces)
            if not data.startswith(b"HTTP/1.1 200"):
                raise AssertionError(f"{data[:500]!r}")
            if count_characters(data):
                self.first = now
        self.tail = (self.tail + piece[-7:])[-7:]
        if self.tail == b"\r\n0\r\n\r\n":
            self.is_done = True

    def characters(self, until):
        """Returns the number of characters received until a time."""
        return count_characters(b"".join(piece for at, piece in self.pieces if at <= until))

    def close(self):
        self.connection.close()


class Load:
    """Receives from many clients; a context manager that closes them."""

    def __init__(self):
        self.poll = select.epoll()
        self.clients = {}
        self.active = 0

    def __enter__(self):
        gc.disable()
        return self

    def __exit__(self, *error):
        for client in self.clients.values():
            client.close()
        self.poll.close()
        gc.enable()

    def add(self, server, request):
        client = Client(server, request)
        self.clients[client.connection.fileno()] = client
        self.poll.register(client.connection, select.EPOLLIN)
        self.active += 1
        return client

    def receive(self, until):
        """Receives until a time, or until all clients are done."""
        while self.active and (remaining := until - time.perf_counter()) > 0:
            for descriptor, _ in self.poll.poll(remaining):
                client = self.clients[descriptor]
                if client.is_done:
                    continue
                client.receive()
                if client.is_done:
                    self.active -= 1
                    self.poll.unregister(client.connection)


def processor_seconds():
    """Returns the processor time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def streaming_speed(server, count, seconds, ramp=1.5, **options):
    """Returns the characters per second that `count` clients receive in total, and the cores that this process uses.

    The clients stream without an end; what they receive in `seconds` after the first `ramp` counts.
    """
    with Load() as load:
        clients = [load.add(server, server.raw_post("/v1/completions", {
            "model": server.models[0], "prompt": "", "stream": True, "max_tokens": 10_000_000, "seed": number} | options))
            for number in range(count)]
        load.receive(time.perf_counter() + ramp)
        start, used = time.perf_counter(), processor_seconds()
        load.receive(start + seconds)
        end, used = time.perf_counter(), processor_seconds() - used
        counts = [client.characters(end) - client.characters(start) for client in clients]
        assert min(counts) > 0, "a client receives nothing"
    server.wait_idle()
    return sum(counts) / (end - start), used / (end - start)


def latencies(server, prompts, arrivals, length):
    """Returns the seconds from connecting to the first character of each request, and the mean number of other requests that
    are active when one arrives.

    `arrivals` are seconds from the start, ascending; or None: each client comes when the one before is done.
    """
    with Load() as load:
        clients, others = [], []
        start = time.perf_counter()
        for number, prompt in enumerate(prompts):
            if arrivals is None:
                load.receive(time.perf_counter() + 60)
            else:
                # Without active clients, receive returns at once.
                while time.perf_counter() < start + arrivals[number]:
                    load.receive(start + arrivals[number])
                    if not load.active:
                        time.sleep(max(0, start + arrivals[number] - time.perf_counter()))
            others.append(load.active)
            clients.append(load.add(server, server.raw_post("/v1/completions", {
                "model": server.models[0], "prompt": prompt, "stream": True, "max_tokens": length, "seed": number})))
        load.receive(time.perf_counter() + 120)
        assert load.active == 0, "a request does not end"
        return [client.first - client.started for client in clients], sum(others) / len(others)
