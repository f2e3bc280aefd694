"""wallets_credits.json: what is paid before. Nothing of it is reached yet: credits come with their input, wallets with prepaid runs."""
from ask import NotApplicable, NotYet
from usage_of import RESERVED


def prepaid(given, expect):
    if "requested_seconds" in given:
        raise NotYet(RESERVED)
    if given.get("buckets"):
        raise NotYet("prepaid debits: buckets of units, drawn in their increments, and given back")
    raise NotYet("prepaid debits: a wallet of money")


def account_credit(given, expect):
    raise NotYet("credits to a balance")


def credits_against_lines(given, expect):
    if "error" in expect:
        raise NotApplicable("more credit than there is to pay is an error there: here the rest stays for later")
    raise NotYet("credits to a price, used up line by line")


def wallets(given, expect):
    raise NotYet("prepaid debits: several wallets, by priority and by what they are for")


def lots(given, expect):
    raise NotYet("prepaid debits: lots of one wallet, granted before purchased, older before newer")


def conversion(given, expect):
    raise NotYet("prepaid debits: credits with a rate to money")


def top_up(given, expect):
    raise NotYet("prepaid debits: a top-up at a threshold")


def grants(given, expect):
    raise NotYet("prepaid debits: grants that expire, by priority")


KINDS = {
    ("cgrates/cgrates", "prepaid debit"): prepaid,
    ("getlago/lago-api", "automatic top-up"): top_up,
    ("getlago/lago-api", "credit conversion"): conversion,
    ("getlago/lago-api", "lot consumption"): lots,
    ("getlago/lago-api", "wallet debit"): wallets,
    ("killbill/killbill", "account credit"): account_credit,
    ("openmeterio/openmeter", "credits against lines"): credits_against_lines,
    ("openmeterio/openmeter", "grant burn-down"): grants,
}
