//! Every size limit on what comes from outside, in one place.

/// Longest party or peer name, in bytes of UTF-8.
pub const NAME_BYTES: usize = 48;
/// Most peers in one party.
pub const PEERS_PER_PARTY: usize = 64;
/// Most candidates that one peer may offer.
pub const CANDIDATES: usize = 24;
/// Most ports that a router is expected to give next, of those candidates.
pub const PREDICTED: usize = 8;
/// Most rulings of a party's owner on members and on who comes in: of more, the least grave and oldest are forgotten.
pub const OWNER_RULINGS: usize = 192;
/// The same of each moderator.
pub const MODERATOR_RULINGS: usize = 128;
/// Most shares in a party's secret: those of the latest removals. Whoever was removed earlier lacks these as well.
pub const SHARES: usize = 8;
/// Most shares that a member keeps, those in force among them.
pub const SHARES_KEPT: usize = 16;
/// Most secrets of before that a member keeps beside the first: whoever was away for more removals needs a new link.
pub const FORMER_EPOCHS: usize = 8;
/// Most players whom one limited link lets in.
pub const LINK_USES: u16 = 999;
/// Most limited links of a party that let somebody in at a time, and most of one author that are remembered.
pub const LINKS: usize = 32;
/// Longest invitation link, in bytes, with its prefix: as many and as long endpoints as there may be fit.
pub const INVITATION_BYTES: usize = 4_096;
/// Longest text in which a link or a reply is looked for, in bytes: a whole chat.
pub const PASTED_BYTES: usize = 1024 * 1024;
/// Longest validity of an invitation that ends, in hours: a year.
pub const INVITATION_HOURS: u32 = 366 * 24;
/// Most control endpoints in one invitation.
pub const CONTROL_ENDPOINTS: usize = 8;
/// Longest control endpoint URL, in bytes.
pub const CONTROL_ENDPOINT_BYTES: usize = 200;
/// Shortest key of a private server, in bytes.
pub const ACCESS_KEY_LEAST_BYTES: usize = 16;
/// Longest key of a private server, in bytes.
pub const ACCESS_KEY_BYTES: usize = 128;
/// Longest text that a server tells everybody, in bytes of UTF-8.
pub const ANNOUNCEMENT_BYTES: usize = 400;
/// Most UDP addresses of members in one invitation.
pub const INVITATION_ADDRESSES: usize = 6;
/// Length of every knock, in bytes: less than any path's MTU, and enough for a record and eight addresses.
pub const KNOCK_BYTES: usize = 480;
/// Largest control frame in either direction, in bytes: a full party snapshot fits four times.
pub const CONTROL_FRAME_BYTES: usize = 256 * 1024;
/// Largest sealed signal, in bytes before its text encoding.
pub const SIGNAL_BYTES: usize = 4_096;
/// Longest line of a party's chat, in bytes of UTF-8.
pub const CHAT_BYTES: usize = 1_024;
/// Longest text that says where a party talks, in bytes of UTF-8.
pub const VOICE_LINK_BYTES: usize = 200;
/// Largest datagram accepted from the network, in bytes.
pub const DATAGRAM_BYTES: usize = 65_535;
/// Largest packet inside the tunnel, in bytes.
pub const PACKET_BYTES: usize = 1_420;
/// Most relays that a control server offers.
pub const RELAYS: usize = 16;
/// Most addresses of one relay.
pub const RELAY_URIS: usize = 4;
/// Longest address of a relay, in bytes.
pub const RELAY_URI_BYTES: usize = 200;
/// Longest name or region of a relay, in bytes.
pub const RELAY_NAME_BYTES: usize = 64;
/// Longest user name for a relay, in bytes.
pub const RELAY_USERNAME_BYTES: usize = 128;
/// Longest password for a relay, in bytes.
pub const RELAY_PASSWORD_BYTES: usize = 128;
/// Most allocations on relays that are open at a time: two per relay that is in use or being moved to, and one
/// with each friend that passes on.
pub const OPEN_ALLOCATIONS: usize = 10;
/// Most channels of one allocation: four addresses of each of a full party's peers.
pub const CHANNELS: usize = 256;
/// Packets kept per peer while there is no session with it.
pub const PENDING_PACKETS: usize = 16;
