//! LANrage on a terminal: the same engine as the desktop app, without a window.

mod arguments;
mod data;
mod doctor;
mod failure;
mod foreground;
mod link;
mod log;
mod output;
mod profiles;
mod running;
mod say;
mod table;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use lanrage_engine::Engine;
use lanrage_words::Language;

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { command, verbose } = Arguments::parse();
    let setting = Engine::language(command.target().data_dir.clone()).await;
    say::speak(Language::of_setting(setting.as_str()));
    let done = match command {
        Command::Create(create) => foreground::create(create, verbose).await,
        Command::Join(join) => foreground::join(join, verbose).await,
        Command::Run(player) => foreground::run(player, verbose).await,
        Command::Leave(target) => running::leave(target).await,
        Command::Pause(target) => running::pause(target).await,
        Command::Resume(resume) => running::resume(resume).await,
        Command::TrustServer(target) => running::trust_server(target).await,
        Command::Recent(target) => data::recent(target).await,
        Command::Settings(settings) => data::settings(settings).await,
        Command::Favorites(favorites) => data::favorites(favorites).await,
        Command::Profiles(profiles) => profiles::profiles(profiles).await,
        Command::Data(data) => data::data(data).await,
        Command::Log(log) => log::show(log).await,
        Command::Diagnostics(diagnostics) => running::diagnostics(diagnostics).await,
        Command::Doctor(target) => doctor::examine(target).await,
        Command::Status(status) => running::status(status).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}
