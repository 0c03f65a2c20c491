//! Luanti's transport: a packet without a peer is answered with a peer's number. The server says no more than that to whoever
//! does not log in. Source: luanti, `src/network/mtp`.

const PROTOCOL: [u8; 4] = [0x4f, 0x45, 0x74, 0x03];
/// Kinds of packets: one that is not repeated, and one that is.
const ORIGINAL: u8 = 1;
const RELIABLE: u8 = 3;
/// A message of the transport itself.
const CONTROL: u8 = 0;
const SET_PEER: u8 = 1;
const DISCONNECT: u8 = 3;

/// From nobody, in channel 0.
pub(super) fn question() -> Vec<u8> {
    [&PROTOCOL[..], &[0, 0, 0, ORIGINAL]].concat()
}

/// The number that the server gives.
pub(super) fn peer(packet: &[u8]) -> Option<[u8; 2]> {
    let rest = packet.strip_prefix(&PROTOCOL)?;
    // The server's own number, the channel, the kind, the number of the packet.
    let (header, rest) = rest.split_first_chunk::<6>()?;
    let (kind, peer) = rest.split_first_chunk::<2>()?;
    (header[3] == RELIABLE && *kind == [CONTROL, SET_PEER]).then(|| peer.first_chunk().copied())?
}

/// That whoever has this number is gone, so that the server does not wait for it.
pub(super) fn farewell(peer: [u8; 2]) -> Vec<u8> {
    [&PROTOCOL[..], &peer, &[0, CONTROL, DISCONNECT]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_gives_a_number_is_there_and_is_told_farewell_under_it() {
        let answer = [&PROTOCOL[..], &[0, 1, 0, RELIABLE, 0xff, 0xdc, CONTROL, SET_PEER, 0, 5]].concat();
        assert_eq!(peer(&answer), Some([0, 5]));
        assert_eq!(farewell([0, 5]), [0x4f, 0x45, 0x74, 0x03, 0, 5, 0, 0, 3]);
        assert_eq!(peer(&answer[..13]), None);
        assert_eq!(peer(&question()), None);
    }
}
