//! Our own API against its own OpenAPI document: requests that it allows and requests that it does not, made by
//! schemathesis, and never an answer that the document does not know, nor one that blames the server.

use std::time::Duration;

use vivace_tests::{Server, Tool, python};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance,negative_data_rejection,unsupported_method";

#[test]
fn the_api_answers_as_its_document_says() {
    let server = Server::start(&[]);
    let bearer = format!("Authorization: Bearer {}", server.key("api_token"));
    let mut command = python();
    command.args(["-m", "schemathesis.cli", "run"]);
    command.arg(format!("http://{}/api/v1/openapi.json", server.http)).args(["-H", &bearer]);
    // A new token would lock it out.
    command.args(["--exclude-operation-id", "rotateKey", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    // The same requests in every run.
    command.args(["-n", "10", "--seed", "1", "--generation-database", "none", "--no-color"]);
    let mut tool = Tool::start(&mut command);
    let status = tool.wait_within(Duration::from_secs(120));
    let said = tool.stdout();
    assert!(status.success() && said.contains("generated,"), "{said}{}", tool.stderr());
    assert!(!server.log().contains("panicked"));
}
