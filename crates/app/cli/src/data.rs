//! Commands on what is stored. A running LANrage is asked; without one the database is opened here.

use std::{io::Read, path::Path};

use lanrage_engine::{
    DataAnswer, DataRequest, DataSummary, Engine, LocalError, OfflineError, RecentPartyView, SettingView,
};
use serde_json::Value;

use crate::{
    arguments::{Data, DataAction, Favorites, FavoritesAction, Settings, SettingsAction, Target},
    failure::Failure,
    output::Output,
    running, table,
};

async fn ask(target: &Target, request: DataRequest) -> Result<DataAnswer, Failure> {
    match running::connect(target).await {
        Ok(mut client) => Ok(client.data(request).await?),
        Err(Failure::NotRunning(LocalError::NotRunning)) => {
            Engine::offline_data(target.data_dir.clone(), request).await.map_err(|error| match error {
                OfflineError::Start(error) => error.into(),
                OfflineError::Refused(error) => error.into(),
            })
        }
        Err(failure) => Err(failure),
    }
}

pub(crate) async fn recent(target: Target) -> Result<(), Failure> {
    if let DataAnswer::RecentParties(parties) = ask(&target, DataRequest::RecentParties).await? {
        let row = |party: &RecentPartyView| {
            let state = match (party.is_active, party.can_resume) {
                (true, _) => "in it",
                (false, true) => "paused",
                (false, false) => "left",
            };
            [party.name.clone(), state.to_owned(), party.id.clone()]
        };
        let rows: Vec<[String; 3]> = parties.iter().map(row).collect();
        Output { json: target.json }.write(&table::columns(&["party", "state", "id"], &rows), &parties);
    }
    Ok(())
}

pub(crate) async fn settings(settings: Settings) -> Result<(), Failure> {
    let output = Output { json: settings.target.json };
    let request = match settings.action {
        SettingsAction::List | SettingsAction::Get { .. } => DataRequest::Settings,
        SettingsAction::Set { ref key, ref value } => {
            DataRequest::SetText { key: key.clone(), text: value.clone() }
        }
        SettingsAction::Reset { key: Some(ref key) } => DataRequest::ResetSetting { key: key.clone() },
        SettingsAction::Reset { key: None } => DataRequest::ResetSettings,
        SettingsAction::Export => DataRequest::ExportSettings,
        SettingsAction::Import => DataRequest::ImportSettings { text: standard_input()? },
        SettingsAction::Sets => DataRequest::ServerConfigs,
        SettingsAction::Save { ref name } => DataRequest::SaveServerConfig { name: name.clone() },
        SettingsAction::Activate { ref name } => DataRequest::ActivateServerConfig { name: name.clone() },
        SettingsAction::Delete { ref name } => DataRequest::DeleteServerConfig { name: name.clone() },
    };
    match (ask(&settings.target, request).await?, settings.action) {
        (DataAnswer::Settings(all), SettingsAction::Get { key }) => {
            let found = all.into_iter().find(|setting| setting.key == key);
            let setting = found.ok_or_else(|| Failure::Argument(format!("there is no setting {key}")))?;
            output.write(&format!("{}\n", plain(&setting.value)), &setting);
        }
        (DataAnswer::Settings(all), _) => output.write(&list(&all), &all),
        (DataAnswer::ServerConfigs(sets), _) => {
            let row = |set: &lanrage_engine::ServerConfigView| {
                let state = if set.is_active { "active" } else { "" };
                [set.name.clone(), set.settings.to_string(), state.to_owned()]
            };
            let rows: Vec<[String; 3]> = sets.iter().map(row).collect();
            output.write(&table::columns(&["set", "settings", "state"], &rows), &sets);
        }
        (DataAnswer::Text(text), _) => println!("{text}"),
        (answer, _) => report(output, &answer),
    }
    Ok(())
}

pub(crate) async fn favorites(favorites: Favorites) -> Result<(), Failure> {
    let output = Output { json: favorites.target.json };
    let request = match favorites.action {
        FavoritesAction::List => DataRequest::Favorites,
        FavoritesAction::Add { url, name } => DataRequest::SaveFavorite { url, name },
        FavoritesAction::Remove { url } => DataRequest::DeleteFavorite { url },
    };
    match ask(&favorites.target, request).await? {
        DataAnswer::Favorites(all) => {
            let rows: Vec<[String; 2]> = all.iter().map(|one| [one.name.clone(), one.url.clone()]).collect();
            output.write(&table::columns(&["name", "server"], &rows), &all);
        }
        answer => report(output, &answer),
    }
    Ok(())
}

pub(crate) async fn data(data: Data) -> Result<(), Failure> {
    let output = Output { json: data.target.json };
    let request = match &data.action {
        DataAction::Size => DataRequest::Summary,
        DataAction::Check => DataRequest::Check,
        DataAction::Backup { file: None } => DataRequest::BackUpNow,
        DataAction::Backup { file: Some(file) } => DataRequest::BackUp { path: absolute(file)? },
        DataAction::Restore { file } => DataRequest::Restore { path: absolute(file)? },
    };
    match ask(&data.target, request).await? {
        DataAnswer::Summary(summary) => output.write(&sizes(&summary), &summary),
        DataAnswer::Faults(faults) if faults.is_empty() => output.write("The database is good.\n", &faults),
        DataAnswer::Faults(faults) => {
            output.write(&(faults.join("\n") + "\n"), &faults);
            return Err(Failure::Argument(
                "the database is damaged; restart LANrage to restore it".to_owned(),
            ));
        }
        answer => report(output, &answer),
    }
    Ok(())
}

fn report(output: Output, answer: &DataAnswer) {
    let text = match answer {
        DataAnswer::Changed { restart_required: true } => {
            "Done. It takes effect when LANrage starts again.\n"
        }
        _ => "Done.\n",
    };
    output.write(text, answer);
}

fn list(settings: &[SettingView]) -> String {
    let row = |setting: &SettingView| {
        let value = match &setting.fault {
            Some(rule) => format!("{}  (refused: it must be {rule})", plain(&setting.value)),
            None => plain(&setting.value),
        };
        [setting.key.clone(), value, setting.doc.clone()]
    };
    let rows: Vec<[String; 3]> = settings.iter().map(row).collect();
    table::columns(&["setting", "value", "what it does"], &rows)
}

fn sizes(summary: &DataSummary) -> String {
    let mut text = format!("The database has {} bytes.\n", summary.size_bytes);
    for backup in &summary.backups {
        text += &format!("  {}\n", backup.path);
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
fn absolute(path: &Path) -> Result<String, Failure> {
    let path = std::path::absolute(path).map_err(|error| Failure::Argument(error.to_string()))?;
    path.into_os_string().into_string().map_err(|_| Failure::Argument("the path is not Unicode".to_owned()))
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(1 << 20).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::Argument(format!("cannot read standard input: {error}")))
}
