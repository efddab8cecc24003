//! Entry point for fuzzing: any bytes may go in, nothing may panic.

use vivace_base::UnixMs;

use super::{Formats, PushParameters, RecordFormat, RecordState, TaskKind, file_name, literal};

/// The first line as `record` of a push address, the second as `record_interval`, the first as words too; all of it as the
/// pattern of a name. What is read is written back as it was, but for its case, its order and its spaces.
///
/// # Panics
/// If a promise is broken.
pub fn words(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let (record, interval) = (lines.next(), lines.next());
    let push = PushParameters::parse(record, interval);
    assert!(push.interval_ms.is_none_or(|ms| (60_000..=43_200_000).contains(&ms)), "an interval without bounds");
    let word = record.unwrap_or_default();
    match Formats::parse(word) {
        Ok(formats) => {
            assert_eq!(Formats::parse(&formats.to_string()), Ok(formats));
            assert_eq!(push.formats, formats, "an address is read in another way");
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    if let Some(format) = RecordFormat::parse(word) {
        assert_eq!(format.as_str(), word.to_ascii_lowercase());
    }
    assert!(TaskKind::parse(word).is_none_or(|kind| kind.as_str() == word));
    assert!(RecordState::parse(word).is_none_or(|state| state.as_str() == word));
    let at = |bytes: Option<&[u8; 8]>| UnixMs(bytes.map_or(0, |bytes| i64::from_le_bytes(*bytes)));
    let (start, end) = (at(data.first_chunk()), at(data.last_chunk()));
    file_name(&text, word, start, end, start.0);
    let plain = literal(&text);
    assert_eq!(file_name(&plain, word, start, end, 0), plain, "a text stands for something else");
}
