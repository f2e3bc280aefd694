"""Every posted run can be made again from the book alone, and ends in the same chain (P18)."""
import hashlib
import json
import shutil
import sqlite3

from proof import Workspace, check, differing, done

HISTORIES = {
    "tests/workspaces/dozen": (("monthly", "2026-02-01"), ("monthly", "2026-03-01"), ("monthly", "2026-04-01")),
    "samples/small": (("monthly", "2026-02-01"), ("mid-month-usage", "2026-02-12"), ("monthly", "2026-03-01")),
    "samples/prepaid": tuple(("nightly-prepaid", f"2026-06-0{day}") for day in (1, 2, 3, 5)),
    ".": (("telco-monthly", "2026-02-01"), ("telco-monthly", "2026-03-01")),
}

# Folders of a workspace whose files come into its data on that day.
EXPORTS = {"2026-02-12": "mid-february", "2026-03-01": "march", **{day: f"nights/{day}" for day in ("2026-06-02", "2026-06-03", "2026-06-05")}}


def restored(book, run_id, into):
    """Lays out what a run rested on: its texts and its input files, each file written only where its bytes are new."""
    texts = book.execute("SELECT path, text FROM bw_plan_text JOIN bw_text USING (sha256) WHERE run_id = ?", (run_id,)).fetchall()
    header = {}
    for path, text in texts:
        if path == "plan.json":
            header = json.loads(text)
        else:
            put(into / path, text.encode())
    for path, sha256 in book.execute("SELECT path, sha256 FROM bw_input WHERE run_id = ?", (run_id,)):
        put(into / path, (origin.folder / "book/inputs" / sha256).read_bytes())
    return header


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or hashlib.sha256(path.read_bytes()).digest() != hashlib.sha256(content).digest():
        path.write_bytes(content)


for source, history in HISTORIES.items():
    origin = Workspace(source)
    for name, day in history:
        export = origin.folder / EXPORTS.get(day, "none")
        if export.exists():
            shutil.copytree(export, origin.folder / "data", dirs_exist_ok=True)
        origin.must("run", name, "--as-of", day, now=f"{day}T06:00:00Z")
    with sqlite3.connect(f"file:{origin.folder / 'book/book.sqlite'}?mode=ro", uri=True) as book:
        runs = book.execute("SELECT run_id, definition, as_of FROM bw_run ORDER BY serial").fetchall()
        again = Workspace.empty()
        for run_id, definition, as_of in runs:
            header = restored(book, run_id, again.folder)
            flags = [word for flag, values in header["flags"].items() for value in values for word in (flag, value)]
            again.must("run", definition, "--as-of", as_of, *flags, now=f"{as_of}T06:00:00Z")
    check(f"{source}: {len(runs)} runs were made again", len(runs) == len(history))
    mine, theirs = again.content("book", "out"), origin.content("book", "out")
    check(f"{source}: book and documents are the same, byte for byte", mine == theirs and len(mine) > 20, differing(mine, theirs))
done()
