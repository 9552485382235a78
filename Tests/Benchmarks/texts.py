"""The texts of the quality table: where they come from, and how to recognize them."""
import hashlib
import os
import sys

from programs import PROJECT

# name: (file, SHA-256 of the text that the published figures were measured on, source)
TEXTS = {
    "corpora/english.txt": ("english.txt", None, "in this repository"),
    "corpora/korean.txt": ("korean.txt", None, "in this repository"),
    "tinyshakespeare": ("tinyshakespeare.txt", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                        "karpathy/char-rnn on GitHub, data/tinyshakespeare/input.txt"),
    "war-and-peace": ("war-and-peace.txt", "fb66ba999dafe24017cdd59e04c56d385a9c8466993d374fd4c6f08b2142985e",
                      "warpeace_input.txt, published with Karpathy, Johnson and Fei-Fei, \"Visualizing and Understanding"
                      " Recurrent Networks\" (2015); 3,258,246 bytes"),
    "korean-docs": ("korean-docs.txt", "127bb889ef25ba50e1236c70e2fdf7ba6e4bc5350ba1702521a95bf756686c37",
                    "`corpora/get korean-docs` (Debian 12)"),
}


def path(name, folder):
    """Returns the path of a text, or None with a note on standard error if it is not there."""
    file, digest, origin = TEXTS[name]
    folders = [os.path.join(PROJECT, "corpora")] + ([folder] if folder and digest else [])
    for candidate in reversed(folders):
        found = os.path.join(candidate, file)
        if os.path.exists(found):
            break
    else:
        print(f"Skipped {name}: no {file} in {' or '.join(folders)}. Source: {origin}.", file=sys.stderr)
        return None
    if digest:
        with open(found, "rb") as opened:
            if hashlib.sha256(opened.read()).hexdigest() != digest:
                print(f"{found}: not the text that the published figures were measured on.", file=sys.stderr)
    return found
