//! Opens LANrage's network adapter for users who may not, hands it over, and knows nothing else.
//!
//! It takes its listening socket as standard input, as systemd and inetd give it to a service that waits for
//! connections itself, answers one request per connection, and ends when nobody has come for a minute. The adapter lives in the descriptors that it hands over and dies with them; ending the helper,
//! or replacing it, changes no party.
//!
//! # What an attacker on this computer meets
//! - **Anybody may connect.** [`caller`] decides by the kernel's word (`SO_PEERCRED`) and polkit's, before a byte of the
//!   request is looked at. Without polkit only root and the users named by `--allow-uid` pass.
//! - **The request** is one packet of at most 27 bytes ([`lanrage_adapter::helper::Request`]); whoever sends none is hung up
//!   on after a second. Each user has four requests answered at a time and is refused more ([`places`]): who connects again and
//!   again, or whom polkit lets wait, holds up nobody else.
//!   No path, command or environment comes from a caller.
//! - **The adapter** must follow [`rules`]: a name by which no firewall rule knows another device, a private network that no
//!   existing route overlaps, an ordinary MTU. With it a permitted user can attract traffic for that network, and
//!   multicast and limited broadcast of senders that choose no interface, of all users of this computer: what a LAN
//!   party is, and what desktops let a user in an active session do with a VPN as well.
//! - **Other users** get no queue of the adapter: it belongs to the caller, by the kernel's word, before it is up. That
//!   nobody came first is looked at; a program of the same user can have one, as it can have that user's files.
//! - **A descriptor** lets its holder read and write packets. It changes no address, route or other device: those ask for
//!   CAP_NET_ADMIN again. Its holder can make the device stay (`TUNSETPERSIST` asks for no right) until an administrator
//!   deletes it or the computer restarts; there are not many more than a hundred names to do so with.
//! - **A process number that is used again** between connecting and polkit's answer: [`caller`] compares user and start
//!   time before and after.
//! - **Taking the helper over** gives CAP_NET_ADMIN and CAP_BPF (for the program that sorts packets into lanes), under a user who owns nothing, in the unit's sandbox, and no right
//!   passes on to `pkcheck`, the one program that it starts.

#[cfg(target_os = "linux")]
mod caller;
#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
mod rules;
#[cfg(target_os = "linux")]
mod serve;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let Some(allowed) = allowed_users(std::env::args().skip(1)) else {
        eprintln!("Usage: lanrage-helper [--allow-uid UID]... with a listening socket as standard input");
        eprintln!(
            "  --allow-uid UID  Let this user have an adapter without asking polkit, as on a game server"
        );
        return ExitCode::from(2);
    };
    match serve::run(&allowed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lanrage-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("lanrage-helper is for Linux: other systems do not hand open devices over");
    ExitCode::FAILURE
}

/// The users named on the command line, or nothing if it says anything else.
#[cfg(target_os = "linux")]
fn allowed_users(mut arguments: impl Iterator<Item = String>) -> Option<Vec<u32>> {
    let mut allowed = Vec::new();
    while let Some(argument) = arguments.next() {
        if argument != "--allow-uid" {
            return None;
        }
        allowed.push(arguments.next()?.parse().ok()?);
    }
    Some(allowed)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::allowed_users;

    fn users(arguments: &[&str]) -> Option<Vec<u32>> {
        allowed_users(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn users_are_allowed_by_number_and_nothing_else_is_understood() {
        assert_eq!(users(&[]), Some(vec![]));
        assert_eq!(users(&["--allow-uid", "1000", "--allow-uid", "1001"]), Some(vec![1000, 1001]));
        for wrong in
            [&["--allow-uid"][..], &["--allow-uid", "-1"], &["--allow-uid", "x"], &["1000"], &["--help"]]
        {
            assert_eq!(users(wrong), None, "{wrong:?}");
        }
    }
}
