//! What is left of an included quantity can go over where it is one quantity, of one service, and for all rows alike.

use super::Written;
use super::charges::charges;
use crate::definition::lower;
use crate::diagnostic::Report;
use crate::model::scheme::Allowance;

pub fn what_goes_over_is_a_quantity_of_a_service(written: &Written, report: &mut Report) {
    for (scheme, charge) in charges(written) {
        let usage = charge.usage.as_ref().map(|usage| &usage.value);
        let Some((usage, rollover)) =
            usage.and_then(|usage| Some((usage, usage.rollover.as_ref()?)))
        else {
            continue;
        };
        let mut refused = |span, message: &str, help: &str| {
            report.push(scheme.file.error("BW-D228", span, message).help(help));
        };
        if usage.included.0.is_zero() {
            refused(
                &rollover.span,
                "`rollover` says what becomes of what is included and not used, and nothing is included",
                "write `included`, or leave `rollover` out",
            );
        }
        if !lower::aggregate(&usage.aggregate.value).adds_up() {
            refused(
                &usage.aggregate.span,
                "what this counts is not used up, so nothing of what is included is left of it",
                "write `aggregate: sum`, or `count`, or leave `rollover` out",
            );
        }
        if let Some(shared) = &usage.shared {
            refused(
                &shared.span,
                "what is included is shared, and what is left of it would be nobody's",
                "leave it out, or leave `rollover` out",
            );
        }
        let prorated = usage.prorate.iter().flat_map(|list| &list.0);
        for by_days in prorated.filter(|word| word.value.0 == Allowance::Included) {
            refused(
                &by_days.span,
                "what is included counts by days, and what is left of it is not known before its period is over",
                "leave it out, or leave `rollover` out",
            );
        }
        if let Some(each) = &usage.each {
            refused(
                &each.span,
                "rows are charged one by one, and a line does not say what is left of what is included",
                "leave it out, or leave `rollover` out",
            );
        }
    }
}
