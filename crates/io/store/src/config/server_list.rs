//! Lists of servers, as one types them.

/// STUN servers; without a port, at 3478.
pub type StunServers = ServerList<3_478>;

/// Nodes of the BitTorrent DHT by which one comes into it; without a port, at 6881.
pub type DhtNodes = ServerList<6_881>;

/// Servers as `host:port`, separated by commas; the port may be left out. At most [`ServerList::MOST`]; none is fine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ServerList<const DEFAULT_PORT: u16>(Vec<(String, u16)>);

impl<const DEFAULT_PORT: u16> ServerList<DEFAULT_PORT> {
    /// Most servers.
    pub const MOST: usize = 8;
    /// Longest text, in bytes.
    pub const BYTES: usize = 512;

    /// Takes a text as servers; `None` if it is not a list of them.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > Self::BYTES {
            return None;
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let servers: Vec<_> = parts.map(Self::server).collect::<Option<_>>()?;
        (servers.len() <= Self::MOST).then_some(Self(servers))
    }

    fn server(text: &str) -> Option<(String, u16)> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
        let port = port.map_or(Some(DEFAULT_PORT), |port| port.parse().ok())?;
        (port != 0 && !host.is_empty() && host.chars().all(legal)).then(|| (host.to_owned(), port))
    }

    /// Host names or addresses (IPv6 without brackets), and ports.
    pub fn servers(&self) -> &[(String, u16)] {
        &self.0
    }

    /// The one form in which they are stored.
    pub fn to_text(&self) -> String {
        let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let texts: Vec<_> = self.0.iter().map(|(host, port)| format!("{}:{port}", bracketed(host))).collect();
        texts.join(", ")
    }
}
