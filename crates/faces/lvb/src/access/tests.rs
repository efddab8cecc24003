use serde_json::{Map, Value, json};
use vivace_base::AppId;
use vivace_codes::{LvbAccess, LvbVideo};
use vivace_domain::channel::ChannelFault;

use super::reply::Context;
use super::{Answer, ApiFault, DualCode, ParameterFault, Rules, admit_transport};
use crate::actions::{Action, ActionFault, Outcome, Reply};
use crate::codes::Code;

fn context(dual_code: DualCode) -> Context<'static> {
    Context { action: Some(Action::StopChannel), app: Some(AppId(1)), request_id: "5f", dual_code }
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

fn unknown(id: &str) -> Outcome {
    Outcome { id: id.to_owned(), result: Err(ActionFault::Channel(ChannelFault::Unknown { id: id.to_owned() })) }
}

fn done(id: &str) -> Outcome {
    Outcome { id: id.to_owned(), result: Ok(()) }
}

#[test]
fn the_scheme_comes_before_the_method() {
    let open = Rules { allow_http: true, ..Rules::default() };
    assert_eq!(admit_transport(false, "PUT", Rules::default()), Err(ApiFault::PlainHttp));
    assert_eq!(admit_transport(true, "PUT", Rules::default()), Err(ApiFault::Method));
    assert_eq!(admit_transport(true, "POST", Rules::default()), Ok(()));
    assert_eq!(admit_transport(false, "GET", open), Ok(()));
}

#[test]
fn success_has_its_fields_beside_the_code() {
    let done = context(DualCode::Video).reply(Reply::Done);
    assert_eq!(body(&done), json!({"code": 0, "message": "", "codeDesc": "Success", "requestId": "5f"}));
    assert!(done.refusals.is_empty() && done.body.starts_with("{\"code\":0,"));
    let fields = Map::from_iter([("channel_id".to_owned(), json!("16093104850681751595"))]);
    assert_eq!(body(&context(DualCode::Video).reply(Reply::Fields(fields)))["channel_id"], "16093104850681751595");
}

#[test]
fn a_code_of_the_video_layer_stands_in_the_message_whichever_code_is_in_front() {
    let fault = ApiFault::Action(ActionFault::Channel(ChannelFault::Unknown { id: "7".to_owned() }));
    let video = context(DualCode::Video).fault(&fault);
    assert_eq!((&body(&video)["code"], &body(&video)["codeDesc"]), (&json!(20_301), &json!("ChannelNotFound")));
    assert!(body(&video)["message"].as_str().expect("a text").starts_with("(20301)"));
    let access = context(DualCode::Access).fault(&fault);
    assert_eq!((&body(&access)["code"], &body(&access)["message"]), (&json!(5_000), &body(&video)["message"]));
    assert_eq!(access.refusals.first().map(|(code, _)| *code), Some(Code::Video(LvbVideo::ChannelNotFound)));
    let missing = ApiFault::Parameter(ParameterFault::Missing { field: "Nonce".to_owned() });
    let missing = body(&context(DualCode::Video).fault(&missing));
    assert_eq!(missing["code"], 4_000);
    assert!(missing["message"].as_str().expect("a text").ends_with(": Nonce is missing"), "{missing}");
}

#[test]
fn one_id_has_its_own_code_and_several_have_one_together_with_detail() {
    let ask = |outcomes| context(DualCode::Video).reply(Reply::Batch(outcomes));
    let one = ask(vec![unknown("7")]);
    assert_eq!((&body(&one)["code"], body(&one).get("detail")), (&json!(20_301), None));
    assert_eq!(
        body(&ask(vec![done("7")])),
        json!({"code": 0, "message": "", "codeDesc": "Success", "requestId": "5f"})
    );

    let all = ask(vec![unknown("7"), unknown("8")]);
    assert_eq!((&body(&all)["code"], &body(&all)["detail"]["8"]["code"]), (&json!(5_100), &json!(20_301)));
    let some = ask(vec![unknown("7"), done("8")]);
    assert_eq!(body(&some)["code"], 5_400);
    assert_eq!(body(&some)["detail"]["8"], json!({"code": 0, "message": ""}));
    assert!(body(&some)["detail"]["7"]["message"].as_str().expect("a text").starts_with("(20301)"));
    let codes: Vec<Code> = some.refusals.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Code::Video(LvbVideo::ChannelNotFound), Code::Access(LvbAccess::PartlyDone)]);
    assert_eq!(body(&ask(vec![done("7"), done("8")]))["detail"]["7"]["code"], 0);
}
