//! Connections: each is answered once on a thread of its own, which then copies packets for as long as it stands.

use std::{
    io::{self, IoSlice},
    sync::Arc,
    thread,
    time::Duration,
};

use lanrage_adapter::{
    Adapter, Device, Ready,
    helper::{Event, Pipe, Reply, Request, Wish, batch},
};
use lanrage_party::facts::Cause;

use crate::{
    places::{Place, Places},
    rules,
};

/// How long it waits for the next connection before it ends, if it keeps no adapter.
const IDLE: Duration = Duration::from_secs(60);

/// How long a caller may take to send the request, or to take the reply.
const PATIENCE: Duration = Duration::from_secs(1);

/// Adapters of one user, and of all. An app that was killed may have one that is just going.
const OF_ONE_USER: usize = 2;
const OF_ALL: usize = 4;

/// Serves until nobody has come for a while.
pub(super) fn run_until_idle() -> io::Result<()> {
    run(&Event::new()?)
}

/// The same until it is told to stop, at the latest.
pub(super) fn run(stop: &Event) -> io::Result<()> {
    let adapters = Places::new(OF_ONE_USER, OF_ALL);
    let mut is_first = true;
    loop {
        let pipe = Pipe::listen(is_first)?;
        is_first = false;
        loop {
            match pipe.accept(stop, IDLE) {
                Ok(true) => {
                    hand_to_thread(pipe, adapters.clone());
                    break;
                }
                Ok(false) if adapters.are_empty() => return Ok(()),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
                // It hung up before it was heard.
                Err(_) => break,
            }
        }
    }
}

fn hand_to_thread(pipe: Pipe, adapters: Places<String>) {
    let answer = move || serve(&Arc::new(pipe), &adapters);
    if let Err(error) = thread::Builder::new().name("request".to_owned()).spawn(answer) {
        eprintln!("a request is not answered: {error}");
    }
}

/// Answers one request, and copies packets until one side is gone. The adapter goes then.
fn serve(pipe: &Arc<Pipe>, adapters: &Places<String>) {
    let (adapter, reply) = match decide(pipe, adapters) {
        Ok((adapter, place)) => {
            let name = adapter.name().to_owned();
            (Some((adapter, place)), Reply::Opened { name, queues: 1, offload: false, copies: false })
        }
        Err(reply) => (None, reply),
    };
    if let Err(error) = pipe.write(&reply.to_bytes(), Some(PATIENCE)) {
        eprintln!("the reply was not taken: {error}");
        return;
    }
    match adapter {
        Some((adapter, _place)) => copy(pipe, &Arc::new(adapter)),
        // What was not read yet goes with the pipe.
        None => drop(pipe.read(&mut [0], Some(PATIENCE))),
    }
}

fn decide(pipe: &Pipe, adapters: &Places<String>) -> Result<(Adapter, Place<String>), Reply> {
    // One byte more than there may be: what is longer is seen to be too long.
    let mut bytes = [0; Request::MAX_BYTES + 1];
    let heard = pipe.read(&mut bytes, Some(PATIENCE)).and_then(|length| Ok((length, pipe.user()?)));
    let (length, user) = heard.map_err(|error| {
        eprintln!("somebody was not heard: {error}");
        Reply::Failed { cause: (&error).into() }
    })?;
    let unfit = |cause: Cause| {
        eprintln!("refused to {user}: {cause}");
        Reply::Unfit { cause }
    };
    let request = Request::parse(&bytes[..length]).map_err(|error| unfit(error.cause()))?;
    if request.wish() != Wish::Adapter {
        return Err(unfit(Cause::NotSupported));
    }
    let config = rules::check(request).map_err(unfit)?;
    let place = adapters.take(user.clone()).ok_or(Reply::Failed { cause: Cause::NoRoom })?;
    let adapter = Adapter::open_without_helper(&config).map_err(|error| {
        eprintln!("not opened for {user}: {error}");
        Reply::Failed { cause: error.cause() }
    })?;
    eprintln!("{} with {} for {user}", adapter.name(), config.address);
    Ok((adapter, place))
}

fn copy(pipe: &Arc<Pipe>, adapter: &Arc<Adapter>) {
    let (to, from) = (Arc::clone(pipe), Arc::clone(adapter));
    let reader = thread::Builder::new().name("from-adapter".to_owned()).spawn(move || {
        read(&from, &to);
        to.close();
    });
    let mut message = vec![0; batch::BATCH_BYTES];
    while let Ok(length) = pipe.read(&mut message, None) {
        for packet in batch::packets(&message[..length]) {
            // What the driver has no room for is lost, as on a network.
            let _ = adapter.write(0, &[IoSlice::new(packet)]);
        }
    }
    pipe.close();
    adapter.wake();
    if let Ok(reader) = reader {
        // It has nothing to say.
        let _ = reader.join();
    }
}

/// Passes on what comes out of the adapter: all that is there in one message.
fn read(adapter: &Adapter, to: &Pipe) {
    let (mut message, mut packet) = (Vec::with_capacity(batch::BATCH_BYTES), vec![0; batch::PACKET_BYTES]);
    while let Ok(Ready::Packets) = adapter.wait(0) {
        if batch::fill(&mut message, &mut packet, |packet| adapter.try_read(0, packet)).is_err() {
            return;
        }
        if !message.is_empty() && to.write(&message, None).is_err() {
            return;
        }
    }
}
