//! Asks a server of this computer what it hosts.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use lanrage_games::{Answer, Asking, Protocol, Question, Step};
use lanrage_party::Transport;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UdpSocket},
    time::timeout,
};

/// Datagrams that are no answer, until there is none.
const OTHERS: usize = 32;

/// Asks, and waits for the answer; `None` if there is none soon.
pub(crate) async fn ask(question: Question, address: Ipv4Addr) -> (Question, Option<Answer>) {
    let patience = question.protocol.patience();
    let answer = timeout(patience, inquire(question.protocol, address, (address, question.port))).await;
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

/// Asks a server, as a friend would, from one of this computer's addresses.
pub(crate) async fn inquire(
    protocol: Protocol,
    from: Ipv4Addr,
    server: (Ipv4Addr, u16),
) -> io::Result<Option<Answer>> {
    match protocol.transport() {
        Transport::Tcp => read(protocol, from, server).await,
        Transport::Udp => talk(protocol, from, server).await,
    }
}

async fn talk(protocol: Protocol, from: Ipv4Addr, server: (Ipv4Addr, u16)) -> io::Result<Option<Answer>> {
    let mut token = [0; 4];
    getrandom::fill(&mut token).expect("the system has a source of randomness");
    let asking = Asking::new(protocol, token);
    let socket = UdpSocket::bind((from, 0)).await?;
    socket.connect(server).await?;
    socket.send(&asking.question()).await?;
    let mut buffer = vec![0; protocol.answer_bytes()];
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

/// The same by TCP.
async fn read(protocol: Protocol, from: Ipv4Addr, server: (Ipv4Addr, u16)) -> io::Result<Option<Answer>> {
    // On one connection there is nobody else's answer.
    let asking = Asking::new(protocol, [0; 4]);
    let mut stream = connect(from, server).await?;
    stream.write_all(&asking.question()).await?;
    let mut heard = Vec::new();
    while heard.len() < protocol.answer_bytes() {
        if stream.read_buf(&mut heard).await? == 0 {
            break;
        }
        if let Step::Done(answer, _) = asking.handle(&heard) {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// Connects as a friend would, from one of this computer's addresses.
pub(crate) async fn connect(from: Ipv4Addr, to: (Ipv4Addr, u16)) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(SocketAddr::from(to)).await
}
