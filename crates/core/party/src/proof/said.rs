//! What members say to all of a party, each signed by its author, so that anybody may bring it; and what a server's operator says.

pub(crate) mod announcement;
pub(crate) mod chat_line;
pub(crate) mod ready_check;
pub(crate) mod voice_link;
