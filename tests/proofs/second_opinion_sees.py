"""The second opinion is able to fail: where a re-rater reads one thing wrong in a price, lines of that charge differ (P14)."""
import shutil
import sys

from proof import ROOT, Workspace, check, done, scratch

sys.path.insert(0, str(ROOT / "tests" / "oracles"))
from compare import History
from generate import NIGHTS, RUN, generate
from rerate import Oracle

# Scheme, charge, what it says, and what is read instead; apart from them what depends on the lines of others.
PRICES = (
    ("cloud", "users", "{ unique: user }", "{ unique: status }"), ("cloud", "peak", "aggregate: max", "aggregate: last"), ("cloud", "level", "aggregate: last", "aggregate: max"),
    ("cloud", "disk", '"0.0325"', '"0.0326"'), ("fiber", "access", '"49.90"', '"49.91"'), ("fiber", "mobile", "from_period: 4", "from_period: 5"),
    ("fiber", "boost", "from_period: 3", "from_period: 2"), ("calls", "requests", "from_period: 2", "from_period: 3"), ("calls", "abroad", 'for: "60"', 'for: "61"'),
    ("calls", "messages", "late: next_run", "late: ignore"), ("calls", "data", "late: next_run", "late: refuse"),
    ("calls", "internet", "partial: nearest", "partial: up"), ("calls", "voice", "free: 2", "free: 3"), ("calls", "minutes", "prorate: [included, minimum, maximum]", "prorate: [minimum, maximum]"), ("office", "printing", ", prorate: [included]", ""),
    ("calls", "cards", 'minimum: "0.35"', 'minimum: "0.36"'),
    ("calls", "hotline", 'package: "60", unit: "0.1015"', 'package: "50", unit: "0.1015"'), ("calls", "transfers", "free: included", "free: 0"),
    ("office", "archive", "partial: down", "partial: up"), ("office", "parking", "from_period: 3", "from_period: 4"), ("tools", "planks", "partial: down", "partial: nearest"),
    ("calls", "texts", "rollover: next_period, ", ""), ("office", "storage", "rollover: next_period, ", ""),
    ("calls", "tether", "shared: subscription, ", ""), ("calls", "hotspot", '"17.5"', '"17.4"'), ("office", "copies", "shared: subscription, ", ""), ("office", "wires", "shared: subscription, ", ""),
    ("water", "garden", "shared: subscription, ", ""),
    ("kiosk", "power", 'round_to: "10"', 'round_to: "5"'), ("water", "valves", 'for: "4"', 'for: "3"'), ("water", "consumption", ", prorate: [minimum]", ""), ("water", "connection", '"7.1255"', '"7.1256"'),
)
CLAIMS = (
    ("fiber", "floor", "commits: subscription", "commits: account"), ("calls", "pledge", "commits: account", "commits: subscription"), ("office", "least", '"61.125"', '"61.135"'),
    ("water", "basis", '"9.1255"', '"9.1265"'), ("tools", "crane", "retroactive: adjust", "retroactive: ignore"),
    ("halls", "hall", "retroactive: park", "retroactive: ignore"), ("calls", "minutes", "retroactive: adjust", "retroactive: ignore"),
    ("cloud", "peak", "retroactive: adjust", "retroactive: ignore"),
    ("fiber", "television", "trial_days: 10", "trial_days: 11"), ("fiber", "boost", ", trial_days: 35", ""), ("office", "room", "trial_days: 30", "trial_days: 60"),
)


def read_wrong(workspace, folder, wrong):
    """Tonight's definitions as the re-rater reads them."""
    shutil.copytree(workspace.folder / "definitions", folder / "definitions", dirs_exist_ok=True)
    for scheme, charge, said, instead in wrong:
        path = folder / "definitions" / f"{scheme}.yaml"
        before, code, after = path.read_text().partition(f"code: {charge}\n")
        assert said in after or said in before, f"{scheme} does not say {said}"
        path.write_text(before + code + after.replace(said, instead, 1) if said in after else before.replace(said, instead, 1) + code + after)


for wrong in (PRICES, CLAIMS):
    workspace, folder, seen = Workspace.over(scratch() / "generated"), scratch(), set()
    generate(7, 1000, workspace.folder)
    workspace.take(ROOT / "templates")
    shutil.copy2(workspace.folder / "billwright.toml", folder)
    (folder / "data").symlink_to(workspace.folder / "data")
    history = History(workspace)
    history.oracle = Oracle(folder)
    for as_of in NIGHTS[:4]:
        history.export(as_of)
        read_wrong(workspace, folder, wrong)
        lines = dict(history.bill(RUN, as_of))["lines"]
        seen |= {charge for _, _, _, _, charge, kind, *_ in lines if kind not in ("discount", "price_credit")}
    for scheme, charge, said, instead in wrong:
        check(f"{scheme}, {charge}: `{instead}` in place of `{said}` shows", charge in seen)
done()
