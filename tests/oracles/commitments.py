"""What is missing to commitments, once all else of a night has its lines; as docs/invoices.md says it."""
from collections import defaultdict
from decimal import Decimal


def settle(night, staged):
    """Leaves of each line of a commitment what the others of its days do not come to."""
    by_account = defaultdict(list)
    for account, outcome in staged:
        by_account[account].append(outcome)
    for account, outcomes in by_account.items():
        committed = [outcome for outcome in outcomes if any(line.commits for line in outcome.lines)]
        is_waiting = account in night.parked_by_usage or any(outcome.waits for outcome in outcomes)  # not for single rows of usage that are set aside
        others = [line for outcome in outcomes for line in outcome.lines if not line.commits]
        others += night.past.billed[account] if committed else []
        for outcome in committed:
            if is_waiting:
                outcome.wait(account, next(line.service for line in outcome.lines if line.commits), "BW-R108")
            else:
                reduce(outcome, others)


def reduce(outcome, others):
    for line in [line for line in outcome.lines if line.commits]:
        line.billed = sum((other.amount for other in others if line.start <= other.start < line.end
                           and (line.commits == "account" or other.subscription == line.subscription)), Decimal(0))
        line.amount = max(Decimal(0), line.amount - line.billed)
        if not line.amount:
            outcome.lines.remove(line)
            outcome.settled.append((line.service, line.start, line.end))
            outcome.excluded.add((line.account, line.service, "commitment_met"))
