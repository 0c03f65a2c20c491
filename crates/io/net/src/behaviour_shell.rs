//! Measuring what our router does: [`NatBehaviourTest`] with sockets and clocks.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_nat::{
    Aspect, Choice, NatBehaviour, NatBehaviourConfig, NatBehaviourTest, NatOutcome, NatReport, NatVerdict,
    Survey,
};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    time::sleep_until,
};

/// How long a result is trusted while nothing changes.
pub const REMEASURE: Duration = Duration::from_secs(30 * 60);
/// How soon it is tried again after there was no answer.
pub const RETRY: Duration = Duration::from_secs(30);

/// Implementation: longer than any answer that we take.
const DATAGRAM_BYTES: usize = 1_280;

/// Measures whenever servers come in `requests`, after [`REMEASURE`] again, and after [`RETRY`] where there was no
/// answer; tells the newest report. Ends when the sender of `requests` is dropped.
///
/// A request while it measures begins anew with its servers: that is what a change of network needs. Requests
/// beyond the channel's bound may be dropped by their sender, because one that waits does the same.
pub async fn run(mut requests: mpsc::Receiver<Vec<SocketAddr>>, reports: watch::Sender<Option<NatReport>>) {
    let Some(mut servers) = requests.recv().await else { return };
    loop {
        let measured = async {
            let report = measure(&servers).await;
            let pause = if report.nat_behaviour().is_some() { REMEASURE } else { RETRY };
            tracing::debug!(?report, "measured the router");
            let (nat_type, verdict) = (report.nat_type(), report.summary());
            let before = reports.send_replace(Some(report));
            if before.is_none_or(|before| before.nat_type() != nat_type) {
                tracing::info!(?nat_type, ?verdict, "the router is measured");
            }
            tokio::time::sleep(pause).await;
        };
        tokio::select! {
            request = requests.recv() => match request {
                Some(newer) => servers = newer,
                None => return,
            },
            () = measured => {}
        }
    }
}

/// Finds out once how our router maps and filters IPv4 (RFC 5780 §4), from sockets of its own: a used one would make a
/// strict router look lenient.
///
/// First all `servers` are asked at once who they are, at most eight; the one that can do most of RFC 5780 does the
/// tests, and others that answered are further views of the mapping. IPv6 addresses are left out.
///
/// Takes 0.1 s with a router that lets all in, else 2 to 5 s; 3.3 s where nobody answers; never more than 16 s.
pub async fn measure(servers: &[SocketAddr]) -> NatReport {
    let servers: Vec<SocketAddr> =
        servers.iter().copied().map(canonical).filter(SocketAddr::is_ipv4).collect();
    if servers.is_empty() {
        return NatReport::without_behaviour(NatVerdict::NoServers);
    }
    match try_measure(&servers).await {
        Ok(report) => report,
        Err(error) => {
            tracing::debug!(%error, "cannot measure the router");
            NatReport::without_behaviour(NatVerdict::Offline)
        }
    }
}

async fn try_measure(servers: &[SocketAddr]) -> io::Result<NatReport> {
    let mut survey = Survey::new(Instant::now(), servers, seed()?);
    let sent = drive(&fresh_socket().await?, &mut survey).await?;
    let Some(choice) = survey.choice() else {
        let verdict = if sent { NatVerdict::Blocked } else { NatVerdict::Offline };
        return Ok(NatReport::without_behaviour(verdict));
    };
    let filtering = find_out(Aspect::Filtering, &choice).await?;
    let mapping = find_out(Aspect::Mapping, &choice).await?;
    Ok(match (filtering, mapping) {
        (Some(NatBehaviour { filtering, .. }), Some(mapping)) => {
            NatReport::of(NatBehaviour { filtering, ..mapping }, &choice)
        }
        // It answered a moment ago, to another socket.
        _ => NatReport::without_behaviour(NatVerdict::Blocked),
    })
}

/// One aspect, by a socket of its own; `None` if nobody answers.
async fn find_out(aspect: Aspect, choice: &Choice) -> io::Result<Option<NatBehaviour>> {
    let socket = fresh_socket().await?;
    let port = socket.local_addr()?.port();
    let mut local = Vec::new();
    for server in std::iter::once(&choice.server).chain(&choice.further) {
        let address = SocketAddr::new(source_towards(*server).await?.ip(), port);
        if !local.contains(&address) {
            local.push(address);
        }
    }
    let config =
        NatBehaviourConfig { aspect, server: choice.server, further_servers: choice.further.clone(), local };
    let mut test = NatBehaviourTest::new(Instant::now(), config, seed()?);
    drive(&socket, &mut test).await?;
    Ok(match test.outcome() {
        Some(NatOutcome::Measured(behaviour)) => Some(behaviour),
        _ => None,
    })
}

/// A port that the system chooses was most likely not used for some minutes.
async fn fresh_socket() -> io::Result<UdpSocket> {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await
}

/// Our address as the system would put it into a packet to `server`. Sends nothing.
async fn source_towards(server: SocketAddr) -> io::Result<SocketAddr> {
    let socket = fresh_socket().await?;
    socket.connect(server).await?;
    socket.local_addr()
}

/// One form per address, so that a server compares equal to where its answers come from.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn seed() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(seed)
}

/// What [`drive`] needs of a pure core.
trait Core {
    fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)>;
    /// `None` when it is done.
    fn poll_timeout(&self) -> Option<Instant>;
}

impl Core for NatBehaviourTest {
    fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        Self::handle_datagram(self, now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Self::handle_timeout(self, now);
    }

    fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        Self::poll_transmit(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Self::poll_timeout(self)
    }
}

impl Core for Survey {
    fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        Self::handle_datagram(self, now, from, datagram);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Self::handle_timeout(self, now);
    }

    fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        Self::poll_transmit(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Self::poll_timeout(self)
    }
}

/// Runs `core` to its end. Returns false, and at once, if nothing of what it sends first can be sent at all.
async fn drive(socket: &UdpSocket, core: &mut impl Core) -> io::Result<bool> {
    let mut buffer = [0; DATAGRAM_BYTES];
    let mut sent = false;
    loop {
        while let Some((to, datagram)) = core.poll_transmit() {
            // No route to one server says nothing about the others; its silence is an answer too.
            sent |= socket.send_to(&datagram, to).await.is_ok();
        }
        let Some(deadline) = core.poll_timeout().filter(|_| sent) else { return Ok(sent) };
        tokio::select! {
            received = socket.recv_from(&mut buffer) => match received {
                Ok((length, from)) => core.handle_datagram(Instant::now(), from, &buffer[..length]),
                // Windows tells here that an earlier datagram met a closed port, or was too long.
                Err(error) if is_about_a_datagram(&error) => {}
                Err(error) => return Err(error),
            },
            () = sleep_until(deadline.into()) => core.handle_timeout(Instant::now()),
        }
    }
}

fn is_about_a_datagram(error: &io::Error) -> bool {
    /// WSAEMSGSIZE.
    const TOO_LONG: i32 = 10_040;
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | ConnectionReset | HostUnreachable | NetworkUnreachable)
        || (cfg!(windows) && error.raw_os_error() == Some(TOO_LONG))
}
