use std::collections::HashMap;
use std::fs;
use std::panic::catch_unwind;

use super::let_go;
use super::mapping::{Mapping, clean};

/// A mapping as `smaps` shows it.
fn shown(head: &str, anonymous_kib: u32, swap_kib: u32, locked_kib: u32) -> String {
    format!(
        "{head}\nSize:                 64 kB\nRss:                  48 kB\nAnonymous:    {anonymous_kib:8} kB\n\
         Swap:         {swap_kib:8} kB\nLocked:       {locked_kib:8} kB\nTHPeligible:           0\nVmFlags: rd ex mr mw me sd\n"
    )
}

const FILE: &str = "/opt/my server/vivace";

#[test]
fn only_clean_mappings_of_the_file_are_found() {
    let head = |rights: &str, path: &str| format!("7f00a0000000-7f00a0010000 {rights} 0009a000 fe:00 123       {path}");
    let found = |head: &str, anonymous, swap, locked| clean(&shown(head, anonymous, swap, locked), FILE);
    let text = Mapping { start: 0x7f00_a000_0000, bytes: 0x1_0000, resident_bytes: 48 << 10 };
    assert_eq!(found(&head("r-xp", FILE), 0, 0, 0), [text]);
    // What the linker has written to before it took the right to write away, is swapped out, or locked.
    for (anonymous, swap, locked) in [(4, 0, 0), (0, 4, 0), (0, 0, 4)] {
        assert_eq!(found(&head("r--p", FILE), anonymous, swap, locked), []);
    }
    for (rights, path) in [("rw-p", FILE), ("r-xs", FILE), ("r-xp", "/lib/libc.so.6"), ("r-xp", "[vdso]"), ("r-xp", "")]
    {
        assert_eq!(found(&head(rights, path), 0, 0, 0), [], "{rights} {path}");
    }
    // A kernel that does not say it.
    assert_eq!(clean(&format!("{}\nRss: 4 kB\n", head("r-xp", FILE)), FILE), []);
    assert_eq!(clean("", FILE), []);
}

#[test]
fn each_of_many_is_looked_at_by_itself() {
    let text = [
        shown("1000-2000 r--p 0 fe:00 1 /bin/x", 0, 0, 0),
        shown("2000-3000 r-xp 0 fe:00 1 /bin/x", 8, 0, 0),
        shown("3000-5000 r--p 0 fe:00 1 /bin/x", 0, 0, 0),
    ];
    let starts: Vec<usize> = clean(&text.concat(), "/bin/x").iter().map(|mapping| mapping.start).collect();
    assert_eq!(starts, [0x1000, 0x3000]);
}

/// Of the program's clean mappings.
fn resident_bytes() -> u64 {
    let program = fs::read_link("/proc/self/exe").unwrap();
    let text = fs::read_to_string("/proc/self/smaps").unwrap();
    clean(&text, program.to_str().unwrap()).iter().map(|mapping| mapping.resident_bytes).sum()
}

#[test]
fn the_program_goes_on_with_fewer_pages() {
    let _ = catch_unwind(|| panic!("so that much of it is mapped"));
    let before = resident_bytes();
    let mapped = let_go().unwrap();
    let after = resident_bytes();
    assert!(mapped > 0 && after < before, "{mapped} bytes were mapped, {before} before, {after} after");
    // Code, tables of virtual functions, constants and what unwinding reads are all there.
    let words: HashMap<String, Box<dyn Fn(u32) -> String>> =
        [("x".to_owned(), Box::new(|value| format!("{value:08x}")) as Box<dyn Fn(u32) -> String>)].into();
    assert_eq!(words["x"](0xbeef), "0000beef");
    assert!(catch_unwind(|| panic!("again")).is_err());
}
