//! Asks a server of this computer what it hosts.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
};

use lanrage_games::{Answer, Asking, Question, Step};
use socket2::{Domain, Socket, Type};
use tokio::{net::UdpSocket, time::timeout};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: usize = 2_048;
/// Datagrams that are no answer, until there is none.
const OTHERS: usize = 32;

/// Asks, and waits for the answer; `None` if there is none soon.
pub(crate) async fn ask(question: Question, address: Ipv4Addr) -> (Question, Option<Answer>) {
    let patience = question.protocol.patience();
    let answer = match question.protocol.heard_at() {
        Some(group) => timeout(patience, hear(&question, group, address)).await,
        None => timeout(patience, talk(&question, address)).await,
    };
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            // Refused while it starts, or gone already.
            tracing::debug!(%error, port = question.port, "a game's server does not answer");
            None
        }
        Err(_) => None,
    };
    (question, answer)
}

/// Asks the server at its port, as a friend would who reaches the address.
async fn talk(question: &Question, address: Ipv4Addr) -> io::Result<Option<Answer>> {
    let mut token = [0; 4];
    getrandom::fill(&mut token).expect("the system has a source of randomness");
    let asking = Asking::new(question.protocol, token);
    let Some(first) = asking.question() else { return Ok(None) };
    let socket = UdpSocket::bind((address, 0)).await?;
    socket.connect((address, question.port)).await?;
    socket.send(&first).await?;
    let mut buffer = [0; ANSWER_BYTES];
    for _ in 0..OTHERS {
        let len = socket.recv(&mut buffer).await?;
        match asking.handle(&buffer[..len]) {
            Step::Nothing => {}
            Step::Send(next) => {
                socket.send(&next).await?;
            }
            Step::Done(answer, farewell) => {
                if let Some(farewell) = farewell {
                    socket.send(&farewell).await?;
                }
                return Ok(Some(answer));
            }
        }
    }
    Ok(None)
}

/// Waits for a beacon of this computer's.
async fn hear(question: &Question, group: SocketAddrV4, address: Ipv4Addr) -> io::Result<Option<Answer>> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // A game that looks for others listens there, too.
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, group.port())).into())?;
    // By whichever interface the game sends: that of the party, or the one that the system would take.
    for interface in [address, Ipv4Addr::UNSPECIFIED] {
        if let Err(error) = socket.join_multicast_v4(group.ip(), &interface) {
            tracing::debug!(%error, %interface, "a game's beacon cannot be heard there");
        }
    }
    let socket = UdpSocket::from_std(socket.into())?;
    let asking = Asking::new(question.protocol, [0; 4]);
    let mut buffer = [0; ANSWER_BYTES];
    for _ in 0..OTHERS {
        let (len, from) = socket.recv_from(&mut buffer).await?;
        if is_own(from)
            && let Step::Done(answer, _) = asking.handle(&buffer[..len])
        {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// Whether an address is this computer's: only such can be bound to.
fn is_own(address: SocketAddr) -> bool {
    std::net::UdpSocket::bind((address.ip(), 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_computer_sends_is_its_own() {
        assert!(is_own("127.0.0.1:5".parse().unwrap()));
        assert!(!is_own("192.0.2.7:5".parse().unwrap()));
    }
}
