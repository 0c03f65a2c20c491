//! LANrage on a terminal: the same engine as the desktop app, without a window.

mod about;
mod arguments;
mod completion;
mod data;
mod failure;
mod foreground;
mod games;
mod link;
mod log;
mod meant;
mod output;
mod party;
mod running;
mod say;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use lanrage_engine::Engine;
use lanrage_words::Language;

fn main() -> ExitCode {
    // Ends the program if a shell asks what could come next.
    completion::answer();
    let arguments = Arguments::parse();
    let runtime = lanrage_engine::runtime().expect("the system gives a thread");
    runtime.block_on(run(arguments))
}

async fn run(Arguments { command, target, verbose }: Arguments) -> ExitCode {
    let setting = Engine::language(target.data_dir()).await;
    say::speak(Language::of_setting(setting.as_str()));
    let done = match command {
        Command::Create(create) => foreground::create(create, &target, verbose).await,
        Command::Join(join) => foreground::join(join, &target, verbose).await,
        Command::Run(player) => foreground::run(player, &target, verbose).await,
        Command::Leave => running::leave(&target).await,
        Command::Pause => running::pause(&target).await,
        Command::Resume(resume) => running::resume(resume, &target).await,
        Command::Forget(forget) => data::forget(forget, &target).await,
        Command::Invite(invite) => running::invite(invite, &target).await,
        Command::Friends => party::friends::friends(&target).await,
        Command::Ping(ping) => party::ping::ping(ping, &target).await,
        Command::Open => running::open::open(&target).await,
        Command::Rename { name } => data::rename(name, &target).await,
        Command::Chat(chat) => party::chat::chat(chat, &target).await,
        Command::Ready(ready) => party::ready::ready(ready, &target).await,
        Command::Reply(reply) => running::reply(&reply.reply, &target).await,
        Command::Party(party) => party::rights::party(party, &target).await,
        Command::TrustServer => running::trust_server(&target).await,
        Command::Recent => data::recent(&target).await,
        Command::Settings(settings) => data::settings(settings, &target).await,
        Command::Favorites(favorites) => data::favorites(favorites, &target).await,
        Command::Profiles(profiles) => games::profiles::profiles(profiles, &target).await,
        Command::Shield(shield) => party::shield::shield(shield, &target).await,
        Command::Games(games) => games::games(games, &target).await,
        Command::Data(data) => data::data(data, &target).await,
        Command::Log(log) => log::show(log, &target).await,
        Command::Diagnostics(diagnostics) => running::diagnostics(diagnostics, &target).await,
        Command::Doctor => about::doctor::examine(&target).await,
        Command::Version => about::version::show(&target).await,
        Command::Status(status) => running::status::status(status, &target).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}
