//! Entry point for fuzzing the reader of requests: any bytes may go in, nothing may panic.

use super::answer::Refusal;
use super::fields::{Field, Given, Kind, check, check_texts, members};
use super::operations;

/// Bytes of a sentence that refuses: what was sent is not repeated in it, but for 64 characters of a name.
const SENTENCE_BYTES_MAX: usize = 2_048;

/// Any bytes as the body of every operation, and its texts as their paths and queries: what is let in is of its kind.
///
/// # Panics
/// If a promise is broken.
pub fn request(data: &[u8]) {
    let members = match members(data) {
        Ok(members) => members,
        Err(refusal) => return refused(&refusal),
    };
    let texts = members.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    for operation in operations() {
        if let Some(fields) = operation.body {
            judged(fields, check(fields, members.clone()));
        }
        for fields in [operation.parameters, operation.query] {
            judged(fields, check_texts(fields, texts.clone()));
        }
    }
}

fn judged(fields: &[Field], read: Result<Given, Refusal>) {
    match read {
        Ok(given) => fields.iter().for_each(|field| holds(field, &given)),
        Err(refusal) => refused(&refusal),
    }
}

fn holds(field: &Field, given: &Given) {
    let name = field.name;
    if !given.has(name) {
        return assert!(!field.is_required, "{name} is missing");
    }
    let is_of_kind = match field.kind {
        Kind::Text | Kind::Form(_) => given.text(name).is_some(),
        Kind::Word(words) => given.text(name).is_some_and(|word| words.contains(&word)),
        Kind::Whole(min, max) => given.whole(name).is_some_and(|number| (min..=max).contains(&number)),
        Kind::Flag => given.flag(name).is_some(),
        Kind::Texts => given.texts(name).is_some(),
        Kind::Numbers(among) => given.numbers(name).is_some_and(|all| all.iter().all(|one| among.contains(one))),
    };
    assert!(is_of_kind || field.is_nullable, "{name} is not what it has to be");
}

fn refused(refusal: &Refusal) {
    assert!((1..=SENTENCE_BYTES_MAX).contains(&refusal.message().len()), "{}", refusal.message());
}
