"""The same inputs give the same bytes, whatever threads, zone, locale, working folder, umask or order of rows (P15)."""
import os
import random

from proof import PURSE, Workspace, check, differing, done

RUNS = (("tests/workspaces/dozen", "monthly", ("2026-02-01",)), (".", "telco-monthly", ("2026-02-01",)),
        (PURSE, "nightly", ("2026-01-29", "2026-01-30", "2026-02-01")))
SURROUNDINGS = {
    "1 thread": {"POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1"},
    "2 threads": {"POLARS_MAX_THREADS": "2", "RAYON_NUM_THREADS": "2"},
    "4 threads": {"POLARS_MAX_THREADS": "4", "RAYON_NUM_THREADS": "4"},
    "Kathmandu": {"TZ": "Asia/Kathmandu"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
}
# What an exception says names rows of a file, so it may change with their order; these may not.
SETTLED = ("invoice", "invoice_line", "invoice_party", "invoice_tax", "journal", "watermark", "exclusion", "wallet_transaction", "wallet_state", "wallet_shortfall",
           "top_up")


def shuffled(workspace, seed):
    """Puts the rows of every input file in another order; no field of these files holds a line end."""
    for path in sorted(workspace.folder.rglob("*.csv")):
        head, *rows = path.read_text().splitlines(keepends=True)
        random.Random(seed).shuffle(rows)
        path.write_text(head + "".join(rows))


for source, run, days in RUNS:
    billed = lambda **options: Workspace(source).on(run, *days, **options)
    gold = billed().content()
    check(f"{run}: there is content to compare", len(gold) > 20)
    for name, environment in SURROUNDINGS.items():
        content = billed(**environment).content()
        check(f"{run}, {name}: same content", content == gold, differing(content, gold))
    mask = os.umask(0o077)
    content = billed().content()
    os.umask(mask)
    check(f"{run}, umask 077: same content", content == gold, differing(content, gold))

    workspace = Workspace(source)
    for path in workspace.folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    workspace.on(run, *days)
    check(f"{run}, files of another day: same content", workspace.content() == gold, differing(workspace.content(), gold))

    folders = [f"book/data/main/{table}" for table in SETTLED] + ["out"]
    gold = billed().content(*folders)
    for seed in range(3):
        workspace = Workspace(source)
        shuffled(workspace, seed)
        workspace.on(run, *days)
        content = workspace.content(*folders)
        check(f"{run}, rows shuffled ({seed}): same bytes of facts and documents", content == gold, differing(content, gold))

    # A settings file of its own is another input, so the books differ in that; what they say does not.
    if source == PURSE:
        said = lambda workspace: {table: workspace.rows(f"FROM book.{table}") for table in SETTLED}
        gold = said(Workspace(source).on(run, *days))
        for at_once in (1, 5):
            rows = said(Workspace(source).at_once(at_once).on(run, *days))
            check(f"{run}, {at_once} accounts at once: the same rows in the same order", rows == gold, differing(rows, gold))
done()
