"""PQT: Parquet files that cannot be read as they are. DuckDB writes them; what no writer would make is made by editing bytes."""
import hashlib
import random

import duckdb

from attempt import AS_OF, Try

FILE = "in/accounts.parquet"
SERVICES = "in/services.parquet"
# Places to cut and bits to flip: the catalogue says a thousand, each of which is a process; so many find the same.
TIMES = 25


def stored(workspace, table="accounts", select="*", manifest=True):
    """A table as Parquet in place of its CSV file: uncompressed, so that its bytes can be found again."""
    path = workspace.folder / "in" / f"{table}.parquet"
    rows = f"SELECT {select} FROM read_csv('{path.with_suffix('.csv')}', all_varchar = true)"
    duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
    named(workspace, table, manifest)
    return path


def named(workspace, table, manifest, path=None):
    settings = f'path = "{path or f"in/{table}.parquet"}"'
    if manifest:
        settings += '\nmanifest = "in/SHA256SUMS"'
        signed(workspace, table)
    workspace.edit("billwright.toml", f'path = "in/{table}.csv"', settings)


def signed(workspace, table):
    path = workspace.folder / "in" / f"{table}.parquet"
    sums = workspace.folder / "in/SHA256SUMS"
    sums.write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


def altered(change, table="accounts", select="*"):
    """The table as Parquet, its bytes then changed, and the manifest of what came out."""
    def put(workspace, _):
        path = stored(workspace, table, select)
        path.write_bytes(change(path.read_bytes()))
        signed(workspace, table)
    return put


def replaced(old, new):
    def change(content):
        assert old in content, f"{old} is not in the file"
        return content.replace(old, new)
    return change


def footer_replaced(old, new):
    """As `replaced`, in the footer alone, whose length stands before the closing magic."""
    def change(content):
        length = int.from_bytes(content[-8:-4], "little")
        data, footer = content[:-8 - length], content[-8 - length:-8]
        footer = replaced(old, new)(footer)
        return data + footer + len(footer).to_bytes(4, "little") + content[-4:]
    return change


def select(table, select):
    return lambda workspace, _: stored(workspace, table, select)


def cut(content):
    return content[:len(content) // 2]


def flipped(content, seed):
    """One random bit turned round."""
    bit = random.Random(seed).randrange(len(content) * 8)
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def every(damage, exits, code):
    """Damages the file at other places, and asks again each time: the same exit and code, and never a fault of ours."""
    def then(workspace, _):
        path = workspace.folder / FILE
        # Whole again: what the first damage did is not known, but the table is still there as CSV.
        duckdb.execute(f"COPY (SELECT * FROM read_csv('{path.with_suffix('.csv')}', all_varchar = true)) TO '{path}' (FORMAT parquet)")
        content = path.read_bytes()
        wrong = []
        for seed in range(TIMES):
            path.write_bytes(damage(content, seed))
            ended = workspace.bill("plan", "monthly", "--as-of", AS_OF)
            if ended.exit not in exits or code not in ended.stderr + ended.stdout:
                wrong.append(f"{seed}: {ended}")
        return f"{TIMES} times {code}: {wrong[:2]}", not wrong
    return then


def any_clear_end(workspace, _):
    """Without a manifest a changed bit can be anything: refused, or read as something else; a fault of ours it is not."""
    path = workspace.folder / FILE
    content = path.read_bytes()
    wrong = []
    for seed in range(TIMES):
        path.write_bytes(flipped(content, seed))
        ended = workspace.bill("plan", "monthly", "--as-of", AS_OF)
        if ended.exit not in (0, 3, 4, 5, 10) or "panicked" in ended.stderr:
            wrong.append(f"{seed}: {ended}")
    return f"{TIMES} times a clear end: {wrong[:2]}", not wrong


def signed_flip(workspace, _):
    path = stored(workspace)
    path.write_bytes(flipped(path.read_bytes(), 4711))


def hello(workspace, text):
    (workspace.folder / FILE).write_text(text)
    named(workspace, "accounts", manifest=True)


def null_in_row_seven(workspace, _):
    path = workspace.folder / FILE
    rows = ", ".join(f"({'NULL' if n == 7 else repr(f'B{n}')}, 'EUR', 'Bo {n}', 'DE')" for n in range(1, 10))
    duckdb.execute(f"COPY (SELECT * FROM (VALUES {rows}) AS t(account_id, currency, name, country)) TO '{path}' (FORMAT parquet)")
    named(workspace, "accounts", manifest=True)


def no_rows(workspace, _):
    path = stored(workspace)
    rows = f"SELECT * FROM read_csv('{path.with_suffix('.csv')}', all_varchar = true) LIMIT 0"
    duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    signed(workspace, "accounts")


def many_values(workspace, _):
    """12345 rows: a number that is found again in the footer, as the zigzag varint F2 C0 01; in its place 2^40 and more."""
    path = workspace.folder / FILE
    rows = "SELECT 'B' || i AS account_id, 'EUR' AS currency, 'Bo' AS name, 'DE' AS country FROM range(12345) AS t(i)"
    duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
    path.write_bytes(footer_replaced(b"\xf2\xc0\x01", b"\x80\x80\x80\x80\x80\x40")(path.read_bytes()))
    named(workspace, "accounts", manifest=True)


def of_another_month(workspace, _):
    """Usage of July in a folder that says June."""
    from usage import with_usage
    with_usage(workspace)
    folder = workspace.folder / "in/month=2026-06"
    folder.mkdir()
    duckdb.execute("COPY (SELECT 'E1' AS usage_id, 'S-B1' AS service_id, '2026-07-02' AS used_at, '5' AS quantity, '2026-07' AS month) "
                   f"TO '{folder / 'usage.parquet'}' (FORMAT parquet)")
    workspace.edit("billwright.toml", "in/usage.csv", "in/month=2026-06/usage.parquet")


CASES = {
    "PQT-001": Try(altered(cut), FILE, ("cut off",), then=every(lambda content, seed: content[:random.Random(seed).randrange(len(content))],
                                                               (4,), "BW-F1")),
    "PQT-002": Try(hello, FILE, ("Parquet",)),
    "PQT-003": Try(signed_flip, FILE, ("fetch",), then=every(flipped, (4,), "BW-F132")),
    "PQT-004": Try(lambda workspace, _: stored(workspace, manifest=False), FILE, ("manifest",), then=any_clear_end),
    "PQT-010": Try(select("services", "* REPLACE ([unit_price] AS unit_price)"), (SERVICES, "unit_price"), ("list",)),
    "PQT-012": Try(null_in_row_seven, f"{FILE}, row 7, account_id", ("an id is needed",)),
    "PQT-013": Try(altered(footer_replaced(b"emails", b"tax_id")), FILE, ("tax_id",)),
    "PQT-015": Try(altered(replaced(b"PAR1", b"PARE")), FILE, ("encrypted",)),
    "PQT-016": Try(no_rows, FILE, ("row count",)),
    "PQT-017": Try(many_values, FILE, costs=(10, 512)),
    "PQT-018": Try(altered(replaced(b"Bea Lind", b"Bea \xffind")), FILE, ("UTF-8",)),
    "PQT-019": Try(of_another_month, "in/month=2026-06/usage.parquet", ("month", "2026-06", "2026-07")),
}
