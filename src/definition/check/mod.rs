//! What a schema cannot see: names that must exist, versions that must ascend, keys that need one another.

mod charges;
mod events;
mod prepaid;
mod prices;
mod references;
mod rollover;
mod runs;
mod schedule;
mod taxes;

use super::raw;
use super::tree::File;
use super::typed::Spanned;
use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::scheme::Classification;
use std::collections::{BTreeMap, BTreeSet};

/// A file read into its kind.
pub struct Read<T> {
    pub file: File,
    pub raw: T,
}

/// Everything written in a workspace that could be read.
#[derive(Default)]
pub struct Written {
    /// Missing where billwright.toml itself has mistakes: then nothing is said about what it should have.
    pub settings: Option<Read<raw::Settings>>,
    pub bill_runs: Vec<Read<raw::BillRun>>,
    pub prepaid_runs: Vec<Read<raw::PrepaidRun>>,
    pub schemes: Vec<Read<raw::Scheme>>,
    pub taxes: Vec<Read<raw::Tax>>,
    pub terms: Vec<Read<raw::PaymentTerms>>,
    pub groups: Vec<Read<raw::Group>>,
    pub holds: Vec<Read<raw::Hold>>,
    pub reconciliations: Vec<Read<raw::Reconciliation>>,
    /// Names by kind with the place of each, those of files with other mistakes included.
    pub names: BTreeMap<String, Vec<(String, Place)>>,
    pub templates: BTreeSet<String>,
}

/// What runs of both kinds say.
pub struct Run<'a> {
    pub file: &'a File,
    pub schemes: &'a [Spanned<String>],
    pub groups: Option<&'a [Spanned<String>]>,
    /// Of the schemes that it is for.
    pub classification: Classification,
}

impl Written {
    fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        let bill_runs = self.bill_runs.iter().map(|run| Run {
            file: &run.file,
            schemes: &run.raw.criteria.schemes.0,
            groups: match &run.raw.filters {
                raw::Filters::All => None,
                raw::Filters::Narrow(narrow) => narrow.groups.as_ref().map(|list| &*list.0),
            },
            classification: Classification::Normal,
        });
        let prepaid_runs = self.prepaid_runs.iter().map(|run| Run {
            file: &run.file,
            schemes: &run.raw.criteria.schemes.0,
            groups: match &run.raw.filters {
                raw::Filters::All => None,
                raw::Filters::Narrow(narrow) => narrow.groups.as_ref().map(|list| &*list.0),
            },
            classification: Classification::Prepaid,
        });
        bill_runs.chain(prepaid_runs)
    }
}

const CHECKS: &[fn(&Written, &mut Report)] = &[
    names_are_unique,
    references::schemes_exist,
    references::taxes_exist,
    references::payment_terms_exist,
    references::series_exist,
    references::groups_exist,
    posting_has_both_keys,
    references::templates_exist,
    references::templates_of_groups_exist,
    holds_name_somebody,
    references::billed_tables_exist,
    runs::windows_begin_before_they_end,
    runs::frequencies_are_those_of_its_schemes,
    runs::invoices_are_by_account_first,
    runs::offset_ranges_have_zero,
    runs::due_offsets_are_in_range,
    charges::codes_are_unique,
    charges::charges_are_of_one_kind,
    charges::recurring_charges_say_when,
    charges::keys_fit_the_kind,
    charges::what_is_prorated_is_there,
    charges::amounts_are_rounded_to_coins,
    charges::minimum_is_below_maximum,
    charges::nothing_falls_below_its_maximum,
    prices::prices_have_one_model,
    prices::tiers_have_a_price,
    prices::tiers_ascend_without_a_hole,
    prices::packages_hold_something,
    prices::partial_packages_are_of_packages,
    prices::prices_are_for_something,
    prices::volume_waits_for_its_period,
    prices::counts_wait_for_their_period,
    prices::late_usage_can_be_added,
    prices::what_is_shared_has_one_period,
    rollover::what_goes_over_is_a_quantity_of_a_service,
    events::windows_cover_every_time,
    events::keys_of_rows_go_together,
    events::rows_cost_at_least_less_than_at_most,
    events::rows_stay_as_they_were_billed,
    prices::price_versions_ascend,
    prices::price_ramps_ascend,
    prices::price_versions_cover_every_day,
    prices::recurring_prices_fit_every_frequency,
    taxes::every_rate_can_count,
    taxes::every_rate_says_one_thing,
    prepaid::schemes_are_paid_as_their_run_says,
    prepaid::prepaid_schemes_are_debited_by_the_day,
    prepaid::top_ups_that_must_be_fresh_say_how_old_they_may_be,
    references::reconciliations_find_both_sides,
    schedule::retries_come,
];

/// Runs every check, so that one command shows every mistake.
///
/// Errors: `BW-D217` rounding, `BW-D220` tiers, `BW-D221` limits, `BW-D223` windows, `BW-D224` keys of rows, `BW-D230` name twice, `BW-D231` code twice, `BW-D232` versions and rates out of
/// order, `BW-D233` days without a price, `BW-D234` model, `BW-D235` kind of charge, `BW-D236` key of another kind, `BW-D237` price
/// for a length of time, `BW-D226` late usage that cannot be added, `BW-D227` shared without one period, `BW-D228` what cannot go over, `BW-D238` frequency, `BW-D239` what is known once its period has ended, `BW-D240` no such definition or setting, `BW-D242` template, `BW-D244` posting not allowed, `BW-D241` rate of a tax, `BW-D247` grouping,
/// `BW-D248` window, `BW-D249` due offset, `BW-D251` scheme of the other kind of run, `BW-D252` what no prepaid scheme has, `BW-D253` top-ups of any age, `BW-D254` rows to be priced anew, `BW-D260` a retry that never comes, `BW-K224` input missing, `BW-K240` default missing.
pub fn all(written: &Written, report: &mut Report) {
    for check in CHECKS {
        check(written, report);
    }
}

/// Kinds of which one is meant by a name on the command line.
const RUNS: [&str; 2] = ["bill_run", "prepaid_run"];

fn names_are_unique(written: &Written, report: &mut Report) {
    let kinds = written.names.keys().map(String::as_str);
    let others = kinds.filter(|kind| !RUNS.contains(kind));
    let apart = others.map(|kind| vec![kind]).chain([RUNS.to_vec()]);
    for kinds in apart {
        let mut first: BTreeMap<&str, (&str, &Place)> = BTreeMap::new();
        let named = kinds.iter().flat_map(|kind| {
            let names = written.names.get(*kind).into_iter().flatten();
            names.map(move |(name, place)| (*kind, name.as_str(), place))
        });
        for (kind, name, place) in named {
            match first.get(name) {
                None => {
                    first.insert(name, (kind, place));
                }
                Some((other, first)) => {
                    let message = match *other == kind {
                        true => format!("a second {kind} is named `{name}`"),
                        false => format!(
                            "a {other} is named `{name}` too, and a name on the command line means one of them"
                        ),
                    };
                    report.push(
                        Diagnostic::error("BW-D230", place.clone(), message)
                            .label((*first).clone(), "the first")
                            .help("give one of them another name, or remove it"),
                    );
                }
            }
        }
    }
}

fn posting_has_both_keys(written: &Written, report: &mut Report) {
    let Some(settings) = &written.settings else {
        return;
    };
    for run in &written.bill_runs {
        let auto_post = &run.raw.invoices.auto_post;
        if auto_post.value && !settings.raw.allow_auto_post {
            let fault = run.file.error(
                "BW-D244",
                &auto_post.span,
                "the workspace does not allow a run to post by itself",
            );
            report
                .push(fault.help(
                    "write `auto_post: false`, or allow_auto_post = true in billwright.toml",
                ));
        }
    }
}

fn holds_name_somebody(written: &Written, report: &mut Report) {
    for Read { file, raw } in &written.holds {
        if raw.accounts.is_none() && raw.services.is_none() {
            let fault = file.error(
                "BW-D204",
                &raw.name.span,
                "the hold names neither accounts nor services",
            );
            report.push(fault.help("write whom it is about, such as accounts: [A-100]; to hold a whole run, set its `enabled: false`"));
        }
    }
}
