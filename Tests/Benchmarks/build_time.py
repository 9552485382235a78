"""Measures a release build of geul from scratch."""
import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time

from programs import PROJECT, log
from results import revision, rounded

BUILD = ["swift", "build", "--configuration", "release", "--product", "geul"]
# Commands of SwiftPM's build database: a Swift module, and an object file of a C module.
SWIFT_MODULE = re.compile(r"CC\.([^-]+)-.*-release(-tool)?\.module$")
C_OBJECT = re.compile(r"C.*/([^/]+)\.build/[^/]+\.o$")


def run_in(folder, *command):
    """Runs a command in a folder; its output is shown if it fails."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{done.stdout[-4000:]}")
    return done.stdout


def clone(folder):
    """Clones the commit that is checked out, with the same versions of the dependencies if they are known."""
    run_in(PROJECT, "git", "clone", "--quiet", "--no-hardlinks", PROJECT, folder)
    versions = os.path.join(PROJECT, "Package.resolved")
    if os.path.exists(versions):
        shutil.copy(versions, folder)


def module_seconds(database):
    """Returns the seconds of each module from SwiftPM's build database, the slowest first.

    Those of a C module are the sum over its files. Modules are built concurrently, so the sum of all exceeds the time of
    the build.
    """
    seconds = {}
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        query = "SELECT key, end - start FROM rule_results JOIN key_names ON key_names.id = rule_results.key_id"
        for key, duration in connection.execute(query):
            swift, c = SWIFT_MODULE.match(key), C_OBJECT.match(key)
            if swift or c:
                name = swift[1] + (" (for the build)" if swift[2] else "") if swift else c[1]
                seconds[name] = seconds.get(name, 0) + duration
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def compiler():
    """Returns the compiler's version, such as "Swift 6.3.1"."""
    version = run_in(PROJECT, "swift", "--version")
    return "Swift " + re.search(r"Swift version (\S+)", version)[1]


def build_time(programs, results, options):
    """Build time: a release build of geul in a new clone, as a whole and per module; dependencies are fetched before."""
    common = dict(compiler=compiler(), cores=os.cpu_count())
    with tempfile.TemporaryDirectory() as parent:
        folder = os.path.join(parent, "geul")
        clone(folder)
        run_in(folder, "swift", "package", "resolve")
        common["source"] = f"Tests/Benchmarks/run at {revision(folder)}"
        start = time.monotonic()
        run_in(folder, *BUILD)
        total = time.monotonic() - start
        modules = module_seconds(os.path.join(folder, ".build", "build.db"))
    log(f"clean release build of geul: {total:.0f} s")
    results.append("build-time", **common, scope="whole build", name="geul", seconds=rounded(total, 0))
    for name, seconds in modules.items():
        if seconds >= 1:
            log(f"  {name}: {seconds:.1f} s")
            results.append("build-time", **common, scope="module", name=name, seconds=rounded(seconds, 1))
