/// A text that is not the value it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// An identifier or key is not the right number of bytes in its text form.
    #[error("expected {expected}, got {got} characters of something else")]
    Encoding {
        /// What a valid text looks like.
        expected: &'static str,
        /// Length of the text given.
        got: usize,
    },
    /// A name is empty, too long, or has characters that cannot be shown.
    #[error("a name is 1 to {max} bytes of visible text", max = crate::limits::NAME_BYTES)]
    Name,
    /// A subnet cannot hold a party.
    #[error("{0} cannot hold a party: take a private IPv4 network from /8 to /26")]
    Subnet(ipnet::Ipv4Net),
}
