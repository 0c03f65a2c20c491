//! What comes as text, read once.

use std::num::NonZeroU16;

use lanrage_party::{
    ControlEndpoint, Invitation, Name, NotAControlEndpoint, PartyId, PeerId, Serial, limits,
};

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

pub(super) fn serial(text: &str) -> Result<Serial, CommandError> {
    text.trim().parse().map_err(|_| CommandError::UnknownLink)
}

/// How many players a limited link is good for.
pub(super) fn uses(uses: u16) -> Result<NonZeroU16, CommandError> {
    let within = NonZeroU16::new(uses).filter(|uses| uses.get() <= limits::LINK_USES);
    within.ok_or(CommandError::BadUses { most: limits::LINK_USES.into() })
}

pub(super) fn server(url: &str) -> Result<ControlEndpoint, CommandError> {
    url.parse().map_err(|_: NotAControlEndpoint| CommandError::BadServer)
}

pub(super) fn invitation(link: &str) -> Result<Invitation, CommandError> {
    link.parse::<Invitation>().map_err(CommandError::from)
}
