use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, date_time_ymd};
use vivace_base::calendar::civil;
use vivace_base::{Secret, UnixMs};

use super::{Files, TlsFault};

/// The longest that every common client takes from a certificate that its user has accepted by hand.
const VALID_DAYS: i64 = 825;
/// Clients' clocks may be behind.
const EARLIER_DAYS: i64 = 2;
const DAY_MS: i64 = 86_400_000;

/// A self-signed pair.
pub(super) struct Made {
    pub(super) certificate: String,
    #[cfg(test)]
    pub(super) certificate_der: Vec<u8>,
    key: Secret<String>,
}

/// The names by which this machine is reached without anybody's help: loopback and its host name.
pub fn own_names() -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let uname = rustix::system::uname();
    let host = uname.nodename().to_string_lossy().to_ascii_lowercase();
    if is_host_name(&host) && !names.contains(&host) {
        names.push(host);
    }
    names
}

fn is_host_name(name: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.len() <= 253 && name.split('.').all(label) && name.parse::<IpAddr>().is_err()
}

/// Makes an ECDSA P-256 key and a certificate for it, signed by itself.
pub(super) fn make(names: &[String], now: UnixMs) -> Result<Made, TlsFault> {
    let fault = |error: rcgen::Error| TlsFault::Make { names: names.join(", "), reason: error.to_string() };
    let mut parameters = CertificateParams::new(names).map_err(fault)?;
    let day = |days: i64| {
        let (year, month, day) = civil(now.0.div_euclid(DAY_MS).saturating_add(days));
        let small = |number: i64| u8::try_from(number).unwrap_or(1);
        date_time_ymd(i32::try_from(year).unwrap_or(i32::MAX), small(month), small(day))
    };
    parameters.not_before = day(-EARLIER_DAYS);
    parameters.not_after = day(VALID_DAYS);
    parameters.distinguished_name.push(DnType::CommonName, "Vivace, self-signed");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(fault)?;
    let certificate = parameters.self_signed(&key).map_err(fault)?;
    Ok(Made {
        certificate: certificate.pem(),
        #[cfg(test)]
        certificate_der: certificate.der().to_vec(),
        key: Secret::new(key.serialize_pem()),
    })
}

/// Makes a pair and writes it: the key is for its owner only. A reader sees whole files or none.
pub(super) fn write(files: &Files, names: &[String], now: UnixMs) -> Result<(), TlsFault> {
    let made = make(names, now)?;
    for (path, text, mode) in
        [(&files.key, made.key.reveal().as_str(), 0o600), (&files.cert, made.certificate.as_str(), 0o644)]
    {
        write_one(path, text, mode).map_err(|source| TlsFault::Unwritable { path: path.clone(), source })?;
    }
    Ok(())
}

fn write_one(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let draft = path.with_extension("pem.new");
    // A draft that a killed server left behind may be of another mode.
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}
