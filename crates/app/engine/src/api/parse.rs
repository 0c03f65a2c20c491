//! What comes as text, read once.

use lanrage_party::{ControlEndpoint, Invitation, InvitationError, Name, PartyId};

use crate::CommandError;

pub(super) fn name(text: &str) -> Result<Name, CommandError> {
    Name::new(text).map_err(|error| CommandError::new("bad_name", error.to_string()))
}

pub(super) fn party(id: &str) -> Result<PartyId, CommandError> {
    id.parse().map_err(|_| CommandError::new("bad_party_id", "This is no party's id."))
}

pub(super) fn server(url: &str) -> Result<ControlEndpoint, CommandError> {
    url.parse().map_err(|error: InvitationError| CommandError::new("bad_server", error.to_string()))
}

pub(super) fn invitation(link: &str) -> Result<Invitation, CommandError> {
    link.parse().map_err(refused)
}

pub(super) fn refused(error: InvitationError) -> CommandError {
    CommandError::new(error.code(), error.to_string())
}
