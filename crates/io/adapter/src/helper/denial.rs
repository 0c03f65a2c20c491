/// Why the helper lets a user have no adapter. On the wire: its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Denial {
    /// Polkit would ask for an administrator's password: the user has no session, or one that is not in front.
    #[error("polkit lets who is in an active session at the computer")]
    Away = 0,
    /// A rule of polkit's says no.
    #[error("polkit says no")]
    Forbidden = 1,
    /// There is no polkit to ask.
    #[error("there is no polkit to ask")]
    NoPolkit = 2,
    /// Polkit does not answer, or with an error.
    #[error("polkit does not answer")]
    PolkitSilent = 3,
}

impl Denial {
    pub(crate) const ALL: [Self; 4] = [Self::Away, Self::Forbidden, Self::NoPolkit, Self::PolkitSilent];
}
