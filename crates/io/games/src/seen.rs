use lanrage_games::{Heard, Running};

/// What a look has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The programs that may be games, with what they listen on.
    pub running: Vec<Running>,
    /// All sockets that hear strangers; `None` where nobody has looked for whose they are, or where this cannot be seen.
    pub heard: Option<Vec<Heard>>,
}
