//! `lanrage version`: this program's version, and whether there is a newer one.

use lanrage_engine::{
    Engine,
    api::{LookForUpdate, VersionView},
};

use crate::{
    arguments::Target,
    failure::Failure,
    output::Output,
    running,
    say::{Say, person},
};

/// Asks the LANrage that runs; without one, looks itself.
pub(crate) async fn show(target: &Target) -> Result<(), Failure> {
    let version = match running::connect(target).await {
        Ok(mut client) => client.ask(LookForUpdate {}).await?,
        Err(Failure::NotRunning) => Engine::version().await?,
        Err(failure) => return Err(failure),
    };
    Output { json: target.json }.write(&render(&version, person()), &version);
    Ok(())
}

fn render(VersionView { own, is_told, newer, page }: &VersionView, say: Say) -> String {
    let words = |key, version: &str| say.say_with(key, [("version", version.to_owned().into())]);
    let more = match newer {
        Some(newer) => format!("{} {}", words("version-newer", newer), page.as_deref().unwrap_or_default()),
        None if *is_told => say.say("version-newest"),
        None => say.say("version-untold"),
    };
    format!("{}\n{more}\n", words("version-own", own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::in_language;

    #[test]
    fn a_player_reads_whether_there_is_a_newer_one_and_where() {
        let version = |newer: Option<&str>, is_told| VersionView {
            own: "1.0.0".to_owned(),
            is_told,
            newer: newer.map(str::to_owned),
            page: newer.map(|_| "https://example.org/".to_owned()),
        };
        let read = |version| render(&version, in_language("en"));
        assert_eq!(
            read(version(Some("1.1.0"), true)),
            "This is LANrage 1.0.0.\nVersion 1.1.0 is there: https://example.org/\n"
        );
        assert_eq!(read(version(None, true)), "This is LANrage 1.0.0.\nThere is no newer version.\n");
        assert!(read(version(None, false)).ends_with("asks nobody for newer versions.\n"));
    }
}
