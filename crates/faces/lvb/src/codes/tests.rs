use vivace_base::{NameFault, StreamName};
use vivace_domain::claim::HolderState;
use vivace_domain::live::{MediaFault, PlayFault, PublishFault, Unpublish};

use super::{http_status, interruption, play, publish};

#[test]
fn a_refused_publish_has_its_row_and_its_record() {
    let name = StreamName::parse("a b").unwrap_err();
    let taken = PublishFault::NameTaken { state: HolderState::Live };
    let table = [
        (PublishFault::BadAppName, "lvb-access/4000", 309),
        (PublishFault::BadName(name), "lvb-access/4000", 308),
        (PublishFault::DuplicateParameter { name: "a".to_owned() }, "lvb-access/4000", 308),
        (PublishFault::ExpiryMissing, "lvb-access/4100", 500),
        (PublishFault::ExpiryMalformed, "lvb-access/4000", 500),
        (PublishFault::Expired { ago_ms: 1 }, "lvb-access/4200", 501),
        (PublishFault::SignatureMissing, "lvb-access/4100", 502),
        (PublishFault::SignatureWrong, "lvb-access/4100", 503),
        (PublishFault::WrongBizid, "lvb-video/1003", 200),
        (PublishFault::StreamsQuota { limit: 1 }, "lvb-access/4400", 600),
        (taken, "lvb-video/20108", 602),
        (PublishFault::Draining, "lvb-access/6200", 100),
    ];
    for (fault, row, sub_errcode) in table {
        let refusal = publish(&fault);
        assert_eq!((refusal.row.to_string().as_str(), refusal.errcode), (row, 18), "{fault}");
        assert_eq!(refusal.sub_errcode, sub_errcode, "{fault}");
    }
}

#[test]
fn a_refused_play_has_its_row_and_its_status() {
    let table = [
        (PlayFault::BadName(NameFault::Empty), "lvb-access/4000", 400),
        (PlayFault::QueryTooLong { bytes: 2, max: 1 }, "lvb-access/4000", 414),
        (PlayFault::ParameterMalformed { name: "start", wanted: "live or fast" }, "lvb-video/1000", 400),
        (PlayFault::ParameterMissing { name: "tsStart" }, "lvb-access/4000", 400),
        (PlayFault::PastInHlsOnly { name: "from" }, "lvb-video/20113", 415),
        (PlayFault::BeyondTimeShift { window_ms: 1, asked_ms: 2 }, "lvb-video/1000", 400),
        (PlayFault::StretchTooLong { max_ms: 1, asked_ms: 2 }, "lvb-video/1000", 400),
        (PlayFault::SignatureMissing, "lvb-access/4100", 403),
        (PlayFault::SignatureWrong, "lvb-access/4100", 403),
        (PlayFault::Expired { ago_ms: 1 }, "lvb-access/4200", 403),
        (PlayFault::NotLive, "lvb-video/20111", 404),
        (PlayFault::UnsupportedFormat, "lvb-video/20113", 415),
        (PlayFault::Draining, "lvb-access/6200", 503),
    ];
    for (fault, row, status) in table {
        let refusal = play(&fault);
        assert_eq!((refusal.row.to_string().as_str(), http_status(&fault)), (row, status), "{fault}");
        assert_eq!((refusal.errcode, refusal.sub_errcode), (0, 0), "{fault}");
    }
}

#[test]
fn the_end_of_a_publish_has_its_record_and_a_row_only_if_something_was_wrong() {
    let table = [
        (MediaFault::Unpublished(Unpublish::DeleteStream), None, (1, 0)),
        (MediaFault::Unpublished(Unpublish::CloseStream), None, (2, 0)),
        (MediaFault::ClientClosed, None, (3, 0)),
        (MediaFault::TcpLost, None, (4, 0)),
        (MediaFault::MessageTooLarge { bytes: 2, max: 1 }, Some("lvb-access/4000"), (7, 0)),
        (MediaFault::Idle { silent_ms: 1 }, None, (8, 0)),
        (MediaFault::ShuttingDown, Some("lvb-access/6200"), (10, 0)),
        (MediaFault::CodecUnsupported { codec: "vp06".to_owned() }, Some("lvb-video/20112"), (23, 0)),
        (MediaFault::AmfError, Some("lvb-access/4000"), (33, 0)),
        (MediaFault::Replaced, None, (21, 102)),
    ];
    for (fault, row, record) in table {
        let end = interruption(&fault);
        assert_eq!(end.row.map(ToString::to_string).as_deref(), row, "{fault}");
        assert_eq!((end.errcode, end.sub_errcode), record, "{fault}");
    }
}
