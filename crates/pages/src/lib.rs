//! Gives back the pages of the program that its start has needed and hardly anybody needs again.
//!
//! The one crate with `unsafe`: the advice to the kernel (madvise(2)) is given by address, and only whoever gives it can
//! know that nothing is lost with the pages there.

mod mapping;

use std::ffi::c_void;
use std::{fs, io};

use mapping::Mapping;
use rustix::mm::{Advice, madvise};

/// Unmaps the pages of the running program's file that nothing has written to: code, and what is read only. They stay in
/// the kernel's page cache, and each comes back with its neighbours when it is used again. How many bytes were mapped.
///
/// # Errors
/// The kernel does not tell what is mapped (proc(5)), or refuses the advice.
pub fn let_go() -> io::Result<u64> {
    let clean = clean()?;
    clean.iter().try_for_each(|mapping| unmap(mapping.start, mapping.bytes))?;
    Ok(clean.iter().map(|mapping| mapping.resident_bytes).sum())
}

/// Of the program as the kernel has loaded it, what holds no page that has been written to.
fn clean() -> io::Result<Vec<Mapping>> {
    let loaded = mapping::loaded(&fs::read("/proc/self/auxv")?);
    Ok(mapping::clean(&fs::read_to_string("/proc/self/smaps")?, &loaded))
}

/// The mapping must be one of [`clean`].
fn unmap(start: usize, bytes: usize) -> io::Result<()> {
    let at = std::ptr::with_exposed_provenance_mut::<c_void>(start);
    // SAFETY: The range is one of the segments that the kernel has loaded the running program into, which nobody unmaps
    // while it runs, so it is still that. It is private, cannot be written to, and has no page of its own (`Anonymous` is
    // 0), so each of its pages is the file's, and the next access maps it with the same content.
    unsafe { madvise(at, bytes, Advice::LinuxDontNeed) }?;
    Ok(())
}

#[cfg(test)]
mod tests;
