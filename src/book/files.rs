//! Files that are there whole or not at all, also after a power cut.
//!
//! A file is written beside its place, synced, renamed, and its folder synced; in any other order a power cut was seen
//! to lose it. A failed sync is never tried again on that handle: the draft is thrown away and the command fails.

use super::trouble;
use crate::diagnostic::Report;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Bits of a file that nothing will ever write again.
pub const FINAL: u32 = 0o444;

/// A file that has no name yet; removed again unless it gets one.
pub struct Draft {
    out: BufWriter<File>,
    path: PathBuf,
    named: bool,
}

impl Draft {
    /// Begins a file at `path`, over what an earlier, killed attempt may have left there.
    pub fn begin(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            out: BufWriter::with_capacity(1 << 18, file),
            path: path.to_path_buf(),
            named: false,
        })
    }

    /// Writes all of another file; how many bytes that was.
    pub fn copy(&mut self, file: &mut File) -> io::Result<u64> {
        io::copy(file, self.out.get_mut())
    }

    /// Makes what was written durable.
    pub fn sync(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()
    }

    /// Makes the file durable under its name, in the same folder, with these permission bits.
    pub fn name(mut self, path: &Path, mode: u32) -> io::Result<()> {
        self.out.flush()?;
        let file = self.out.get_ref();
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&self.path, path)?;
        self.named = true;
        sync_folder(path)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.named {
            // The command already fails with the reason; a draft left over is overwritten by the next attempt.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file whole or not at all, replacing what was there.
pub fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Report> {
    let mut draft_name = path.as_os_str().to_owned();
    draft_name.push(".tmp");
    let write = || {
        let mut draft = Draft::begin(Path::new(&draft_name))?;
        draft.write_all(bytes)?;
        draft.name(path, mode)
    };
    write().map_err(|error| trouble::io("write the file", path, &error))
}

/// Makes a folder and those above it where they are missing, durably, for their owner only.
pub fn make_folder(path: &Path) -> Result<(), Report> {
    if path.is_dir() {
        return Ok(());
    }
    // The folder above a plain name is the one we are in, which is there.
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        make_folder(above)?;
    }
    let made = match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            return Ok(());
        }
        made => made,
    };
    made.and_then(|()| sync_folder(path))
        .map_err(|error| trouble::io("make the folder", path, &error))
}

/// Makes the entry of a file or folder in the folder above it durable.
pub fn sync_folder(entry: &Path) -> io::Result<()> {
    match entry.parent() {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
