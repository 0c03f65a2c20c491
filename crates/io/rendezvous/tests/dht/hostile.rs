//! Nodes and strangers that mean ill.

use std::thread;

use anyhow::Result;
use lanrage_lab::world;
use lanrage_party::{PartySecret, UnixMillis};
use lanrage_rendezvous::{Keys, Kind, PLAIN_BYTES, Place};
use lanrage_rendezvous_engines::{Entrance, Rendezvous};
use tokio::time::Instant;

use crate::support::{Setting, dht_and_stranger, item, look, seconds};

/// What ended the program with its stack used up before there was a filter: a dictionary with a list in a list in a list.
fn nested(levels: usize) -> Vec<u8> {
    [b"d1:t4:aaaa1:x".as_slice(), &b"l".repeat(levels)].concat()
}

#[test]
fn nested_lists_of_a_stranger_do_not_end_the_program() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let (dht, stranger, target) = dht_and_stranger(setting).await?;
            let resident = resident_kib()?;
            for levels in
                [9, 1_000, 1_480, 2_030, 5_000, 10_000, 32_000, 60_000, 65_000].into_iter().cycle().take(400)
            {
                stranger.send_to(&nested(levels), target)?;
            }
            for n in 0..1_000_u32 {
                let junk: Vec<u8> = (0..n).map(|at| (at * n) as u8).collect();
                stranger.send_to(&junk, target)?;
            }
            assert!(look(&dht, item(1).key).await.contains(&item(1)), "it goes on");
            assert_eq!(dht.publish(item(2)).await, Ok(()));
            let grown = resident_kib()?.saturating_sub(resident);
            assert!(grown < 4 * 1_024, "{grown} KiB more");
            let mut buffer = [0; 2_048];
            stranger.set_nonblocking(true)?;
            assert!(stranger.recv_from(&mut buffer).is_err(), "nobody answers a stranger");
            Ok(())
        })
    });
}

#[test]
fn requests_get_no_answer() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let (_dht, stranger, target) = dht_and_stranger(setting).await?;
            for request in [
                b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe".as_slice(),
                b"d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
            ] {
                stranger.send_to(request, target)?;
            }
            let mut buffer = [0; 2_048];
            // The socket's patience is half a second.
            let answer = tokio::task::spawn_blocking(move || stranger.recv_from(&mut buffer)).await?;
            assert!(answer.is_err(), "{answer:?}");
            Ok(())
        })
    });
}

#[test]
fn nodes_that_answer_garbage_hide_nothing() {
    world::test(|| {
        let setting = Setting::new()?;
        // Ten of whom one comes in by, and who answer every question with something else.
        let liars: Vec<_> = (0..10).map(|_| setting.stranger.udp(0)).collect::<Result<_>>()?;
        let mut names = setting.names();
        let address = setting.stranger.address().to_string();
        for (at, socket) in liars.into_iter().enumerate() {
            // Beside the honest ones that the entrance takes.
            if at < 4 {
                names.insert(0, (address.clone(), socket.local_addr()?.port()));
            }
            thread::spawn(move || {
                let mut buffer = [0; 2_048];
                for turn in 0.. {
                    match socket.recv_from(&mut buffer) {
                        Ok((length, from)) => {
                            let answer = lie(turn, &buffer[..length]);
                            let _ = socket.send_to(&answer, from);
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => return,
                    }
                }
            });
        }
        setting.play(async |setting| {
            let [ann, bob] =
                [(); 2].map(|()| setting.dht_by(Entrance { kept: Vec::new(), names: names.clone() }));
            let begun = Instant::now();
            assert_eq!(ann.publish(item(1)).await, Ok(()));
            assert!(look(&bob, item(1).key).await.contains(&item(1)));
            println!("put and got among liars in {:.1?}", begun.elapsed());
            assert!(begun.elapsed() < seconds(6));
            Ok(())
        })
    });
}

/// An answer to a request, with its transaction id where it has one, which says something that is not so.
fn lie(turn: usize, request: &[u8]) -> Vec<u8> {
    let at = request.windows(3).position(|part| part == b"1:t").unwrap_or(0) + 3;
    let id =
        request.get(at..).and_then(|rest| rest.split_first_chunk::<6>()).map_or(&b"4:aaaa"[..], |(id, _)| id);
    match turn % 5 {
        0 => b"junk".to_vec(),
        1 => [b"d1:rd2:id3:abce1:t".as_slice(), id, b"1:y1:re"].concat(),
        2 => [b"d1:rd2:id20:abcdefghij01234567895:nodes26:aaaaaaaaaaaaaaaaaaaabbbbbbe1:t".as_slice(), id, b"1:y1:re"]
            .concat(),
        3 => [
            b"d1:rd2:id20:abcdefghij01234567891:k32:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3:seqi9223372036854775807e3:sig64:".as_slice(),
            &[7; 64],
            b"5:token2:aa1:v4:1:aae1:t",
            id,
            b"1:y1:re",
        ]
        .concat(),
        _ => [b"d1:rd2:id20:abcdefghij01234567891:x".as_slice(), &b"l".repeat(1_900)].concat(),
    }
}

#[test]
fn a_number_that_nobody_exceeds_is_told_as_it_is() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let dht = setting.dht();
            // Somebody with the link freezes the place; whoever reads is told, and goes on to the next one.
            let keys = Keys::new(&PartySecret::from_random([5; 32]), 1);
            let window = keys.window(UnixMillis(1_800_000_000_000));
            let place = Place { kind: Kind::Door, window, slot: 0 };
            let frozen = keys.seal(place, 1 << 62, &[0; PLAIN_BYTES], [1; 24]);
            assert_eq!(dht.publish(frozen.clone()).await, Ok(()));
            let reader = setting.dht();
            assert!(look(&reader, frozen.key).await.contains(&frozen));
            let next = keys.seal(Place { slot: 1, ..place }, 5, &[0; PLAIN_BYTES], [1; 24]);
            assert_eq!(reader.publish(next.clone()).await, Ok(()));
            assert!(look(&dht, next.key).await.contains(&next));
            Ok(())
        })
    });
}

/// What of this program is in memory.
fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
