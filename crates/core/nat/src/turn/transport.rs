/// How a client and its server reach each other. What the server relays is UDP in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Transport {
    /// Datagrams: requests are repeated until they are answered.
    #[default]
    Udp,
    /// TCP, or TLS over TCP: nothing is repeated, and messages are told apart by a
    /// [`StreamDecoder`](super::StreamDecoder).
    Stream,
}
