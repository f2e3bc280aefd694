"""How the conventions of the sources are said in Billwright's keys, side by side; the function of each kind of case goes by it."""

# source: anchor of its periods, how far the first one goes, what a part costs, how a tier ends, how an amount is rounded
CONVENTIONS = {
    "killbill/killbill": ("anchor: bill_day", "first_period: whole", "proration: daily", "`to`: widths added up, `package`: the block", "rounding: half_up"),
    "getlago/lago-api": ("anchor: calendar, or start_date for an anniversary", "first_period: short", "proration: daily", "`to`: the upper bound as written", "rounding: half_up"),
    "meteroid-oss/meteroid": ("anchor: bill_day", "first_period: whole", "proration: daily", "`to`: the next tier's first unit", "rounding: half_up"),
    "flexprice/flexprice": ("anchor: calendar, or start_date for an anniversary", "first_period: whole", "proration: daily", "-", "rounding: half_up"),
    "silverapp/silver": ("anchor: calendar", "first_period: short", "proration: daily", "-", "rounding: half_even"),
    "frappe/erpnext": ("anchor: calendar, or start_date for an anniversary", "first_period: short", "proration: daily", "-", "rounding: half_up"),
    "BillRun/system": ("anchor: calendar, monthly", "first_period: short", "proration: daily", "`to`: widths added up, `package`: per_units", "rounding: half_up"),
    "openmeterio/openmeter": ("anchor: start_date", "first_period: short", "-", "`to`: up_to", "rounding: half_up"),
    "cgrates/cgrates": ("-", "-", "-", "`to`: widths added up, `package`: the increment", "rounding: half_up"),
    "NREL/REopt_API": ("anchor: calendar", "first_period: short", "-", "`to`", "rounding: half_up"),
}
