//! The settings of recording.

use super::super::kind::{formats, formats_or_none, number, record_name, switch};
use super::{Line, path, path_text};

pub(super) static LINES: [Line; 12] = [
    Line {
        key: "recording.on",
        value_name: "BOOL",
        doc: "Whether streams are recorded: by tasks, by `record=` in push addresses, by templates, by `recording.policy`.",
        get: |values| values.config.recording.on.to_string(),
        set: |values, text| switch(text).map(|value| values.config.recording.on = value),
    },
    Line {
        key: "recording.dir",
        value_name: "DIR",
        doc: "Where the folders `media` and `recordings` are; empty, in the data folder. It may be on another disk.",
        get: |values| path_text(values.config.recording.dir.as_deref()),
        set: |values, text| {
            values.config.recording.dir = path(text);
            Ok(())
        },
    },
    Line {
        key: "recording.policy",
        value_name: "FORMATS",
        doc: "What every push is kept in: `mp4`, `flv`, `hls`, `aac`, or several with `|` between them; empty, in nothing.",
        get: |values| values.config.recording.policy.to_string(),
        set: |values, text| formats_or_none(text).map(|value| values.config.recording.policy = value),
    },
    Line {
        key: "recording.formats",
        value_name: "FORMATS",
        doc: "What a task is kept in that names no format.",
        get: |values| values.config.recording.formats.to_string(),
        set: |values, text| formats(text).map(|value| values.config.recording.formats = value),
    },
    Line {
        key: "recording.interval_ms",
        value_name: "MS",
        doc: "Longest time of one recording where nothing else is said; the next goes on at a key frame. 0 for no such \
              bound.",
        get: |values| values.config.recording.interval_ms.to_string(),
        set: |values, text| {
            let day = 86_400_000;
            number(text, " of milliseconds", 0, day).map(|value| values.config.recording.interval_ms = value)
        },
    },
    Line {
        key: "recording.name",
        value_name: "PATTERN",
        doc: "How recordings are named for people where nothing else is said. Files are named by ids.",
        get: |values| values.config.recording.name.clone(),
        set: |values, text| record_name(text).map(|value| values.config.recording.name = value),
    },
    Line {
        key: "recording.part_ms",
        value_name: "MS",
        doc: "About how long a part of a recording is. A part is on disk before the next is cut: it is what a crash costs.",
        get: |values| values.config.recording.part_ms.to_string(),
        set: |values, text| {
            number(text, " of milliseconds", 200, 10_000).map(|value| values.config.recording.part_ms = value)
        },
    },
    Line {
        key: "recording.file_ms_max",
        value_name: "MS",
        doc: "How long a media file is before another begins at a key frame.",
        get: |values| values.config.recording.file_ms_max.to_string(),
        set: |values, text| {
            let hour = 3_600_000;
            number(text, " of milliseconds", 5_000, hour).map(|value| values.config.recording.file_ms_max = value)
        },
    },
    Line {
        key: "recording.free_bytes_min",
        value_name: "BYTES",
        doc: "Bytes of the disk that are to stay free. Below, no recording begins; below half of it, those that run are \
              closed. Streams go on.",
        get: |values| values.config.recording.free_bytes_min.to_string(),
        set: |values, text| {
            number(text, " of bytes", 0, u64::MAX).map(|value| values.config.recording.free_bytes_min = value)
        },
    },
    Line {
        key: "recording.keep_days",
        value_name: "DAYS",
        doc: "How long recordings are kept; 0 for ever. A template's time for its own goes before this.",
        get: |values| values.config.recording.keep_days.to_string(),
        set: |values, text| number(text, " of days", 0, 36_500).map(|value| values.config.recording.keep_days = value),
    },
    Line {
        key: "recording.bytes_max",
        value_name: "BYTES",
        doc: "Bytes of all that is kept; beyond, the oldest recordings go. 0 for no such bound.",
        get: |values| values.config.recording.bytes_max.to_string(),
        set: |values, text| {
            number(text, " of bytes", 0, u64::MAX).map(|value| values.config.recording.bytes_max = value)
        },
    },
    Line {
        key: "recording.undo_ms",
        value_name: "MS",
        doc: "How long the deletion of a recording can be taken back; its file goes then.",
        get: |values| values.config.recording.undo_ms.to_string(),
        set: |values, text| {
            let days_30 = 30 * 86_400_000;
            number(text, " of milliseconds", 0, days_30).map(|value| values.config.recording.undo_ms = value)
        },
    },
];
