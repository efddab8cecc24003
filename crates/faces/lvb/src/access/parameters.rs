//! The parameters of a call: the pairs as they are signed, and the structures that they were flattened from.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use vivace_base::Limits;

use super::tree::{Key, Node, build, is_flat};
use super::{ParameterFault, form, multipart};

/// All parameters of a call.
#[derive(Clone, Debug)]
pub struct Parameters {
    pairs: Vec<(String, String)>,
    /// None where the pairs are all there is: most calls have no structures.
    tree: Option<Node>,
    /// Items that a list given as JSON text may have: as many as could be given one by one.
    items_max: usize,
}

impl Parameters {
    /// Those of a query.
    ///
    /// # Errors
    /// [`ParameterFault`] but those of a body.
    pub fn of_query(query: &str, limits: &Limits) -> Result<Self, ParameterFault> {
        Self::of_pairs(form::decode(query.as_bytes(), limits)?, limits)
    }

    /// Those of a body: multipart form data where its type says so, URL-encoded whatever else it says.
    ///
    /// # Errors
    /// [`ParameterFault`].
    pub fn of_body(content_type: &str, body: &[u8], limits: &Limits) -> Result<Self, ParameterFault> {
        let pairs = match multipart::boundary(content_type)? {
            Some(boundary) => multipart::decode(body, boundary, limits)?,
            None => form::decode(body.trim_ascii(), limits)?,
        };
        Self::of_pairs(pairs, limits)
    }

    fn of_pairs(pairs: Vec<(String, String)>, limits: &Limits) -> Result<Self, ParameterFault> {
        let tree = if is_flat(&pairs) { None } else { Some(build(&pairs, limits.api_depth_max)?) };
        Ok(Self { pairs, tree, items_max: limits.api_parameters_max })
    }

    /// Names and values as they were sent, decoded: what the signature covers.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// A value by the very name that was sent: common parameters have no other way to be written.
    pub fn exact(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Everything as one JSON object, in which every value is a text.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let text = |(name, value): &(String, String)| (name.clone(), value.as_str().into());
        let flat = || serde_json::Value::Object(self.pairs.iter().map(text).collect());
        self.tree.as_ref().map_or_else(flat, Node::to_json)
    }

    /// Everything, for an action to read its own parameters from.
    pub fn members(&self) -> Members<'_> {
        let object = self.tree.as_ref().map_or(Object::Flat(&self.pairs), |tree| Object::Tree(Cow::Borrowed(tree)));
        Members { object, path: String::new(), items_max: self.items_max }
    }
}

/// The members of an object among the parameters, read by name. A fault names the parameter by its whole path.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    object: Object<'a>,
    path: String,
    items_max: usize,
}

/// Where the members stand.
#[derive(Clone, Debug)]
enum Object<'a> {
    /// Each is a text, and no name stands twice.
    Flat(&'a [(String, String)]),
    Tree(Cow<'a, Node>),
}

/// A member.
enum Member<'a> {
    Text(&'a str),
    /// A list or an object.
    Node(&'a Node),
}

impl Members<'_> {
    fn member(&self, name: &str) -> Option<Member<'_>> {
        match &self.object {
            Object::Flat(pairs) => pairs.iter().find(|(known, _)| known == name).map(|(_, text)| Member::Text(text)),
            Object::Tree(node) => {
                node.member(name).map(|node| node.value.as_deref().map_or(Member::Node(node), Member::Text))
            }
        }
    }

    /// Whether the parameter is there, whatever it is.
    pub fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// A text, which may be empty; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`] for a list or an object.
    pub fn text(&self, name: &str) -> Result<Option<&str>, ParameterFault> {
        match self.member(name) {
            None => Ok(None),
            Some(Member::Text(text)) => Ok(Some(text)),
            Some(Member::Node(node)) if node.members.is_empty() => Ok(None),
            Some(Member::Node(_)) => Err(self.wrong(name, "a text")),
        }
    }

    /// A text that must be there; it may be empty.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Missing`, `WrongType`.
    pub fn required_text(&self, name: &str) -> Result<&str, ParameterFault> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A text that must be there and not be empty, such as an id.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Missing`, `WrongType`.
    pub fn required_id(&self, name: &str) -> Result<&str, ParameterFault> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.missing(name))
    }

    /// A whole number; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn integer(&self, name: &str) -> Result<Option<i64>, ParameterFault> {
        let parse = |text: &str| text.parse().map_err(|_| self.wrong(name, INTEGER));
        self.text(name)?.map(parse).transpose()
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// [`ParameterFault`]: `Missing`, `WrongType`.
    pub fn required_integer(&self, name: &str) -> Result<i64, ParameterFault> {
        self.integer(name)?.ok_or_else(|| self.missing(name))
    }

    /// A whole number that is not negative, such as an id given out as a number; none if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault::WrongType`].
    pub fn unsigned(&self, name: &str) -> Result<Option<u64>, ParameterFault> {
        let parse = |text: &str| text.parse().map_err(|_| self.wrong(name, "a whole number of 0 or more"));
        self.text(name)?.map(parse).transpose()
    }

    /// A list of texts; empty if it is absent. One value without an index is a list of one.
    ///
    /// # Errors
    /// [`ParameterFault`]: `WrongType`, and `Json` or `TooMany` where the list is given as JSON text.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, ParameterFault> {
        let items = self.items(name, "a list of texts")?;
        let text = |(key, node): (Key, Node)| node.value.ok_or_else(|| self.wrong(&at(name, &key), "a text"));
        items.into_iter().map(text).collect()
    }

    /// A list of whole numbers; empty if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault`]: `WrongType`, `Json`, `TooMany`.
    pub fn integers(&self, name: &str) -> Result<Vec<i64>, ParameterFault> {
        let items = self.items(name, "a list of whole numbers")?;
        let number = |(key, node): (Key, Node)| {
            let parsed = node.value.and_then(|text| text.parse().ok());
            parsed.ok_or_else(|| self.wrong(&at(name, &key), INTEGER))
        };
        items.into_iter().map(number).collect()
    }

    /// A list of objects; empty if it is absent.
    ///
    /// # Errors
    /// [`ParameterFault`]: `WrongType`, `Json`, `TooMany`.
    pub fn objects(&self, name: &str) -> Result<Vec<Members<'static>>, ParameterFault> {
        let items = self.items(name, "a list of objects")?;
        let object = |(key, node): (Key, Node)| {
            let path = self.path_of(&at(name, &key));
            if node.value.is_some() {
                return Err(ParameterFault::WrongType { field: path, expected: "an object" });
            }
            Ok(Members { object: Object::Tree(Cow::Owned(node)), path, items_max: self.items_max })
        };
        items.into_iter().map(object).collect()
    }

    /// The items of a list in the order of their indices, gaps closed.
    fn items(&self, name: &str, expected: &'static str) -> Result<Vec<(Key, Node)>, ParameterFault> {
        let parsed;
        let node = match self.member(name) {
            None | Some(Member::Text("")) => return Ok(Vec::new()),
            Some(Member::Node(node)) => node,
            Some(Member::Text(text)) if text.trim_start().starts_with(['[', '{']) => {
                parsed = Node::of_json(self.json(name, text)?);
                &parsed
            }
            Some(Member::Text(text)) => return Ok(vec![(Key::Index(0), Node::of_text(text.to_owned()))]),
        };
        if node.members.keys().any(|key| matches!(key, Key::Name(_))) {
            return Err(self.wrong(name, expected));
        }
        if node.members.len() > self.items_max {
            return Err(ParameterFault::TooMany { max: self.items_max });
        }
        Ok(node.members.iter().map(|(key, node)| (key.clone(), node.clone())).collect())
    }

    fn json(&self, name: &str, text: &str) -> Result<serde_json::Value, ParameterFault> {
        serde_json::from_str(text).map_err(|error| {
            let reason = format!("line {}, column {}", error.line(), error.column());
            ParameterFault::Json { field: self.path_of(name), reason }
        })
    }

    /// The fault of a value outside its range.
    pub fn out_of_range(&self, name: &str, expected: &'static str) -> ParameterFault {
        ParameterFault::OutOfRange { field: self.path_of(name), expected }
    }

    /// The fault of a parameter that is not there.
    pub fn missing(&self, name: &str) -> ParameterFault {
        ParameterFault::Missing { field: self.path_of(name) }
    }

    fn wrong(&self, name: &str, expected: &'static str) -> ParameterFault {
        ParameterFault::WrongType { field: self.path_of(name), expected }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

const INTEGER: &str = "a whole number";

fn at(name: &str, key: &Key) -> String {
    format!("{name}.{}", key.text())
}
