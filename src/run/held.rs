//! Checks that hold a run until somebody accepts what they found.

use super::flags::{Flags, command};
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::bill_run::{Check, Level};
use crate::model::plan::Plan;
use crate::report::findings::{Found, found};
use crate::report::page::counted;
use std::collections::BTreeSet;

/// What holds a plan back: findings of level `error` whose check was not accepted (`BW-A121`), each check with its count and
/// the first few, and the command that goes on in spite of them. `verb` is the command to give: `plan` or `run`; `next` says when it is
/// given again without one.
pub(super) fn held(plan: &Plan, verb: &str, next: Option<String>) -> Option<Diagnostic> {
    let accepted = Flags::kept(&plan.header).accepted;
    let holds = |group: &Found| {
        let is_accepted = Check::parse(&group.check).is_some_and(|check| accepted.contains(&check));
        group.level == Level::Error.name() && !is_accepted
    };
    let holding: Vec<Found> = found(&plan.findings).into_iter().filter(holds).collect();
    if holding.is_empty() {
        return None;
    }
    let checks: BTreeSet<&str> = holding.iter().map(|group| group.check.as_str()).collect();
    let names: Vec<String> = checks.iter().map(|check| format!("`{check}`")).collect();
    let message = format!(
        "held by {}: {}",
        names.join(" and "),
        untouched(plan.header.is_prepaid())
    );
    let problem = Diagnostic::error("BW-A121", Place::Id(plan.header.run_id.clone()), message);
    let problem = holding.iter().fold(problem, |problem, group| {
        let more = match group.count - group.first.len() {
            0 => "",
            _ => "; ..",
        };
        let told = format!(
            "{}: {}{more}",
            counted(group.count, "finding"),
            group.first.join("; ")
        );
        problem.label(Place::Id(group.check.clone()), told)
    });
    let problem = with_next(problem, next);
    let command = command(verb, &plan.header, &checks);
    Some(problem.help(format!("mend them, or go on in spite of them: `{command}`")))
}

/// What has not happened.
fn untouched(is_prepaid: bool) -> &'static str {
    match is_prepaid {
        true => "nothing is debited, and no service is stopped",
        false => "nothing is committed",
    }
}

fn with_next(problem: Diagnostic, next: Option<String>) -> Diagnostic {
    match next {
        Some(next) => problem.label(Place::Id("next try".to_owned()), next),
        None => problem,
    }
}

/// What stopped a run before anything was computed, with the same said of what is held and not refused.
pub(super) fn waiting(report: Report, is_prepaid: bool, next: &str) -> Report {
    let held = |problem: Diagnostic| match problem.exit_code() {
        10 => {
            let so_far = Place::Id("so far".to_owned());
            let problem = problem.label(so_far, untouched(is_prepaid));
            with_next(problem, Some(next.to_owned()))
        }
        _ => problem,
    };
    report.into_iter().map(held).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fixture::plan;

    const FOUND: &str = "check | level | account_id | service_id | message
         new_accounts | warn | A-1 |  | no address
         stale_dates | error | A-1 | S-1 | ready since 2025-11-01
         usage_complete | error | A-2 | S-2 | 3 rows are pending";

    #[test]
    fn a_run_is_held_by_each_check_that_nobody_accepted() {
        let next = "on 2026-02-01 at 08:15 CET".to_owned();
        let problem = held(&plan(&Flags::default(), FOUND), "run", Some(next)).unwrap();
        insta::assert_snapshot!(problem.text(false), @"
        error[BW-A121]: held by `stale_dates` and `usage_complete`: nothing is committed
         |
         = at monthly@2026-02-01
         = stale_dates: 1 finding: A-1 S-1: ready since 2025-11-01
         = usage_complete: 1 finding: A-2 S-2: 3 rows are pending
         = next try: on 2026-02-01 at 08:15 CET
         = help: mend them, or go on in spite of them:
                 `billwright run monthly --as-of 2026-02-01 --accept stale_dates --accept usage_complete`
        ");
        let report = Report::from(problem);
        assert_eq!(report.exit_code(), 10);
    }

    #[test]
    fn the_command_to_go_on_has_the_flags_that_were_given() {
        let flags = Flags {
            condition: Some("region = 'US-CA'".to_owned()),
            accepted: [Check::UsageComplete].into(),
            ..Flags::default()
        };
        let help = held(&plan(&flags, FOUND), "plan", None)
            .unwrap()
            .help
            .unwrap();
        let (_, command) = help.split_once(": ").unwrap();
        assert_eq!(
            command,
            r"`billwright plan monthly --as-of 2026-02-01 --accept usage_complete --where 'region = '\''US-CA'\''' --accept stale_dates`"
        );
    }

    #[test]
    fn what_is_accepted_or_only_a_warning_holds_nothing() {
        let flags = Flags {
            accepted: [Check::StaleDates, Check::UsageComplete].into(),
            ..Flags::default()
        };
        assert_eq!(held(&plan(&flags, FOUND), "run", None), None);
    }
}
