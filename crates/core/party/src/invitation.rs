use std::{fmt, net::SocketAddr, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::{
    ControlEndpoint, Name, PartyId, PartySecret, Pass, PeerId, ServerId, Share, Subnet, UnixMillis, copied,
    limits::{CONTROL_ENDPOINTS, INVITATION_ADDRESSES, INVITATION_HOURS, PASTED_BYTES, SHARES},
};

const SCHEME_PREFIX: &str = "lanrage://join/";
const WEB_SCHEME: &str = "https://";
const LANDING_PATH: &str = "/join#";

/// The form of a link that is handed on: that of the web where there is a [`page`](crate::ControlEndpoint::page), so that chats make it
/// clickable and whoever has no LANrage yet can follow it.
#[must_use]
pub fn web_form(link: &str, page: Option<&str>) -> String {
    let web = link.strip_prefix(SCHEME_PREFIX).zip(page).map(|(secret, page)| format!("{page}{secret}"));
    web.unwrap_or_else(|| link.to_owned())
}
/// First byte of every invitation: the format's version.
const VERSION: u8 = 1;

/// What a link carries: all that a friend needs to become a member. Whoever has it can join, so it is shown
/// only to the user, and its secret part is never sent to a server (it stands behind the `#` of a web link).
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The party.
    pub party: PartyId,
    /// Its name, to be shown before joining.
    pub name: Name,
    /// The peer that made the party: whose word counts for it.
    pub host: PeerId,
    /// The party's network.
    pub subnet: Subnet,
    /// Where its control plane is reached; empty for a party that has none.
    pub control: Vec<ControlEndpoint>,
    /// Where members may be reached without a server (UDP): whoever follows the link knocks there. At most
    /// [`INVITATION_ADDRESSES`]; claims of whoever made the link.
    pub addresses: Vec<SocketAddr>,
    /// Which server is meant: one with another key is not believed. `None` where the link does not tell, and in a
    /// membership that has not met its server yet.
    pub server: Option<ServerId>,
    /// The party's first secret.
    pub secret: PartySecret,
    /// Its number.
    pub epoch: u32,
    /// What has come to it since, as somebody was removed ([`crate::Epochs`]): who follows a link without them asks to be
    /// let in. At most [`SHARES`]. Older programs pass over them.
    pub shares: Vec<Share>,
    /// When it stops being valid; `None` for never. Whoever lets newcomers in looks at the time of a limited link's ruling;
    /// this is so that its reader need not ask.
    pub expires_at: Option<UnixMillis>,
    /// What a limited link carries: who follows it is let in where the party's secret alone does not do. `None` for the
    /// party's own link, and in a membership. Older programs pass over it.
    pub pass: Option<Pass>,
    /// What whoever made the link says of the party, for the question before joining. Nobody vouches for it.
    pub glance: Glance,
}

/// How a party looked when a link to it was made. A link is a fixed text, so this is not the party as it is now;
/// links of older programs say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Glance {
    /// The host's name; `None` where the link does not tell.
    pub host_name: Option<Name>,
    /// How many players were members, the host included; `None` where the link does not tell.
    pub members: Option<u16>,
}

/// Why a text is not an invitation. Each has a code for scripts and a sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// Longer than [`PASTED_BYTES`], or with more in it than a link has.
    #[error("the link is too long to be an invitation")]
    TooLong,
    /// Neither `lanrage://join/…` nor a web link `https://…/join#…`.
    #[error("this is not a LANrage invitation link; it should begin with {SCHEME_PREFIX}")]
    NotALink,
    /// What somebody sends back who finds nobody by a link.
    #[error("this is a reply to a link, for whoever is in the party")]
    Reply,
    /// The part behind the prefix is not base64url, or was cut short.
    #[error("the link is damaged; copy it once more, to its very end")]
    Damaged,
    /// Made by a program of another generation.
    #[error("the link was made by a newer LANrage (format {0}); update to open it")]
    Version(u8),
    /// Its time is over.
    #[error("the invitation has expired; ask your friend for a new one")]
    Expired,
    /// A link was to be valid for no time, or for more than [`INVITATION_HOURS`].
    #[error("An invitation can be valid for 1 to {INVITATION_HOURS} hours.")]
    Validity,
}

impl InvitationError {
    /// A stable word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "invitation_too_long",
            Self::NotALink => "invitation_not_a_link",
            Self::Reply => "reply_outside",
            Self::Damaged => "invitation_damaged",
            Self::Version(_) => "invitation_version",
            Self::Expired => "invitation_expired",
            Self::Validity => "bad_expiry",
        }
    }
}

/// The invitation's body as it is encoded: JSON behind the version byte, so that fields can be added.
#[derive(Serialize, Deserialize)]
struct Body {
    p: PartyId,
    n: Name,
    h: PeerId,
    s: Subnet,
    c: Vec<ControlEndpoint>,
    k: String,
    e: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<UnixMillis>,
    /// Links of older programs have none of these, and older programs pass over them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    o: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    i: Option<ServerId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    u: Vec<SocketAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    l: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    q: Vec<String>,
}

impl Invitation {
    /// The link for the desktop app: `lanrage://join/…`.
    pub fn link(&self) -> String {
        format!("{SCHEME_PREFIX}{}", self.encode())
    }

    /// Refuses an invitation whose time is over at `now`.
    ///
    /// # Errors
    /// [`InvitationError::Expired`].
    pub fn check_expiry(&self, now: UnixMillis) -> Result<(), InvitationError> {
        match self.expires_at {
            Some(end) if end <= now => Err(InvitationError::Expired),
            _ => Ok(()),
        }
    }

    /// The same invitation for so many hours from `now`, and not for longer than it is valid itself.
    ///
    /// # Errors
    /// [`InvitationError::Validity`].
    pub fn ending_in(mut self, hours: u32, now: UnixMillis) -> Result<Self, InvitationError> {
        if !(1..=INVITATION_HOURS).contains(&hours) {
            return Err(InvitationError::Validity);
        }
        let end = now.plus(u64::from(hours) * 3_600_000);
        self.expires_at = Some(self.expires_at.map_or(end, |own| own.min(end)));
        Ok(self)
    }

    /// The invitation as it stands in a link, but for the encoding as text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = Body {
            p: self.party,
            n: self.name.clone(),
            h: self.host,
            s: self.subnet,
            c: self.control.clone(),
            k: BASE64URL_NOPAD.encode(self.secret.expose()),
            e: self.epoch,
            x: self.expires_at,
            o: self.glance.host_name.clone(),
            m: self.glance.members,
            i: self.server,
            u: self.addresses.clone(),
            l: self.pass.as_ref().map(|pass| BASE64URL_NOPAD.encode(&pass.to_bytes())),
            q: self.shares.iter().map(|share| BASE64URL_NOPAD.encode(share.expose())).collect(),
        };
        let mut bytes = vec![VERSION];
        bytes.extend(serde_json::to_vec(&body).expect("strings, numbers and lists are JSON"));
        copied::put_checksum(&mut bytes);
        bytes
    }

    fn encode(&self) -> String {
        BASE64URL_NOPAD.encode(&self.to_bytes())
    }

    fn decode(text: &str) -> Result<Self, InvitationError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvitationError::Damaged)?;
        Self::from_bytes(&bytes)
    }

    /// The invitation of [`Self::to_bytes`]. Total: any bytes give an invitation or a coded error.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvitationError> {
        match bytes.first() {
            None => return Err(InvitationError::Damaged),
            Some(&VERSION) => {}
            Some(&version) => return Err(InvitationError::Version(version)),
        }
        let bytes = copied::without_checksum(bytes).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or(InvitationError::Damaged)?;
        let body: Body = serde_json::from_slice(&bytes[1..]).map_err(|_| InvitationError::Damaged)?;
        let secret = BASE64URL_NOPAD.decode(body.k.as_bytes()).ok().and_then(|k| k.try_into().ok());
        if body.c.len() > CONTROL_ENDPOINTS || body.u.len() > INVITATION_ADDRESSES || body.q.len() > SHARES {
            return Err(InvitationError::TooLong);
        }
        let pass = |text: String| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvitationError::Damaged)?;
            Pass::from_bytes(&bytes).ok_or(InvitationError::Damaged)
        };
        let share = |text: &String| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            bytes.map(Share::from_bytes).ok_or(InvitationError::Damaged)
        };
        Ok(Self {
            party: body.p,
            name: body.n,
            host: body.h,
            subnet: body.s,
            control: body.c,
            addresses: body.u,
            server: body.i,
            secret: PartySecret::from_random(secret.ok_or(InvitationError::Damaged)?),
            epoch: body.e,
            shares: body.q.iter().map(share).collect::<Result<_, _>>()?,
            expires_at: body.x,
            pass: body.l.map(pass).transpose()?,
            glance: Glance { host_name: body.o, members: body.m },
        })
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    /// Total: any text gives an invitation or a coded error. It is the first whole link in the text, however it was copied.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > PASTED_BYTES {
            return Err(InvitationError::TooLong);
        }
        let read = copied::read(text, behind_prefix, InvitationError::Damaged, Self::decode);
        read.unwrap_or_else(|| {
            Err(if copied::has_reply(text) { InvitationError::Reply } else { InvitationError::NotALink })
        })
    }
}

/// Where the first prefix of either form ends in a text.
fn behind_prefix(text: &str) -> Option<usize> {
    let own = copied::behind(text, SCHEME_PREFIX);
    let web = behind_web_prefix(text);
    own.into_iter().chain(web).min()
}

/// The same of `https://HOST/join#`.
fn behind_web_prefix(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(scheme) = copied::behind(&text[at..], WEB_SCHEME) {
        at += scheme;
        let host = text[at..].find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#')).unwrap_or(0);
        let path = at + host;
        let is_ours = text
            .get(path..path + LANDING_PATH.len())
            .is_some_and(|path| path.eq_ignore_ascii_case(LANDING_PATH));
        if host > 0 && is_ours {
            return Some(path + LANDING_PATH.len());
        }
    }
    None
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({} {:?}, ..)", self.party.short(), self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DeviceIdentity;

    fn pass(seed: [u8; 32]) -> Pass {
        Pass::from_bytes(&[[0xAB; 4].as_slice(), &seed].concat()).unwrap()
    }

    fn invitation() -> Invitation {
        Invitation {
            party: PartyId::from_random([1; 16]),
            name: Name::new("Friday LAN").unwrap(),
            host: DeviceIdentity::from_seed(&[1; 32]).peer_id(),
            subnet: Subnet::DEFAULT,
            control: vec!["wss://play.example.org/v1/session".parse().unwrap()],
            addresses: vec!["192.0.2.7:5000".parse().unwrap(), "[2001:db8::7]:5000".parse().unwrap()],
            server: Some(ServerId::of(&DeviceIdentity::from_seed(&[2; 32]).public())),
            secret: PartySecret::from_random([3; 32]),
            epoch: 1,
            shares: vec![Share::from_bytes([5; 32])],
            expires_at: Some(UnixMillis(1_000)),
            pass: Some(pass([4; 32])),
            glance: Glance { host_name: Some(Name::new("Ada").unwrap()), members: Some(3) },
        }
    }

    #[test]
    fn a_link_of_a_program_that_knew_of_no_glance_still_opens() {
        let older = "lanrage://join/AXsicCI6IjAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxIiwibiI6IkZyaWRheSBMQU4iLCJoI\
                     joiMzQ3NTBmOThiZDU5ZmNmYzk0NmRhNDVhYWFiZTkzM2IiLCJzIjoiMTAuNjYuMC4wLzE2IiwiYyI6WyJ3c3M6Ly9wbGF5L\
                     mV4YW1wbGUub3JnL3YxL3Nlc3Npb24iXSwiayI6IkF3TURBd01EQXdNREF3TURBd01EQXdNREF3TURBd01EQXdNREF3TURBd\
                     00iLCJlIjoxLCJ4IjoxMDAwfXUbfdE";
        let expected = Invitation {
            glance: Glance::default(),
            server: None,
            addresses: Vec::new(),
            shares: Vec::new(),
            pass: None,
            ..invitation()
        };
        assert_eq!(older.parse::<Invitation>(), Ok(expected.clone()));
        assert_eq!(expected.link(), older, "and without a glance the format is what it was");
        let named = Invitation { server: invitation().server, ..expected };
        assert_eq!(named.link().len(), older.len() + 39, "a server's key makes it half a line longer");
    }

    #[test]
    fn what_people_copy_along_with_a_link_is_ignored() {
        let link = invitation().link();
        let (head, tail) = link.split_at(link.len() / 2);
        for text in [
            format!("Join my LAN party {link}"),
            format!("<{link}>"),
            format!("{link}."),
            format!("({link}), at eight"),
            format!("{link}\nsee you tonight"),
            format!("“{link}” – Ada"),
            format!("come: {head}\n  {tail} now"),
            format!("{link}/"),
            format!("{}{link}", "a whole evening of chat\n".repeat(40_000)),
            format!("{link}{}", " and so on".repeat(90_000)),
            format!("[join]({link})"),
            format!("**{link}**"),
            link.replace("lanrage://join/", "LANrage://Join/"),
            format!("> come: {head}\n> {tail}\n> now"),
            format!("{}\u{200b}{tail}\u{ad}", head.replace("://", ":\u{2060}//")),
            format!("LANrage links begin with lanrage://join/… like this one: {link}"),
            format!("lanrage://join/{} was cut, here again: {link}", &head[15..]),
            format!("{}\n{}", &link[..8], &link[8..]),
            format!("see https://example.org/join and https://example.org/ or {link}"),
        ] {
            assert_eq!(text.parse::<Invitation>().map(|read| read.link()), Ok(link.clone()), "{text}");
        }
        assert_eq!(format!("see {head} you").parse::<Invitation>().unwrap_err(), InvitationError::Damaged);
    }

    #[test]
    fn both_forms_of_the_link_carry_the_invitation() {
        let web = web_form(&invitation().link(), Some("https://lanrage.example/join#"));
        assert!(web.starts_with("https://lanrage.example/join#") && !web.contains(SCHEME_PREFIX), "{web}");
        assert_eq!(web_form(&invitation().link(), None), invitation().link());
        for link in [invitation().link(), web] {
            assert_eq!(link.parse::<Invitation>(), Ok(invitation()), "{link}");
            let wrapped = format!("  {}\n{} ", &link[..40], &link[40..]);
            assert_eq!(wrapped.parse::<Invitation>(), Ok(invitation()), "wrapped by a chat program");
            for text in [format!("Join us: <{link}>. See you!"), link.replacen("https", "HTTPS", 1)] {
                assert_eq!(text.parse::<Invitation>(), Ok(invitation()), "{text}");
            }
        }
    }

    #[test]
    fn every_malformed_link_has_its_own_error() {
        let link = invitation().link();
        let parse = |text: &str| text.parse::<Invitation>().unwrap_err();
        assert_eq!(parse(""), InvitationError::NotALink);
        assert_eq!(parse("https://example.org/"), InvitationError::NotALink);
        assert_eq!(parse("https:///join#AQ"), InvitationError::NotALink);
        assert_eq!(parse("https://example.org/other/join#AQ"), InvitationError::NotALink);
        assert_eq!(parse("here: lanrage://\nreply/AQAA"), InvitationError::Reply);
        assert_eq!(parse("http://example.org/join#AQ"), InvitationError::NotALink);
        assert_eq!(parse("lanrage://join/"), InvitationError::Damaged);
        assert_eq!(parse("lanrage://join/!!!"), InvitationError::Damaged);
        assert_eq!(parse(&link[..link.len() - 1]), InvitationError::Damaged);
        assert_eq!(parse(&"x".repeat(PASTED_BYTES + 1)), InvitationError::TooLong);
        assert_eq!(parse("lanrage://join/AgAA"), InvitationError::Version(2));
        assert_eq!(invitation().check_expiry(UnixMillis(999)), Ok(()));
        assert_eq!(invitation().check_expiry(UnixMillis(1_000)), Err(InvitationError::Expired));
    }

    #[test]
    fn a_new_link_ends_when_it_should_and_never_after_the_one_that_made_its_maker_a_member() {
        let now = UnixMillis(1_795_372_304_123);
        let in_hours = |hours: u64| Some(now.plus(hours * 3_600_000));
        let ending = |own, hours| {
            let link = Invitation { expires_at: own, ..invitation() }.ending_in(hours, now).unwrap().link();
            link.parse::<Invitation>().unwrap().expires_at
        };
        assert_eq!(ending(None, 24), in_hours(24));
        assert_eq!(ending(in_hours(2), 24), in_hours(2));
        assert_eq!(ending(in_hours(2), 1), in_hours(1));
        for hours in [0, INVITATION_HOURS + 1, u32::MAX] {
            assert_eq!(invitation().ending_in(hours, now), Err(InvitationError::Validity));
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        let printed = format!("{:?}", invitation());
        assert!(!printed.contains("AwMD") && !printed.contains("3, 3"), "{printed}");
    }

    #[test]
    fn a_pass_that_is_none_is_damage_and_older_programs_read_the_link_without_it() {
        let link = |l: &str| {
            let mut bytes = vec![VERSION];
            let encoded =
                BASE64URL_NOPAD.decode(&invitation().link().as_bytes()[SCHEME_PREFIX.len()..]).unwrap();
            let mut body: serde_json::Value = serde_json::from_slice(&encoded[1..encoded.len() - 4]).unwrap();
            body["l"] = l.into();
            bytes.extend(body.to_string().bytes());
            copied::put_checksum(&mut bytes);
            format!("{SCHEME_PREFIX}{}", BASE64URL_NOPAD.encode(&bytes)).parse::<Invitation>()
        };
        let whole = BASE64URL_NOPAD.encode(&pass([4; 32]).to_bytes());
        assert_eq!(link(&whole), Ok(invitation()));
        for bad in ["", "!", &whole[..20], &format!("{whole}AAAA")] {
            assert_eq!(link(bad), Err(InvitationError::Damaged), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_link_is_found_in_any_chat_however_it_was_wrapped(
            before in "\\PC{0,40}", after in "\\PC{0,40}", cuts in prop::collection::vec(0_usize..1_000, 0..6), is_web: bool,
            gap in prop::sample::select(vec!["\n", "\r\n> ", "  ", "\u{200b}", "\n| "]),
        ) {
            let link = if is_web { invitation().link().replace(SCHEME_PREFIX, "https://lanrage.example/join#") } else { invitation().link() };
            let prefix = if is_web { 29 } else { SCHEME_PREFIX.len() };
            let mut wrapped = link.clone();
            let mut cuts: Vec<_> = cuts.into_iter().map(|at| prefix + at % (link.len() - prefix)).collect();
            cuts.sort_unstable();
            for at in cuts.into_iter().rev() {
                wrapped.insert_str(at, gap);
            }
            let text = format!("{before} {wrapped} {after}");
            prop_assert_eq!(text.parse::<Invitation>(), Ok(invitation()), "{}", text);
        }

        #[test]
        fn any_invitation_comes_back_from_its_link(
            party: [u8; 16], secret: [u8; 32], epoch: u32, shares in prop::collection::vec(any::<[u8; 32]>(), 0..=SHARES), expires: Option<u64>, name in "[a-zA-Zäöü0-9]{1,20}", servers in 0_usize..8,
            has_host_name: bool, members: Option<u16>, server: Option<[u8; 32]>, seed: Option<[u8; 32]>,
            addresses in prop::collection::vec(any::<(std::net::IpAddr, u16)>(), 0..=INVITATION_ADDRESSES),
        ) {
            let original = Invitation {
                party: PartyId::from_random(party),
                name: Name::new(&name).unwrap(),
                control: (0..servers).map(|n| format!("wss://s{n}.example/v1").parse().unwrap()).collect(),
                addresses: addresses.into_iter().map(SocketAddr::from).collect(),
                secret: PartySecret::from_random(secret),
                epoch,
                shares: shares.into_iter().map(Share::from_bytes).collect(),
                expires_at: expires.map(UnixMillis),
                pass: seed.map(pass),
                server: server.map(|seed| ServerId::of(&DeviceIdentity::from_seed(&seed).public())),
                glance: Glance { host_name: has_host_name.then(|| Name::new(&name).unwrap()), members },
                ..invitation()
            };
            prop_assert_eq!(original.link().parse::<Invitation>(), Ok(original));
        }

        #[test]
        fn any_bytes_are_an_error_and_never_a_panic(bytes: Vec<u8>, prefixed: bool) {
            let text = String::from_utf8_lossy(&bytes);
            let body = BASE64URL_NOPAD.encode(&bytes);
            let link = if prefixed { format!("{SCHEME_PREFIX}{body}") } else { text.into_owned() };
            prop_assert!(link.parse::<Invitation>().is_err());
        }

        #[test]
        fn one_flipped_character_is_always_noticed(at in 0_usize..200) {
            let mut link = invitation().link().into_bytes();
            let at = SCHEME_PREFIX.len() + at % (link.len() - SCHEME_PREFIX.len());
            link[at] = if link[at] == b'A' { b'B' } else { b'A' };
            prop_assert!(String::from_utf8(link).unwrap().parse::<Invitation>().is_err());
        }
    }
}
