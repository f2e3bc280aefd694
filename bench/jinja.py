"""jinja.py WORKSPACE OUT: the documents of a posted run, made by Jinja2 from the same template and the same book.

One process, the template compiled once. What each document is made of is prepared beforehand and not counted, nor is the
collector of Python's garbage, which would walk through all of that. Prints the documents, and the seconds of rendering and writing them."""
import datetime
import gc
import json
import sys
import time
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace as Group

import polars as pl
from jinja2 import Environment


# What a template can call beyond the language: docs/templates.md, "Filters, tests, functions".

def money(value, currency):
    sign, digits = "-" if value < 0 else "", f"{abs(value):,f}"
    return f"{sign}${digits}" if currency == "USD" else f"{currency} {sign}{digits}"


def long(day):
    return f"{day:%B} {day.day}, {day.year}"


def period(days):
    """Says neither a month nor a year twice."""
    first, last = days
    if first == last:
        return long(first)
    if first.year != last.year:
        return f"{long(first)} – {long(last)}"
    if first.month != last.month:
        return f"{first:%B} {first.day} – {long(last)}"
    return f"{first:%B} {first.day} – {last.day}, {last.year}"


FILTERS = {"money": money, "absolute": abs, "period": period, "date": lambda day, form="iso": long(day) if form == "long" else str(day)}


# What a template sees: docs/templates.md, "What a template sees". As far as the accounts of the benchmark have it.

def places(value, least):
    """A number without idle zeros, but with so many places at least."""
    if value is None:
        return None
    value = value.normalize()
    return value.quantize(Decimal(1).scaleb(min(value.as_tuple().exponent, -least)))


def days(row):
    return row["period_start"], row["period_end"] - datetime.timedelta(days=1)


def tiers(text):
    """`100 x 0.05 + 152.068 x 0.04`"""
    parts = [part.split(" x ") for part in text.split(" + ")] if text else []
    return [Group(quantity=quantity, package=None, packages=None, percent=None, unit_price=places(Decimal(unit), 2), flat=None) for quantity, unit in parts]


def line(row):
    several = row["kind"] != "usage" and row["model"] == "per_unit" and row["quantity"] != 1
    prorated = row["kind"] == "recurring" and row["proration"] == "daily" and row["days"] != row["period_days"]
    shown = {"quantity": places(row["quantity"], 0), "quantity_before": places(row["quantity_before"], 0), "included": places(row["included"], 0),
             "unit_price": places(row["unit_price"], 2), "amount": places(row["amount"], 2), "tiers": tiers(row["tiers"])}
    return Group(**{**row, **shown}, several=several, prorated=prorated, percent_off=None, period=days(row))


def tax(row):
    return Group(category=row["category"], name=row["name"], treatment=row["treatment"], note=row["note"], percent=places(row["rate"], 0), base=places(row["base"], 2), tax=places(row["tax"], 2))


def invoice(row, lines):
    amounts = {name: places(row[name], 2) for name in ("net", "tax", "total", "applied", "amount_due", "prior_balance")}
    periods = {it.period for it in lines}
    return Group(**{**row, **amounts}, date=row["invoice_date"], due_days=(row["due_date"] - row["invoice_date"]).days, group=row["group_key"],
                 period=days(row), one_period=len(periods) == 1, to_pay=row["amount_due"] > 0, balance=amounts["prior_balance"] + amounts["amount_due"],
                 several_accounts=any(it.account_id != row["account_id"] for it in lines), tax_by_line=any(it.tax is not None for it in lines))


def documents(workspace):
    """What each document is made of, by its number."""
    def rows(table):
        return pl.read_parquet(workspace / "book/data/main" / table / "*.parquet").iter_rows(named=True)

    lines, taxes, parties = defaultdict(list), defaultdict(list), {}
    for row in rows("invoice_line"):
        lines[row["invoice_id"]].append(line(row))
    for row in rows("invoice_tax"):
        taxes[row["invoice_id"]].append(tax(row))
    for row in rows("invoice_party"):
        parties[row["invoice_id"]] = Group(id=row["account_id"], **row)
    seller = Group(**{"address": None, "tax_id": None, "bank": None, **tomllib.loads((workspace / "billwright.toml").read_text())["seller"]})
    for row in rows("invoice"):
        of = row["invoice_id"]
        yield row["number"], {"seller": seller, "account": parties[of], "invoice": invoice(row, lines[of]), "lines": lines[of], "taxes": taxes[of]}


if __name__ == "__main__":
    workspace, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= FILTERS
    template = environment.from_string((workspace / "templates/invoice.html").read_text())
    prepared = list(documents(workspace))
    gc.disable()
    start, cpu = time.monotonic(), time.process_time()
    for number, context in prepared:
        with open(out / f"{number}.html", "w", encoding="utf-8") as file:
            file.write(template.render(context))
    print(json.dumps({"documents": len(prepared), "seconds": time.monotonic() - start, "cpu": time.process_time() - cpu}))
