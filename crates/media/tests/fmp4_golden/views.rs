//! A file as two independent readers see it, one line for each fact.

use mp4_atom::{Any, Codec, Decode, Moof, Moov, Trak};
use std::fmt::Write;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

/// What ffprobe reads, in fields that stay the same from version to version. It decodes every frame.
pub(crate) fn ffprobe(path: &Path) -> String {
    const FIELDS: &str = "packet=stream_index,pts,dts,duration,size,flags,data_hash:\
        stream=index,codec_name,codec_tag_string,width,height,pix_fmt,sample_rate,channels,time_base,nb_read_frames";
    let arguments = "-v error -of compact -count_frames -show_data_hash md5";
    let output = Command::new("ffprobe")
        .args(arguments.split(' '))
        .args(["-show_entries", FIELDS])
        .arg(path)
        .output()
        .unwrap_or_else(|fault| panic!("this test needs ffprobe (package ffmpeg) in the search path: {fault}"));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "ffprobe on {}: {complaints}", path.display());
    let text = String::from_utf8(output.stdout).expect("ffprobe writes UTF-8");
    text.lines().filter(|line| !line.is_empty()).map(|line| stable(line) + "\n").collect()
}

/// Versions of ffprobe differ in the places they keep for flags that are not set, and in an empty field at the end.
fn stable(line: &str) -> String {
    let fields = line.trim_end_matches('|').split('|');
    fields
        .map(|field| if field.starts_with("flags=") { field.trim_end_matches('_') } else { field })
        .collect::<Vec<_>>()
        .join("|")
}

/// What mp4-atom reads.
pub(crate) fn mp4_atom(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut input = Cursor::new(bytes);
    let mut moof_place = 0;
    while input.position() < bytes.len() as u64 {
        let place = input.position() as usize;
        match Any::decode(&mut input).expect("mp4-atom reads every box") {
            Any::Ftyp(ftyp) => {
                line(&mut text, format_args!("ftyp {} {:?}", ftyp.major_brand, ftyp.compatible_brands));
            }
            Any::Moov(moov) => movie(&moov, &mut text),
            Any::Moof(moof) => {
                moof_place = place;
                movie_fragment(&moof, &mut text);
            }
            Any::Mdat(mdat) => {
                let offset = place + 8 - moof_place;
                line(&mut text, format_args!("mdat bytes={} offset={offset}", mdat.data.len()));
            }
            other => panic!("an unexpected box {:?}", other.kind()),
        }
    }
    text
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("memory");
}

fn movie(moov: &Moov, text: &mut String) {
    let next = moov.mvhd.next_track_id;
    line(text, format_args!("moov timescale={} duration={} next={next}", moov.mvhd.timescale, moov.mvhd.duration));
    for trak in &moov.trak {
        track(trak, text);
    }
    for trex in &moov.mvex.as_ref().expect("mvex").trex {
        line(text, format_args!("trex {trex:?}"));
    }
}

fn track(trak: &Trak, text: &mut String) {
    let (tkhd, mdia) = (&trak.tkhd, &trak.mdia);
    let size = (tkhd.width.integer(), tkhd.height.integer());
    line(text, format_args!("track id={} enabled={} size={size:?}", tkhd.track_id, tkhd.enabled));
    line(text, format_args!("  {} timescale={} {}", mdia.hdlr.handler, mdia.mdhd.timescale, mdia.mdhd.language));
    let stbl = &mdia.minf.stbl;
    assert!(stbl.stts.entries.is_empty() && stbl.stsc.entries.is_empty(), "samples in moov");
    assert_eq!((mdia.minf.vmhd.is_some(), mdia.minf.smhd.is_some()), (size.0 > 0, size.0 == 0));
    assert_eq!(stbl.stsd.codecs.len(), 1);
    for codec in &stbl.stsd.codecs {
        sample_entry(codec, text);
    }
}

fn sample_entry(codec: &Codec, text: &mut String) {
    match codec {
        Codec::Avc1(entry) => {
            let (visual, avcc) = (&entry.visual, &entry.avcc);
            line(text, format_args!("  avc1 {}x{} length_size={}", visual.width, visual.height, avcc.length_size));
            let sets = (&avcc.sequence_parameter_sets, &avcc.picture_parameter_sets);
            line(
                text,
                format_args!("  profile={} level={} {sets:?}", avcc.avc_profile_indication, avcc.avc_level_indication),
            );
        }
        Codec::Hvc1(entry) => {
            let (visual, hvcc) = (&entry.visual, &entry.hvcc);
            line(text, format_args!("  hvc1 {}x{}", visual.width, visual.height));
            line(text, format_args!("  profile={} level={}", hvcc.general_profile_idc, hvcc.general_level_idc));
            for array in &hvcc.arrays {
                line(text, format_args!("  type={} {:?}", array.nal_unit_type, array.nalus));
            }
        }
        Codec::Av01(entry) => {
            let (visual, av1c) = (&entry.visual, &entry.av1c);
            line(text, format_args!("  av01 {}x{}", visual.width, visual.height));
            line(text, format_args!("  {av1c:?}"));
        }
        Codec::Vp09(entry) => {
            let (visual, vpcc) = (&entry.visual, &entry.vpcc);
            line(text, format_args!("  vp09 {}x{}", visual.width, visual.height));
            line(text, format_args!("  {vpcc:?}"));
        }
        Codec::Opus(entry) => {
            let (audio, dops) = (&entry.audio, &entry.dops);
            line(text, format_args!("  Opus channels={} rate={}", audio.channel_count, audio.sample_rate.integer()));
            line(text, format_args!("  {dops:?}"));
        }
        Codec::Mp4a(entry) => {
            let (audio, decoder) = (&entry.audio, &entry.esds.es_desc.dec_config);
            line(text, format_args!("  mp4a channels={} rate={}", audio.channel_count, audio.sample_rate.integer()));
            let config = decoder.dec_specific.as_ref().map(|config| &config.raw);
            let (object_type, stream_type) = (decoder.object_type_indication, decoder.stream_type);
            line(text, format_args!("  object_type={object_type:#x} stream_type={stream_type} config={config:x?}"));
        }
        other => panic!("an unexpected sample entry {other:?}"),
    }
}

fn movie_fragment(moof: &Moof, text: &mut String) {
    assert_eq!(moof.traf.len(), 1);
    for traf in &moof.traf {
        assert!(traf.tfhd.default_base_is_moof && traf.tfhd.base_data_offset.is_none());
        let (sequence, track) = (moof.mfhd.sequence_number, traf.tfhd.track_id);
        let start = traf.tfdt.as_ref().expect("tfdt").base_media_decode_time;
        line(text, format_args!("moof sequence={sequence} track={track} tfdt={start}"));
        assert_eq!(traf.trun.len(), 1);
        for trun in &traf.trun {
            line(text, format_args!("  trun samples={} offset={:?}", trun.samples.len(), trun.data_offset));
            for sample in &trun.samples {
                let (duration, size) = (sample.duration.expect("a duration"), sample.size.expect("a size"));
                let flags = sample.flags.expect("flags");
                line(text, format_args!("    {duration} {size} {flags:#010x} {:?}", sample.cts));
            }
        }
    }
}
