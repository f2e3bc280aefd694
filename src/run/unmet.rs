//! Holds that hold nobody: the ids they name are not in the inputs.

use super::House;
use crate::calendar::Date;
use crate::diagnostic::{Diagnostic, Place, Report, nearest};
use crate::model::account::Tables;
use crate::model::hold::Hold;
use crate::model::table::Columns;
use polars::prelude::DataFrame;
use std::collections::{BTreeSet, HashSet};

/// `BW-I112`: an account or service that a hold names and no input has. A hold that is over may outlive whom it was about.
pub(super) fn unmet_holds(house: &House, tables: &Tables, today: Date) -> Report {
    let definitions = &house.loaded.definitions;
    let holds = definitions.holds.values();
    let holds: Vec<&Hold> = holds.filter(|hold| hold.until > today).collect();
    if holds.is_empty() {
        return Report::new();
    }
    let accounts = ids(&tables.accounts, "account_id");
    let services = ids(&tables.services, "service_id");
    let mut report = Report::new();
    for hold in holds {
        let file = definitions
            .files
            .iter()
            .find(|file| file.kind == "hold" && file.name == hold.name)
            .expect("a hold is read from a file");
        let mut tell = |what: &str, named: &BTreeSet<String>, known: &HashSet<&str>| {
            for id in named.iter().filter(|id| !known.contains(id.as_str())) {
                let message = format!("the inputs have no {what} `{id}`, which is to be held");
                let problem = Diagnostic::warning("BW-I112", Place::file(&file.path), message);
                let mut known: Vec<&str> = known.iter().copied().collect();
                known.sort_unstable();
                report.push(problem.help(match nearest(id, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "correct the id, or take it out".to_owned(),
                }));
            }
        };
        tell("account", &hold.whom.accounts, &accounts);
        tell("service", &hold.whom.services, &services);
    }
    report
}

fn ids<'a>(table: &'a DataFrame, name: &str) -> HashSet<&'a str> {
    table.text(name).iter().flatten().collect()
}
