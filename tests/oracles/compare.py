"""Holds what the re-rater expects of a run against what the book has of it."""
import shutil
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proofs"))

from days import text
from proof import Ended, Workspace
from rerate import Oracle

# Rows of nobody: the re-rater is about amounts.
UNJUDGED = ("BW-X105",)


class Differences:
    """What differs after one run, by what it is about, and how much of each was expected."""

    def __init__(self, found, made):
        self.found, self.made = found, made

    def __iter__(self):
        return iter(self.found.items())


class History:
    """A workspace billed twice over, by the engine and by the re-rater, a run at a time."""

    def __init__(self, workspace):
        self.workspace, self.oracle, self.runs = workspace, Oracle(workspace.folder), set()

    def export(self, as_of):
        """Puts that night's export in place, and the definitions decided on by then, where the workspace has such."""
        tonight = self.workspace.folder / "exports" / as_of
        if tonight.is_dir():
            shutil.rmtree(self.workspace.folder / "data", ignore_errors=True)
            shutil.copytree(tonight, self.workspace.folder / "data")
        decided = self.workspace.folder / "decided" / as_of
        if decided.is_dir():
            shutil.copytree(decided, self.workspace.folder / "definitions", dirs_exist_ok=True)

    def bill(self, definition, as_of, *flags):
        """Runs a definition in the engine and in the re-rater; gives what differs and how many lines and invoices there were."""
        process = self.workspace.start("run", definition, "--as-of", as_of, *flags, now=f"{as_of}T18:00:00Z")
        expected = self.oracle.run(definition, as_of)  # on another core
        process.stdout, process.stderr = process.communicate()
        self.ended = Ended(process)
        assert self.ended.exit in (0, 5), f"{definition} as of {as_of}: {self.ended}"
        reader = self.workspace.book()
        rows = lambda query: reader.execute(query).fetchall()
        new = {run for run, in rows("SELECT run_id FROM book.watermark UNION SELECT run_id FROM book.exclusion UNION SELECT run_id FROM book.exception")} - self.runs
        self.runs |= new
        tonight = "run_id IN (" + ", ".join(f"'{run}'" for run in new or {""}) + ")"
        return Differences(
            {"lines": self.lines(expected, rows, tonight), "invoices": self.invoices(expected, rows, tonight), "taxes": self.taxes(expected, rows, tonight),
             "allocations": self.allocations(expected, rows, tonight), "exclusions": self.asides(expected.excluded, rows, "exclusion", tonight, new),
             "exceptions": self.asides(expected.excepted, rows, "exception", tonight, new)},
            {"lines": len(expected.lines), "invoices": len(expected.invoices), "taxes": sum(len(invoice.taxes) for invoice in expected.invoices),
             "allocations": len(expected.allocations)})

    def lines(self, expected, rows, tonight):
        """With the line that each takes from, prices anew or credits, and by which discount or credit; its own tax; what was billed before, where that makes its amount; and what had gone over."""
        ours = Counter((*name_of(line), plain(line.quantity), plain(line.amount), plain(line.tax), plain(line.billed), *map(plain, line.carried), line.source or "", *told_of(line))
                       for line in expected.lines)
        name = lambda of: ", ".join(f"coalesce({of}.{column}::TEXT, '')" for column in ("service_id", "charge", "kind", "period_start", "period_end"))
        theirs = Counter((*row[:7], *map(plain, row[7:13]), *row[13:]) for row in rows(f"""
            SELECT l.account_id, coalesce(l.subscription_id, ''), {name("l")}, l.quantity, l.amount, l.tax, l.billed, l.carried_in, l.carried_out, coalesce(l.discount, ''), {name("o")}
            FROM book.invoice_line l LEFT JOIN book.invoice_line o ON o.line_id = coalesce(l.reduces, l.adjusts, l.credits)
            WHERE l.invoice_id IS NOT NULL AND l.{tonight}"""))
        return difference(ours, theirs)

    def invoices(self, expected, rows, tonight):
        ours = Counter((invoice.account, invoice.document_type, invoice.currency, text(invoice.invoice_date), text(invoice.posting_date),
                        text(invoice.due_date), *map(plain, (invoice.net, invoice.tax, invoice.total, invoice.prior_balance, invoice.applied,
                                                          invoice.amount_due)),
                        " + ".join(sorted(f"{line.service} {line.charge} {line.kind} {text(line.start)}" for line in invoice.lines)))
                       for invoice in expected.invoices)
        theirs = Counter((*map(str, row[:6]), *map(plain, row[6:12]), row[12]) for row in rows(f"""
            SELECT i.account_id, document_type, i.currency, invoice_date, posting_date, due_date, net, i.tax, total, prior_balance, applied, amount_due,
                string_agg(concat(service_id, ' ', charge, ' ', kind, ' ', l.period_start), ' + ' ORDER BY concat(service_id, ' ', charge, ' ', kind, ' ', l.period_start)), invoice_id
            FROM book.invoice i JOIN book.invoice_line l USING (invoice_id) WHERE i.{tonight} GROUP BY ALL"""))
        return difference(ours, theirs)

    def taxes(self, expected, rows, tonight):
        ours = Counter((invoice.account, shared(invoice.group), tax.category, str(tax.part), tax.name, tax.treatment, tax.note, *map(plain, (tax.percent, tax.base, tax.tax)))
                       for invoice in expected.invoices for tax in invoice.taxes)
        theirs = Counter((account, group, category, str(part), name, treatment, note, *map(plain, numbers)) for
                         account, group, category, part, name, treatment, note, *numbers in rows(f"""
            SELECT account_id, coalesce(group_key, ''), category, part, name, treatment, note, rate, base, t.tax FROM book.invoice_tax t JOIN book.invoice i USING (invoice_id)
            WHERE i.{tonight}"""))
        return difference(ours, theirs)

    def allocations(self, expected, rows, tonight):
        ours = Counter((account, shared(group), *what, plain(amount)) for (account, group, _, *what), amount in expected.allocations.items())
        theirs = Counter((*row[:5], plain(row[5])) for row in rows(f"""
            SELECT i.account_id, coalesce(group_key, ''), a.account_id, source, source_id, amount
            FROM book.allocation a JOIN book.invoice i USING (invoice_id) WHERE a.{tonight}"""))
        return difference(ours, theirs)

    def asides(self, expected, rows, table, tonight, made):
        if not made:
            return []
        theirs = {(account, service or charge or "", code) for account, service, charge, code in rows(
            f"SELECT account_id, coalesce(service_id, ''), charge, code FROM book.{table} WHERE {tonight}") if code not in UNJUDGED}
        return difference(Counter((account or "", *rest) for account, *rest in expected), Counter(theirs))


def name_of(line):
    return [line.account, line.subscription or "", line.service, line.charge, line.kind, text(line.start), text(line.end)]


def told_of(line):
    """The line that a line is about."""
    about = line.reduces or line.adjusts or line.credits
    return name_of(about)[2:] if about else [""] * 5


def shared(group):
    """The values that the lines of an invoice have in common, as the book writes them."""
    return "/".join(value or "" for value in group)


def plain(number):
    """A number without the zeros that say nothing."""
    return "" if number is None else format(Decimal(number).normalize() + 0, "f")


def difference(ours, theirs):
    """What only one side has, with the side that has it; sorted so that two versions of one thing stand together."""
    return sorted([("re-rater", *key) for key in (ours - theirs).elements()] + [("book", *key) for key in (theirs - ours).elements()],
                  key=lambda row: tuple(map(str, row[1:])))


def main():
    folder, definition, *days = sys.argv[1:]
    workspace = Workspace.over(folder)
    history, bad = History(workspace), 0
    for as_of in days:
        history.export(as_of)
        found = history.bill(definition, as_of)
        print(f"{as_of}: {found.made['lines']} lines, {found.made['invoices']} invoices expected")
        for what, rows in found:
            bad += len(rows)
            print(f"  {what}: {len(rows)} differ" if rows else f"  {what}: the same")
            for row in rows[:20]:
                print("   ", *row)
    sys.exit(bad > 0)
