"""Measurements in docs/data: one CSV file per topic, one row per measurement, oldest first."""
import csv
import datetime
import os
import subprocess

from processor import processor_name

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STORED = os.path.join(PROJECT, "docs", "data")


class Results:
    """A folder of CSV files. The files of docs/data define the columns."""

    def __init__(self, folder=STORED):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def rows(self, topic):
        """Returns the rows of a topic as dictionaries of strings."""
        path = os.path.join(self.folder, topic + ".csv")
        if not os.path.exists(path):
            return []
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def append(self, topic, **values):
        """Adds a row with today's date, this processor and the commit that was measured."""
        with open(os.path.join(STORED, topic + ".csv"), newline="", encoding="utf-8") as file:
            columns = next(csv.reader(file))
        row = {"date": datetime.date.today().isoformat(), "processor": processor_name(), "source": source(), **values}
        unknown = set(row) - set(columns)
        assert not unknown, f"{topic}.csv has no column {', '.join(sorted(unknown))}"
        path = os.path.join(self.folder, topic + ".csv")
        is_new = not os.path.exists(path)
        with open(path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow(row)

    def latest(self, topic, **wanted):
        """Returns the newest complete measurement with these values, or None.

        Rows with a note are repeats under special conditions; they count only if there is no other row.
        """
        found = [row for row in self.rows(topic) if all(row[name] == str(value) for name, value in wanted.items())]
        return ([row for row in found if not row["note"]] or found or [None])[-1]


def revision(folder=PROJECT):
    """Returns the commit that is checked out in a folder, and whether sources differ from it; "" without Git."""
    def git(*words):
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""
    changes = git("status", "--porcelain", "--untracked-files=no", "--", ":/Sources", ":/Package.swift")
    return git("rev-parse", "--short", "HEAD") + (" with changes" if changes else "")


def source(program="Tests/Benchmarks/run"):
    """Returns the program and the commit that a new row comes from."""
    commit = revision()
    return f"{program} at {commit}" if commit else program


def rounded(value, digits):
    """Returns a number as text with a fixed number of decimals."""
    return f"{value:.{digits}f}"
