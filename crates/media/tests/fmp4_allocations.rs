//! Writing a fragment takes memory only to grow its output: it runs once for every frame of every stream.

use bytes::Bytes;
use vivace_base::MediaTime;
use vivace_media::Codec;
use vivace_media::fmp4::{Sample, Track, fragment};

const AVCC: &[u8] = include_bytes!("../testdata/codecs/h264_high_1080p.avcc");

fn samples(payload: &[u8]) -> [Sample<'_>; 8] {
    std::array::from_fn(|place| {
        let dts = MediaTime::from_ms(40 * place as i64);
        let duration = MediaTime::from_ms(40);
        Sample { dts, cts: duration, duration, key: place == 0, payload }
    })
}

#[test]
fn fragment_takes_no_memory_where_its_output_has_room_and_one_piece_where_not() {
    let payload = vec![7; 10_000];
    let samples = samples(&payload);
    let tracks = [(Codec::H264, AVCC), (Codec::Aac, &[0x12, 0x10])];
    for (codec, config) in tracks {
        let track = Track::from_config(codec, &Bytes::from_static(config), 1).expect("a track");
        let mut roomy = Vec::with_capacity(200_000);
        let taken = allocation_counter::measure(|| fragment(1, &track, &samples, &mut roomy).expect("small"));
        assert_eq!(taken.count_total, 0, "{codec:?}");
        let mut empty = Vec::new();
        let taken = allocation_counter::measure(|| fragment(1, &track, &samples, &mut empty).expect("small"));
        assert_eq!(taken.count_total, 1, "{codec:?}");
        assert_eq!(roomy, empty);
    }
}
