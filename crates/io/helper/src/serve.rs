//! Connections: each answered once, on a thread of its own.

use std::{
    io::{self, IoSlice},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
    thread,
    time::Duration,
};

use lanrage_adapter::{
    AdapterConfig, OpenDescriptors, Searches,
    helper::{DESCRIPTORS, Reply, Request, Wish},
    open_descriptors, open_searches,
};
use lanrage_party::facts::Cause;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags,
        SocketType, accept_with, recv, sendmsg, socketpair,
        sockopt::{Timeout, set_socket_timeout, socket_acceptconn, socket_domain, socket_type},
    },
};

use crate::{
    caller::{Caller, Refusal},
    places::{Place, Places},
    rules,
    users::Users,
};

/// How long it waits for the next connection before it ends; systemd starts it again.
const IDLE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// How long a caller may take to send the request, or to take the reply.
const PATIENCE: Duration = Duration::from_secs(1);

/// Requests of one user. Its app asks for one adapter, and may have hung up and asked again.
const OF_ONE_USER: usize = 4;
/// Requests of all users. The unit's limits of tasks and descriptors leave room for so many.
const OF_ALL: usize = 16;

/// Serves the socket on standard input, until nobody has come for a while.
pub(crate) fn run(users: Users) -> io::Result<()> {
    // What was given to this process it keeps; programs that it starts get none of it.
    rustix::thread::clear_ambient_capability_set()?;
    let listener = rustix::stdio::stdin();
    let fits = socket_domain(listener)? == AddressFamily::UNIX
        && socket_type(listener)? == SocketType::SEQPACKET
        && socket_acceptconn(listener)?;
    if !fits {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "standard input is no listening SOCK_SEQPACKET socket",
        ));
    }
    let places = || Places::new(OF_ONE_USER, OF_ALL);
    let rooms = Rooms { requests: places(), passing: places() };
    let users = Arc::new(users);
    loop {
        match poll(&mut [PollFd::new(&listener, PollFlags::IN)], Some(&IDLE)) {
            Ok(0) if rooms.passing.are_empty() => return Ok(()),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match accept_with(listener, SocketFlags::CLOEXEC) {
            Ok(socket) => hand_to_thread(socket, &rooms, &users),
            // It hung up, or it was another's.
            Err(Errno::AGAIN | Errno::CONNABORTED | Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What a user's requests take up.
#[derive(Debug, Clone)]
struct Rooms {
    /// While they are answered.
    requests: Places<u32>,
    /// While searches are passed on to their adapters.
    passing: Places<u32>,
}

/// What a caller gets.
enum Granted {
    Adapter(OpenDescriptors),
    Searches(Searches),
}

/// Answers a connection if its user has a place, and lets it go otherwise.
fn hand_to_thread(socket: OwnedFd, rooms: &Rooms, users: &Arc<Users>) {
    let Ok(caller) = Caller::of(&socket) else { return };
    let Some(place) = rooms.requests.take(caller.uid) else {
        let reply = Reply::Failed { cause: Cause::NoRoom };
        // What is left in the socket when it is closed takes the reply with it.
        let _ = recv(&socket, &mut [0; Request::MAX_BYTES], RecvFlags::DONTWAIT);
        // Its buffer is empty, so this does not wait. Not logged: it would be a line for each of very many.
        let _ = send(&socket, &reply, &[]);
        return;
    };
    let (users, passing) = (Arc::clone(users), rooms.passing.clone());
    let answer = move || {
        serve(socket, place, &passing, caller, &users);
    };
    if let Err(error) = thread::Builder::new().name("request".to_owned()).spawn(answer) {
        eprintln!("a request is not answered: {error}");
    }
}

/// Answers one request, and passes searches on for as long as its adapter is there. What the reply does not carry away is
/// closed here, and the device with it.
fn serve(socket: OwnedFd, place: Place<u32>, passing: &Places<u32>, caller: Caller, users: &Users) {
    let room = passing.take(caller.uid).ok_or(Reply::Failed { cause: Cause::NoRoom });
    let opened = room.and_then(|room| {
        let (searches, mut queues, reply) = match decide(&socket, caller, users)? {
            Granted::Adapter(OpenDescriptors { name, queues, offload, searches }) => {
                let (count, copies) = (queues.len() as u8, searches.is_some());
                (searches, queues, Reply::Opened { name, queues: count, offload, copies })
            }
            Granted::Searches(searches) => (Some(searches), Vec::new(), Reply::Searching),
        };
        let searches = match searches {
            Some(searches) => {
                let (ours, theirs) =
                    pair().map_err(|error| Reply::Failed { cause: (&io::Error::from(error)).into() })?;
                queues.push(theirs);
                Some((searches, ours, room))
            }
            None => None,
        };
        Ok((reply, queues, searches))
    });
    let (reply, descriptors, searches) = opened.unwrap_or_else(|reply| (reply, Vec::new(), None));
    // Who has the reply may ask for the next at once.
    drop(place);
    if let Err(error) = send(&socket, &reply, &descriptors) {
        eprintln!("the reply was not taken: {error}");
        return;
    }
    // The device is the user's alone from here on, and lives no longer than they want.
    drop((socket, descriptors));
    if let Some((searches, to, _room)) = searches {
        searches.pass_on(&to);
    }
}

fn pair() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
}

fn decide(socket: &OwnedFd, caller: Caller, users: &Users) -> Result<Granted, Reply> {
    let unheard = |error: Errno| {
        eprintln!("user {} was not heard: {error}", caller.uid);
        Reply::Failed { cause: (&io::Error::from(error)).into() }
    };
    for direction in [Timeout::Recv, Timeout::Send] {
        set_socket_timeout(socket, direction, Some(PATIENCE)).map_err(unheard)?;
    }
    // Taken from the socket first, because what is left in it when it is closed takes the reply with it; looked at last.
    // One byte more than there may be: what is longer is cut to that, and seen to be too long.
    let mut bytes = [0; Request::MAX_BYTES + 1];
    let (length, _) =
        rustix::io::retry_on_intr(|| recv(socket, &mut bytes, RecvFlags::empty())).map_err(unheard)?;

    caller.authorise(|uid| users.contains(uid)).map_err(|refusal| {
        eprintln!("denied to process {} of user {}: {refusal}", caller.pid, caller.uid);
        match refusal {
            Refusal::Denied(why) => Reply::Denied { why, uid: caller.uid },
            // Nobody reads it.
            Refusal::Gone => Reply::Failed { cause: Cause::Other },
        }
    })?;

    let unfit = |cause: Cause| {
        eprintln!("refused to user {}: {cause}", caller.uid);
        Reply::Unfit { cause }
    };
    let request = Request::parse(&bytes[..length]).map_err(|error| unfit(error.cause()))?;
    let wish = request.wish();
    let config = rules::check(request).map_err(unfit)?;
    let granted = match wish {
        Wish::Adapter => open_descriptors(&config, caller.uid).map(Granted::Adapter),
        Wish::Searches => open_searches(&config, caller.uid).map(Granted::Searches),
    };
    let AdapterConfig { name, address, subnet, mtu, .. } = config;
    match &granted {
        Ok(Granted::Adapter(adapter)) => eprintln!(
            "{} with {address} in {}, MTU {mtu}, for user {}",
            adapter.name,
            subnet.net(),
            caller.uid
        ),
        Ok(Granted::Searches(_)) => eprintln!("searches for {name} of user {}", caller.uid),
        Err(error) => eprintln!("not opened for user {}: {error}", caller.uid),
    }
    granted.map_err(|error| Reply::Failed { cause: error.cause() })
}

fn send(socket: &OwnedFd, reply: &Reply, queues: &[OwnedFd]) -> io::Result<()> {
    let queues: Vec<BorrowedFd<'_>> = queues.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !queues.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(&queues)) {
        return Err(io::Error::other("the device has more queues than a reply can carry"));
    }
    sendmsg(socket, &[IoSlice::new(&reply.to_bytes())], &mut beside, SendFlags::NOSIGNAL)?;
    Ok(())
}
