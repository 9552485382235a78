"""Compresses a text with zpaq -m5 and reports what the last 10 % cost, in nats per character.

    zpaq.py TEXT

The cost is the size of the whole text compressed minus the size of its first 90 % compressed: zpaq adapts while it
compresses, so compare it with dynamic evaluation. zpaq chooses the size of its model by the next power of two of the
input size; both inputs get the same prefix of one repeated letter, so that both are compressed with the same model.
Needs Debian's package zpaq. Prints one JSON object.
"""
import argparse
import json
import math
import os
import subprocess
import tempfile
import time

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("text")
options = options.parse_args()
with open(options.text, encoding="utf-8", newline="") as file:
    text = file.read()
split = int(0.9 * len(text))
power = 1 << (len(text.encode()).bit_length() - 1)
padding = "a" * max(0, power - len(text[:split].encode()) + 1)


def compressed_size(part, folder):
    source, archive = os.path.join(folder, "text"), os.path.join(folder, "text.zpaq")
    with open(source, "w", encoding="utf-8", newline="") as file:
        file.write(part)
    if os.path.exists(archive):
        os.remove(archive)
    subprocess.run(["zpaq", "add", "text.zpaq", "text", "-m5"], cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return os.path.getsize(archive)


start = time.monotonic()
with tempfile.TemporaryDirectory() as folder:
    size = compressed_size(padding + text, folder) - compressed_size(padding + text[:split], folder)
print(json.dumps({"model": "zpaq -m5 (adaptive)", "nats": size * 8 * math.log(2) / (len(text) - split),
                  "seconds": time.monotonic() - start}))
