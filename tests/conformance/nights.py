"""What the cases about wallets are asked of: an account whose services are debited by a prepaid run, one night after the other."""
import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from ask import to_bill, write_inputs

FIRST = date(2026, 1, 1)
NO_TAX = {"kind": "tax", "name": "tax", "rates": [{"category": "standard", "percent": "0"}]}


def on(day):
    """The first day of a case is 0."""
    return FIRST + timedelta(days=day)


def once(amount):
    """A charge of so much, on the first day."""
    return {"one_time": {}, "price": {"flat": amount}}


def monthly(amount):
    """A charge of so much on the first day of each month."""
    return {"recurring": {"timing": "advance", "proration": "none"}, "price": {"flat": amount}}


def used(price="1", **more):
    """A charge for what is used, at a price for one."""
    return {"usage": {"meter": "m", **more}, "price": {"per_unit": price}}


class Night:
    """What a night took out of which wallet for which service, in its order, for which days, and what that wallet held after it; what all wallets hold in the end,
    and what is missing for each debit that is open."""

    def __init__(self, transactions, wallets, shortfalls):
        debits = [row for row in transactions if row["kind"] == "debit"]
        self.debits = [(row["wallet_id"], row["service_id"], -Decimal(row["amount"])) for row in debits]
        self.days, self.after = {row["period_start"] for row in debits}, [Decimal(row["balance_after"]) for row in debits]
        self.holds = {row["wallet_id"]: Decimal(row["balance"]) for row in wallets}
        self.missing = [Decimal(row["missing"]) for row in shortfalls]

    def taken(self, by="wallet"):
        """What was debited by wallet, or by wallet and service."""
        sums = defaultdict(Decimal)
        for wallet, service, amount in self.debits:
            sums[wallet if by == "wallet" else (wallet, service)] += amount
        return dict(sums)


class Account:
    """An account with services, each by its charge and (day, quantity) of what is used, in a scheme of its own that has its name, for wallets to name it too; and
    with wallets, each by its columns, or by its balance where it has no more."""

    def __init__(self, services, wallets, currency="EUR", debit=None, **scheme):
        schemes = [{"kind": "scheme", "name": name, "classification": "prepaid", "currency": currency, "frequencies": ["monthly"], "anchor": "calendar", **scheme,
                    "charges": [{"code": "c", **charge}]} for name, (charge, _) in services.items()]
        run = {"kind": "prepaid_run", "name": "nightly", "criteria": {"schemes": list(services)}, "filters": "all", "debit": {"granularity": "day", "on_topup": "charge_all", **(debit or {})},
               "checks": {"usage_complete": "off"}}
        columns = {name: wallet if isinstance(wallet, dict) else {"opening_balance": wallet} for name, wallet in wallets.items()}
        rows = {
            "accounts": [{"account_id": "A", "currency": currency}],
            "subscriptions": [{"subscription_id": name, "account_id": "A", "scheme": name, "start_on": FIRST} for name in services],
            "services": [{"service_id": name, "subscription_id": name, "charge": "c"} for name in services],
            "usage": [{"usage_id": f"{name}-{at}", "service_id": name, "used_at": f"{on(day)}T10:00:00Z", "quantity": quantity}
                      for name, (_, rows) in services.items() for at, (day, quantity) in enumerate(rows)],
            "wallets": [{"wallet_id": name, "account_id": "A", "currency": currency, **wallet} for name, wallet in columns.items()],
            "top_ups": [],
        }
        self.workspace = to_bill((run, NO_TAX, *schemes), rows, currency=currency)
        write_inputs(self.workspace, rows)

    def topped_up(self, *rows):
        """The wallet W is topped up, by (day, amount, and the first day on which it can not be used)."""
        write_inputs(self.workspace, {"top_ups": [{"top_up_id": f"T{at}", "wallet_id": "W", "at": f"{on(day)}T12:00:00Z", "amount": amount, "expires_on": on(*ends) if ends else None}
                                                  for at, (day, amount, *ends) in enumerate(rows)]})
        return self

    def night(self, day):
        """The run of a day, in its morning."""
        return self._after(day, "run", "nightly", "--as-of", on(day).isoformat())

    def taken_back(self, day):
        """The latest run, and what is given back of it on a day."""
        return self._after(day, "cancel", "nightly")

    def _after(self, day, *command):
        asked = lambda *words: json.loads(self.workspace.must(*words, "--output", "json", exits=(0,), now=f"{on(day)}T06:00:00Z").stdout)
        run = asked(*command)["run_id"]
        return Night(asked("show", run, "--tab", "transactions"), asked("report", "wallets"), asked("report", "shortfalls"))
