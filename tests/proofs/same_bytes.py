"""The same inputs give the same bytes, whatever threads, zone, locale, working folder, umask or order of rows (P15)."""
import os
import random

from proof import ROOT, Workspace, check, differing, done

RUNS = (("tests/workspaces/dozen", "monthly"), (".", "telco-monthly"))
SURROUNDINGS = {
    "1 thread": {"POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"},
    "2 threads": {"POLARS_MAX_THREADS": "2", "RAYON_NUM_THREADS": "2"},
    "4 threads": {"POLARS_MAX_THREADS": "4", "RAYON_NUM_THREADS": "4"},
    "Kathmandu": {"TZ": "Asia/Kathmandu"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
}
# What an exception says names rows of a file, so it may change with their order; these may not.
SETTLED = ("invoice", "invoice_line", "invoice_party", "invoice_tax", "journal", "watermark", "exclusion")


def billed(source, run, **options):
    workspace = Workspace(source)
    workspace.must("run", run, "--as-of", "2026-02-01", **options)
    return workspace


def shuffled(workspace, seed):
    """Puts the rows of every input file in another order; no field of these files holds a line end."""
    for path in sorted(workspace.folder.rglob("*.csv")):
        head, *rows = path.read_text().splitlines(keepends=True)
        random.Random(seed).shuffle(rows)
        path.write_text(head + "".join(rows))


for source, run in RUNS:
    gold = billed(source, run).content()
    check(f"{run}: there is content to compare", len(gold) > 20)
    for name, environment in SURROUNDINGS.items():
        content = billed(source, run, **environment).content()
        check(f"{run}, {name}: same content", content == gold, differing(content, gold))
    mask = os.umask(0o077)
    content = billed(source, run).content()
    os.umask(mask)
    check(f"{run}, umask 077: same content", content == gold, differing(content, gold))

    workspace = Workspace(source)
    for path in workspace.folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    workspace.must("run", run, "--as-of", "2026-02-01")
    check(f"{run}, files of another day: same content", workspace.content() == gold, differing(workspace.content(), gold))

    folders = [f"book/data/main/{table}" for table in SETTLED] + ["out"]
    gold = billed(source, run).content(*folders)
    for seed in range(3):
        workspace = Workspace(source)
        shuffled(workspace, seed)
        workspace.must("run", run, "--as-of", "2026-02-01")
        content = workspace.content(*folders)
        check(f"{run}, rows shuffled ({seed}): same bytes of facts and documents", content == gold, differing(content, gold))
done()
