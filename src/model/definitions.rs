//! All definitions of a workspace, checked.

use super::bill_run::BillRun;
use super::group::Group;
use super::hold::Hold;
use super::reconciliation::Reconciliation;
use super::scheme::Scheme;
use super::tax::Tax;
use super::terms::PaymentTerms;
use std::collections::BTreeMap;

/// By kind and name. `files` has every text they came from.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    pub bill_runs: BTreeMap<String, BillRun>,
    pub schemes: BTreeMap<String, Scheme>,
    pub taxes: BTreeMap<String, Tax>,
    pub terms: BTreeMap<String, PaymentTerms>,
    pub groups: BTreeMap<String, Group>,
    pub holds: BTreeMap<String, Hold>,
    pub reconciliations: BTreeMap<String, Reconciliation>,
    pub files: Vec<DefinitionFile>,
}

/// One file under `definitions/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionFile {
    /// Relative to the workspace.
    pub path: String,
    /// As written after `kind:`.
    pub kind: String,
    pub name: String,
    /// Without byte order mark and with LF line ends, so that a hash does not depend on an editor.
    pub text: String,
}
