//! `lanrage profiles`: what is known of games.

use std::ops::RangeInclusive;

use lanrage_engine::api::{self, PortRangeView, ProfileView};

use crate::{
    arguments::{
        Target,
        games::{Profiles, ProfilesAction},
    },
    data::ask,
    failure::Failure,
    meant::unknown,
    output::{Output, report_done, table},
    say::person,
};

pub(crate) async fn profiles(profiles: Profiles, target: &Target) -> Result<(), Failure> {
    let Profiles { action } = profiles;
    let output = Output { json: target.json };
    match action {
        ProfilesAction::List => {
            let all = ask(target, api::Profiles {}).await?;
            output.write(&list(&all), &all);
        }
        ProfilesAction::Save { name, programs, udp, tcp } => {
            let ranges = |is_tcp, ranges: Vec<RangeInclusive<u16>>| {
                let view = move |range: RangeInclusive<u16>| PortRangeView {
                    is_tcp,
                    first: *range.start(),
                    last: *range.end(),
                };
                ranges.into_iter().map(view)
            };
            let ports = ranges(false, udp).chain(ranges(true, tcp)).collect();
            let profile = ProfileView { name, executables: programs, ports, extra: None };
            ask(target, api::SaveProfile { profile }).await?;
            report_done(output);
        }
        ProfilesAction::Delete { name } => {
            let all = ask(target, api::Profiles {}).await?;
            if !all.iter().any(|profile| profile.name == name.trim()) {
                let sentence = person().say_with("terminal-unknown-game", [("game", name.trim().into())]);
                return Err(unknown(sentence, all.iter().map(|profile| profile.name.as_str()), &name));
            }
            ask(target, api::DeleteProfile { name }).await?;
            report_done(output);
        }
    }
    Ok(())
}

fn list(profiles: &[ProfileView]) -> String {
    let row = |profile: &ProfileView| {
        let ports: Vec<String> = profile.ports.iter().map(port_range).collect();
        [profile.name.clone(), profile.executables.join(", "), ports.join(", ")]
    };
    let rows: Vec<[String; 3]> = profiles.iter().map(row).collect();
    table::columns(["game", "programs", "ports"], &rows)
}

fn port_range(range: &PortRangeView) -> String {
    let protocol = if range.is_tcp { "TCP" } else { "UDP" };
    if range.first == range.last {
        format!("{protocol} {}", range.first)
    } else {
        format!("{protocol} {}–{}", range.first, range.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_is_listed_with_its_programs_and_ports() {
        let range = |is_tcp, first, last| PortRangeView { is_tcp, first, last };
        let profile = ProfileView {
            name: "Quake III".to_owned(),
            executables: vec!["quake3".to_owned(), "ioquake3".to_owned()],
            ports: vec![range(false, 27_960, 27_969), range(true, 80, 80)],
            extra: None,
        };
        assert_eq!(
            list(&[profile]),
            "  game       programs          ports\n  \
               Quake III  quake3, ioquake3  UDP 27960–27969, TCP 80\n"
        );
    }
}
