"""How the conventions of the sources are said in Billwright's keys, side by side.

`anchor` by the source's alignment; `first_period` and `rounding` as in a scheme; `tiers` in words, for readers. A part costs `daily`,
but where a case names months of 30 days."""


class Convention:
    def __init__(self, anchor, first_period, rounding, tiers):
        self.anchor, self.first_period, self.rounding, self.tiers = anchor, first_period, rounding, tiers


BY_ALIGNMENT = {"calendar": "calendar", "anniversary": "start_date"}
BILL_DAY = {None: "bill_day"}
CALENDAR = {"calendar": "calendar", None: "calendar"}
CONVENTIONS = {
    "killbill/killbill": Convention(BILL_DAY, "whole", "half_up", "`to`: widths added up, `package`: the block"),
    "getlago/lago-api": Convention(BY_ALIGNMENT, "short", "half_up", "`to`: the upper bound as written"),
    "meteroid-oss/meteroid": Convention(BILL_DAY, "whole", "half_up", "`to`: the next tier's first unit"),
    "flexprice/flexprice": Convention(BY_ALIGNMENT, "whole", "half_up", "-"),
    "silverapp/silver": Convention(CALENDAR, "short", "half_even", "-"),
    "frappe/erpnext": Convention(BY_ALIGNMENT, "short", "half_up", "-"),
    "BillRun/system": Convention(CALENDAR, "short", "half_up", "`to`: widths added up, `package`: per_units"),
    "openmeterio/openmeter": Convention(BILL_DAY, "short", "half_up", "`to`: up_to"),
    "cgrates/cgrates": Convention(BILL_DAY, "short", "half_up", "`to`: widths added up, `package`: the increment"),
}
KILLBILL, LAGO, METEROID, FLEXPRICE, SILVER, ERPNEXT, BILLRUN = (CONVENTIONS[name] for name in (
    "killbill/killbill", "getlago/lago-api", "meteroid-oss/meteroid", "flexprice/flexprice", "silverapp/silver", "frappe/erpnext", "BillRun/system"))
