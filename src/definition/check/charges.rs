//! Charges of a scheme, and their prices over time.

use super::Written;
use crate::definition::tree::Span;
use crate::diagnostic::Report;
use std::collections::BTreeMap;

pub fn codes_are_unique(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        let mut first: BTreeMap<&str, &Span> = BTreeMap::new();
        for charge in &scheme.raw.charges.0 {
            let code = &charge.code;
            match first.get(code.value.as_str()) {
                None => {
                    first.insert(&code.value, &code.span);
                }
                Some(before) => report.push(
                    scheme
                        .file
                        .error("BW-D231", &code.span, format!("a second charge has the code `{}`", code.value))
                        .label(scheme.file.place(before), "the first")
                        .help("services find a charge by its code: give each its own; several prices of one charge are a list under `price`"),
                ),
            }
        }
    }
}

pub fn prices_have_one_model(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        for price in scheme
            .raw
            .charges
            .0
            .iter()
            .flat_map(|charge| &charge.price.0)
        {
            let message = match (&price.value.flat, &price.value.per_unit) {
                (Some(_), None) | (None, Some(_)) => continue,
                (None, None) => "a price has neither `flat` nor `per_unit`",
                (Some(_), Some(_)) => "a price has both `flat` and `per_unit`",
            };
            let fault = scheme.file.error("BW-D234", &price.span, message);
            report.push(fault.help(
                "write one of them: `flat` ignores the quantity, `per_unit` is multiplied by it",
            ));
        }
    }
}

pub fn price_versions_ascend(written: &Written, report: &mut Report) {
    for scheme in &written.schemes {
        for charge in &scheme.raw.charges.0 {
            for pair in charge.price.0.windows(2) {
                let [before, after] = pair else { continue };
                let Some(from) = &after.value.valid_from else {
                    let fault = scheme.file.error(
                        "BW-D232",
                        &after.span,
                        "a later price does not say from which day it holds",
                    );
                    report.push(fault.help(
                        "add `valid_from`; only the first price may hold from the beginning",
                    ));
                    continue;
                };
                let earlier = before.value.valid_from.as_ref();
                if let Some(earlier) = earlier.filter(|earlier| earlier.value >= from.value) {
                    report.push(
                        scheme
                            .file
                            .error("BW-D232", &from.span, format!("this price holds from {}, which is not after the price before it", from.value.0))
                            .label(scheme.file.place(&earlier.span), format!("{} here", earlier.value.0))
                            .help("list prices by `valid_from`, oldest first, each day once"),
                    );
                }
            }
        }
    }
}
