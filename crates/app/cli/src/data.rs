//! Commands on what is stored. A running LANrage is asked; without one the database is opened here.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use lanrage_engine::{
    CommandError, Engine, OfflineError, Request,
    api::{
        self, AskStored, Changed, DataSummary, RecentPartyView, Restored, ServerConfigView, SettingView,
        declared_settings, is_name,
    },
    facts::Cause,
};
use serde_json::Value;

use crate::{
    arguments::{Data, DataAction, Favorites, FavoritesAction, Forget, Settings, SettingsAction, Target},
    failure::Failure,
    link,
    meant::unknown,
    output::{Output, Report, report_done, table},
    party::{self, friends::few},
    running,
    say::{person, setting_json},
};

pub(crate) async fn ask<Q: AskStored + Into<Request>>(
    target: &Target,
    request: Q,
) -> Result<Q::Answer, Failure> {
    match running::connect(target).await {
        Ok(mut client) => Ok(client.ask(request).await?),
        Err(Failure::NotRunning) => {
            Engine::ask_offline(target.data_dir(), request).await.map_err(|error| match error {
                OfflineError::Start(error) => error.into(),
                OfflineError::Refused(error) => error.into(),
            })
        }
        Err(failure) => Err(failure),
    }
}

pub(crate) async fn recent(target: &Target) -> Result<(), Failure> {
    let parties = ask(target, api::RecentParties {}).await?;
    let row = |party: &RecentPartyView| {
        let state = person().say(match party {
            RecentPartyView { keys_missing: true, .. } => "terminal-party-without-keys",
            RecentPartyView { is_active: true, .. } => "terminal-party-present",
            RecentPartyView { can_resume: true, .. } => "terminal-party-paused",
            _ => "terminal-party-left",
        });
        [party.name.clone(), state, few(&party.friends), party.id.clone()]
    };
    let rows: Vec<[String; 4]> = parties.iter().map(row).collect();
    let heads = ["party", "state", "with", "id"];
    Output { json: target.json }.write(&table::columns(heads, &rows), &parties);
    Ok(())
}

pub(crate) async fn forget(forget: Forget, target: &Target) -> Result<(), Failure> {
    let parties = ask(target, api::RecentParties {}).await?;
    let party = party::find(&parties, &forget.party)?.id.clone();
    ask(target, api::ForgetParty { party }).await?;
    report_done(Output { json: target.json });
    Ok(())
}

pub(crate) async fn settings(settings: Settings, target: &Target) -> Result<(), Failure> {
    let Settings { action } = settings;
    let output = Output { json: target.json };
    match action {
        SettingsAction::List => {
            let all = ask(target, api::Settings {}).await?;
            let scripts: Vec<_> = all.iter().map(setting_json).collect();
            output.write(&list(&all), &scripts);
        }
        SettingsAction::Get { key } => {
            let all = ask(target, api::Settings {}).await?;
            let setting = all.into_iter().find(|setting| setting.key == key);
            let setting = setting.ok_or_else(|| unknown_setting(key))?;
            output.write(&format!("{}\n", plain(&setting.value)), &setting_json(&setting));
        }
        SettingsAction::Set { key, value } => {
            is_setting(&key)?;
            let text = if is_secret(&key) { link::secret(&value)? } else { value };
            report_changed(output, ask(target, api::SetText { key, text }).await?);
        }
        SettingsAction::Reset { key: Some(key) } => {
            is_setting(&key)?;
            report_changed(output, ask(target, api::ResetSetting { key }).await?);
        }
        SettingsAction::Reset { key: None } => {
            report_changed(output, ask(target, api::ResetSettings {}).await?);
        }
        SettingsAction::Export => println!("{}", ask(target, api::ExportSettings {}).await?),
        SettingsAction::Import => {
            let text = standard_input()?;
            report_changed(output, ask(target, api::ImportSettings { text }).await?);
        }
        SettingsAction::Sets => {
            let sets = ask(target, api::ServerConfigs {}).await?;
            output.write(&list_sets(&sets), &sets);
        }
        SettingsAction::Save { name } => {
            ask(target, api::SaveServerConfig { name }).await?;
            report_done(output);
        }
        SettingsAction::Activate { name } => {
            is_set(target, &name).await?;
            report_changed(output, ask(target, api::ActivateServerConfig { name }).await?);
        }
        SettingsAction::Delete { name } => {
            is_set(target, &name).await?;
            ask(target, api::DeleteServerConfig { name }).await?;
            report_done(output);
        }
    }
    Ok(())
}

pub(crate) async fn favorites(favorites: Favorites, target: &Target) -> Result<(), Failure> {
    let Favorites { action } = favorites;
    let output = Output { json: target.json };
    match action {
        FavoritesAction::List => {
            let all = ask(target, api::Favorites {}).await?;
            let rows: Vec<[String; 2]> = all.iter().map(|one| [one.name.clone(), one.url.clone()]).collect();
            output.write(&table::columns(["name", "server"], &rows), &all);
        }
        FavoritesAction::Add { url, name } => {
            ask(target, api::SaveFavorite { url, name }).await?;
            report_done(output);
        }
        FavoritesAction::Remove { url } => {
            match ask(target, api::DeleteFavorite { url: url.clone() }).await {
                Err(Failure::Refused(error @ CommandError::UnknownFavorite { .. })) => {
                    let all = ask(target, api::Favorites {}).await?;
                    return Err(unknown(
                        person().refusal(&error),
                        all.iter().map(|one| one.name.as_str()),
                        &url,
                    ));
                }
                done => done?,
            }
            report_done(output);
        }
    }
    Ok(())
}

pub(crate) async fn data(data: Data, target: &Target) -> Result<(), Failure> {
    let Data { action } = data;
    let output = Output { json: target.json };
    match action {
        DataAction::Size => {
            let summary = ask(target, api::Summary {}).await?;
            output.write(&sizes(&summary), &summary);
        }
        DataAction::Check => {
            let faults = ask(target, api::Check {}).await?;
            if faults > 0 {
                output.write("", &faults);
                return Err(Failure::Argument(
                    person().say_with("terminal-database-damaged", [("faults", faults.into())]),
                ));
            }
            output.write(&(person().say("terminal-database-good") + "\n"), &faults);
        }
        DataAction::Backup { file: None } => {
            let summary = ask(target, api::BackUpNow {}).await?;
            output.write(&sizes(&summary), &summary);
        }
        DataAction::Backup { file: Some(file) } => {
            let path = absolute(&file)?;
            // Else the database would be what has failed.
            if !path.parent().is_some_and(Path::is_dir) {
                let path = path.display().to_string();
                return Err(CommandError::FileNotWritten { path, cause: Cause::Missing }.into());
            }
            ask(target, api::BackUp { path }).await?;
            report_done(output);
        }
        DataAction::Restore { file, without_hash } => {
            let request = api::Restore { path: absolute(&file)?, without_hash };
            report_restored(output, &ask(target, request).await?);
        }
    }
    Ok(())
}

/// What friends see this player as from now on.
pub(crate) async fn rename(name: String, target: &Target) -> Result<(), Failure> {
    if !is_name(&name) {
        return Err(CommandError::bad_name().into());
    }
    let key = "player_name".to_owned();
    report_changed(Output { json: target.json }, ask(target, api::SetText { key, text: name }).await?);
    Ok(())
}

/// Whether there is a setting of this name, before anything is asked.
fn is_setting(key: &str) -> Result<(), Failure> {
    let is_known = declared_settings().iter().any(|setting| setting.key == key);
    if is_known { Ok(()) } else { Err(unknown_setting(key.to_owned())) }
}

/// Whether its value is for this device alone.
fn is_secret(key: &str) -> bool {
    declared_settings().iter().any(|setting| setting.key == key && setting.kind["type"] == "access_key")
}

fn unknown_setting(key: String) -> Failure {
    let all = declared_settings();
    let sentence = person().refusal(&CommandError::UnknownSetting { key: key.clone() });
    unknown(sentence, all.iter().map(|setting| setting.key.as_str()), &key)
}

/// Whether there is a saved set of this name.
async fn is_set(target: &Target, name: &str) -> Result<(), Failure> {
    let sets = ask(target, api::ServerConfigs {}).await?;
    if sets.iter().any(|set| set.name == name.trim()) {
        return Ok(());
    }
    let sentence = person().refusal(&CommandError::NotFound { name: name.to_owned() });
    Err(unknown(sentence, sets.iter().map(|set| set.name.as_str()), name))
}

fn report_changed(output: Output, changed: Changed) {
    let text = if changed.restart_required {
        person().say("terminal-done-after-restart")
    } else {
        person().say("terminal-done")
    };
    output.write(&(text + "\n"), &Report::Changed(changed));
}

fn report_restored(output: Output, restored: &Restored) {
    let key = if restored.restart_required { "data-restored-after-restart" } else { "data-restored" };
    let mut text = person().say(key) + "\n";
    if !restored.without_keys.is_empty() {
        let parties = [("parties", restored.without_keys.join(", ").into())];
        text += &(person().say_with("data-restored-without-keys", parties) + "\n");
    }
    output.write(&text, restored);
}

fn list_sets(sets: &[ServerConfigView]) -> String {
    let row = |set: &ServerConfigView| {
        let state = if set.is_active { person().say("terminal-set-active") } else { String::new() };
        [set.name.clone(), set.settings.to_string(), state]
    };
    let rows: Vec<[String; 3]> = sets.iter().map(row).collect();
    table::columns(["set", "settings", "state"], &rows)
}

fn list(settings: &[SettingView]) -> String {
    let row = |setting: &SettingView| {
        let value = plain(&setting.value);
        let value = if setting.is_refused { person().refused_setting(setting, &value) } else { value };
        [setting.key.clone(), value, person().setting(setting)]
    };
    let rows: Vec<[String; 3]> = settings.iter().map(row).collect();
    table::columns(["setting", "value", "doc"], &rows)
}

fn sizes(summary: &DataSummary) -> String {
    let size = [("size", person().bytes(summary.size_bytes).into())];
    let mut text = person().say_with("terminal-database-size", size) + "\n";
    if summary.backups.is_empty() {
        text += &(person().say("terminal-no-backups") + "\n");
    }
    for backup in &summary.backups {
        let size = std::fs::metadata(&backup.path).map(|file| person().bytes(file.len())).unwrap_or_default();
        text += format!("  {}  {size}", backup.path).trim_end();
        text.push('\n');
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The running LANrage may stand in another folder.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path).map_err(|error| Failure::Argument(error.to_string()))?;
    // JSON could not carry it.
    let is_text = path.to_str().is_some();
    is_text.then_some(path).ok_or_else(|| Failure::Argument(person().say("terminal-path-not-unicode")))
}

pub(crate) fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(1 << 20).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::input(&error))
}

#[cfg(test)]
mod tests {
    use lanrage_engine::facts::SettingRule;
    use serde_json::json;

    use super::*;
    use crate::say::in_language;

    #[test]
    fn scripts_read_what_was_done_in_the_words_that_they_know() {
        let json = |report: &Report| serde_json::to_string(report).unwrap();
        assert_eq!(json(&Report::Done), r#"{"answer":"done"}"#);
        assert_eq!(
            json(&Report::Changed(Changed { restart_required: true })),
            r#"{"answer":"changed","content":{"restart_required":true}}"#
        );
    }

    fn refused_port() -> SettingView {
        serde_json::from_value(json!({
            "key": "udp_port", "group": "network", "kind": { "type": "integer", "min": 0, "max": 65_535 },
            "optional": true, "default": 0, "value": 70_000, "is_chosen": true, "is_refused": true,
            "rule": { "code": "integer", "min": 0, "max": 65_535 }, "unit": null, "doc": "A port.",
            "restart_required": true,
        }))
        .unwrap()
    }

    #[test]
    fn what_a_setting_must_be_is_said_in_the_language_that_is_spoken_and_to_scripts_in_english() {
        let setting = refused_port();
        assert_eq!(
            in_language("de").refused_setting(&setting, "70000"),
            "70000  (unbrauchbar; möglich: eine ganze Zahl von 0 bis 65535, oder leer)"
        );
        let script = setting_json(&setting);
        assert_eq!(script["rule"], "a whole number from 0 to 65535, or empty");
        assert_eq!(script["fault"], script["rule"]);
        assert_eq!(setting_json(&SettingView { is_refused: false, ..setting })["fault"], Value::Null);
        let refusal = CommandError::BadSetting {
            key: "udp_port".to_owned(),
            value: "70000".to_owned(),
            rule: SettingRule::Integer { min: 0, max: 65_535 },
            or_empty: false,
            others: Some("log_level, theme".to_owned()),
        };
        assert_eq!(
            in_language("de").refusal(&refusal),
            "Es ist nichts geändert: udp_port kann nicht 70000 sein. Möglich: eine ganze Zahl von 0 bis 65535. \
             Auch die Werte von log_level, theme sind unbrauchbar."
        );
    }
}
