//! `cargo xtask lan-test`: whether every socket hears on the virtual LAN what it would hear on one switch, and the real LAN
//! loses nothing.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;
use lanrage_lab::lan::{self, Binding, Ear, Heard, Phase, Place, Report, Sound, TIMES, Target};
use serde_json::json;

use super::in_a_world;
use crate::{
    setup::{self, Setup},
    shell,
};

type Counts = [usize; Ear::ALL.len()];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Only what one party shows in which the program is killed
    #[arg(long)]
    quick: bool,
    /// Show what programs of other people find on both LANs, instead
    #[arg(long, conflicts_with_all = ["json", "quick"])]
    programs: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Tries everything, and shows who heard what.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    let failed = "the virtual LAN is not like a real one beside the real one";
    if options.programs {
        setup.packages(&[setup::SEARCHERS])?;
        return in_a_world(setup, options.no_build, failed, try_programs);
    }
    in_a_world(setup, options.no_build, failed, || try_all(options))
}

/// Shows which program finds what.
fn try_programs() -> Result<()> {
    let mut wrong = 0;
    println!("{:34} {:>10} {:>7}", "found, in a party", "neighbour", "friend");
    lan::try_programs(|finding| {
        wrong += usize::from(!finding.is_right());
        let mark = if finding.is_right() { shell::green("✓") } else { shell::red("✗") };
        let word = |is_found: bool| if is_found { "yes" } else { "no" };
        println!("{mark} {:32} {:>10} {:>7}", finding.program, word(finding.neighbour), word(finding.friend));
    })?;
    ensure!(wrong == 0, "{wrong} programs find otherwise than on two LANs");
    Ok(())
}

fn try_all(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let (mut heard, mut traces) = (Vec::new(), Vec::new());
    lan::listen(options.quick, |report| match report {
        Report::Heard(one) => {
            if options.json {
                println!("{}", one.to_json());
            }
            heard.push(*one);
        }
        Report::Traces { phase, lines } => {
            if options.json {
                println!("{}", json!({ "phase": phase.name(), "traces": lines }));
            }
            traces.extend(lines.into_iter().map(|line| format!("{}: {line}", phase.name())));
        }
    })?;
    let table = Table(heard);
    let differences = table.differences();
    let (named, wrong): (Vec<_>, Vec<_>) =
        differences.iter().partition(|difference| difference.reason.is_some());
    if !options.json {
        table.print();
        println!("\nDifferences with a reason: {}", named.len());
        let mut reasons: Vec<_> = named.iter().filter_map(|difference| difference.reason).collect();
        reasons.sort_unstable();
        let all = reasons.clone();
        reasons.dedup();
        for reason in reasons {
            println!("  {:>4} {reason}", all.iter().filter(|other| **other == reason).count());
        }
        println!("Differences without: {}", wrong.len());
        for difference in &wrong {
            println!("  {} {}", shell::red("✗"), difference.words);
        }
        println!("Traces of the program without a party: {}", traces.len());
        for line in &traces {
            println!("  {} {line}", shell::red("✗"));
        }
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(wrong.is_empty(), "{} sounds are heard otherwise than on a switch", wrong.len());
    ensure!(traces.is_empty(), "without a party there are traces of the program");
    Ok(())
}

/// Something that is not as on a switch.
#[derive(Debug)]
struct Difference {
    words: String,
    /// Why it is so, if there is a reason.
    reason: Option<&'static str>,
}

#[derive(Debug)]
struct Table(Vec<Heard>);

impl Table {
    fn find(&self, phase: Phase, sound: Sound) -> Option<&Heard> {
        self.0.iter().find(|heard| heard.phase == phase && heard.sound == sound)
    }

    /// What the neighbour heard, on a real switch, of what is the same there.
    fn control(&self, sound: Sound) -> Result<(Counts, usize)> {
        let target = match sound.target {
            Target::Friend => Target::Neighbour,
            Target::PartyBroadcast | Target::GuessedLast | Target::GuessedClass => Target::RealBroadcast,
            other => other,
        };
        self.before(Sound { target, ..sound }, Place::Neighbour)
    }

    /// What a place heard of it when there was no party, and how many answers came back. Nothing had a lease then.
    fn before(&self, sound: Sound, place: Place) -> Result<(Counts, usize)> {
        let binding = if sound.binding == Binding::Lease { Binding::Any } else { sound.binding };
        let same = Sound { binding, ..sound };
        let heard = self.find(Phase::Before, same).with_context(|| same.name())?;
        Ok((heard.counts[place as usize], heard.answers[place as usize]))
    }

    fn differences(&self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for heard in &self.0 {
            for place in Place::ALL {
                let Ok((counts, answers)) = self.expected(heard, place) else { continue };
                let ears = Ear::ALL
                    .map(|ear| (Some(ear), heard.counts[place as usize][ear as usize], counts[ear as usize]));
                let answers = (None, heard.answers[place as usize], answers);
                for (ear, is, should) in
                    ears.into_iter().chain([answers]).filter(|(_, is, should)| is != should)
                {
                    let by = ear.map_or_else(
                        || format!("answered by {}", place.name()),
                        |ear| format!("at {} ({})", place.name(), ear.name()),
                    );
                    differences.push(Difference {
                        words: format!(
                            "{}: {} {by}: {is} instead of {should}",
                            heard.phase.name(),
                            heard.sound.name()
                        ),
                        reason: reason(heard, place, ear, is, should),
                    });
                }
            }
        }
        differences
    }

    /// What a place should hear of it, and how many answers should come back from there.
    fn expected(&self, heard: &Heard, place: Place) -> Result<(Counts, usize)> {
        const NOTHING: (Counts, usize) = ([0; Ear::ALL.len()], 0);
        let sound = heard.sound;
        let is_partys =
            matches!(sound.target, Target::PartyBroadcast | Target::GuessedLast | Target::GuessedClass);
        match place {
            Place::Friend if !heard.phase.has_party() || sound.target.is_household() => Ok(NOTHING),
            Place::Friend if sound.target == Target::Neighbour => Ok(NOTHING),
            Place::Friend => self.control(sound),
            // The system itself hands a broadcast to the sender's own programs, too.
            Place::Self_ if heard.phase.has_party() && sound.target == Target::PartyBroadcast => {
                // A connected socket hears nobody but the address that it is connected to.
                let is_connected = sound.binding == Binding::Connected;
                let binding = if is_connected { Binding::Connected } else { Binding::Any };
                let same = Sound { target: Target::RealBroadcast, binding, ..sound };
                self.before(same, place)
            }
            Place::Self_ | Place::Neighbour if is_partys || sound.target == Target::Friend => Ok(NOTHING),
            Place::Self_ | Place::Neighbour => self.before(sound, place),
        }
    }

    fn print(&self) {
        println!(
            "Of {TIMES} sent each, heard by the neighbour on the real LAN and by the friend in the party; each figure is a kind of socket:"
        );
        println!("{}. A dot is none; behind it the answers.", Ear::ALL.map(Ear::name).join(", "));
        print!("{:30}", "");
        let is_tried = |phase: &Phase| self.0.iter().any(|heard| heard.phase == *phase);
        let phases: Vec<Phase> = Phase::ALL.into_iter().filter(is_tried).collect();
        let width = 2 * Ear::ALL.len() + 9;
        for phase in &phases {
            print!(" {:^width$}", phase.name());
        }
        println!();
        for sound in Sound::all() {
            print!("{:30}", sound.name());
            for &phase in &phases {
                let cell = self.find(phase, sound).map_or_else(String::new, |heard| {
                    let side = |place: Place| {
                        let digits: String =
                            heard.counts[place as usize].iter().map(|count| digit(*count)).collect();
                        format!("{digits} {}", digit(heard.answers[place as usize]))
                    };
                    format!("{} | {}", side(Place::Neighbour), side(Place::Friend))
                });
                print!(" {cell:^width$}");
            }
            println!();
        }
    }
}

fn digit(count: usize) -> String {
    match count {
        0 => "·".to_owned(),
        1..=9 => count.to_string(),
        _ => "+".to_owned(),
    }
}

/// Why something is not as on a switch, where there is a reason.
fn reason(heard: &Heard, place: Place, ear: Option<Ear>, is: usize, should: usize) -> Option<&'static str> {
    let Sound { binding, target, .. } = heard.sound;
    let is_search = !target.is_household() && !matches!(target, Target::Neighbour | Target::Friend);
    match place {
        // Linux gives such a socket no broadcast, as no switch changes; Windows does, and games count on it.
        Place::Friend if ear == Some(Ear::Own) && is_search && !target.is_multicast() && is == TIMES => {
            Some("a friend's socket that is bound to its own address hears broadcasts too, as on Windows")
        }
        Place::Friend if binding == Binding::Unrouted && target == Target::GuessedClass && is < should => {
            Some("the program sends to neighbours alone, and the guess is no address of any network here")
        }
        Place::Friend if target == Target::RealBroadcast && is < should => {
            Some("the real network's own broadcast address is no address of the party")
        }
        Place::Friend if binding.is_real_interface() && is < should => {
            Some("the program has chosen the real LAN's interface")
        }
        Place::Neighbour | Place::Self_ if binding == Binding::Lease && is < should => {
            Some("the program has chosen the party by its address there")
        }
        Place::Self_
            if matches!(binding, Binding::RealDevice | Binding::RealPacket)
                && target == Target::PartyBroadcast =>
        {
            Some("the program has chosen the real LAN's interface")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lanrage_lab::lan::Size;

    use super::*;

    const SEARCH: Sound = Sound { binding: Binding::Any, target: Target::Limited, size: Size::Small };

    fn heard(phase: Phase, neighbour: [usize; 5], friend: [usize; 5]) -> Heard {
        let counts = [[0; 5], neighbour, friend].map(|first| {
            let mut counts = [0; Ear::ALL.len()];
            counts[..first.len()].copy_from_slice(&first);
            counts
        });
        Heard { phase, sound: SEARCH, counts, answers: [0, 3, friend[1]], refusal: None }
    }

    fn wrong(party: Heard) -> usize {
        let table = Table(vec![heard(Phase::Before, [3, 3, 0, 3, 0], [0; 5]), party]);
        table.differences().iter().filter(|difference| difference.reason.is_none()).count()
    }

    #[test]
    fn what_a_switch_would_not_do_is_a_difference() {
        let switch = [3, 3, 0, 3, 0];
        assert_eq!(wrong(heard(Phase::Party, switch, switch)), 0);
        assert_eq!(wrong(heard(Phase::Party, switch, [3, 3, 3, 3, 0])), 0, "as on Windows");
        assert_eq!(wrong(heard(Phase::Party, [0, 3, 0, 3, 0], switch)), 1, "the neighbour loses one");
        assert_eq!(wrong(heard(Phase::Party, switch, [3, 3, 6, 3, 0])), 1, "one hears it twice");
        assert_eq!(wrong(heard(Phase::Party, switch, [3, 0, 0, 3, 0])), 2, "unheard and unanswered");
        assert_eq!(wrong(heard(Phase::Left, switch, [3, 0, 0, 0, 0])), 1, "there is no party");
    }
}
