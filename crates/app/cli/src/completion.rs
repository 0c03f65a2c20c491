//! What could come next on a command line, for a shell that asks: names of settings, parties, friends and games as they are now.

use std::{ffi::OsString, future::Future, path::PathBuf, time::Duration};

use clap::{Arg, Command, CommandFactory};
use clap_complete::{
    CompleteEnv,
    engine::{ArgValueCandidates, CompletionCandidate},
};
use lanrage_engine::{
    Engine, LocalClient, PartyView, Request, Snapshot,
    api::{self, AskStored, declared_settings},
};
use serde_json::Value;

use crate::arguments::Arguments;

/// The variable by which a shell asks; its scripts are made with the packages.
const ASKED: &str = "LANRAGE_COMPLETE";
/// Whoever presses the tabulator waits no longer than this for names.
const PATIENCE: Duration = Duration::from_millis(800);

/// Answers a shell, and ends the program then.
pub(crate) fn answer() {
    CompleteEnv::with_factory(command).var(ASKED).complete();
}

/// The command line with what its arguments can be.
fn command() -> Command {
    let player = |command: Command| with(command, "player", friends);
    Arguments::command()
        .mut_subcommand("settings", |settings| {
            settings
                .mut_subcommand("get", |get| with(get, "key", settings_keys))
                .mut_subcommand("set", |set| with(with(set, "key", settings_keys), "value", settings_values))
                .mut_subcommand("reset", |reset| with(reset, "key", settings_keys))
                .mut_subcommand("activate", |activate| with(activate, "name", sets))
                .mut_subcommand("delete", |delete| with(delete, "name", sets))
        })
        .mut_subcommand("resume", |resume| with(resume, "party", paused))
        .mut_subcommand("forget", |forget| with(forget, "party", parties))
        .mut_subcommand("ping", |ping| with(ping, "friend", friends))
        .mut_subcommand("party", |party| {
            ["kick", "ban", "let-in", "role", "mute"]
                .into_iter()
                .fold(party, |party, action| party.mut_subcommand(action, player))
                .mut_subcommand("revoke", |revoke| with(revoke, "serial", links))
        })
        .mut_subcommand("shield", |shield| {
            ["trust", "open", "close", "forget"]
                .into_iter()
                .fold(shield, |shield, action| shield.mut_subcommand(action, player))
                .mut_subcommand("level", |level| with(level, "level", levels))
        })
        .mut_subcommand("games", |all| {
            let of_game = [
                "show",
                "save",
                "hide",
                "unhide",
                "let-through",
                "keep-home",
                "bring-searches",
                "leave-searches",
                "reset",
            ];
            of_game
                .into_iter()
                .fold(all, |all, action| all.mut_subcommand(action, |command| with(command, "game", games)))
                .mut_subcommand("join", player)
                .mut_subcommand("why", |why| with(with(why, "friend", friends), "game", games))
        })
        .mut_subcommand("favorites", |all| {
            all.mut_subcommand("remove", |remove| with(remove, "url", favorites))
        })
}

fn with(command: Command, argument: &'static str, names: fn() -> Vec<CompletionCandidate>) -> Command {
    debug_assert!(command.get_arguments().any(|known| known.get_id() == argument), "there is no {argument}");
    // Of one that is taken out and put back, as clap's `mut_arg` does, the place among the others would be another.
    command.mut_args(|known: Arg| match known.get_id() == argument {
        true => known.add(ArgValueCandidates::new(names)),
        false => known,
    })
}

fn candidate(name: impl Into<OsString>, help: impl Into<String>) -> CompletionCandidate {
    let help = help.into();
    CompletionCandidate::new(name).help((!help.is_empty()).then(|| help.into()))
}

fn settings_keys() -> Vec<CompletionCandidate> {
    declared_settings().into_iter().map(|setting| candidate(setting.key, setting.doc)).collect()
}

/// What the setting takes that stands before.
fn settings_values() -> Vec<CompletionCandidate> {
    let words = words();
    let at = words.iter().position(|word| word == "set").map_or(usize::MAX, |at| at + 1);
    let key = words.get(at).map(String::as_str).unwrap_or_default();
    values_of(key).into_iter().map(|value| candidate(value, "")).collect()
}

/// The values of a setting that takes few.
fn values_of(key: &str) -> Vec<String> {
    let Some(setting) = declared_settings().into_iter().find(|setting| setting.key == key) else {
        return Vec::new();
    };
    let choices = setting.kind.get("choices").and_then(Value::as_array);
    match (setting.kind.get("type").and_then(Value::as_str), choices) {
        (_, Some(choices)) => choices.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        (Some("bool" | "boolean"), _) => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    }
}

fn levels() -> Vec<CompletionCandidate> {
    values_of("shield").into_iter().map(|level| candidate(level, "")).collect()
}

fn parties() -> Vec<CompletionCandidate> {
    let parties = stored(api::RecentParties {});
    parties.into_iter().map(|party| candidate(party.name, party.id)).collect()
}

fn paused() -> Vec<CompletionCandidate> {
    let parties = stored(api::RecentParties {});
    let paused = parties.into_iter().filter(|party| party.can_resume && !party.is_active);
    paused.map(|party| candidate(party.name, party.id)).collect()
}

fn sets() -> Vec<CompletionCandidate> {
    let sets = stored(api::ServerConfigs {});
    sets.into_iter().map(|set| candidate(set.name, "")).collect()
}

fn favorites() -> Vec<CompletionCandidate> {
    let favorites = stored(api::Favorites {});
    favorites.into_iter().map(|favorite| candidate(favorite.name, favorite.url)).collect()
}

fn games() -> Vec<CompletionCandidate> {
    let games = stored(api::Games {});
    games.into_iter().map(|game| candidate(game.slug, game.name)).collect()
}

fn friends() -> Vec<CompletionCandidate> {
    party()
        .into_iter()
        .flat_map(|party| party.peers)
        .map(|peer| candidate(peer.name, peer.virtual_ip))
        .collect()
}

fn links() -> Vec<CompletionCandidate> {
    party()
        .into_iter()
        .flat_map(|party| party.links)
        .map(|link| candidate(link.serial, link.made_by))
        .collect()
}

/// The words of the line that is completed, after the program.
fn words() -> Vec<String> {
    std::env::args().skip_while(|word| word != "--").skip(2).collect()
}

/// The data folder that the line names, or the environment.
fn data_dir(words: &[String]) -> Option<PathBuf> {
    let behind = |at: usize| words.get(at + 1).cloned();
    let named = words.iter().position(|word| word == "--data-dir").and_then(behind);
    let joined = words.iter().find_map(|word| word.strip_prefix("--data-dir=")).map(str::to_owned);
    let variable = || std::env::var_os("LANRAGE_DATA_DIR").filter(|folder| !folder.is_empty());
    named.or(joined).map(PathBuf::from).or_else(|| variable().map(PathBuf::from))
}

/// What can be had at once.
fn now<T>(wanted: impl Future<Output = T>) -> Option<T> {
    let runtime = lanrage_engine::runtime().ok()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, wanted).await.ok() })
}

/// What the LANrage that runs answers, or what is stored says; nothing if that takes too long.
fn stored<Q: AskStored + Into<Request> + Clone>(request: Q) -> Q::Answer
where
    Q::Answer: Default,
{
    now(ask(request)).flatten().unwrap_or_default()
}

/// The party of the LANrage that runs.
fn party() -> Option<PartyView> {
    now(snapshot()).flatten()?.party
}

/// Asks the LANrage that runs, or what is stored. Nothing is said of why there is nothing.
async fn ask<Q: AskStored + Into<Request> + Clone>(request: Q) -> Option<Q::Answer> {
    let folder = data_dir(&words());
    let path = Engine::data_dir(folder.clone()).ok()?;
    match LocalClient::connect(&path).await {
        Ok(mut client) => client.ask(request).await.ok(),
        Err(_) => Engine::ask_offline(folder, request).await.ok(),
    }
}

async fn snapshot() -> Option<Snapshot> {
    let path = Engine::data_dir(data_dir(&words())).ok()?;
    LocalClient::connect(&path).await.ok()?.ask(api::Status {}).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_that_names_are_for_is_there() {
        command().debug_assert();
    }

    #[test]
    fn a_setting_of_few_values_names_them() {
        assert_eq!(values_of("theme"), ["system", "light", "dark"]);
        assert_eq!(values_of("restore_last_party"), ["true", "false"]);
        assert!(values_of("udp_port").is_empty() && values_of("nosuch").is_empty());
    }

    #[test]
    fn the_folder_is_that_of_the_line() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(data_dir(&words("--data-dir /a resume")), Some("/a".into()));
        assert_eq!(data_dir(&words("resume --data-dir=/b")), Some("/b".into()));
    }
}
