//! Opens LANrage's network adapter for users who may not, hands it over, and knows nothing else. On Windows, where a device
//! cannot be handed over, it keeps it and copies packets: `windows` says how, and the following is of Linux.
//!
//! It takes its listening socket as standard input, as systemd and inetd give it to a service that waits for
//! connections itself, answers one request per connection, and ends when nobody has come for a minute and no adapter
//! of its own is left. The adapter lives in the descriptors that it hands over and dies with them; ending the helper, or
//! replacing it, takes no party away; copies of games' searches end with it, and are asked for anew.
//!
//! # What an attacker on this computer meets
//! - **Anybody may connect.** [`caller`] decides by the kernel's word (`SO_PEERCRED`) and polkit's, before a byte of the
//!   request is looked at. Root passes, and whom the administrator has put on a list ([`mod@users`]),
//!   with or without polkit.
//! - **The request** is one packet of at most 28 bytes ([`lanrage_adapter::helper::Request`]); whoever sends none is hung up
//!   on after a second. Each user has four requests answered at a time and is refused more ([`places`]): who connects again and
//!   again, or whom polkit lets wait, holds up nobody else.
//!   No path, command or environment comes from a caller.
//! - **The adapter** must follow [`rules`]: a name by which no firewall rule knows another device, a private network that no
//!   existing route overlaps, an ordinary MTU. With it a permitted user can attract traffic for that network, and
//!   multicast and limited broadcast of senders that choose no interface, of all users of this computer: what a LAN
//!   party is, and what desktops let a user in an active session do with a VPN as well.
//! - **What programs search by other interfaces** is passed on to the adapter's owner while the adapter is there: UDP that they
//!   send to everybody there in plain anyway, of all users of this computer, and no household's searches. The tap that sees
//!   it stays here behind a locked filter: its holder could send whatever they like, by any interface. Who asks for them
//!   again, as after this program was replaced, must own the adapter, by the kernel's word. Each user has four at a time, and
//!   a flood is passed on in batches with pauses.
//! - **Other users** get no queue of the adapter: it belongs to the caller, by the kernel's word, before it is up. That
//!   nobody came first is looked at; a program of the same user can have one, as it can have that user's files.
//! - **A descriptor** lets its holder read and write packets. It changes no address, route or other device: those ask for
//!   CAP_NET_ADMIN again. Its holder can make the device stay (`TUNSETPERSIST` asks for no right) until an administrator
//!   deletes it or the computer restarts; there are not many more than a hundred names to do so with.
//! - **A process number that is used again** between connecting and polkit's answer: [`caller`] compares user and start
//!   time before and after.
//! - **Taking the helper over** gives CAP_NET_ADMIN, CAP_BPF (for the program that sorts packets into lanes) and CAP_NET_RAW (for
//!   the tap), under a user who owns nothing, in the unit's sandbox, and no right
//!   passes on to `pkcheck`, the one program that it starts.

#[cfg(target_os = "linux")]
mod caller;
#[cfg(any(target_os = "linux", windows))]
mod places;
#[cfg(any(target_os = "linux", windows))]
mod rules;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(target_os = "linux")]
mod users;
#[cfg(windows)]
mod windows;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
use lanrage_adapter::helper::USERS;

#[cfg(target_os = "linux")]
use crate::users::Users;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let Some(users) = users(std::env::args().skip(1)) else {
        eprintln!(
            "Usage: lanrage-helper [--allow-uid UID]... [--users FILE] with a listening socket as standard input"
        );
        eprintln!("  --allow-uid UID  Let this user have an adapter without asking polkit");
        eprintln!(
            "  --users FILE     Let the users whose numbers stand in root's file, one a line; {USERS} otherwise"
        );
        return ExitCode::from(2);
    };
    match serve::run(users) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lanrage-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(windows)]
fn main() -> ExitCode {
    windows::main()
}

#[cfg(not(any(target_os = "linux", windows)))]
fn main() -> ExitCode {
    eprintln!("lanrage-helper is for Linux and Windows");
    ExitCode::FAILURE
}

/// The users that the command line says, or nothing if it says anything else.
#[cfg(target_os = "linux")]
fn users(mut arguments: impl Iterator<Item = String>) -> Option<Users> {
    let mut users = Users { named: Vec::new(), list: USERS.into() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--allow-uid" => users.named.push(arguments.next()?.parse().ok()?),
            "--users" => users.list = arguments.next()?.into(),
            _ => return None,
        }
    }
    Some(users)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{USERS, Users, users};

    fn said(arguments: &[&str]) -> Option<Users> {
        users(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn users_are_allowed_by_number_and_nothing_else_is_understood() {
        let users = |named: &[u32], list: &str| Some(Users { named: named.to_vec(), list: list.into() });
        assert_eq!(said(&[]), users(&[], USERS));
        assert_eq!(said(&["--allow-uid", "1000", "--allow-uid", "1001"]), users(&[1000, 1001], USERS));
        assert_eq!(said(&["--users", "/a", "--allow-uid", "7"]), users(&[7], "/a"));
        for wrong in [
            &["--allow-uid"][..],
            &["--allow-uid", "-1"],
            &["--allow-uid", "x"],
            &["--users"],
            &["1000"],
            &["--help"],
        ] {
            assert_eq!(said(wrong), None, "{wrong:?}");
        }
    }
}
