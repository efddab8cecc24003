use std::collections::HashMap;
use std::panic::catch_unwind;

use super::let_go;
use super::mapping::{Mapping, clean, loaded};

/// A mapping as `smaps` shows it.
fn shown(head: &str, anonymous_kib: u32, swap_kib: u32, locked_kib: u32) -> String {
    format!(
        "{head}\nSize:                 64 kB\nRss:                  48 kB\nAnonymous:    {anonymous_kib:8} kB\n\
         Swap:         {swap_kib:8} kB\nLocked:       {locked_kib:8} kB\nTHPeligible:           0\nVmFlags: rd ex mr mw me sd\n"
    )
}

#[test]
fn only_clean_mappings_of_the_loaded_program_are_found() {
    let head =
        |rights: &str| format!("7f00a0000000-7f00a0010000 {rights} 0009a000 fe:00 123       /opt/my server/vivace");
    let found =
        |head: &str, at, [anonymous, swap, locked]: [u32; 3]| clean(&shown(head, anonymous, swap, locked), &[at]);
    let text = Mapping { start: 0x7f00_a000_0000, bytes: 0x1_0000, resident_bytes: 48 << 10 };
    let inside = text.start + 0xffff;
    for rights in ["r-xp", "r--p"] {
        assert_eq!(found(&head(rights), inside, [0; 3]), [Mapping { ..text }]);
        // What the linker has written to before it took the right to write away, is swapped out, or locked.
        for dirty in [[4, 0, 0], [0, 4, 0], [0, 0, 4]] {
            assert_eq!(found(&head(rights), inside, dirty), []);
        }
        // Another mapping of the same file.
        assert_eq!(found(&head(rights), text.start + 0x1_0000, [0; 3]), []);
        assert_eq!(found(&head(rights), text.start - 1, [0; 3]), []);
    }
    for rights in ["rw-p", "r-xs", "---p"] {
        assert_eq!(found(&head(rights), inside, [0; 3]), [], "{rights}");
    }
    // A kernel that does not say it.
    assert_eq!(clean(&format!("{}\nRss: 4 kB\n", head("r-xp")), &[inside]), []);
    assert_eq!(clean("", &[0]), []);
}

#[test]
fn each_of_many_is_looked_at_by_itself() {
    let text = [
        shown("1000-2000 r--p 0 fe:00 1 /bin/x", 0, 0, 0),
        shown("2000-3000 r-xp 0 fe:00 1 /bin/x", 8, 0, 0),
        shown("3000-5000 r--p 0 fe:00 1 /bin/x", 0, 0, 0),
        shown("5000-6000 r--p 0 fe:00 1 /bin/x", 0, 0, 0),
    ];
    let starts: Vec<usize> =
        clean(&text.concat(), &[0x1040, 0x2800, 0x4fff]).iter().map(|mapping| mapping.start).collect();
    assert_eq!(starts, [0x1000, 0x3000]);
}

#[test]
fn the_loaded_program_is_where_the_kernel_says() {
    let entries = [(6, 4_096), (3, 0x40), (9, 0x1234), (0, 0)];
    let auxv: Vec<u8> = entries.iter().flat_map(|(kind, value)| [*kind, *value]).flat_map(usize::to_ne_bytes).collect();
    assert_eq!(loaded(&auxv), [0x40, 0x1234]);
    assert_eq!(loaded(&auxv[..auxv.len() - 5]), [0x40, 0x1234]);
    assert_eq!(loaded(&auxv[..40]), [0x40]);
}

/// Of the program's clean mappings.
fn resident_bytes() -> u64 {
    let clean = super::clean().unwrap();
    assert_eq!(clean.len(), 2, "headers and code: {clean:?}");
    clean.iter().map(|mapping| mapping.resident_bytes).sum()
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
