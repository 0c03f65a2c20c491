use lanrage_nat::{
    Allocation, PathAgent, PathAgentConfig, PathTransmit, Phase, Probe, ProbeError, Reach, timing,
};
use lanrage_party::{AllocationId, Candidate, CandidateType, Remote, limits};

use crate::input::{Clock, Input};

/// Most paths of one peer: as many straight ones as it may offer, and as many by our own allocations.
const PATHS: usize = 2 * limits::CANDIDATES;
/// Most that one input makes us send.
const TRANSMITS: usize = 6 * PATHS;

/// A peer, and strangers beside it, that offer, probe and punch as they like.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut clock = Clock::start();
    let config = PathAgentConfig { initiator: input.flag() };
    let mut world = World { agent: PathAgent::new(config, clock.now), probes: Vec::new() };
    while !input.is_empty() {
        world.step(&mut input, &mut clock);
        world.drain(&clock);
    }
}

struct World {
    agent: PathAgent,
    /// Our own latest probes, the newest last.
    probes: Vec<(Remote, u64)>,
}

impl World {
    fn step(&mut self, input: &mut Input<'_>, clock: &mut Clock) {
        match input.below(14) {
            0 => {
                let offered: Vec<Candidate> = (0..input.below(40)).map(|_| candidate(input)).collect();
                let before = self.agent.stats().candidates_dropped;
                self.agent.set_remote_candidates(clock.now, &offered);
                let unusable = offered.iter().filter(|candidate| !candidate.is_usable()).count() as u64;
                assert!(self.agent.stats().candidates_dropped >= before + unusable, "dropped and counted");
            }
            1 => {
                let allocation =
                    |id| Allocation { id: AllocationId(id), reach: Reach::Family { ipv6: id % 4 == 3 } };
                let allocations: Vec<Allocation> = (0..input.below(9) as u32).map(allocation).collect();
                self.agent.set_allocations(clock.now, &allocations);
            }
            2 => self.agent.handle_session(clock.now, remote(input)),
            3 => self.probe(input.bytes(), remote(input), clock),
            4 => {
                let id = u64::from(input.u8());
                let probe = input.pick(&[
                    Probe::Request { id },
                    Probe::PaddedRequest { id, padding: 1_390 },
                    Probe::TryDirect { id },
                    Probe::Response { id, observed: ([203, 0, 113, 9], 1).into() },
                ]);
                self.probe(&probe.to_bytes(), remote(input), clock);
            }
            5 | 6 => {
                let Some(latest) = self.probes.len().checked_sub(1 + input.below(8)) else { return };
                let (to, id) = self.probes[latest];
                let observed = input.address();
                let from = if input.below(8) == 7 { remote(input) } else { to };
                self.probe(&Probe::Response { id, observed }.to_bytes(), from, clock);
            }
            7 => self.agent.handle_remote(clock.now, remote(input)),
            8 => self.agent.handle_punch(clock.now, remote(input)),
            9 => self.agent.handle_traffic(clock.now),
            10 => self.agent.handle_network_change(clock.now),
            11 => self.agent.handle_resume(clock.now),
            12 => {
                clock.advance(input);
                self.agent.handle_timeout(clock.now);
            }
            _ => {
                if let Some(due) = self.agent.poll_timeout() {
                    clock.now = clock.now.max(due);
                    self.agent.handle_timeout(clock.now);
                }
            }
        }
    }

    /// What is refused is counted, once, under its reason.
    fn probe(&mut self, payload: &[u8], from: Remote, clock: &Clock) {
        let before = self.agent.stats();
        let outcome = self.agent.handle_probe(clock.now, from, payload);
        let after = self.agent.stats();
        let malformed = after.probes_malformed - before.probes_malformed;
        let unexpected = after.probes_unexpected - before.probes_unexpected;
        match outcome {
            Ok(()) => assert_eq!((malformed, unexpected), (0, 0)),
            Err(ProbeError::Unexpected) => assert_eq!((malformed, unexpected), (0, 1)),
            Err(_) => assert_eq!((malformed, unexpected), (1, 0)),
        }
        assert_eq!(malformed == 1, Probe::parse(payload).is_err());
    }

    fn drain(&mut self, clock: &Clock) {
        for (said, transmit) in std::iter::from_fn(|| self.agent.poll_transmit()).enumerate() {
            assert!(said < TRANSMITS);
            match transmit {
                PathTransmit::Handshake { targets } => assert!((1..=PATHS).contains(&targets.len())),
                PathTransmit::Punch { .. } => {}
                PathTransmit::Probe { to, payload } => match Probe::parse(&payload) {
                    Ok(Probe::Request { id } | Probe::PaddedRequest { id, .. }) => self.probes.push((to, id)),
                    Ok(_) => {}
                    Err(error) => panic!("a probe of ours that is none: {error}"),
                },
            }
        }
        self.probes.drain(..self.probes.len().saturating_sub(8));
        while self.agent.poll_event().is_some() {}

        let paths: Vec<_> = self.agent.paths().collect();
        assert!(paths.len() <= PATHS);
        let selected = self.agent.selected();
        assert!(selected.is_none_or(|view| paths.iter().any(|path| path.remote == view.remote)));
        assert_eq!(selected.is_some(), self.agent.phase() == Phase::Connected);
        assert!(paths.iter().all(|path| path.mtu >= timing::LEAST_MTU && path.loss <= 1.0));
        assert!(self.agent.poll_timeout().is_none_or(|due| due > clock.now), "the caller would spin");
    }
}

fn candidate(input: &mut Input<'_>) -> Candidate {
    use CandidateType::{Host, PeerReflexive, Relayed, ServerReflexive};
    Candidate { kind: input.pick(&[Host, ServerReflexive, PeerReflexive, Relayed]), address: input.address() }
}

fn remote(input: &mut Input<'_>) -> Remote {
    match input.below(4) {
        3 => Remote::relayed(AllocationId(input.below(9) as u32), input.address()),
        _ => Remote::straight(input.address()),
    }
}
