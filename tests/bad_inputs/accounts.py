"""ACC: rows of accounts."""
from attempt import AS_OF, Later, Try
from parquet import stored
from rows import account, literal

FILE = "in/accounts.csv"


def rows(workspace, text):
    """The rows of a literal: parted by ` / ` or ` and `, or one of them twice."""
    text = text.replace(" (twice)", " / " + text.removesuffix(" (twice)"))
    for word in (" / ", " and "):
        if word in text:
            return account(workspace, *(literal(row, "account_id,currency,name,tax_id") for row in text.split(word)))
    return account(workspace, literal(text, "account_id,currency,name,tax_id"))


def row(**columns):
    return lambda workspace, _: account(workspace, columns)


def ids(*ids):
    return lambda workspace, _: account(workspace, *({"account_id": one} for one in ids))


def name(workspace, text):
    """The whole literal is a name, also with commas and quotes in it."""
    account(workspace, {"name": text})


def nul_in_parquet(workspace, _):
    """In a CSV file the character refuses the whole file (FIL-017): nobody knows where the row ends."""
    account(workspace, {"name": "nul_n"})
    stored(workspace, select="* REPLACE (replace(name, 'nul_n', 'nul' || chr(0) || 'n') AS name)")


def billed_before(workspace, _):
    account(workspace, {})
    workspace.must("run", "monthly", "--as-of", AS_OF, exits=(0,))
    workspace.edit(FILE, "A1,EUR", "A1,USD")


def billed_before_and_gone(workspace, _=None):
    tables = [workspace.folder / "in" / f"{table}.csv" for table in ("accounts", "subscriptions", "services")]
    texts = [path.read_bytes() for path in tables]
    account(workspace, {})
    workspace.must("run", "monthly", "--as-of", AS_OF, exits=(0,))
    for path, text in zip(tables, texts):
        path.write_bytes(text)


def cycle(workspace, _):
    account(workspace, *({"account_id": child, "invoice_to": parent} for child, parent in ("AB", "BC", "CA")))


def invoiced(*wanted):
    def then(workspace, _):
        found = {account for account, in workspace.rows("SELECT account_id FROM book.invoice")}
        return f"billed: {', '.join(wanted)}", found >= set(wanted)
    return then


def documents(workspace):
    return "".join(path.read_text() for path in sorted((workspace.folder / "out/documents").rglob("*.html")))


def printed_letter_by_letter(workspace, _):
    text = documents(workspace)
    return "the name is printed, not run", "{{ 7*7 }}{% include" in text and "49{%" not in text


def inert(workspace, _):
    """No cell of a list may begin with what a spreadsheet would compute."""
    lists = [workspace.must("show", "monthly", "--tab", tab, "--output", "csv").stdout for tab in ("invoices", "excluded", "failed")]
    cells = [cell.strip('"') for text in lists for line in text.splitlines() for cell in line.split(",")]
    return "no cell is a formula", not any(cell.startswith(("=", "@", "+")) for cell in cells)


def printed_whole(workspace, _):
    return "the name is printed whole", "أحمد 👩‍👩‍👧 Åsa" in documents(workspace)


CASES = {
    "ACC-001": Try(rows, f"{FILE}, row 2, account_id", ("an id is needed",)),
    "ACC-002": Try(rows, (f"{FILE}, row 2", f"{FILE}, row 3"), ("A1",)),
    "ACC-003": Try(rows, (f"{FILE}, row 2", f"{FILE}, row 3"), ("A1",)),
    "ACC-005": Try(rows, (f"{FILE}, row 2, account_id", f"{FILE}, row 3, account_id")),
    "ACC-006": Try(ids("A\n1"), f"{FILE}, row 2, account_id", ("U+000A",)),
    "ACC-007": Try(ids("x" * 300), f"{FILE}, row 2, account_id", ("64",)),
    "ACC-008": Try(ids("caf\u00e9", "cafe\u0301", "A1", "A1 "), (f"{FILE}, row 2", f"{FILE}, row 3", f"{FILE}, row 4", f"{FILE}, row 5"),
                   ("NFC",)),
    "ACC-009": Try(rows, then=invoiced("007", "7")),
    "ACC-012": Try(billed_before, "A1", ("EUR", "USD"), as_of="2026-03-01", absent=billed_before_and_gone),
    "ACC-016": Try(row(name="Ev\r\nBcc: v@w.com"), f"{FILE}, row 2, name", ("U+000D", "U+000A")),
    "ACC-017": Try(nul_in_parquet, "in/accounts.parquet, row 1, name", ("U+0000",)),
    "ACC-019": Try(name, then=printed_letter_by_letter),
    "ACC-020": Try(name, then=inert),
    "ACC-021": Later("mail: a display name is judged where a letter is addressed"),
    "ACC-022": Try(row(name="Ann\u202egpj.exe"), f"{FILE}, row 2, name", ("U+202E",)),
    "ACC-023": Try(rows, f"{FILE}, row 2, tax_id", ("check digit",)),
    "ACC-025": Try(cycle, tuple(f"{FILE}, row {n}" for n in (2, 3, 4)), ("A", "B", "C")),
    "ACC-029": Later("payments: there is no payment file yet"),
    "ACC-030": Later("erasure is not built yet"),
    "ACC-031": Try(row(address="x" * 10_000), f"{FILE}, row 2, address", ("200",)),
    "ACC-032": Try(name, then=printed_whole),
}
