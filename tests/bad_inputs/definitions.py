"""DEF: definitions that cannot be meant."""
import os

from attempt import At, Try

PLANS, MONTHLY, VAT, BAD = "definitions/plans.yaml", "definitions/monthly.yaml", "definitions/vat.yaml", "definitions/bad.yaml"
PRICE = 'price: { flat: "10.00" }'


def instead_of(file, old):
    """The lines of the case in place of a line of a definition, as far indented."""
    def put(workspace, text):
        path = workspace.folder / file
        lines = path.read_text().splitlines()
        index = next(index for index, line in enumerate(lines) if line.strip() == old)
        indent = lines[index][:len(lines[index]) - len(old)]
        lines[index:index + 1] = [indent + line for line in text.splitlines()]
        path.write_text("\n".join(lines) + "\n")
    return put


def whole(workspace, text):
    (workspace.folder / BAD).write_text(text)


def built(text):
    """A file too large to stand in the catalogue."""
    return lambda workspace, _: whole(workspace, text)


def versions(workspace, text):
    """`valid_from` stands in a list of prices."""
    instead_of(PLANS, PRICE)(workspace, "price:\n  " + text)


def bomb():
    levels = ["l0: &a0 [" + ", ".join(["x"] * 10) + "]"]
    levels += [f"l{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 10)]
    return "\n".join(levels) + "\n"


def usage_charge(workspace, text):
    plans = (workspace.folder / PLANS).read_text()
    (workspace.folder / PLANS).write_text(plans + f'  - code: calls\n    {text}\n    price: {{ per_unit: "0.10" }}\n')


def tiered_charge(workspace, text):
    plans = (workspace.folder / PLANS).read_text()
    (workspace.folder / PLANS).write_text(plans + f"  - code: calls\n    usage: {{ meter: minutes }}\n    {text}\n")


def country_of_norway(workspace, text):
    instead_of(VAT, "rates:")(workspace, "rates:\n  " + text)
    workspace.edit("in/accounts.csv", "Hafen 1,DE", "Hafen 1,NO")


def norway_is_taxed(workspace, _):
    workspace.must("run", "monthly", "--as-of", "2026-02-01", exits=(0,))
    rates = workspace.rows("SELECT rate FROM book.invoice_tax JOIN book.invoice USING (invoice_id) WHERE account_id = 'B1' AND rate = 25")
    return "the rate for NO is taken", len(rates) == 1


def two_versions(workspace, _):
    instead_of(PLANS, PRICE)(workspace, "price:\n"
                             '  - { valid_from: 2026-01-01, valid_to: 2026-05-31, flat: "10.00" }\n  - { valid_from: 2026-07-01, flat: "11.00" }')


def left_out(file, line):
    return lambda workspace, _: workspace.edit(file, line + "\n", "")


def renamed_series(workspace, _):
    workspace.edit("billwright.toml", "INV-{seq:05}", "RE-{seq:05}")


def link(workspace, _):
    os.symlink("/etc/passwd", workspace.folder / BAD)


def says_nothing_of_the_target(workspace, ended):
    return "nothing of the target is quoted", "root" not in ended.stdout + ended.stderr


def utf16(workspace, _):
    (workspace.folder / BAD).write_bytes("name: a\n".encode("utf-16"))


def bom_and_crlf(workspace, _):
    for path in (workspace.folder / "definitions").iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))


def same_plan(workspace, _):
    """The plan's own hash is in the name of its folder."""
    plain = workspace.copy()
    for path in (plain.folder / "definitions").iterdir():
        path.write_bytes(path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n"))
    names = []
    for each in (workspace, plain):
        each.must("plan", "monthly", "--as-of", "2026-02-01", exits=(0,))
        names.append(os.listdir(each.folder / "plans"))
    return "the same plan as without", names[0] == names[1]


def no_secret(workspace, ended):
    return "the value is not echoed", "hunter2" not in ended.stdout + ended.stderr


CASES = {
    "DEF-001": Try(instead_of(PLANS, PRICE), At(PLANS, "price", 2), ("price", "first")),
    "DEF-002": Try(instead_of(PLANS, PRICE), At(PLANS, "prcie"), ("did you mean `price`",)),
    "DEF-003": Try(whole, f"{BAD}:2:1", ("tab", "spaces")),
    "DEF-004": Try(built(bomb()), BAD, ("100000 values",), costs=(1, 100)),
    "DEF-005": Try(built("list: " + "[" * 20_000 + "]" * 20_000), BAD, ("64",), costs=(1, 100)),
    "DEF-006": Try(built("id: " + "x" * 70_000_000), BAD, ("1 MiB",), costs=(1, 100)),
    "DEF-007": Try(whole, At(BAD, "*l"), ("recursive alias",)),
    "DEF-008": Try(whole, At(BAD, "*x"), ("anchor",)),
    "DEF-009": Try(whole, At(BAD, "!!python"), ("tag",)),
    "DEF-010": Try(whole, At(BAD, "---"), ("one",)),
    "DEF-011": Try(whole, f"{BAD}:1:1", ("kind",)),
    "DEF-012": Try(whole, f"{BAD}:1:1", ("map",)),
    "DEF-013": Try(instead_of(PLANS, "name: plans"), At(PLANS, '"a'), ("U+0000",)),
    "DEF-015": Try(instead_of(MONTHLY, "enabled: true"), At(MONTHLY, "no\n"), ("false",)),
    "DEF-016": Try(country_of_norway, then=norway_is_taxed),
    "DEF-017": Try(instead_of(PLANS, PRICE), At(PLANS, "1e-2"), ("0.01",)),
    "DEF-019": Try(instead_of(PLANS, PRICE), At(PLANS, ".nan"), ("decimal",)),
    "DEF-021": Try(usage_charge, At(PLANS, "0o17"), ("15",)),
    "DEF-022": Try(instead_of(PLANS, PRICE), At(PLANS, '"0.1234567891"'), ("9 decimals",)),
    "DEF-023": Try(instead_of(PLANS, PRICE), At(PLANS, '"1000000000000"'), ("999 999 999.999999999",)),
    "DEF-025": Try(instead_of(PLANS, "currency: EUR"), At(PLANS, "EURO"), ("EUR",)),
    "DEF-026": Try(tiered_charge, At(PLANS, "{to: 90"), ("100", "90")),
    "DEF-028": Try(tiered_charge, At(PLANS, "{to: 100"), ("100",)),
    "DEF-034": Try(two_versions, At(PLANS, "2026-05-31"), ("2026-06-01 to 2026-06-30", "the next price")),
    "DEF-039": Try(instead_of(VAT, '- { category: standard, match: { country: DE }, percent: "19", valid_from: 2025-01-01 }'),
                   At(VAT, "1900"), ("19 means 19 %",)),
    "DEF-040": Try(left_out("billwright.toml", 'rounding = "half_up"'), "billwright.toml", ("rounding", "scheme or tax")),
    "DEF-043": Try(renamed_series, "default", ("INV-{seq:05}", "number 2", "new series")),
    "DEF-045": Try(link, BAD, ("not followed",), then=says_nothing_of_the_target),
    "DEF-047": Try(utf16, BAD, ("UTF-16", "UTF-8")),
    "DEF-048": Try(bom_and_crlf, then=same_plan),
    "DEF-049": Try(instead_of(MONTHLY, "enabled: true"), At(MONTHLY, "smtp_password"), ("BILLWRIGHT_SMTP_PASSWORD",), then=no_secret),
    "DEF-050": Try(versions, At(PLANS, "2027-02-29"), ("no such day",)),
    "DEF-051": Try(versions, At(PLANS, "2026-03-29T02:30"), ("date",)),
}
