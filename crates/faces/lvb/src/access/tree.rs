//! Structures flattened into names: lists are `name.0`, objects `name.key`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use super::ParameterFault;
use super::form::shown;

/// One part of a flattened name. Indices come in the order of their numbers, wherever they begin and whatever gaps
/// they have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Index(u64),
    Name(String),
}

impl Key {
    fn of(part: &str) -> Self {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match part.parse() {
            Ok(index) if digits => Self::Index(index),
            _ => Self::Name(part.to_owned()),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Index(index) => index.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

/// A value, a list or an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) value: Option<String>,
    pub(super) members: BTreeMap<Key, Self>,
}

/// Pairs that are looked through one by one rather than put into a tree.
const FLAT_MAX: usize = 24;

/// Whether the parameters are texts and nothing else, each by a name of its own that is written in one way only: their
/// tree would say what they say.
pub(super) fn is_flat(pairs: &[(String, String)]) -> bool {
    let is_plain = |name: &str| !name.bytes().any(|byte| matches!(byte, b'.' | b'_' | b'['));
    // An index can be written in more than one way.
    let is_name = |name: &str| name.bytes().any(|byte| !byte.is_ascii_digit());
    let is_new = |at: usize, name: &str| !pairs.iter().take(at).any(|(known, _)| known == name);
    pairs.len() <= FLAT_MAX
        && pairs.iter().enumerate().all(|(at, (name, _))| is_plain(name) && is_name(name) && is_new(at, name))
}

/// The tree of all parameters. Names as the SDKs write them come first; other ways of writing the same name fill what
/// is free then.
///
/// # Errors
/// [`ParameterFault`]: `Duplicate`, `Ambiguous`, `BadName`, `TooDeep`.
pub(super) fn build(pairs: &[(String, String)], depth_max: usize) -> Result<Node, ParameterFault> {
    let mut root = Node::default();
    for (name, value) in pairs {
        root.insert(&parts(name, depth_max)?, name, value)?;
    }
    for (name, value) in pairs {
        if let Some(other) = plain(name) {
            // Taken already: what was given by its own name counts.
            let _ = root.insert(&parts(&other, depth_max)?, name, value);
        }
    }
    Ok(root)
}

fn parts(name: &str, depth_max: usize) -> Result<Vec<Key>, ParameterFault> {
    if name.split('.').count() > depth_max {
        return Err(ParameterFault::TooDeep { field: shown(name.as_bytes()), max: depth_max });
    }
    let parts = name.split('.').map(|part| if part.is_empty() { None } else { Some(Key::of(part)) });
    parts.collect::<Option<_>>().ok_or_else(|| ParameterFault::BadName { field: shown(name.as_bytes()) })
}

/// The documented form of a name that is written in another way, `a[0]`, `a_0` or `start_time`; none if it is in it.
fn plain(name: &str) -> Option<String> {
    if !name.contains(['_', '[']) {
        return None;
    }
    let dotted = name.replace("][", ".").replace('[', ".").replace(']', "");
    let mut out = String::with_capacity(dotted.len());
    for part in dotted.split('.') {
        let mut words = part.split('_').peekable();
        // A word that begins with `_` is nobody's way of writing another.
        if part.is_empty() || words.peek().is_some_and(|word| word.is_empty()) {
            return None;
        }
        let mut after_word = false;
        for word in words {
            let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
            if digits || !after_word {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(word);
            } else {
                let mut letters = word.chars();
                out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                out.push_str(letters.as_str());
            }
            after_word = !digits;
        }
    }
    (out != name).then_some(out)
}

impl Node {
    /// Puts a value at its place, or leaves everything as it is.
    fn insert(&mut self, path: &[Key], name: &str, value: &str) -> Result<(), ParameterFault> {
        let field = || shown(name.as_bytes());
        if self.value.is_some() {
            return Err(ParameterFault::Ambiguous { field: field() });
        }
        let Some((first, rest)) = path.split_first() else {
            return Err(ParameterFault::BadName { field: field() });
        };
        match self.members.entry(first.clone()) {
            Entry::Occupied(mut there) if !rest.is_empty() => there.get_mut().insert(rest, name, value),
            Entry::Occupied(there) if there.get().value.is_some() => Err(ParameterFault::Duplicate { field: field() }),
            Entry::Occupied(_) => Err(ParameterFault::Ambiguous { field: field() }),
            Entry::Vacant(free) => {
                let node = free.insert(Self::default());
                if rest.is_empty() {
                    node.value = Some(value.to_owned());
                    return Ok(());
                }
                node.insert(rest, name, value)
            }
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        self.members.get(&Key::Name(name.to_owned()))
    }

    /// The JSON value that was flattened into this: a list where all keys are indices, gaps closed.
    pub(super) fn to_json(&self) -> Value {
        match &self.value {
            Some(text) => Value::String(text.clone()),
            None if !self.members.is_empty() && self.members.keys().all(|key| matches!(key, Key::Index(_))) => {
                Value::Array(self.members.values().map(Self::to_json).collect())
            }
            None => Value::Object(self.members.iter().map(|(key, node)| (key.text(), node.to_json())).collect()),
        }
    }

    pub(super) const fn of_text(text: String) -> Self {
        Self { value: Some(text), members: BTreeMap::new() }
    }

    /// The same of a JSON value; `null` is absent, as where clients flatten.
    pub(super) fn of_json(value: Value) -> Self {
        let leaf = Self::of_text;
        let of = |members: BTreeMap<Key, Self>| Self { value: None, members };
        match value {
            Value::Null => Self::default(),
            Value::Bool(value) => leaf(value.to_string()),
            Value::Number(value) => leaf(value.to_string()),
            Value::String(value) => leaf(value),
            Value::Array(items) => of((0_u64..).map(Key::Index).zip(items.into_iter().map(Self::of_json)).collect()),
            Value::Object(fields) => {
                of(fields.into_iter().map(|(name, value)| (Key::Name(name), Self::of_json(value))).collect())
            }
        }
    }
}
