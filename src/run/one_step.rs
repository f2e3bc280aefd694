//! A prepaid run is one step: nothing of it is committed before its debits, and nothing is left to do behind them.

use crate::diagnostic::{Diagnostic, Place, Report};
use crate::model::plan::Stage;

/// `BW-C104`: a prepaid run that is to stop before its end, or to go on behind it.
pub(super) fn one_step(is_prepaid: bool, until: Option<Stage>) -> Result<(), Report> {
    match until {
        Some(stage @ (Stage::Rate | Stage::Invoice | Stage::Render)) if is_prepaid => {
            let place = Place::Argument("--until".to_owned());
            let message = format!(
                "a prepaid run has no step `{}`: it debits wallets as a whole",
                stage.name()
            );
            Err(Diagnostic::error("BW-C104", place, message)
                .help("leave --until out; `billwright plan` shows what the run would debit and does nothing")
                .into())
        }
        _ => Ok(()),
    }
}
