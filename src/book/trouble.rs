//! What disk and database refuse, as diagnostics.

use super::location::Location;
use crate::diagnostic::{Diagnostic, Place, Report};
use rusqlite::ErrorCode;
use rustix::io::Errno;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// A file or folder that could not be read or written.
///
/// Codes: `BW-E103` no right, `BW-E110` no space, `BW-E111` file size limit, `BW-E112` the disk failed, `BW-E113` open files.
pub fn io(doing: &str, path: &Path, error: &Error) -> Report {
    let too_many_open = [Errno::MFILE, Errno::NFILE]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    let (code, help) = match error.kind() {
        _ if too_many_open => (
            "BW-E113",
            "allow at least 64 open files (`ulimit -n`), then give the same command again",
        ),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => (
            "BW-E103",
            "give the user who runs billwright the right to read and write there",
        ),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            "BW-E110",
            "free space there, then give the same command again: it ends as usual",
        ),
        ErrorKind::FileTooLarge => (
            "BW-E111",
            "raise the limit of file sizes (`ulimit -f`), then give the same command again",
        ),
        _ => (
            "BW-E112",
            "nothing counts as saved; once the disk is well, give the same command again",
        ),
    };
    Diagnostic::error(
        code,
        Place::file(path.display()),
        format!("cannot {doing}: {error}"),
    )
    .help(help)
    .into()
}

/// What SQLite refused while the catalog was read or written.
///
/// Codes: those of [`io`], `BW-B101` damaged, `BW-L101` in use by another program.
pub(super) fn sql(at: &Location, error: rusqlite::Error) -> Report {
    let place = Place::file(at.database.display());
    let message = error.to_string();
    let (code, what, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            "BW-E110",
            "cannot write the book",
            "free space there, then give the same command again: it ends as usual",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            "BW-E103",
            "cannot open the book, or not for writing",
            "give the user who runs billwright the right to read and write the book and its folder",
        ),
        Some(ErrorCode::SystemIoFailure) if file_size_is_limited() => (
            "BW-E111",
            "cannot write the book, perhaps for the limit of file sizes",
            "raise it (`ulimit -f`), then give the same command again",
        ),
        Some(ErrorCode::SystemIoFailure) => (
            "BW-E112",
            "the disk failed under the book",
            "nothing counts as saved; once the disk is well, give the same command again",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "BW-L101",
            "another program keeps the book locked",
            "close what else has book.sqlite open for writing, then try again",
        ),
        _ => (
            "BW-B101",
            "the book is damaged",
            "restore book/ whole from a copy; `billwright verify` names what is wrong",
        ),
    };
    Diagnostic::error(code, place, format!("{what}: {message}"))
        .help(help)
        .into()
}

/// Whether this process may write files up to some size only. SQLite says no more than that a write failed.
fn file_size_is_limited() -> bool {
    fs::read_to_string("/proc/self/limits").is_ok_and(|limits| {
        limits
            .lines()
            .filter_map(|line| line.strip_prefix("Max file size"))
            .any(|limit| !limit.trim_start().starts_with("unlimited"))
    })
}
