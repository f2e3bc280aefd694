"""FIL: CSV files that cannot be read as they are."""
import gzip
import os
import threading

from attempt import AS_OF, At, Try

ACCOUNTS = "in/accounts.csv"


def whole(workspace, text):
    (workspace.folder / ACCOUNTS).write_bytes(text.encode())


def bytes_of(content):
    return lambda workspace, _: (workspace.folder / ACCOUNTS).write_bytes(content)


def bom_and_crlf(workspace, _):
    path = workspace.folder / ACCOUNTS
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


def same_rows(workspace, _):
    plain = workspace.copy()
    path = plain.folder / ACCOUNTS
    path.write_bytes(path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    answers = [each.must("run", "monthly", "--as-of", AS_OF, exits=(0,)) and each.content("book/data/main/invoice_party")
               for each in (workspace, plain)]
    return "the same rows as plain UTF-8 and LF", answers[0] == answers[1] != {}


def moved(name, path=None):
    """The accounts under another name; the workspace still asks for `path`, or for the usual one."""
    def put(workspace, _):
        os.rename(workspace.folder / ACCOUNTS, workspace.folder / name)
        if path:
            workspace.edit("billwright.toml", f'"{ACCOUNTS}"', path)
    return put


def zeros(workspace, _):
    """Packed 1 : 1000, so ten megabytes hold ten gigabytes; a hundredth of it tells as much."""
    with gzip.open(workspace.folder / "in/accounts.csv.gz", "wb", compresslevel=9) as target:
        for _ in range(100):
            target.write(bytes(1_000_000))
    workspace.edit("billwright.toml", f'"{ACCOUNTS}"', f'"{ACCOUNTS}.gz"')


def growing(workspace, _):
    """Appended to from before the command starts until the test ends; large, so that reading takes a while."""
    path = workspace.folder / ACCOUNTS
    with path.open("a") as target:
        target.writelines(f"G{n},EUR,Gro Eik,gro@example.com,Hafen 4,DE,,\n" for n in range(300_000))

    def append():
        with path.open("a") as target:
            for n in range(1_000_000):
                target.write(f"H{n},EUR,Gro Eik,gro@example.com,Hafen 4,DE,,\n")
                target.flush()
                if stop.wait(0.001):
                    return
    stop = threading.Event()
    threading.Thread(target=append, daemon=True).start()
    threading.Timer(20, stop.set).start()


def manifest(workspace, _):
    (workspace.folder / "in/SHA256SUMS").write_text(f"{'0' * 64}  {ACCOUNTS}\n")
    workspace.edit("billwright.toml", f'path = "{ACCOUNTS}"', f'path = "{ACCOUNTS}"\nmanifest = "in/SHA256SUMS"')


def link_out(workspace, _):
    os.remove(workspace.folder / ACCOUNTS)
    os.symlink("/etc/passwd", workspace.folder / ACCOUNTS)


def says_nothing_of_the_target(workspace, ended):
    return "nothing of the target is quoted", "root:" not in ended.stdout + ended.stderr


def old_file(workspace, _):
    workspace.edit("billwright.toml", f'path = "{ACCOUNTS}"', f'path = "{ACCOUNTS}"\nmax_age = "26h"')
    stale = 1_769_700_000  # 2026-01-29, and the clock of a proof says 1 February
    os.utime(workspace.folder / ACCOUNTS, (stale, stale))


CASES = {
    "FIL-002": Try(whole, ACCOUNTS, ("row count", "last run")),
    "FIL-008": Try(whole, f"{ACCOUNTS}, row 2", ("3 fields", "2", "quote")),
    "FIL-009": Try(whole, f"{ACCOUNTS}, row 2", ("1 field", "2")),
    "FIL-010": Try(whole, f"{ACCOUNTS}, row 3", ("blank line",)),
    "FIL-011": Try(whole, f"{ACCOUNTS}, row 2, name", ("quote", "open")),
    "FIL-012": Try(whole, f"{ACCOUNTS}, row 2, name", ("twice",)),
    "FIL-013": Try(bytes_of(b"account_id,currency\rA,EUR\rB,EUR\r"), ACCOUNTS, ("CR", "LF")),
    "FIL-014": Try(bom_and_crlf, then=same_rows),
    "FIL-015": Try(bytes_of("account_id,currency\nA,EUR\nB,EUR\n".encode("utf-16")), ACCOUNTS, ("UTF-16", "UTF-8")),
    "FIL-017": Try(bytes_of(b"account_id,name\nA,a\x00b\n"), f"{ACCOUNTS}, row 2, name", ("U+0000",)),
    "FIL-018": Try(bytes_of(b"account_id,currency,name\nA,EUR," + b"x" * 20_000_000 + b"\n"), f"{ACCOUNTS}, row 2, name", ("64 KiB",)),
    "FIL-019": Try(bytes_of(",".join(f"c{n}" for n in range(10_000)).encode() + b"\n"), f"{ACCOUNTS}, row 1", ("1000",)),
    "FIL-021": Try(zeros, f"{ACCOUNTS}.gz", ("gzip",), code="BW-F103", costs=(10, 200),
                   because="packed files are not read at all, so nothing is unpacked"),
    "FIL-022": Try(bytes_of(b"PK\x03\x04" + bytes(100)), ACCOUNTS, ("ZIP", "XLSX")),
    "FIL-024": Try(growing, ACCOUNTS, ("changed", "let the export finish"), command=("run", "monthly", "--as-of", AS_OF)),
    "FIL-027": Try(moved(f"{ACCOUNTS}.part"), ACCOUNTS, ("upload not finished",)),
    "FIL-028": Try(manifest, ACCOUNTS, ("0" * 64,)),
    "FIL-030": Try(link_out, ACCOUNTS, ("link",), then=says_nothing_of_the_target),
    "FIL-033": Try(old_file, ACCOUNTS, ("2026-01-29",)),
    "FIL-034": Try(moved("in/accounts\x1b[2J.csv", '"in/accounts*.csv"'), "in/accountsU+001B[2J.csv", ("control characters",)),
}
