//! The worker mode: the process that the server starts to become a program with limits.

use std::ffi::OsString;

use vivace_server::launch::{Terms, become_program};

use crate::fault::Fault;

/// What the server writes on the command line.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The server's process.
    #[arg(long)]
    parent: u32,
    /// Address space that the program may have.
    #[arg(long)]
    address_bytes_max: u64,
    /// Processor time that it may take.
    #[arg(long)]
    cpu_s_max: Option<u64>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program; comes back only if that fails.
pub(crate) fn run(args: Args) -> Result<(), Fault> {
    let Args { parent, address_bytes_max, cpu_s_max, program } = args;
    Err(become_program(&Terms { parent, address_bytes_max, cpu_s_max, program }).into())
}
