#[cfg(target_os = "linux")]
pub(super) use linux::Notifications;
#[cfg(not(target_os = "linux"))]
pub(super) use others::Notifications;

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        future::poll_fn,
        io,
        task::{Context, Poll, ready},
    };

    use netlink_sys::{AsyncSocket, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};
    use rustix::io::Errno;

    /// Specification: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_IFADDR and
    /// RTMGRP_IPV6_ROUTE of linux/rtnetlink.h.
    const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400;

    /// A socket on which the kernel tells of changed interfaces, addresses, routes and rules. Only that it does is of
    /// interest: what has changed shows the look that follows.
    pub(in super::super) struct Notifications {
        socket: TokioSocket,
    }

    impl Notifications {
        /// Whether nothing changes without a notification.
        pub(in super::super) const ARE_COMPLETE: bool = true;

        pub(in super::super) async fn open() -> io::Result<Self> {
            let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
            socket.socket_mut().bind(&SocketAddr::new(0, GROUPS))?;
            Ok(Self { socket })
        }

        pub(in super::super) async fn next(&mut self) -> io::Result<()> {
            poll_fn(|context| self.poll(context)).await
        }

        /// Forgets what is waiting.
        pub(in super::super) async fn drain(&mut self) -> io::Result<()> {
            poll_fn(|context| {
                while let Poll::Ready(received) = self.poll(context) {
                    if received.is_err() {
                        return Poll::Ready(received);
                    }
                }
                Poll::Ready(Ok(()))
            })
            .await
        }

        fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            // The rest of a message is dropped with it.
            let mut beginning: &mut [u8] = &mut [0; 16];
            Poll::Ready(match ready!(self.socket.poll_recv(context, &mut beginning)) {
                // Too many at once: some are lost, and that they were there is all that counts.
                Err(error) if error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error()) => Ok(()),
                received => received,
            })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use std::io;

    use n0_watcher::{Direct, Watcher};
    use netwatch::netmon::{Monitor, State};

    /// What a library makes of Windows' callbacks and of the routing sockets of Apple's systems, collected over 250 ms.
    pub(in super::super) struct Notifications {
        _monitor: Monitor,
        states: Direct<State>,
    }

    impl Notifications {
        /// Whether nothing changes without a notification: another router on the same interface does.
        pub(in super::super) const ARE_COMPLETE: bool = false;

        pub(in super::super) async fn open() -> io::Result<Self> {
            let monitor = Monitor::new().await.map_err(|error| io::Error::other(error.to_string()))?;
            Ok(Self { states: monitor.interface_state(), _monitor: monitor })
        }

        pub(in super::super) async fn next(&mut self) -> io::Result<()> {
            let changed = self.states.updated().await;
            changed.map(drop).map_err(|_| io::Error::other("the monitor has stopped"))
        }

        pub(in super::super) async fn drain(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
