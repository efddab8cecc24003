//! The inputs that are committed: few and small, so that every test run replays them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Folders, make, program_of};
use crate::steps::{Failure, Outcome, exec};

/// Inputs of one target.
pub(crate) const FILES_MAX: usize = 60;
/// Bytes of them together.
pub(crate) const BYTES_MAX: u64 = 100_000;
/// A longer input says nothing that a short one does not.
const INPUT_BYTES_MAX: u64 = 8_192;

/// An input, its size, and the places in the code that it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Input {
    path: PathBuf,
    bytes: u64,
    places: BTreeSet<u32>,
}

/// Keeps, of what is committed and what was found, inputs that reach as many places of the code as fit the two limits.
pub(super) fn keep(folders: &Folders, program: &Path, target: &str) -> Outcome {
    let (found, committed) = (folders.found(target), folders.committed(target));
    let chosen = folders.work.join("chosen").join(target);
    let _ = fs::remove_dir_all(&chosen);
    for folder in [&found, &committed, &chosen] {
        make(folder)?;
    }
    let fault = |error: io::Error| Failure::new(format!("{}: {error}", committed.display()));
    // libFuzzer's own choice knows no limits; what it has measured on the way is what is needed.
    let measured = chosen.join("measured");
    let mut command = program_of(program);
    command.args(["-set_cover_merge=1", "-use_counters=0"]).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    command.arg(format!("-merge_control_file={}", measured.display()));
    exec(command.args([&chosen, &committed, &found]))?;
    let inputs = inputs(&fs::read_to_string(&measured).map_err(fault)?);
    let (inputs, reached, all) = choose(inputs);
    replace(&inputs, &chosen, &committed).map_err(fault)?;
    let bytes: u64 = inputs.iter().map(|input| input.bytes).sum();
    println!("{target}: {} inputs, {bytes} bytes, {reached} of {all} places", inputs.len());
    Ok(())
}

/// Reads what libFuzzer measured: the number of inputs, that of those in the first folder, a path a line, and then a line
/// `FT`, the input's number and the numbers of its places.
fn inputs(measured: &str) -> Vec<Input> {
    let mut lines = measured.lines();
    let count = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    lines.next();
    let mut inputs: Vec<Input> = lines
        .by_ref()
        .take(count)
        .map(|path| {
            let bytes = fs::metadata(path).map_or(u64::MAX, |about| about.len());
            Input { path: path.into(), bytes, places: BTreeSet::new() }
        })
        .collect();
    for line in lines {
        let Some(numbers) = line.strip_prefix("FT ") else { continue };
        let mut numbers = numbers.split(' ').filter_map(|number| number.parse::<u32>().ok());
        if let Some(input) = numbers.next().and_then(|at| inputs.get_mut(at as usize)) {
            input.places.extend(numbers);
        }
    }
    inputs.retain(|input| input.bytes <= INPUT_BYTES_MAX);
    inputs
}

/// Inputs, the one that adds most places first, until nothing is added or no more fit; how many places they reach, and how
/// many there are.
fn choose(mut inputs: Vec<Input>) -> (Vec<Input>, usize, usize) {
    let all: BTreeSet<u32> = inputs.iter().flat_map(|input| &input.places).copied().collect();
    let (mut chosen, mut reached, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
    while chosen.len() < FILES_MAX {
        let new = |input: &Input| input.places.difference(&reached).count();
        let fits = |input: &Input| bytes + input.bytes <= BYTES_MAX;
        let best = inputs.iter().enumerate().filter(|(_, input)| fits(input));
        let best = best.max_by_key(|(_, input)| (new(input), std::cmp::Reverse(input.bytes)));
        let Some((at, _)) = best.filter(|(_, input)| new(input) > 0) else { break };
        let input = inputs.swap_remove(at);
        reached.extend(&input.places);
        bytes += input.bytes;
        chosen.push(input);
    }
    (chosen, reached.len(), all.len())
}

/// Puts the chosen inputs in the place of those that are committed; some of them may be the same.
fn replace(inputs: &[Input], chosen: &Path, committed: &Path) -> io::Result<()> {
    fs::remove_dir_all(chosen)?;
    fs::create_dir_all(chosen)?;
    for input in inputs {
        fs::copy(&input.path, chosen.join(input.path.file_name().unwrap_or_default()))?;
    }
    fs::remove_dir_all(committed)?;
    fs::create_dir_all(committed)?;
    for entry in fs::read_dir(chosen)? {
        let entry = entry?;
        fs::copy(entry.path(), committed.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, FILES_MAX, Input, choose, inputs};

    fn input(path: &str, bytes: u64, places: &[u32]) -> Input {
        Input { path: path.into(), bytes, places: places.iter().copied().collect() }
    }

    fn paths(inputs: &[Input]) -> Vec<&str> {
        inputs.iter().filter_map(|input| input.path.to_str()).collect()
    }

    #[test]
    fn the_fewest_inputs_that_reach_everything_are_chosen() {
        let given = vec![input("a", 5, &[1, 2]), input("b", 9, &[1, 2, 3]), input("c", 5, &[4]), input("d", 1, &[3])];
        let (chosen, reached, all) = choose(given);
        assert_eq!((paths(&chosen), reached, all), (vec!["b", "c"], 4, 4));
        let (chosen, ..) = choose(vec![input("long", 9, &[1]), input("short", 8, &[1])]);
        assert_eq!(paths(&chosen), ["short"]);
    }

    #[test]
    fn no_more_are_chosen_than_fit() {
        let many = |bytes| (0..200).map(|at| input("x", bytes, &[at])).collect();
        assert_eq!(choose(many(1)).0.len(), FILES_MAX);
        assert_eq!(choose(many(BYTES_MAX / 10)).0.len(), 10);
    }

    #[test]
    fn what_was_measured_is_read() {
        let folder = env!("CARGO_MANIFEST_DIR");
        let text =
            format!("2\n0\n{folder}/Cargo.toml\n/no/such/input\nSTARTED 0 9\nFT 0 7 8\nCOV 0 7\nSTARTED 1 1\nFT 1 9\n");
        let read = inputs(&text);
        assert_eq!(read.len(), 1, "an input that is gone is left out");
        assert_eq!(read[0].places.iter().copied().collect::<Vec<_>>(), [7, 8]);
    }
}
