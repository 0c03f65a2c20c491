//! Searches of games that are hosted on a port which no list asks: to which port of this computer they are brought.

use std::collections::BTreeSet;

use lanrage_party::SearchRedirect;

use crate::{
    catalogue::Catalogue,
    profile::{DiscoveryKind, PortRange, Profile, Slug},
    statement::Statement,
};

/// Most redirects at once.
const REDIRECTS: usize = 8;

impl Profile {
    /// The ports that its list asks at everybody's, where a host answers at the port on which it is played as well: such a search
    /// can be brought to another port. `None` where the list asks a socket of its own, or everybody who plays listens.
    pub fn asked_ports(&self) -> Option<PortRange> {
        let asks = |way: &&crate::Discovery| way.kind == DiscoveryKind::Ask && way.group.is_none();
        let asked = self.discovery.iter().find(asks)?.ports?;
        let is_played_there = self.ports.iter().all(|range| range.contains(range.transport(), asked.first()));
        (is_played_there && !self.is_mesh).then_some(asked)
    }
}

impl Catalogue {
    /// Where searches go for those games of `chosen` that are hosted on this computer, as `told`, outside of what their lists ask.
    ///
    /// Each takes the first port of its list at which no game is hosted here, so that nothing is taken from another server. Where
    /// there is none, or eight are redirected by now, the game is found by its address alone.
    pub fn redirects(&self, chosen: &[Slug], told: &[Statement]) -> Vec<SearchRedirect> {
        let hosted = |said: &Statement| said.hosted.as_ref().map(|hosted| hosted.place.port);
        let mut taken: BTreeSet<u16> = told.iter().filter_map(hosted).collect();
        let mut redirects = Vec::new();
        for said in told.iter().filter(|said| chosen.contains(&said.slug)) {
            let asked = self.game(&said.slug).and_then(Profile::asked_ports);
            let Some((port, asked)) = hosted(said).zip(asked) else { continue };
            let is_asked = (asked.first()..=asked.last()).contains(&port);
            let free = (asked.first()..=asked.last()).find(|port| !taken.contains(port));
            if let Some(free) = free.filter(|_| !is_asked && redirects.len() < REDIRECTS) {
                taken.insert(free);
                redirects.push(SearchRedirect { asked: free, hosted: port });
            }
        }
        redirects
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::{Place, Transport};

    use super::*;
    use crate::{Answer, Hosted};

    fn slug(text: &str) -> Slug {
        Slug::new(text).unwrap()
    }

    fn hosts(game: &str, port: u16) -> Statement {
        let known = Catalogue::builtin().game(&slug(game)).unwrap();
        let place = Place { transport: Transport::Udp, port };
        let hosted = Some(Hosted::new(place, Answer::default()));
        Statement { slug: known.slug.clone(), name: known.name.clone(), hosted }
    }

    fn redirects(chosen: &[&str], told: &[Statement]) -> Vec<(u16, u16)> {
        let chosen: Vec<Slug> = chosen.iter().map(|text| slug(text)).collect();
        let redirects = Catalogue::builtin().redirects(&chosen, told);
        redirects.into_iter().map(|SearchRedirect { asked, hosted }| (asked, hosted)).collect()
    }

    #[test]
    fn what_is_hosted_where_no_list_asks_is_asked_at_a_port_that_lists_ask() {
        assert_eq!(redirects(&["teeworlds"], &[hosts("teeworlds", 9_000)]), [(8_303, 9_000)]);
        assert_eq!(redirects(&[], &[hosts("teeworlds", 9_000)]), [], "only what the player has chosen");
        assert_eq!(redirects(&["teeworlds"], &[hosts("teeworlds", 8_310)]), [], "it is asked there");
        let played = Statement { hosted: None, ..hosts("teeworlds", 9_000) };
        assert_eq!(redirects(&["teeworlds"], &[played]), []);
    }

    #[test]
    fn nothing_is_taken_from_another_server() {
        let told = [hosts("teeworlds", 8_303), hosts("ddnet", 9_000), hosts("teeworlds", 9_001)];
        assert_eq!(redirects(&["teeworlds", "ddnet"], &told), [(8_304, 9_000), (8_305, 9_001)]);
        // Xonotic's list asks one port.
        let told = [hosts("xonotic", 26_000), hosts("xonotic", 26_001)];
        assert_eq!(redirects(&["xonotic"], &told), []);
    }

    #[test]
    fn the_first_and_the_last_port_are_ports_like_others() {
        for port in [1, u16::MAX] {
            assert_eq!(redirects(&["teeworlds"], &[hosts("teeworlds", port)]), [(8_303, port)]);
        }
        let profile = r#"{"version":1,"games":[{"slug":"ours","name":"Ours","ports":["udp 65535"],
            "discovery":["ask udp 65535"]}]}"#;
        let games = Catalogue::parse(profile).unwrap();
        let ours = Statement { slug: slug("ours"), ..hosts("teeworlds", 1) };
        let found = games.redirects(&[slug("ours")], &[ours]);
        assert_eq!(found, [SearchRedirect { asked: u16::MAX, hosted: 1 }]);
    }

    #[test]
    fn they_are_few_and_each_has_its_own_port() {
        let told: Vec<Statement> = (0..100).map(|at| hosts("teeworlds", 9_000 + at)).collect();
        let found = redirects(&["teeworlds"], &told);
        let asked: BTreeSet<u16> = found.iter().map(|(asked, _)| *asked).collect();
        assert_eq!((found.len(), asked), (REDIRECTS, (8_303..=8_310).collect()));
    }

    #[test]
    fn a_search_that_asks_a_socket_of_its_own_or_whoever_plays_stays_where_it_is() {
        let can = |text: &str| Catalogue::builtin().game(&slug(text)).unwrap().asked_ports().is_some();
        for game in
            ["teeworlds", "ddnet", "quake3", "xonotic", "cs-source", "bzflag", "openttd", "minecraft-bedrock"]
        {
            assert!(can(game), "{game}");
        }
        for game in
            ["ut2004", "mindustry", "warcraft3", "valheim", "minecraft-java", "supertuxkart", "payday2"]
        {
            assert!(!can(game), "{game}");
        }
    }
}
