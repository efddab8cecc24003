/// What a message stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Idle,
    PublishAsked,
    Publishing,
    PlayAsked,
    Playing,
}

/// A message stream that the client created.
pub(super) struct MessageStream {
    pub(super) id: u32,
    pub(super) role: Role,
    /// Name of the publish as sent.
    pub(super) name: String,
}

/// The message streams of a connection.
pub(super) struct Streams {
    open: Vec<MessageStream>,
    allowed: usize,
}

impl Streams {
    pub(super) const fn new(allowed: usize) -> Self {
        Self { open: Vec::new(), allowed }
    }

    /// Opens a message stream: 1 as long as it does nothing, because players that share bytes share the id in them;
    /// else the smallest free id. `None` at the limit.
    pub(super) fn create(&mut self) -> Option<u32> {
        if self.get_mut(1).is_some_and(|first| first.role == Role::Idle) {
            return Some(1);
        }
        if self.open.len() >= self.allowed {
            return None;
        }
        let id = (1..=u32::MAX).find(|&id| self.open.iter().all(|stream| stream.id != id))?;
        self.open.push(MessageStream { id, role: Role::Idle, name: String::new() });
        Some(id)
    }

    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut MessageStream> {
        self.open.iter_mut().find(|stream| stream.id == id)
    }

    pub(super) fn role(&self, id: u32) -> Option<Role> {
        self.open.iter().find(|stream| stream.id == id).map(|stream| stream.role)
    }

    pub(super) fn remove(&mut self, id: u32) {
        self.open.retain(|stream| stream.id != id);
    }

    /// Moves a stream from one role to another; false if it is not in the first.
    pub(super) fn advance(&mut self, id: u32, from: Role, to: Role) -> bool {
        let Some(stream) = self.get_mut(id).filter(|stream| stream.role == from) else { return false };
        stream.role = to;
        true
    }

    /// The stream whose publish is meant by a command of the connection: the one of that name, else the only one.
    pub(super) fn publishing(&self, name: Option<&str>) -> Option<u32> {
        let mut publishing =
            self.open.iter().filter(|stream| matches!(stream.role, Role::PublishAsked | Role::Publishing));
        let named = publishing.clone().find(|stream| Some(stream.name.as_str()) == name);
        let first = publishing.next()?;
        let only = publishing.next().is_none().then_some(first);
        named.or(only).map(|stream| stream.id)
    }
}
