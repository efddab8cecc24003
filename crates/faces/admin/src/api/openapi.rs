//! The OpenAPI 3.1 document, made from the table of operations and from the types of the answers.

use http::Method;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::answer::ErrorView;
use super::call::{Open, Operation};
use super::fields::{Field, body_schema};
use super::operations;

/// Gives the schema of an answer.
pub(crate) type Schema = fn(&mut SchemaGenerator) -> schemars::Schema;

/// The schema of a type.
pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> schemars::Schema {
    generator.subschema_for::<T>()
}

/// The schema of a picture.
pub(crate) fn jpeg(_: &mut SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "contentMediaType": "image/jpeg" })
}

const ABOUT: &str = "What an operator does with a running server. Every call but the one for this document carries the \
    app's api_token as its bearer. What was answered with success is on disk. Lists are pages: `items`, and `next`, the \
    cursor of the following page, or null.";

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<ErrorView>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let path = paths.entry(format!("/api/v1{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described(operation, &mut generator, &error);
    }
    let schemas: Map<String, Value> = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Vivace", "version": "1", "description": ABOUT },
        "paths": paths,
        "components": {
            "securitySchemes": { "api_token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas,
        },
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator, error: &Value) -> Value {
    let mut parameters: Vec<Value> = operation.parameters.iter().map(|field| parameter(field, "path")).collect();
    parameters.extend(operation.query.iter().map(|field| parameter(field, "query")));
    if operation.is_guarded {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string", "pattern": "^\"[0-9a-f.-]+\"$" },
            "description": "The ETag of the state that is to be changed; of any state if it is not given.",
        }));
    }
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.about,
        "responses": answers(operation, generator, error),
    });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(fields) = operation.body {
        let is_required = fields.iter().any(|field| field.is_required);
        described["requestBody"] =
            json!({ "required": is_required, "content": { "application/json": { "schema": body_schema(fields) } } });
    }
    if operation.open != Open::All {
        described["security"] = json!([{ "api_token": [] }]);
    }
    described
}

fn parameter(field: &Field, place: &str) -> Value {
    json!({
        "name": field.name,
        "in": place,
        "required": field.is_required,
        "description": field.about,
        "schema": field.schema(),
    })
}

fn answers(operation: &Operation, generator: &mut SchemaGenerator, error: &Value) -> Value {
    let (status, schema) = operation.answer;
    let mut success = json!({ "description": "Done." });
    if let Some(schema) = schema {
        let kind = if operation.path.ends_with(".jpg") { "image/jpeg" } else { "application/json" };
        success["content"] = json!({ kind: { "schema": schema(generator).to_value() } });
    }
    let mut answers = Map::from_iter([(status.to_string(), success)]);
    if operation.path.ends_with(".jpg") {
        answers.insert("204".to_owned(), json!({ "description": "There is no picture of it at the moment." }));
    }
    for status in statuses(operation) {
        let content = json!({ "application/json": { "schema": error } });
        answers.insert(status.to_string(), json!({ "description": meaning(status), "content": content }));
    }
    answers.into()
}

/// Statuses of refusals, of this operation and of every one like it.
fn statuses(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![400];
    if operation.open != Open::All {
        statuses.push(401);
    }
    if operation.body.is_some() {
        statuses.extend([408, 413, 415]);
    }
    if operation.is_guarded {
        statuses.push(412);
    }
    if operation.method != Method::GET {
        statuses.push(503);
    }
    statuses.extend(operation.refusals);
    statuses
}

const fn meaning(status: u16) -> &'static str {
    match status {
        400 => "Something in the request is wrong; `field` names it.",
        401 => "The bearer token is missing or wrong.",
        404 => "There is no such thing.",
        408 => "The body did not come in time.",
        409 => "It does not fit what is there.",
        412 => "It is not in the state that If-Match names.",
        413 => "The body is too long.",
        415 => "The body is not JSON.",
        500 => "The store failed; the server's log has the reason.",
        503 => "The server is shutting down, or a part of it does not answer.",
        _ => "Refused.",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::document;

    #[test]
    fn the_committed_document_is_the_one_that_is_served() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/openapi.json");
        let made = format!("{:#}\n", document());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &made).expect("the document can be written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == made, "docs/openapi.json is out of date: UPDATE=1 cargo test -p vivace-admin");
    }
}
