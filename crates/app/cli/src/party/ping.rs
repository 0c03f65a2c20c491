//! `lanrage ping`: how far a friend is, measured inside the tunnel.

use lanrage_engine::{CommandError, PeerView, api};
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    arguments::{Target, people::Ping},
    failure::Failure,
    output::{Output, table},
    party::rights,
    running::{connect, stop::stop_signal},
    say::person,
};

/// What a script reads of one.
#[derive(Debug, Serialize)]
struct Pong {
    /// The first is 1.
    sequence: u32,
    /// `null` if nothing came back within two seconds.
    rtt_ms: Option<f64>,
}

/// What a script reads of all, last.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Sum<'a> {
    peer: &'a str,
    sent: u32,
    answered: u32,
    least_ms: Option<f64>,
    mean_ms: Option<f64>,
    most_ms: Option<f64>,
}

impl Sum<'_> {
    fn add(&mut self, rtt_ms: Option<f64>) {
        self.sent += 1;
        let Some(rtt) = rtt_ms else { return };
        let before = f64::from(self.answered);
        self.answered += 1;
        self.least_ms = Some(self.least_ms.map_or(rtt, |least| least.min(rtt)));
        self.most_ms = Some(self.most_ms.map_or(rtt, |most| most.max(rtt)));
        self.mean_ms = Some((self.mean_ms.unwrap_or_default() * before + rtt) / (before + 1.0));
    }

    fn sentence(&self) -> String {
        let lost = (self.sent - self.answered) * 100 / self.sent.max(1);
        let counts = [
            ("sent", u64::from(self.sent).into()),
            ("answered", u64::from(self.answered).into()),
            ("lost", lost.to_string().into()),
        ];
        let mut text = person().say_with("terminal-ping-sum", counts);
        if let (Some(least), Some(mean), Some(most)) = (self.least_ms, self.mean_ms, self.most_ms) {
            let times =
                [("least", said(least).into()), ("mean", said(mean).into()), ("most", said(most).into())];
            text += &(" ".to_owned() + &person().say_with("terminal-ping-times", times));
        }
        text
    }
}

/// A time in milliseconds, as a person reads it.
fn said(ms: f64) -> String {
    format!("{ms:.1} ms")
}

pub(crate) async fn ping(ping: Ping, target: &Target) -> Result<(), Failure> {
    let output = Output { json: target.json };
    let mut client = connect(target).await?;
    let party = client.ask(api::Status {}).await?.party.ok_or(CommandError::NotInParty)?;
    let friend = rights::friend(&party, &ping.friend)?;
    if !output.json {
        println!("{}", head(friend));
    }
    let mut sum = Sum { peer: &friend.id, ..Sum::default() };
    let mut ticks = interval_at(Instant::now(), ping.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop_signal());
    while ping.follow || sum.sent < ping.count {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stop => break,
        }
        let rtt_ms = tokio::select! {
            answered = client.ask(api::Ping { peer: friend.id.clone() }) => answered?,
            // That one was not lost.
            _ = &mut stop => break,
        };
        sum.add(rtt_ms);
        let pong = Pong { sequence: sum.sent, rtt_ms };
        output.write(&line(&pong), &pong);
    }
    output.write(&(sum.sentence() + "\n"), &sum);
    if sum.sent > 0 && sum.answered == 0 { Err(Failure::Silent(friend.name.clone())) } else { Ok(()) }
}

/// Who is measured, and by which way.
fn head(friend: &PeerView) -> String {
    let facts = [
        ("friend", friend.name.as_str().into()),
        ("address", friend.virtual_ip.as_str().into()),
        ("state", table::state(friend).into()),
        ("way", table::way(friend).into()),
    ];
    person().say_with("terminal-ping-head", facts)
}

fn line(pong: &Pong) -> String {
    let time = pong.rtt_ms.map_or_else(|| person().say("terminal-ping-no-answer"), said);
    format!("{:>4}  {time}\n", pong.sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_were_sent_are_summed_up_and_what_is_lost_has_no_time() {
        let mut sum = Sum { peer: "ab", ..Sum::default() };
        for rtt in [Some(10.0), None, Some(20.0), Some(60.0)] {
            sum.add(rtt);
        }
        assert_eq!((sum.sent, sum.answered), (4, 3));
        assert_eq!((sum.least_ms, sum.mean_ms, sum.most_ms), (Some(10.0), Some(30.0), Some(60.0)));
        assert_eq!(
            sum.sentence(),
            "4 sent, 3 answered, 25 % lost. The fastest took 10.0 ms, the mean 30.0 ms, the slowest 60.0 ms."
        );
        let mut silent = Sum::default();
        silent.add(None);
        assert_eq!(silent.sentence(), "1 sent, 0 answered, 100 % lost.");
    }
}
