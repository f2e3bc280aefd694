//! Passwords and keys do not belong into files that live in git.

use super::tree::{File, Node, Value};
use crate::diagnostic::{Report, shown};

/// Endings of names whose values are secret.
const SECRET: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "api_key",
    "apikey",
    "private_key",
    "access_token",
];

/// Whether what is written under a name is to be kept from everybody.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET.iter().any(|ending| name.ends_with(ending))
}

/// The text with every secret value overwritten, byte for byte, so that places stay where they are and no excerpt shows one.
pub fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let mut out = line.to_owned();
    for (at, _) in line.match_indices([':', '=']) {
        let name = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let name_start = name
            .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
            .map_or(0, |before| {
                before + name[before..].chars().next().map_or(1, char::len_utf8)
            });
        if is_secret(&name[name_start..]) {
            mask(&mut out, at + 1, line.trim_end().len());
        }
    }
    if let Some((from, to)) = url_password(line) {
        mask(&mut out, from, to);
    }
    out
}

fn mask(text: &mut String, from: usize, to: usize) {
    let from = from + text[from..to].len() - text[from..to].trim_start().len();
    text.replace_range(from..to, &"*".repeat(to - from));
}

/// The password in `scheme://user:password@host`.
fn url_password(text: &str) -> Option<(usize, usize)> {
    let user = text.find("://")? + 3;
    let authority = text[user..].split(['/', ' ', '"', '\'']).next()?;
    let host = authority.rfind('@')?;
    let password = authority[..host].find(':')? + 1;
    Some((user + password, user + host))
}

/// Reports every secret written into a file (`BW-K310`), without its value.
pub fn check(file: &File, node: &Node, report: &mut Report) {
    match &node.value {
        Value::Scalar { text, .. } => {
            if url_password(text).is_some() {
                let found = file.error("BW-K310", &node.span, "a password stands in an address");
                report.push(
                    found.help("write `${NAME}` in its place and set NAME in the environment"),
                );
            }
        }
        Value::List(items) => items.iter().for_each(|item| check(file, item, report)),
        Value::Map(entries) => {
            for entry in entries {
                let from_environment = entry
                    .value
                    .text()
                    .is_some_and(|text| text.starts_with("${") && text.ends_with('}'));
                if is_secret(&entry.key) && !from_environment {
                    let message = format!("`{}` is a secret in a file", shown(&entry.key));
                    let found = file.error("BW-K310", &entry.key_span, message);
                    report.push(found.help(format!(
                        "remove it here and in the history of git; set it in the environment as BILLWRIGHT_{}",
                        entry.key.to_uppercase().replace('-', "_")
                    )));
                }
                check(file, &entry.value, report);
            }
        }
    }
}
