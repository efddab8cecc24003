use crate::steps::Failure;

const SECONDS_DEFAULT: u32 = 60;
const SECONDS_LONG: u32 = 3_600;

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan<'a> {
    /// How long each target runs; nothing runs where the inputs that were found are to be kept.
    pub(super) seconds: Option<u32>,
    /// The targets named; none for all.
    pub(super) targets: Vec<&'a str>,
}

/// Reads what stands behind `cargo xtask fuzz`.
pub(super) fn parse<'a>(args: &[&'a str]) -> Result<Plan<'a>, Failure> {
    let mut plan = Plan { seconds: Some(SECONDS_DEFAULT), targets: Vec::new() };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--seconds" => {
                let value = args.next().and_then(|value| value.parse().ok()).filter(|value| *value > 0);
                plan.seconds =
                    Some(value.ok_or_else(|| Failure::usage("--seconds wants a number of seconds, at least 1"))?);
            }
            "--long" => plan.seconds = Some(SECONDS_LONG),
            "--keep" => plan.seconds = None,
            option if option.starts_with('-') => return Err(Failure::usage(format!("unknown option {option}"))),
            target => plan.targets.push(target),
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::{Plan, parse};

    #[test]
    fn the_command_line_is_read_and_nonsense_is_refused() {
        assert_eq!(parse(&[]).unwrap(), Plan { seconds: Some(60), targets: vec![] });
        let plan = parse(&["--seconds", "5", "media_amf"]).unwrap();
        assert_eq!(plan, Plan { seconds: Some(5), targets: vec!["media_amf"] });
        assert_eq!(parse(&["--long"]).unwrap().seconds, Some(3_600));
        assert_eq!(parse(&["--keep", "media_amf"]).unwrap().seconds, None);
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--seconds", "x"], &["--other"]] {
            assert_eq!(parse(wrong).err().map(|failure| failure.code), Some(2), "{wrong:?}");
        }
    }
}
