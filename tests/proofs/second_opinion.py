"""A re-rater that shares no code with the engine gets the same lines, invoices and exclusions from the same files (P14)."""
import shutil
import sys

from proof import ROOT, Workspace, check, done, scratch

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
from compare import History
from generate import BEFORE_IT, NIGHTS, RUN, generate

# By seed: how many accounts, and which runs of a night. Of both pairs one rounds taxes line by line, the other once on the document.
RANDOM = {20260301: (4700, RUN), 5: (4700, RUN), 3: (300, f"{BEFORE_IT} {RUN}"), 2: (300, f"{BEFORE_IT} {RUN}")}


def agrees(name, workspace, definitions, nights, history=None):
    """Bills night after night, each from the export of that night where there are several, and compares everything."""
    history = history or History(workspace)
    for as_of, definition in [(as_of, definition) for as_of in nights for definition in definitions.split()]:
        history.export(as_of)
        found = history.bill(definition, as_of)
        for what, differing in found:
            check(f"{name}, {definition} as of {as_of}: the same {found.made.get(what, '')} {what}".replace("  ", " "), not differing,
                  "\n       ".join([f"{len(differing)} only on one side", *(" ".join(map(str, row)) for row in differing[:6])]))
    return history


def generated(seed, accounts):
    workspace = Workspace.over(scratch() / "generated")
    generate(seed, accounts, workspace.folder)
    workspace.take(ROOT / "templates")
    return workspace


dozen = agrees("dozen", Workspace(), "monthly", ("2026-02-01", "2026-02-01", "2026-03-01", "2026-04-15"))
check("dozen: there was something to compare", sum(line is not None for claims in dozen.oracle.past.claims.values() for _, _, line in claims) > 30)
agrees("telco", Workspace("."), "telco-monthly", ("2026-02-01", "2026-03-01"))
small = Workspace("samples/small")
for definition, as_of in (("monthly", "2026-02-01"), ("mid-month-usage", "2026-02-12"), ("monthly", "2026-03-01")):
    export = small.folder / {"2026-02-12": "mid-february", "2026-03-01": "march"}.get(as_of, "none")
    if export.exists():
        shutil.copytree(export, small.folder / "data", dirs_exist_ok=True)
    history = agrees("small", small, definition, (as_of,), history if as_of > "2026-02-01" else None)
for seed, (accounts, definitions) in RANDOM.items():
    agrees(f"{accounts} random accounts of seed {seed}", generated(seed, accounts), definitions, (*NIGHTS, NIGHTS[-1]))
done()
