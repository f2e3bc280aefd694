//! Bytes of a file -> text that any editor would show alike.

use super::tree::Codes;
use crate::diagnostic::{Diagnostic, Place, Source};

/// Largest definition or workspace file.
const LARGEST_BYTES: usize = 1 << 20;

/// The text without byte order mark and with LF line ends, so that its hash does not depend on an editor.
pub fn read(path: &str, bytes: &[u8], codes: &'static Codes) -> Result<String, Diagnostic> {
    if bytes.len() > LARGEST_BYTES {
        return Err(Diagnostic::error(
            codes.limit,
            Place::file(path),
            format!("a file of {} bytes is too large", bytes.len()),
        )
        .help("a definition or workspace file has at most 1 MiB (1 048 576 bytes)"));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(
            Diagnostic::error(codes.encoding, Place::file(path), "the text is in UTF-16")
                .help("save the file as UTF-8"),
        );
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|fault| {
        let good = String::from_utf8_lossy(&bytes[..fault.valid_up_to()]).into_owned();
        let end = good.len();
        Diagnostic::error(
            codes.encoding,
            Place::Text {
                source: Source::new(path, good),
                span: end..end,
            },
            "the text is not UTF-8 from here on",
        )
        .help("save the file as UTF-8")
    })?;
    let text = text.replace("\r\n", "\n");
    match text.find('\0') {
        None => Ok(text),
        Some(at) => Err(Diagnostic::error(
            codes.control_character,
            Place::Text {
                source: Source::new(path, text),
                span: at..at + 1,
            },
            "the text has the character U+0000",
        )
        .help("remove it; a file in UTF-16 without a byte order mark looks like this too")),
    }
}
