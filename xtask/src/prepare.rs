//! What the tests need besides the toolchain: Debian packages, node modules, a newer ffmpeg, a storage server.
//!
//! What is there is left alone, so a second run takes no time.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repo;
use crate::steps::{Failure, Outcome, exec, output, succeeds};

/// Where the tests find what was prepared.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// An ffmpeg newer than the system's; it writes enhanced RTMP.
    pub(crate) ffmpeg_new: PathBuf,
}

/// How to tell that a package's part is there.
enum Sign {
    /// A program on the path.
    Program(&'static str),
    /// A file at a place.
    File(&'static str),
    /// A python program that ends well.
    Python(&'static str),
}

/// The newest that this project's toolchain builds.
const S3S_VERSION: &str = "0.14.1";

/// Debian package and its sign, in the order in which a person reads the list.
const PACKAGES: &[(&str, Sign)] = &[
    ("ffmpeg", Sign::Program("ffmpeg")),
    ("ffmpeg", Sign::Program("ffprobe")),
    ("chromium", Sign::Program("chromium")),
    ("chromium-driver", Sign::Program("chromedriver")),
    // Without a font the screenshots of the page show empty boxes.
    ("fonts-dejavu-core", Sign::File("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")),
    ("curl", Sign::Program("curl")),
    ("nodejs", Sign::Program("node")),
    ("npm", Sign::Program("npm")),
    ("python3", Sign::Program("python3")),
    ("python3-venv", Sign::Python("import ensurepip, venv")),
    // A server's wall clock, which a scenario sets.
    ("faketime", Sign::Program("faketime")),
    ("gcc", Sign::Program("cc")),
    // The allocator is built with its own makefile.
    ("make", Sign::Program("make")),
];

/// Installs what is missing.
pub(crate) fn run(root: &Path) -> Result<Prepared, Failure> {
    debian()?;
    node_modules(root)?;
    let ffmpeg_new = newer_ffmpeg(root)?;
    println!("ffmpeg for enhanced RTMP: {}", ffmpeg_new.display());
    storage_server(root)?;
    Ok(Prepared { ffmpeg_new })
}

fn debian() -> Outcome {
    let missing = missing();
    if missing.is_empty() {
        println!("Debian packages: all there");
        return Ok(());
    }
    let line = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    if !succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Failure::new(format!(
            "this system has no apt-get; install its counterparts of: {}",
            missing.join(" ")
        )));
    }
    if output(Command::new("id").arg("-u"))? != "0" {
        return Err(Failure::new(format!("packages are missing and only root may install them; run\n  sudo {line}")));
    }
    println!("{line}");
    install(&missing)?;
    let still = self::missing();
    if still.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("installed, and yet what these packages bring is not found: {}", still.join(" "))))
}

fn missing() -> Vec<&'static str> {
    let mut names: Vec<&str> = PACKAGES.iter().filter(|(_, sign)| !there(sign)).map(|(name, _)| *name).collect();
    names.dedup();
    names
}

fn there(sign: &Sign) -> bool {
    match sign {
        Sign::Program(name) => on_path(name),
        Sign::File(path) => Path::new(path).exists(),
        Sign::Python(program) => succeeds(Command::new("python3").args(["-c", program])),
    }
}

fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Package lists of a fresh machine are empty, and those of an old one name files that are gone: both want an update.
fn install(packages: &[&str]) -> Outcome {
    if succeeds(apt_get().args(["install", "--simulate", "--no-install-recommends"]).args(packages))
        && exec(apt_get().args(["install", "--no-install-recommends"]).args(packages)).is_ok()
    {
        return Ok(());
    }
    exec(apt_get().arg("update"))?;
    exec(apt_get().args(["install", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.args(["--yes", "--quiet", "--option", "DPkg::Lock::Timeout=300", "--option", "Dpkg::Use-Pty=0"]);
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.stdin(std::process::Stdio::null());
    command
}

fn node_modules(root: &Path) -> Outcome {
    let folder = root.join("tests/browser");
    let wanted = fingerprint(&[&folder.join("package.json"), &folder.join("package-lock.json")])?;
    let marker = folder.join("node_modules/.prepared");
    if is(&marker, &wanted) {
        println!("node modules: all there");
        return Ok(());
    }
    exec(Command::new("npm").current_dir(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    mark(&marker, &wanted)
}

fn newer_ffmpeg(root: &Path) -> Result<PathBuf, Failure> {
    let venv = repo::target(root).join("prepared/python");
    let requirements = root.join("tests/requirements.txt");
    let wanted = fingerprint(&[&requirements])?;
    let marker = venv.join(".prepared");
    let python = venv.join("bin/python");
    if is(&marker, &wanted) {
        println!("python packages: all there");
    } else {
        exec(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement"];
        exec(Command::new(&python).args(pip).arg(&requirements))?;
        mark(&marker, &wanted)?;
    }
    let ask = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())";
    let ffmpeg = PathBuf::from(output(Command::new(&python).args(["-c", ask]))?);
    if succeeds(Command::new(&ffmpeg).arg("-version")) {
        return Ok(ffmpeg);
    }
    Err(Failure::new(format!("{} does not run; remove {} and try again", ffmpeg.display(), venv.display())))
}

/// The server of S3-compatible storage that uploads are tested against: built once, and found by the tests beside the python
/// packages.
fn storage_server(root: &Path) -> Outcome {
    let folder = repo::target(root).join("prepared/s3s");
    let (program, marker) = (folder.join("bin/s3s-fs"), folder.join(".prepared"));
    if program.is_file() && is(&marker, S3S_VERSION) {
        println!("s3s-fs: there");
        return Ok(());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut install = Command::new(cargo);
    install.args([
        "install",
        "s3s-fs",
        "--version",
        S3S_VERSION,
        "--locked",
        "--features",
        "binary",
        "--debug",
        "--force",
    ]);
    let build = folder.join("build");
    // What it is built in takes half a gigabyte, and is of no use behind it.
    let built = exec(install.arg("--root").arg(&folder).env("CARGO_TARGET_DIR", &build));
    let _ = fs::remove_dir_all(&build);
    built?;
    mark(&marker, S3S_VERSION)
}

/// One number for the contents of some files.
fn fingerprint(files: &[&Path]) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let bytes = fs::read(file).map_err(|error| Failure::new(format!("{}: {error}", file.display())))?;
        bytes.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn is(marker: &Path, wanted: &str) -> bool {
    fs::read_to_string(marker).is_ok_and(|found| found == wanted)
}

fn mark(marker: &Path, wanted: &str) -> Outcome {
    fs::write(marker, wanted).map_err(|error| Failure::new(format!("{}: {error}", marker.display())))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Sign, fingerprint, is, there};
    use crate::repo;

    #[test]
    fn signs_tell_what_is_there_from_what_is_not() {
        assert!(there(&Sign::Program("sh")));
        assert!(!there(&Sign::Program("no-such-program-of-ours")));
        assert!(there(&Sign::File("/")));
        assert!(!there(&Sign::File("/no/such/file")));
    }

    #[test]
    fn a_marker_holds_only_for_the_same_contents() {
        let root = repo::root();
        let manifest = root.join("Cargo.toml");
        let first = fingerprint(&[&manifest]).unwrap();
        assert_eq!(first, fingerprint(&[&manifest]).unwrap());
        assert_ne!(first, fingerprint(&[&manifest, &root.join("LICENSE")]).unwrap());
        assert!(!is(Path::new("/no/such/marker"), &first));
    }

    #[test]
    fn everything_a_step_reads_is_in_the_repository() {
        for file in ["tests/browser/package.json", "tests/browser/package-lock.json", "tests/requirements.txt"] {
            assert!(repo::root().join(file).is_file(), "{file}");
        }
    }
}
