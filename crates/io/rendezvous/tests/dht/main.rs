//! The engine against a DHT of another implementation, in network namespaces of its own.
//!
//! Needs Debian's `iproute2`, and fails without: a test that skips in silence proves nothing.
#![cfg(target_os = "linux")]

mod hostile;
mod meeting;
mod support;

use std::{net::SocketAddrV4, time::Duration};

use anyhow::Result;
use lanrage_lab::world;
use lanrage_rendezvous::{Engine, Event, LookId, Order, PutFault, PutId};
use lanrage_rendezvous_engines::{EngineSettings, Entrance, Rendezvous, run};
use support::{Setting, item, look, seconds};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, timeout},
};

#[test]
fn what_one_puts_another_finds_at_most_nodes_and_the_newest_wins() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let [ann, bob] = [setting.dht(), setting.dht()];
            for n in 1..=2 {
                let item = item(n);
                let begun = Instant::now();
                assert_eq!(ann.publish(item.clone()).await, Ok(()));
                let put = begun.elapsed();
                let begun = Instant::now();
                let found = look(&bob, item.key).await;
                println!("put {put:.1?}, got {} in {:.1?}", found.len(), begun.elapsed());
                let holders = found.iter().filter(|replica| **replica == item).count();
                assert!(holders >= 16, "{holders} of {} nodes hold it", found.len());
                assert!(found.iter().all(|replica| replica.is_signed()));
            }
            assert_eq!(ann.publish(item(1)).await, Err(PutFault::Older));
            Ok(())
        })
    });
}

#[test]
fn nobody_waits_for_the_half_of_the_nodes_that_is_silent() {
    world::test(|| {
        let mut setting = Setting::new()?;
        setting.nodes.silence(12);
        setting.play(async |setting| {
            let [ann, bob] = [setting.dht(), setting.dht()];
            let begun = Instant::now();
            assert_eq!(ann.publish(item(1)).await, Ok(()));
            println!("put with half of the nodes in {:.1?}", begun.elapsed());
            assert!(begun.elapsed() < seconds(6));

            let (found, mut replicas) = mpsc::channel(32);
            let begun = Instant::now();
            let first = async {
                let first = replicas.recv().await;
                let after = begun.elapsed();
                while replicas.recv().await.is_some() {}
                (first, after)
            };
            let ((first, after), ()) = tokio::join!(first, bob.look(item(1).key, found));
            assert_eq!(first, Some(item(1)));
            println!("first value {after:.1?}, all {:.1?}", begun.elapsed());
            assert!(after < seconds(2), "{after:?}");
            Ok(())
        })
    });
}

#[test]
fn nodes_that_were_kept_and_are_gone_lead_to_others_and_to_the_names() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let [ann, bob] = [setting.dht(), setting.dht()];
            assert_eq!(ann.publish(item(1)).await, Ok(()));
            let nodes = ann.nodes().await;
            assert!((8..=64).contains(&nodes.len()), "{} nodes to keep", nodes.len());

            // By those alone that another client kept, without a name.
            let by_kept = setting.dht_by(Entrance { kept: nodes, names: Vec::new() });
            assert!(look(&by_kept, item(1).key).await.contains(&item(1)));

            // Nobody is at these addresses; a name leads in at last, and the question that was asked before is answered.
            let gone = (200..=220).map(|n| SocketAddrV4::new([203, 0, 113, n].into(), 6_881)).collect();
            let by_name = setting.dht_by(Entrance { kept: gone, names: setting.names() });
            let begun = Instant::now();
            assert!(look(&by_name, item(1).key).await.contains(&item(1)));
            println!("in by a name after {:.1?}", begun.elapsed());
            drop(bob);
            Ok(())
        })
    });
}

#[test]
fn a_name_server_that_is_silent_holds_back_no_address_and_no_thread() {
    world::test(|| {
        let setting = Setting::new()?;
        let _silent = support::silence_names(&setting)?;
        setting.play(async |setting| {
            let mut names = vec![("router.bittorrent.com".to_owned(), 6_881)];
            names.extend(setting.names());
            let dht = setting.dht_by(Entrance { kept: Vec::new(), names });
            let begun = Instant::now();
            assert_eq!(dht.publish(item(1)).await, Ok(()));
            println!("put with a silent name server in {:.1?}", begun.elapsed());
            assert!(begun.elapsed() < seconds(4));
            Ok(())
        })
    });
}

#[test]
fn the_task_has_an_engine_while_it_is_wanted_and_keeps_the_nodes() {
    world::test(|| {
        let setting = Setting::new()?;
        setting.play(async |setting| {
            let dht = Entrance { kept: Vec::new(), names: setting.names() };
            let (_settings, watched) = watch::channel(EngineSettings { dht, relays: Vec::new() });
            let (orders, ordered) = mpsc::channel(8);
            let (events, mut told) = mpsc::channel(64);
            let mut tasks = JoinSet::new();
            tasks.spawn(run(watched, ordered, events));
            let sockets = support::udp_sockets()?;
            let put = Order::Put { id: PutId(1), item: item(1), engine: Engine::Dht };
            orders.send(put).await?;
            assert_eq!(next(&mut told).await, Some(Event::PutEnded(PutId(1), Ok(()))));
            assert_eq!(support::udp_sockets()?, sockets + 1);
            orders.send(Order::Look { id: LookId(2), key: item(1).key, engine: Engine::Dht }).await?;
            let mut replicas = 0;
            loop {
                match next(&mut told).await {
                    Some(Event::Replica(LookId(2), replica)) => {
                        assert_eq!(replica, item(1));
                        replicas += 1;
                    }
                    Some(Event::LookEnded(LookId(2))) => break,
                    other => panic!("{other:?}"),
                }
            }
            assert!(replicas >= 16, "{replicas}");
            orders.send(Order::Rest).await?;
            let Some(Event::Nodes(nodes)) = next(&mut told).await else { panic!("nodes to keep") };
            assert!(nodes.len() >= 8);
            until(async || Ok(support::udp_sockets()? == sockets)).await?;
            drop(orders);
            timeout(seconds(5), tasks.join_all()).await?;
            Ok(())
        })
    });
}

async fn next(told: &mut mpsc::Receiver<Event>) -> Option<Event> {
    timeout(seconds(15), told.recv()).await.expect("an answer")
}

async fn until(mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + seconds(5);
    while !holds().await? {
        assert!(Instant::now() < deadline, "it does not come to be");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
