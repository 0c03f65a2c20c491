use lanrage_party::{NEVER_OPENED, Place, Transport};

/// Bits in a word.
const WORD: usize = u64::BITS as usize;
/// Words for all ports of a protocol.
const WORDS: usize = (u16::MAX as usize + 1) / WORD;

/// The ports that are never opened: looking at the list of ranges would be the longest part of a judgement.
static NEVER: [u64; WORDS] = never();

const fn never() -> [u64; WORDS] {
    let mut words = [0; WORDS];
    let mut range = 0;
    while range < NEVER_OPENED.len() {
        let (first, last) = NEVER_OPENED[range];
        let mut port = first;
        loop {
            let (word, bit) = at(port);
            words[word] |= bit;
            if port == last {
                break;
            }
            port += 1;
        }
        range += 1;
    }
    words
}

/// Whether a port is [never opened](lanrage_party::is_never_opened).
pub(crate) const fn is_never_opened(port: u16) -> bool {
    let (word, bit) = at(port);
    NEVER[word] & bit != 0
}

/// The places at which friends may begin something. Port 0 and what is [never opened](lanrage_party::is_never_opened) are not among them,
/// whoever asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Openings {
    udp: Box<[u64; WORDS]>,
    tcp: Box<[u64; WORDS]>,
}

impl Default for Openings {
    fn default() -> Self {
        Self { udp: Box::new([0; WORDS]), tcp: Box::new([0; WORDS]) }
    }
}

impl Openings {
    /// All that may be opened: for a system on which nobody can see what listens.
    pub fn all() -> Self {
        let mut words = NEVER.map(|never| !never);
        let (word, bit) = at(0);
        words[word] &= !bit;
        Self { udp: Box::new(words), tcp: Box::new(words) }
    }

    /// Opens a place. Nothing happens to one that is never opened.
    pub fn open(&mut self, place: Place) {
        if place.port != 0 && !is_never_opened(place.port) {
            let (word, bit) = at(place.port);
            self.words_mut(place.transport)[word] |= bit;
        }
    }

    /// Closes a place.
    pub fn close(&mut self, place: Place) {
        let (word, bit) = at(place.port);
        self.words_mut(place.transport)[word] &= !bit;
    }

    /// Whether a place is open.
    pub fn is_open(&self, place: Place) -> bool {
        let words = match place.transport {
            Transport::Udp => &self.udp,
            Transport::Tcp => &self.tcp,
        };
        let (word, bit) = at(place.port);
        words[word] & bit != 0
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.udp.iter().chain(self.tcp.iter()).map(|word| word.count_ones() as usize).sum()
    }

    fn words_mut(&mut self, transport: Transport) -> &mut [u64; WORDS] {
        match transport {
            Transport::Udp => &mut self.udp,
            Transport::Tcp => &mut self.tcp,
        }
    }
}

impl std::fmt::Debug for Openings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Openings").field("count", &self.count()).finish()
    }
}

impl FromIterator<Place> for Openings {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut openings = Self::default();
        places.into_iter().for_each(|place| openings.open(place));
        openings
    }
}

const fn at(port: u16) -> (usize, u64) {
    (port as usize / WORD, 1 << (port as usize % WORD))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> impl Iterator<Item = Place> {
        [Transport::Udp, Transport::Tcp]
            .into_iter()
            .flat_map(|transport| (0..=u16::MAX).map(move |port| Place { transport, port }))
    }

    #[test]
    fn what_is_never_opened_is_what_the_list_says() {
        assert!((0..=u16::MAX).all(|port| is_never_opened(port) == lanrage_party::is_never_opened(port)));
    }

    #[test]
    fn exactly_what_is_opened_is_open_and_what_is_never_opened_is_not() {
        let places = [(Transport::Udp, 8_303), (Transport::Tcp, 8_304), (Transport::Tcp, u16::MAX)]
            .map(|(transport, port)| Place { transport, port });
        let mut openings: Openings = places.into_iter().collect();
        assert!(every().all(|place| openings.is_open(place) == places.contains(&place)));
        openings.close(places[0]);
        assert_eq!(openings.count(), 2);
        let opened: Openings = every().collect();
        let may = |place: &Place| place.port != 0 && !is_never_opened(place.port);
        assert!(every().all(|place| opened.is_open(place) == may(&place)));
        assert_eq!(opened, Openings::all());
    }
}
