//! A program that takes what it can get, in the place of FFmpeg: the folder that it is started from says what.
//!
//! `grows`: ever more memory. `has-one-grow`: starts another one that does, and waits for it. `spins`: processor time.

use std::hint::black_box;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Bytes that it takes at a time.
const STEP_BYTES: usize = 4 << 20;

fn main() {
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_default();
    let place = Path::new(&program).parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let grows = args.next().is_some_and(|arg| arg == "grow");
    match place {
        _ if grows => grow(),
        Some("grows") => grow(),
        Some("has-one-grow") => {
            let mut other = Command::new(&program).arg("grow").spawn().expect("it is there");
            let _ = other.wait();
        }
        Some("spins") => spin(),
        _ => panic!("the folder of {} says nothing that it could do", Path::new(&program).display()),
    }
}

fn grow() {
    let mut held = Vec::new();
    loop {
        // Written to, so that it is really there.
        held.push(black_box(vec![1_u8; STEP_BYTES]));
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn spin() {
    // It takes what it is given, so that nobody takes it for one that hangs.
    std::thread::spawn(|| {
        let mut bytes = [0; 64 << 10];
        while std::io::stdin().read(&mut bytes).is_ok_and(|count| count > 0) {}
    });
    let mut number = 0_u64;
    loop {
        number = black_box(number.wrapping_add(1));
    }
}
