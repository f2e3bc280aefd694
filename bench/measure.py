"""measure.py BINARY FOLDER [ACCOUNTS] [--only FIGURE,..]: the table "A million accounts" of BENCHMARKS.md, measured again.

FOLDER takes the workspaces; what was generated is kept there for the next time. Figures are medians of several rounds, taken from
outside of the processes. None of them is judged here, but where results differ that should agree, the exit code is 1."""
import argparse
import csv
import filecmp
import io
import json
import os
import shutil
import sys
from functools import cached_property
from pathlib import Path
from statistics import median

from compare import RUN, compare, fresh, ours
from timed import middle, timed

HERE = Path(__file__).parent
ROUNDS = 3
RUN_ID = "bench-monthly@2026-02-01"
# So many accounts have 40,088 invoices.
OF_DOCUMENTS = 42_200


class Bench:
    """The program, and the folder with the workspaces it is measured in."""

    def __init__(self, binary, folder, accounts):
        self.binary, self.folder, self.accounts = binary.resolve(), folder.resolve(), accounts
        self.differing = []

    def workspace(self, name, accounts):
        """A workspace without a book, of its own but for the data."""
        made, copy = self.folder / f"accounts-{accounts}", self.folder / name
        if not made.exists():
            draft = self.folder / "generating"
            timed([sys.executable, HERE / "generate.py", str(accounts), draft])
            draft.rename(made)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(made, copy, copy_function=os.link)
        return copy

    @cached_property
    def posted(self):
        """A workspace with a posted run, and how long that run took."""
        workspace = self.workspace("posted", self.accounts)
        return workspace, ours(self.binary, workspace)

    @property
    def account(self):
        """The number of an account somewhere among the others."""
        return f"{self.accounts * 123_456 // 1_000_000:09}"

    def bill(self, workspace, *words, rounds=ROUNDS, hears=False):
        return middle([timed([self.binary, *words], workspace, hears) for _ in range(rounds)])

    def agree(self, what, one, other):
        """Keeps in mind what should have been the same and is not."""
        if one != other:
            self.differing.append(f"{what}: {one} and {other}")


def asked(workspace, query):
    """What DuckDB says, rows as dictionaries."""
    return list(csv.DictReader(io.StringIO(timed([sys.executable, HERE / "ask.py", query], workspace, hears=True).said)))


def seconds(time):
    return f"{time * 1000:.0f} ms" if time < 1 else f"{time:.2f} s" if time < 10 else f"{time:.1f} s"


def memory(size):
    return f"{size:,.0f} MiB"


def both(took):
    return f"{seconds(took.wall)}, {memory(took.memory)}"


# The figures. Each gives rows: what, the command, ours, what it is held against, the ratio.

def run(bench):
    """A whole run, posted, against a script that only computes it."""
    we, they, agree = compare(bench.binary, bench.workspace("compared", bench.accounts), ROUNDS)
    bench.agree("billwright and rival.py", agree, True)
    yield "a whole run, posted", RUN, seconds(we.wall), f"rival.py {seconds(they.wall)}", we.wall / they.wall
    yield "its CPU time", RUN, seconds(we.cpu), f"rival.py {seconds(they.cpu)}", we.cpu / they.cpu
    yield "its peak memory", RUN, memory(we.memory), f"rival.py {memory(they.memory)}", we.memory / they.memory


def twice(bench):
    """How a run grows with its accounts."""
    workspaces = [bench.workspace(f"times-{times}", times * bench.accounts) for times in (1, 2)]
    rounds = []
    for _ in range(ROUNDS):
        for workspace in workspaces:
            fresh(workspace)
        rounds.append([ours(bench.binary, workspace) for workspace in workspaces])
    once, double = map(middle, zip(*rounds))
    yield "twice the accounts", RUN, seconds(double.wall), f"once {seconds(once.wall)}", double.wall / once.wall
    yield "their peak memory", RUN, memory(double.memory), f"once {memory(once.memory)}", double.memory / once.memory


def again(bench):
    """The same command over its own book, where nothing is due any more."""
    workspace, first = bench.posted
    head = (workspace / "book/HEAD").read_text()
    took = bench.bill(workspace, *RUN)
    bench.agree("the head of the book after the same run again", (workspace / "book/HEAD").read_text(), head)
    yield "the same run again, nothing due", RUN, both(took), f"first run {seconds(first.wall)}", took.wall / first.wall


def one(bench):
    """One subscription out of all, planned end to end, before there is a book."""
    workspace = bench.workspace("unbilled", bench.accounts)
    timed([sys.executable, HERE / "rival.py", workspace, workspace / "rival"])
    wanted, = asked(workspace, f"""SELECT account_id, lines, net, tax, total FROM 'rival/invoices.parquet' JOIN
        (SELECT account_id, count(*) AS lines FROM 'rival/lines.parquet' GROUP BY ALL) USING (account_id)
        WHERE account_id >= 'A{bench.account}' ORDER BY account_id LIMIT 1""")
    command = ["plan", *RUN[1:4], "--subscription", "S" + wanted.pop("account_id")[1:], "--out", "planned"]
    rounds = []
    for _ in range(5):
        shutil.rmtree(workspace / "planned", ignore_errors=True)
        rounds.append(timed([bench.binary, *command, "--output", "json"], workspace, hears=True))
    took, planned = middle(rounds), json.loads(rounds[0].said)
    bench.agree("the plan of one subscription and rival.py", {name: str(planned[name]) for name in wanted}, wanted)
    yield "one subscription, planned", command, both(took), "300 ms", took.wall / 0.3


def verify(bench):
    """The whole book, every byte of which is hashed."""
    workspace, _ = bench.posted
    took = bench.bill(workspace, "verify")
    hashed = middle([timed(["find", "book", "-type", "f", "-exec", "sha256sum", "{}", "+"], workspace) for _ in range(ROUNDS)])
    yield "the book verified", ["verify"], both(took), f"sha256sum {seconds(hashed.wall)}", took.wall / hashed.wall


def explain(bench):
    """Why: of a line, an invoice, a service, an account, against DuckDB fetching the rows that are spoken of."""
    workspace, _ = bench.posted
    invoices, lines, watermarks = (f"'book/data/main/{table}/*.parquet'" for table in ("invoice", "invoice_line", "watermark"))
    known, = asked(workspace, f"""SELECT max(line_id) AS line, max_by(service_id, line_id) AS service, account_id AS account, number AS invoice
        FROM {lines} JOIN {invoices} USING (invoice_id, account_id) WHERE account_id >= 'A{bench.account}'
        GROUP BY ALL ORDER BY account_id LIMIT 1""")
    queries = {
        "line": f"FROM {lines} WHERE line_id = '{known['line']}'",
        "invoice": f"FROM {lines} SEMI JOIN (FROM {invoices} WHERE number = '{known['invoice']}') USING (invoice_id)",
        "service": f"SELECT line_id FROM {lines} WHERE service_id = '{known['service']}' "
                   f"UNION ALL SELECT charge FROM {watermarks} WHERE service_id = '{known['service']}'",
        "account": f"SELECT line_id FROM {lines} WHERE account_id = '{known['account']}' "
                   f"UNION ALL SELECT w.charge FROM {watermarks} w SEMI JOIN {lines} l ON w.service_id = l.service_id AND l.account_id = '{known['account']}'",
    }
    for what, query in queries.items():
        command = ["explain", known[what]]
        took = bench.bill(workspace, *command)
        duckdb = middle([timed([sys.executable, HERE / "ask.py", query], workspace) for _ in range(ROUNDS)])
        yield f"why: {'an' if what[0] in 'ai' else 'a'} {what}", command, both(took), f"DuckDB, its rows {seconds(duckdb.wall)}", took.wall / duckdb.wall


def look(bench):
    """The commands that tell what is in the book, from the book alone."""
    workspace, _ = bench.posted
    for tab in ("summary", "steps", "invoices", "accounts", "failed", "excluded"):
        command = ["show", RUN_ID, "--tab", tab]
        yield f"the run: {tab}", command, both(bench.bill(workspace, *command)), None, None
    for command in (["report", "invoices"], ["report", "completeness"], ["report", "exceptions"], ["runs"]):
        yield f"a list: {command[-1]}", command, both(bench.bill(workspace, *command)), None, None


def lists(bench):
    """The lists that look at every service or account of the export; once each, for some take seconds."""
    workspace, _ = bench.posted
    for name in ("new-accounts", "bill-date-changes", "bill-dates"):
        command = ["report", name]
        yield f"a list: {name}, once", command, both(timed([bench.binary, *command], workspace)), None, None


def documents(bench):
    """HTML invoices from the template of this project: the step from posted to rendered, all of it, against the mere rendering and writing of Jinja2."""
    accounts = min(OF_DOCUMENTS, bench.accounts)
    posted = bench.workspace("undocumented", accounts)
    shutil.rmtree(posted / "templates")
    shutil.copytree(HERE.parent / "templates", posted / "templates")
    definition = posted / "definitions/bench-monthly.yaml"
    text = definition.read_text()
    definition.unlink()  # A hard link: the one of the generated workspace stays as it is.
    definition.write_text(text + "render: { formats: [html] }\n")
    ours(bench.binary, posted)
    command = ["continue", RUN_ID, "--until", "render"]
    rounds, theirs = [], []
    for at in range(1, ROUNDS + 1):
        workspace = bench.folder / "documented"
        shutil.rmtree(workspace, ignore_errors=True)
        shutil.copytree(posted, workspace)
        rounds.append(timed([bench.binary, *command], workspace))
        theirs.append(json.loads(timed([sys.executable, HERE / "jinja.py", workspace, workspace / "jinja"], hears=True).said))
        print(f"round {at}: billwright {rounds[-1].wall:.2f} s ({rounds[-1].cpu:.2f} CPU s), "
              f"Jinja2 {theirs[-1]['seconds']:.2f} s ({theirs[-1]['cpu']:.2f} CPU s)", file=sys.stderr)
    made, others = workspace / "out/documents" / RUN_ID, workspace / "jinja"
    names = sorted(os.listdir(others))
    bench.agree("names of the documents", sorted(os.listdir(made)), names)
    bench.agree("documents that differ", filecmp.cmpfiles(made, others, names, shallow=False)[1:], ([], []))
    took, wall, cpu = middle(rounds), *(median(it[key] for it in theirs) for key in ("seconds", "cpu"))
    minute = len(names) / took.cpu * 60
    yield f"{len(names):,} HTML documents", command, seconds(took.wall), f"Jinja2 {seconds(wall)}", took.wall / wall
    yield "their CPU time", command, seconds(took.cpu), f"Jinja2 {seconds(cpu)}", took.cpu / cpu
    yield "documents a minute and core", command, f"{minute:,.0f}", "40,000 at least", minute / 40_000


FIGURES = {figure.__name__: figure for figure in (run, twice, again, one, verify, explain, look, lists, documents)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("accounts", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--only", metavar="FIGURE,..", type=lambda names: names.split(","), default=FIGURES, help=", ".join(FIGURES))
    wanted = parser.parse_args()
    if unknown := set(wanted.only) - set(FIGURES):
        parser.error(f"no figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    wanted.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(wanted.binary, wanted.folder, wanted.accounts)
    print(f"| {bench.accounts:,} accounts | command | ours | held against | ratio |\n|---|---|---|---|---|", flush=True)
    for name in wanted.only:
        for what, command, we, they, ratio in FIGURES[name](bench):
            print(f"| {what} | `{' '.join(command)}` | {we} | {they or '–'} | {f'{ratio:.2f}' if ratio else '–'} |", flush=True)
    print("\n".join(bench.differing) or "all results agree", file=sys.stderr)
    sys.exit(len(bench.differing) > 0)


if __name__ == "__main__":
    main()
