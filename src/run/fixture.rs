//! A plan that bills nothing, for tests.

use super::Flags;
use crate::model::draft::Drafts;
use crate::model::finding::Findings;
use crate::model::line::{Exceptions, Exclusions};
use crate::model::plan::{Header, Plan, SeriesPlan, Stage, Totals};
use crate::model::workspace::Seller;
use crate::report::fixture::table;
use std::collections::BTreeMap;

/// A plan of `monthly` as of 1 February 2026 with these flags, and findings as lines of text.
pub fn plan(flags: &Flags, findings: &str) -> Plan {
    let series = |name: &str| SeriesPlan {
        name: name.to_owned(),
        pattern: "INV-{seq}".to_owned(),
        reset_yearly: false,
        chronological: true,
    };
    Plan {
        header: Header {
            engine: String::new(),
            run_id: "monthly@2026-02-01".to_owned(),
            definition: "monthly".to_owned(),
            as_of: "2026-02-01".to_owned(),
            run_type: flags.run_type(),
            flags: flags.written(),
            window_from: "earliest".to_owned(),
            window_to: "2026-02-01".to_owned(),
            goal: Stage::Post,
            formats: Vec::new(),
            documents: 0,
            series: vec![series("credit_notes"), series("default")],
            seller: Seller::default(),
            lineage: String::new(),
            serial: 0,
            texts: BTreeMap::new(),
            inputs: Vec::new(),
            tables: BTreeMap::new(),
            totals: Totals::default(),
            balance: Vec::new(),
            causes: Vec::new(),
        },
        texts: BTreeMap::new(),
        tables: BTreeMap::new(),
        drafts: Drafts::empty(),
        exclusions: Exclusions::empty(),
        exceptions: Exceptions::empty(),
        findings: Findings::checked(table(Findings::SCHEMA, findings)),
    }
}
