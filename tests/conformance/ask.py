"""What the cases are asked of: `billwright periods` and `billwright price`, as a user would ask them."""
import csv
import io
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "proofs"))
from proof import Workspace  # noqa: E402

SETTINGS = """\
timezone = "UTC"
currency = "EUR"
rounding = "half_up"
[seller]
name = "Conformance"
[series.default]
pattern = "{seq}"
"""


TABLES = {"accounts": ["account_id", "currency", "name", "bill_day", "tax_exempt", "country", "tax_id", "seller_country", "seller_region"], "subscriptions": ["subscription_id", "account_id", "scheme", "frequency", "start_on"],
          "services": ["service_id", "subscription_id", "charge", "quantity", "start_on", "end_on", "effective_on", "hold_until"],
          "usage": ["usage_id", "service_id", "used_at", "quantity"], "measured": ["usage_id", "service_id", "used_at", "quantity", "unit"], "orders": ["order_id", "account_id", "status", "fulfilled_on"],
          "order_lines": ["order_id", "line", "description", "quantity", "unit_price", "tax"],
          "discounts": ["discount_id", "account_id", "charge", "percent", "amount", "invoices", "priority"], "credits": ["credit_id", "account_id", "amount", "kind", "priority", "on", "expires_on"],
          "wallets": ["wallet_id", "account_id", "currency", "opening_balance", "credit_limit", "priority", "expires_on", "scheme"], "top_ups": ["top_up_id", "wallet_id", "at", "amount", "expires_on"]}
TO_BILL = """\
[defaults]
tax = "tax"
[series.credits]
pattern = "C{seq}"
"""


class NotApplicable(Exception):
    """A convention that Billwright leaves out, and why."""


class NotYet(Exception):
    """A convention that Billwright is to have and has not yet."""


@cache
def workspace():
    made = Workspace.empty()
    (made.folder / "billwright.toml").write_text(SETTINGS)
    (made.folder / "definitions").mkdir()
    return made


def to_bill(definitions, inputs, **settings):
    """A workspace with definitions, whose inputs are still to be written; of a pair of a name and a SELECT, that."""
    made = Workspace.empty()
    for folder in ("definitions", "templates"):
        (made.folder / folder).mkdir()
    lines = [f'{key} = "{value}"' for key, value in {"timezone": "UTC", "rounding": "half_up", **settings}.items()]
    inputs = [f'[inputs.{name}]\npath = "{name}.csv"' if isinstance(name, str) else f'[inputs.{name[0]}]\nsql = """{name[1]}"""' for name in inputs]
    seller = ['[seller]\nname = "Conformance"', '[series.default]\npattern = "{seq}"', TO_BILL]
    (made.folder / "billwright.toml").write_text("\n".join([*lines, *seller, *inputs]))
    for definition in definitions:
        (made.folder / f"definitions/{definition['kind']}-{definition['name']}.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
    return made


def write_inputs(made, rows):
    """Rows by table, as an export has them."""
    for table, those in rows.items():
        with open(made.folder / f"{table}.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, TABLES[table])
            writer.writeheader()
            writer.writerows(those)


class Part:
    """Days that are billed together, and how many the full period has."""

    def __init__(self, row):
        self.start, self.end = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        self.days, self.period_days = int(row["days"]), int(row["period_days"])


@cache
def periods(frequency, start, end, alignment=None, anchor=None, first=None):
    """The parts of periods from one day up to another, as `billwright periods` lists them."""
    words = ["periods", "--frequency", frequency, "--from", start.isoformat(), "--to", end.isoformat(), "--output", "csv"]
    words += ["--alignment", alignment] if alignment else []
    words += ["--anchor", str(anchor)] if anchor else []
    words += ["--first-period", first] if first else []
    return [Part(row) for row in csv.DictReader(io.StringIO(workspace().must(*words, exits=(0,)).stdout))]


def price(charge, quantity="1", currency="EUR", scheme=None, events=(), **flags):
    """What a charge costs, or rows of usage as (time, quantity), as `billwright price` says, with its steps."""
    written = {"kind": "scheme", "name": "s", "currency": currency, "frequencies": ["monthly"], **(scheme or {}), "charges": [{"code": "c", **charge}]}
    (workspace().folder / "definitions/s.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
    each = [(flag, one) for flag, value in flags.items() for one in (value if isinstance(value, list) else [value])]
    words = [word for flag, value in each for word in (f"--{flag.replace('_', '-')}", str(value))]
    asked = [word for at, much in events for word in ("--event", f"{at}={much}")] or ["--quantity", quantity]
    answer = json.loads(workspace().must("price", "s", "c", *asked, *words, "--output", "json", exits=(0,)).stdout)
    return Decimal(answer["amount"]), answer["steps"]


# A currency with so many decimals; with one, amounts are rounded to tenths.
BY_PLACES = {0: "JPY", 1: "EUR", 2: "EUR", 3: "KWD", 4: "CLF"}


def to_places(places, mode):
    """The currency whose amounts have so many decimals, and a scheme that rounds to them."""
    return BY_PLACES[places], {"rounding": mode.replace(" ", "_"), **({"round_to": "0.1"} if places == 1 else {})}


def day_of(instant, zone="UTC"):
    """The day on which an instant falls in a zone."""
    if len(instant) == 10:
        return date.fromisoformat(instant)
    read = datetime.fromisoformat(instant)
    return (read if read.tzinfo is None else read.astimezone(ZoneInfo(zone))).date()


FREQUENCY = {"1 day": "daily", "1 week": "weekly", "1 month": "monthly", "3 months": "quarterly", "6 months": "semiannual", "1 year": "annual"}


def frequency(length, every=1):
    """A length such as `3 months`, so many times, as a frequency."""
    number, unit = length.split()
    number = int(number) * every
    unit = unit.rstrip("s")
    return FREQUENCY.get(f"{number} {unit}{'s' if number > 1 else ''}") or f"{number}_{unit}{'s' if number > 1 else ''}"


def holding(parts, day):
    """The part with a day in it, and its number."""
    return next((at, part) for at, part in enumerate(parts) if part.start <= day < part.end)
