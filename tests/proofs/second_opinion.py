"""A re-rater that shares no code with the engine gets the same lines, taxes and totals from the same files (P14)."""
import calendar
import csv
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from proof import Workspace, check, definition, done


def definitions(workspace, kind):
    found = [definition(file) for file in sorted((workspace.folder / "definitions").glob("*.yaml"))]
    return {it["name"]: it for it in found if it["kind"] == kind}


def table(workspace, name):
    with (workspace.folder / name).open(newline="") as rows:
        return list(csv.DictReader(rows))


def day(text):
    return date.fromisoformat(text) if text else None


def boundary(year, month, anchor):
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(anchor, calendar.monthrange(year, month)[1]))


def months(start, anchor, until):
    """The full months, from anchor day to anchor day, that begin by `until` and end after `start`."""
    year, month = start.year, start.month - 2  # the stub before the first boundary lies in the period that ends there
    while (begin := boundary(year, month, anchor)) <= until:
        month += 1
        if (end := boundary(year, month, anchor)) > start:
            yield begin, end


def cents(exact, mode):
    """Cents, a half going up or to the even neighbor. Nothing here is negative."""
    whole, rest = divmod(exact * 100, 1)
    up = rest > Fraction(1, 2) or rest == Fraction(1, 2) and (mode == "half_up" or whole % 2)
    return Fraction(whole + up, 100)


def price(charge, service, begin):
    """Unit price and whether the quantity counts."""
    versions = charge["price"] if isinstance(charge["price"], list) else [charge["price"]]
    in_force = [it for it in versions if "valid_from" not in it or day(it["valid_from"]) <= begin] or versions[:1]
    version = max(in_force, key=lambda it: it.get("valid_from", ""))
    listed = version.get("flat", version.get("per_unit"))
    return Fraction(service["unit_price"] or listed), "per_unit" in version


def rated(schemes, services, as_of):
    """Lines of everything ready by `as_of`: service, charge, begin, end, amount, tax category."""
    for it in services:
        scheme = schemes[it["scheme"]]
        charge = {charge["code"]: charge for charge in scheme["charges"]}[it["charge"]]
        first, last = it["from"], min(filter(None, it["ends"]), default=date.max)
        anchor = 1 if scheme["anchor"] == "calendar" else it["bill_day"] or first.day
        for begin, end in months(first, anchor, as_of):
            start, stop = max(begin, first), min(end, last)
            if start >= stop or start > as_of:
                continue
            rate, counts = price(charge, it, start)
            share = Fraction((stop - start).days, (end - begin).days) if charge["recurring"]["proration"] == "daily" else 1
            exact = rate * share * (Fraction(it["quantity"] or 1) if counts else 1)
            yield it["account"], it["service_id"], charge["code"], start, stop, cents(exact, scheme.get("rounding", "half_up")), \
                charge.get("tax", scheme.get("tax", "standard"))


def dozen(workspace, parked=("H-06",)):
    accounts = {row["account_id"]: row for row in table(workspace, "data/accounts.csv")}
    contracts = {row["contract"]: row for row in table(workspace, "data/subscriptions.csv")}
    for row in table(workspace, "data/services.csv"):
        contract = contracts[row["subscription_id"]]
        account = accounts[contract["account"]]
        if account["account_id"] in parked or account["status"] not in ("active", "canceled"):
            continue
        yield {**row, "account": account["account_id"], "scheme": contract["tariff"], "bill_day": int(account["bill_day"] or 0),
               "from": day(row["next_bill_on"]) or day(row["start_on"]) or day(contract["since"]),
               "ends": (day(row["end_on"]), day(contract["until"]), day(account["canceled_on"]))}


def telco(workspace):
    products = {"PhoneService": "phone", "MultipleLines": "second-line", "OnlineSecurity": "online-security", "OnlineBackup": "online-backup",
                "DeviceProtection": "device-protection", "TechSupport": "tech-support", "StreamingTV": "streaming-tv",
                "StreamingMovies": "streaming-movies"}
    short = {"second-line": "line2", "online-security": "security", "online-backup": "backup", "device-protection": "protection",
             "tech-support": "support", "streaming-tv": "tv", "streaming-movies": "movies"}
    for row in table(workspace, "samples/telco/Telco-Customer-Churn.csv"):
        bought = [code for column, code in products.items() if row[column] == "Yes"]
        bought += {"DSL": ["dsl"], "Fiber optic": ["fiber"], "No": []}[row["InternetService"]]
        for code in bought:
            yield {"account": row["customerID"], "service_id": f"{row['customerID']}-{short.get(code, code)}", "charge": code, "quantity": "1",
                   "unit_price": "", "scheme": "telco-list", "bill_day": 0, "from": date(2026, 2, 1), "ends": ()}


for source, run, read, as_of in (("tests/workspaces/dozen", "monthly", dozen, "2026-02-01"), ("tests/workspaces/dozen", "monthly", dozen, "2026-04-15"),
                                 (".", "telco-monthly", telco, "2026-02-01")):
    workspace = Workspace(source)
    workspace.must("run", run, "--as-of", as_of, now=f"{as_of}T18:00:00Z")
    ours = sorted(rated(definitions(workspace, "scheme"), read(workspace), day(as_of)))
    theirs = sorted(row[:5] + (Fraction(row[5]), row[6]) for row in workspace.rows(
        "SELECT account_id, service_id, charge, period_start, period_end, amount, tax_category FROM book.invoice_line"))
    odd = sorted({*ours} ^ {*theirs})
    check(f"{run} as of {as_of}: the same {len(theirs)} lines", ours == theirs != [], f"{len(odd)} lines only on one side, first {odd[:4]}")

    tax, = (it for name, it in definitions(workspace, "tax").items())
    percent = {rate["category"]: Fraction(rate["percent"]) / 100 for rate in tax["rates"]}
    nets = defaultdict(Fraction)
    for account, _, _, _, _, amount, category in ours:
        nets[account, category] += amount
    totals = defaultdict(Fraction)
    for (account, category), net in nets.items():
        totals[account] += net + cents(net * percent[category], "half_up")
    booked = {account: Fraction(total) for account, total in workspace.rows("SELECT account_id, total FROM book.invoice")}
    odd = [account for account in {*totals, *booked} if totals.get(account) != booked.get(account)]
    check(f"{run} as of {as_of}: the same {len(booked)} totals", not odd, [(it, totals.get(it), booked.get(it)) for it in odd[:3]])
    invoice_date, due, = workspace.rows("SELECT DISTINCT invoice_date, due_date FROM book.invoice")[0]
    check(f"{run} as of {as_of}: due 14 days after the invoice date", due - invoice_date == timedelta(days=14), (invoice_date, due))
done()
