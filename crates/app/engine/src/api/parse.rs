//! What comes as text, read once.

use std::num::NonZeroU16;

use lanrage_party::{
    ControlEndpoint, Invitation, InvitationError, Name, NotAControlEndpoint, PartyId, PeerId, Serial, limits,
};

use lanrage_session::{Mistyped, ShortCode};

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

/// The link in a text. A short code is none: that it is one, or is mistyped, is told.
pub(super) fn invitation(text: &str) -> Result<Invitation, CommandError> {
    match joined(text)? {
        Joined::Link(invitation) => Ok(*invitation),
        Joined::Code(_) => Err(CommandError::ShortCode),
    }
}

/// What leads to a party.
pub(super) enum Joined {
    Link(Box<Invitation>),
    Code(ShortCode),
}

/// What somebody pasted or typed to join a party.
pub(super) fn joined(text: &str) -> Result<Joined, CommandError> {
    match text.parse::<Invitation>() {
        Ok(invitation) => Ok(Joined::Link(Box::new(invitation))),
        Err(InvitationError::NotALink) => match ShortCode::find(text) {
            Some(Ok(code)) => Ok(Joined::Code(code)),
            Some(Err(Mistyped)) => Err(CommandError::CodeMistyped),
            None => Err(CommandError::InvitationNotALink),
        },
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_in_place_of_a_link_is_a_code_a_mistyped_one_or_neither() {
        let code = ShortCode::from_random([7; 10]).to_string();
        let read = |text: &str| match joined(text) {
            Ok(Joined::Code(code)) => Ok(code.to_string()),
            Ok(Joined::Link(_)) => panic!("{text} is no link"),
            Err(error) => Err(error),
        };
        assert_eq!(read(&format!("my code: {}", code.to_lowercase())), Ok(code.clone()));
        assert_eq!(invitation(&code).err(), Some(CommandError::ShortCode));
        let mistyped = code.replace('3', "4");
        assert_eq!(read(&mistyped), Err(CommandError::CodeMistyped));
        assert_eq!(read("see you tonight"), Err(CommandError::InvitationNotALink));
        assert_eq!(read("lanrage://join/AXsi"), Err(CommandError::InvitationDamaged));
        assert_eq!(read("lanrage://reply/abc"), Err(CommandError::ReplyOutside));
    }
}
