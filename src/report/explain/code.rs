//! What each code means and how to mend it.

use crate::report::page::Part;

/// A section per code, and per reason of an exclusion; ships in the binary.
const TEXT: &str = include_str!("../codes.md");

/// The sections as (code, title, whole text).
fn sections() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let sections = TEXT.split("\n## ").skip(1);
    sections.filter_map(|section| {
        let heading = section.lines().next()?;
        let (code, title) = heading.split_once(": ")?;
        Some((code, title, section))
    })
}

/// All codes and reasons that have a text.
pub fn codes() -> impl Iterator<Item = &'static str> {
    sections().map(|(code, _, _)| code)
}

/// What a code means, how to mend it, and an example: a sentence each.
pub fn code(wanted: &str) -> Option<Part> {
    let (code, title, text) = sections().find(|(code, _, _)| code.eq_ignore_ascii_case(wanted))?;
    let (_, body) = text.split_once('\n')?;
    let sentences = body.trim_end().split("\n\n").map(|paragraph| {
        if paragraph.starts_with("    ") {
            paragraph.to_owned()
        } else {
            paragraph.replace('\n', " ")
        }
    });
    Some(Part {
        sentences: sentences.collect(),
        ..Part::new(format!("{code}: {title}"))
    })
}

/// What a code means in a few words.
pub fn title(wanted: &str) -> Option<&'static str> {
    sections()
        .find(|(code, _, _)| *code == wanted)
        .map(|(_, title, _)| title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::Page;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Every code that stands in quotes in a source file.
    fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes_in(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for piece in text.split("\"BW-").skip(1) {
                    let rest = piece.split('"').next().unwrap();
                    let is_code =
                        rest.len() == 4 && rest[1..].bytes().all(|byte| byte.is_ascii_digit());
                    if is_code {
                        found.insert(format!("BW-{rest}"));
                    }
                }
            }
        }
    }

    #[test]
    fn a_code_is_explained_with_its_meaning_its_remedy_and_an_example() {
        let page = Page(vec![code("bw-r104").unwrap()]);
        insta::assert_snapshot!(page.text(|_| String::new()), @"
        BW-R104: no price of the service
        The charge takes its price from the service, whose `unit_price` is empty. The
        service is parked; the rest of its account is billed.
        To mend it: fill it in, or write the price in the scheme.
            price: { per_unit: from_service }
        ");
    }

    #[test]
    fn every_code_has_a_text() {
        let mut used = BTreeSet::new();
        codes_in(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut used,
        );
        let without: Vec<_> = used.iter().filter(|used| code(used).is_none()).collect();
        assert!(
            without.is_empty(),
            "no text in src/report/codes.md for {without:?}"
        );
    }

    #[test]
    fn every_text_says_what_it_means_and_how_to_mend_it() {
        let mut seen = BTreeSet::new();
        for (code, title, text) in sections() {
            assert!(seen.insert(code), "{code} stands there twice");
            assert!(
                !title.is_empty() && !title.ends_with('.'),
                "{code}: {title}"
            );
            if code.starts_with("BW-") {
                assert!(text.contains("\n\nTo mend it: "), "{code}: how to mend it?");
                assert!(text.contains("\n\n    "), "{code}: an example is missing");
            }
        }
    }
}
