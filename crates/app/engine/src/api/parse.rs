//! What comes as text, read once.

use lanrage_party::{ControlEndpoint, Invitation, Name, NotAControlEndpoint, PartyId, PeerId};

use crate::CommandError;

pub(super) fn name(text: &str) -> Result<Name, CommandError> {
    Name::new(text).map_err(|_| CommandError::bad_name())
}

/// Whether a text can be a name.
pub fn is_name(text: &str) -> bool {
    name(text).is_ok()
}

pub(super) fn party(id: &str) -> Result<PartyId, CommandError> {
    id.parse().map_err(|_| CommandError::BadPartyId)
}

pub(super) fn peer(id: &str) -> Result<PeerId, CommandError> {
    id.parse().map_err(|_| CommandError::UnknownPeer)
}

pub(super) fn server(url: &str) -> Result<ControlEndpoint, CommandError> {
    url.parse().map_err(|_: NotAControlEndpoint| CommandError::BadServer)
}

pub(super) fn invitation(link: &str) -> Result<Invitation, CommandError> {
    link.parse::<Invitation>().map_err(CommandError::from)
}
