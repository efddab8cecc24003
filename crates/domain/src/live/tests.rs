use vivace_base::Limits;

use super::{PlayFault, PublishFault};
use crate::claim::HolderState;
use crate::url::{StreamQuery, split_file};

fn publish(query: &str) -> Result<(), PublishFault> {
    StreamQuery::parse(query, &Limits::default())?;
    Ok(())
}

fn play(file: &str) -> Result<(), PlayFault> {
    split_file(file)?;
    Ok(())
}

#[test]
fn faults_of_an_address_become_faults_of_its_publish_or_play() {
    assert_eq!(publish("a=1&a=2"), Err(PublishFault::DuplicateParameter { name: "a".to_owned() }));
    assert_eq!(publish("a=%"), Err(PublishFault::QueryEncoding { at: 0 }));
    assert_eq!(publish("start=5"), Err(PublishFault::ParameterMalformed { name: "start", wanted: "live or fast" }));
    assert_eq!(play("cam.ts"), Err(PlayFault::UnsupportedFormat));
    assert!(matches!(play("a/b.flv"), Err(PlayFault::BadName(_))));
}

#[test]
fn a_sentence_names_its_field_and_escapes_what_the_peer_wrote() {
    let twice = PublishFault::DuplicateParameter { name: "x\ny".to_owned() };
    assert_eq!(twice.to_string(), "the parameter \"x\\ny\" stands twice");
    assert!(PublishFault::ExpiryMissing.to_string().starts_with("txTime"));
    assert!(PublishFault::NameTaken { state: HolderState::Grace }.to_string().ends_with("may come back"));
}
