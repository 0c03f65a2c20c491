# Every sentence that LANrage says to people, in English. Another language is one more file here, with the same messages.

## The language itself

# How the language calls itself, for the list of languages.
language-name = English
decimal-separator = .

## Tray and notifications

webview-missing =
    LANrage cannot show its window: this computer has no Microsoft Edge WebView2 Runtime.

    Install it from https://go.microsoft.com/fwlink/p/?LinkId=2124703 and start LANrage again.
tray-open = Open LANrage
tray-quit = Quit
tray-copy-invitation = Copy invitation link
tray-copy-address = Copy address
tray-undo-kick = Undo the kick of { $name }
tray-undo-ban = Undo the ban of { $name }
tray-pause = Pause party
tray-leave = Leave party
tray-leave-for-good = Leave “{ $party }” for good
tray-hand-over = Give { $name } the party for good
tray-parties = Join again
tray-alone = Nobody else is here yet
tray-others = and { $count } more
tray-connecting = connecting…
tray-reconnecting = reconnecting…
tray-unreachable = unreachable
tray-away = away
tray-connected = connected
tray-no-party = LANrage – in no party
news-joined = { $friend } has joined
news-left = { $friend } has left
news-degraded = The connection to { $friend } is poor
news-lost = The connection to { $friend } is lost
news-away = { $friend } paused or closed LANrage
news-back = { $friend } is back
news-restored = The connection to { $friend } is good again
news-refused = That did not work

## Terminal

terminal-created = Your party is ready, and you are { $address } in it. Send this link to your friends:
terminal-created-hint = Ctrl-C ends it for you.
terminal-joined = You are in “{ $party }” as { $address }. Ctrl-C leaves it.
terminal-reply = Nobody of “{ $party }” answers yet. Send this reply to a friend who is in the party, who runs `lanrage reply` with it, or pastes it in the window under “Let a friend in”:
terminal-reply-hint = It is waited for half an hour; a newer link, if your friend sends one, helps too. Ctrl-C ends it.
terminal-reply-taken = Done: LANrage knocks at your friend's router for ten minutes. If your friend is not in within half a minute, `lanrage invite` prints a link with your newest addresses for the way back.
terminal-connected =
    { $peer } ({ $address }) is { $way ->
        [direct] direct
        [relayed] relayed
       *[connecting] connecting
    } after { $time } ms.
terminal-left = You have left the party.
terminal-left-at-once = The party was left at once.
terminal-announcement = The server says: { $text }
terminal-announcement-over = The server has nothing to say any more.
terminal-idle = There is no party to bring back; `lanrage create` or `lanrage join` enters one.
terminal-stopped = LANrage has stopped; the party comes back with it.
terminal-friends-paused = Paused: “{ $party }” with { $friends }. `lanrage resume` brings it back.
terminal-friends-none = You are alone in the party. `lanrage invite` prints a link for your friends.
terminal-there-now = now
terminal-ago = { $time } ago
terminal-hosts = hosts { $game }
terminal-ping-head = { $friend } ({ $address }): { $state }, { $way }
terminal-ping-no-answer = no answer within two seconds
terminal-ping-sum = { $sent } sent, { $answered } answered, { $lost } % lost.
terminal-ping-times = The fastest took { $least }, the mean { $mean }, the slowest { $most }.
terminal-ping-silent = { $friend } has not answered. `lanrage friends` says whether anybody is there, and `lanrage doctor` what is in the way here.
terminal-no-screen = There is no screen here that a window could be on. Run this in a terminal of your desktop; `lanrage status` and `lanrage friends` show the same here.
terminal-no-window = The window’s program (lanrage-desktop) is neither beside this one nor where your system has its programs. Install LANrage with its package or the `setup` of its archive; on a terminal everything works without it.
terminal-window-not-started = { $path } cannot be started. [{ $cause }]
terminal-window-ended = The window’s program has ended at once. Start it by itself, lanrage-desktop, and it says why.
terminal-window-raised = The window is in front.
terminal-window-started = LANrage’s window opens.
terminal-window-beside = The window opens, but LANrage runs already without one, in a terminal or as a service, and keeps the party. End that first (Ctrl-C there, or `systemctl --user stop lanrage`), and open the window again.
terminal-no-code = The link is too long for a code that a telephone reads. Send it as text.
terminal-chat-empty = Nothing was said yet. `lanrage chat hello` says something.
terminal-ready-none = Nobody is asking right now whether everybody is ready. `lanrage ready --ask` does.
terminal-voice = Voice chat: { $text } (pinned by { $name })
terminal-voice-none = No voice link is pinned. The host and moderators do that by `lanrage party voice LINK`.
terminal-done = Done.
terminal-done-after-restart = Done. It takes effect when LANrage starts again.
terminal-bundle-ready = { $path } is ready to be sent.
terminal-database-good = The database is good.
terminal-database-damaged = The database is damaged: { database-faults }. Restart LANrage to restore it.
terminal-database-size = The database has { $size }.
terminal-no-backups = There are no backups yet.
terminal-not-running = LANrage is not running. Start it first, or name its folder with --data-dir.
terminal-no-answer = The LANrage that runs did not answer as expected: { $cause }
terminal-unwell = Something does not work; what to do stands above.
terminal-not-written = The terminal does not take what is written to it. [{ $cause }]
terminal-not-read = { $path } cannot be read. [{ $cause }]
terminal-file-not-read = { $path } cannot be read. [{ $cause }]
terminal-input-not-read = The standard input cannot be read. [{ $cause }]
terminal-path-not-unicode = The path is not Unicode.
terminal-what-to-do = What you can do: { $remedy }
terminal-check-good = good
terminal-check-warning = warning
terminal-check-bad = bad
terminal-check-unknown = unknown
terminal-several-players = Several players are meant by { $player }; name one by its id: { $ids }.
terminal-admission = May come in: { $admission }
terminal-link-asks = From now on, whoever has no limited link has to ask you or a moderator to be let in. All who are in the party stay.
terminal-code = { $code }
    It lets one player in, within { $minutes } minutes. `lanrage party revoke { $serial }` takes it back.
terminal-code-looking = Looking up the code…
terminal-no-links = There is no limited link. `lanrage invite --uses 1` makes one.
terminal-unknown-game = There is no game { $game }; `lanrage games list` lists them.
terminal-did-you-mean = Did you mean { $name }?
terminal-more-lines = { $lines ->
    [one] 1 more line; a higher window shows it.
   *[other] { $lines } more lines; a higher window shows them.
}
terminal-several-parties = Several parties are meant by { $party }; name one by its id: { $ids }.
terminal-unknown-party = There is no party { $party }; `lanrage recent` lists them.
terminal-none-paused = No party is paused; `lanrage recent` lists them.
terminal-party-present = in it
terminal-party-paused = paused
terminal-party-without-keys = keys missing
terminal-party-left = left
terminal-set-active = active
terminal-setting-refused = { $value }  (refused: it must be { setting-rule })
terminal-head-party = party
terminal-head-player = player
terminal-head-role = role
terminal-head-state = state
terminal-head-id = id
terminal-head-name = name
terminal-head-server = server
terminal-head-set = set
terminal-head-settings = settings
terminal-head-setting = setting
terminal-head-value = value
terminal-head-doc = what it does
terminal-head-game = game
terminal-head-programs = programs
terminal-head-servers = servers
terminal-head-discovery = list of games
terminal-head-launch = started with
terminal-head-origin = from
terminal-head-ports = ports
terminal-head-with = with
terminal-head-friend = friend
terminal-head-address = address
terminal-head-path = path
terminal-head-rtt = RTT
terminal-head-ping = ping
terminal-head-plays = plays
terminal-head-last-there = last there
terminal-head-link = link
terminal-head-by = made by
terminal-head-used = used
terminal-head-left = time left
terminal-head-came-in = came in
terminal-head-nat = NAT
terminal-head-answer = answer
terminal-status-none = You are in no party.
terminal-status-party = { $party } ({ $subnet }): you are { $player } as { $address }, { $nat }
terminal-status-server = control server: { $state }
terminal-status-meeting = friends: { $state }
terminal-status-network = network: { $state }
terminal-status-relay = relay: { $state }
terminal-status-adapter = adapter: { $state }
terminal-status-forwarded = passed on for { $one } and { $other }: { $rate }
terminal-status-packets = packets: { $state }
terminal-status-announcement = the server says: { $state }
terminal-server-none = none
terminal-server-connecting = { $server }, connecting
terminal-server-connected = { $server }, connected
terminal-port-open = It has opened { $address } for you.
terminal-not-measured = not measured yet
terminal-relay-away = { $time } ms away
terminal-relay-ready = ready
terminal-adapter-closed = closed
terminal-lane-games = games: half sent within { $half }, 99 % within { $most }
terminal-lane-rest = the rest: half sent within { $half }, 99 % within { $most }
terminal-dropped = { $packets } dropped ({ $reason })
terminal-no-packets = none yet

version-own = This is LANrage { $version }.
version-newer = Version { $version } is there:
version-newest = There is no newer version.
version-untold = Whoever built it named no address for that, so it asks nobody for newer versions.

## Facts (from Rust)

# How it is with a friend (`Situation`).
situation-away = { $peer } is away: they paused, or closed LANrage. The connection begins when they return.
situation-left = { $peer } has left the party.
situation-seeking = Looking for a path to { $peer }.
situation-direct-on-lan = { losing }Direct to { $peer } on your own network.
situation-direct = { losing }Direct to { $peer } over the internet.
situation-relayed =
    { losing }Relayed by { $relay ->
        [none] a relay
       *[other] { $relay }
    } because { $because ->
       *[not_yet] no direct path has answered yet
        [udp_blocked] your network lets no UDP through
        [both_symmetric] both routers use a new port for every destination
        [symmetric_and_strict] one router uses a new port for every destination, and the other admits only known ports
        [symmetric_and_unknown] one router uses a new port for every destination, and the other is not measured yet
    }{ $retry_in_s ->
        [none] .
        [0] ; trying direct now.
       *[other] ; retrying direct in { $retry_in_s } s.
    }
situation-reconnecting = The path to { $peer } went silent; looking for another.
situation-no-path =
    No path to { $peer }: { $because ->
       *[no_answer] no answer came on any path, not even through a relay
        [relays_refuse] no direct path answered, and the relays refuse their addresses
        [no_answer_no_relay] no answer came on any path
        [udp_blocked] your network lets no UDP through, and no relay is at hand
        [both_symmetric] both routers use a new port for every destination, and no relay is at hand: a third friend whom others reach, a port opened in one router, or a server helps
        [symmetric_and_strict] one router uses a new port for every destination, and the other admits only known ports, and no relay is at hand: a third friend whom others reach, a port opened in one router, or a server helps
        [symmetric_and_unknown] one router uses a new port for every destination, and the other is not measured yet, and no relay is at hand
    }. Next try in { $retry_in_s } s.

# How friends who have the link find this device (`Meeting`).
meeting-server = The control server brings you and your friends together.
meeting-straight = Friends come straight to this computer.
meeting-store =
    { $holders ->
        [none] You find each other by a sealed note in the BitTorrent DHT, which is being asked.
       *[other] You find each other by a sealed note in the BitTorrent DHT.
    } Its computers see your IP address, but nothing of the party.
meeting-link = Friends come in where the link leads straight to this computer: in your own network, or past a router that lets them in.
meeting-store-silent = The BitTorrent DHT does not answer here. Friends come in where the link leads straight to this computer: in your own network, or past a router that lets them in.
meeting-hidden = This computer tells its addresses to nobody, so only a control server could lead friends to it.

# Who should host the game (`HostHint`).
host-hint-you = Everybody reaches you directly: host the game here, and nobody plays through a relay.
host-hint-friend = Everybody reaches { $peer } directly: let them host the game, and nobody plays through a relay.
certainty-unknown = not known
certainty-likely = likely
certainty-certain = certain
discovery-ask = players ask everybody on the LAN
discovery-announce = hosts announce themselves
discovery-mdns = multicast DNS
discovery-address = none: an address is typed in
discovery-relay = none: its maker's relays carry everything
hint-same-version = All need the same version.
hint-same-mods = All need the same mods.
hint-first-adapter = It looks for games through the first network adapter alone: type the address in.
hint-one-address = Its server may listen on one address alone: give it the one of the party.
hint-few-ports = Its list shows servers on a few ports alone; a server on another port is joined by its address.
hint-steam-invite = It has no LAN mode: invite friends by Steam, no virtual LAN is used.
hint-needs-login = It needs its maker's login even on a LAN.
hint-open-to-lan = The host opens the world with “Open to LAN”.
hint-host-first = It is seen only while its host is in the game.
hint-direct-play = Windows needs the feature DirectPlay for it.
hint-ipx = The original speaks IPX: it needs a wrapper, or the CnCNet client.
hint-mesh = All who play must reach each other, not the host alone.
hint-lan-server = A server in the game must be told that it is on a LAN (sv_lan 1).
hint-after-party = Start the game after you have entered the party.

# Why a game is not seen (`Verdict`), and what a button does about it (`Fix`).
verdict-not-connected = You are not connected to { $peer }. Nothing can be seen until you are.
verdict-relay-only = { $game } has no LAN mode. Invite your friends by Steam; LANrage is not needed for it.
verdict-no-adapter =
    { $is_own ->
        [true] LANrage's network adapter does not work on this computer. Games see nobody until it does.
       *[false] LANrage's network adapter does not work at { $peer }'s computer. Ask { $peer } to look at Diagnostics.
    }
verdict-muted =
    { $is_own ->
        [true] You have muted what { $peer }'s programs send to everybody. Games are not found that way.
       *[false] { $peer } has muted what your programs send to everybody. Ask { $peer } to take that back.
    }
verdict-not-answering = { $peer }'s LANrage does not answer. It is an older version, or busy; ask { $peer } to update.
verdict-not-shared = { $peer } tells nobody what is played there, so it cannot be said what is wrong with { $game }. Ask { $peer } to switch on “Show friends what I play” for a moment.
verdict-unseen =
    { $is_own ->
        [true] LANrage cannot look at programs on this computer yet, so check by hand whether { $game } is hosted.
       *[false] LANrage cannot look at programs on { $peer }'s computer yet. Ask { $peer } whether { $game } is hosted there.
    }
verdict-unknown-there = { $peer }'s LANrage does not know { $game }. Export your games, and let { $peer } import them.
verdict-not-running =
    { $is_own ->
        [true] { $game } does not run on your computer. Start it, and host a game.
       *[false] { $game } does not run at { $peer }. Ask { $peer } to start it and host a game.
    }
verdict-port-taken =
    { $is_own ->
        [true] { $by ->
           [none] Another program
          *[other] { $by }
        } has the port that { $game } needs ({ $place }). Close it, and host again.
       *[false] Another program at { $peer } has the port that { $game } needs ({ $place }). Ask { $peer } to close it and host again.
    }
verdict-loopback-only =
    { $is_own ->
        [true] { $game } listens for this computer alone ({ $place }). Set it to listen on all addresses, and host again.
       *[false] { $peer }'s { $game } listens for its own computer alone ({ $place }). Ask { $peer } to set it to listen on all addresses and host again.
    }
verdict-wrong-address =
    { $is_own ->
        [true] { $game } listens on the address of another network ({ $place }). Set its address to { $address }, and host again.
       *[false] { $peer }'s { $game } listens on the address of another network ({ $place }). Ask { $peer } to set its address to { $address } and host again.
    }
verdict-not-hosting =
    { $is_own ->
        [true] { $game } runs, and you host no game in it. Open one for the LAN.
       *[false] { $game } runs at { $peer }, and no game is hosted in it. Ask { $peer } to open one for the LAN.
    }
verdict-server-silent =
    { $is_own ->
        [true] The server of { $game } ({ $place }) does not answer even on this computer. Restart it.
       *[false] { $peer }'s server of { $game } ({ $place }) does not answer even on its own computer. Ask { $peer } to restart it.
    }
verdict-shield-closed =
    { $is_own ->
        [true] The shield keeps { $game } ({ $place }) closed to { $peer }.
       *[false] { $peer }'s shield keeps { $game } ({ $place }) closed to you. Ask { $peer } to open it: the card “What friends reach” offers that.
    }
verdict-firewall-drops =
    { $is_own ->
        [true] A firewall on this computer keeps { $peer } out of { $game } ({ $place }).
       *[false] A firewall at { $peer }'s computer keeps you out of { $game } ({ $place }). Ask { $peer } to let games through it.
    }
verdict-not-reached = { $game } ({ $place }) answers on its own computer and not between you and { $peer }. Host it again, and look for a security program that filters the network.
verdict-other-port =
    { $is_own ->
        [true] You host { $game } on { $place }, and lists ask { $listed } only. Use one of those, let LANrage bring searches there, or give { $peer } your address.
       *[false] { $peer } hosts { $game } on { $place }, and lists ask { $listed } only. Join by the address.
    }
verdict-answer-closed =
    { $is_own ->
        [true] { $peer }'s { $game } tried to answer yours, and your shield kept it out ({ $place }).
       *[false] Your { $game } tried to answer { $peer }'s, whose shield kept it out ({ $place }). Ask { $peer } to open that.
    }
verdict-searches-lost =
    { $is_own ->
        [true] What games like { $game } send to find others does not all reach the party from this computer.
       *[false] What games like { $game } send to find others does not all reach the party from { $peer }'s computer. Ask { $peer } to look at Diagnostics.
    }
verdict-started-before =
    { $is_own ->
        [true] { $game } was started before you entered the party, and looks for networks only when it starts. Restart it.
       *[false] { $peer }'s { $game } was started before the party was entered, and looks for networks only when it starts. Ask { $peer } to restart it.
    }
verdict-first-adapter =
    { $address ->
        [none] { $game } looks for others by the computer's first network adapter alone, which may be another one. Type the address in.
       *[other] { $game } uses the computer's first network adapter alone. That is { $address } here, and not the party's. Type the address in that the party shows.
    }
verdict-other-version = You have { $game } { $here }, and { $peer } has { $there }. Both need the same version.
verdict-full = The game is full. { $game } may not show it until somebody leaves.
verdict-needs-login = { $game } needs its maker's login even on a LAN. Make sure that you are both logged in.
verdict-direct-play = { $game } needs DirectPlay. Switch it on under “Turn Windows features on or off”, Legacy Components, on both computers.
verdict-ipx = { $game } speaks IPX, which no network carries any more. Use a wrapper for it, or the CnCNet client.
verdict-by-address = { $game } has no list of games on the LAN. Type the address in.
verdict-not-told = Your friends are not told that you host { $game }, so LANrage does not show it to them.
verdict-firewall-may-drop =
    { $is_own ->
        [true] Nothing is wrong with the game. A firewall is on here, and it may drop what { $peer } answers when { $game } looks for games.
       *[false] Nothing is wrong with the game. A firewall is on at { $peer }'s computer, and it may drop what you answer when { $game } looks for games. Ask { $peer } to let games through it.
    }
verdict-not-opened =
    { $is_own ->
        [true] { $game } is there to be joined. Start it here, and look at its list of LAN games: { $peer } hosts one.
       *[false] Your { $game } is there to be joined, and { $peer } has not started it yet.
    }
verdict-nothing-found = Nothing is wrong that LANrage can see. Open the list of { $game } again; if it stays empty, type the address in, and compare versions and mods.
fix-open-port = Open { $is_tcp ->
        [true] TCP
       *[false] UDP
    } port { $port } for { $peer }
fix-let-games = Let friends reach games
fix-trust = Let { $peer } reach what friends reach
fix-hear = Hear { $peer } again
fix-tell = Show friends what I play
fix-bring-searches = Bring friends' searches to the port of { $game }
fix-start = Start { $game }
fix-join = Join { $game } at { $address }
fix-copy-address = Copy { $address }
fix-copy-bind = Copy { $address }
fix-allow-games = Let games through the firewall
fix-examine = Open Diagnostics

# Stands before the sentence about a path on which packets get lost.
losing =
    { $loses_packets ->
        [true] Packets get lost on the way.{" "}
       *[false] { "" }
    }

# What a router does (`NatSummary`, `MappingBehaviour`, `FilteringBehaviour`).
nat-summary-measured = Your router is measured.
nat-summary-blocked = Nothing that was sent by UDP was answered: the network lets none through, or no server can be reached.
nat-summary-offline = Your device has no network.
nat-summary-no-servers = There is no server to measure your router with.
mapping-no-translation = Your device has a public address of its own.
mapping-endpoint-independent = Your router keeps one port for everyone, so friends can find it.
mapping-not-port-dependent = Your router seems to keep one port for everyone.
mapping-address-dependent = Your router uses a new port for every destination, so friends cannot guess it.
mapping-address-and-port-dependent = { mapping-address-dependent }
mapping-unknown = How your router chooses ports could not be measured.
filtering-endpoint-independent = It lets anyone answer on an open port.
filtering-not-port-dependent = It lets in those whom your device has sent something to, from any of their ports.
filtering-address-dependent = { filtering-not-port-dependent }
filtering-address-and-port-dependent = It lets in only exactly those whom your device has sent something to.
filtering-unknown = Whom it lets in could not be measured.
port-mapping-no-router = There is no router.
port-mapping-not-offered = The router maps no ports, or is told not to.
port-mapping-no-address = The router says that it has no public address.
port-mapping-second-router = The router stands behind another router, or your provider's: a port of it cannot be reached from outside.
port-mapping-refused = The router refuses to map a port.

# Why a relay does not serve (`RelayFault`).
relay-fault-relay-silent = The relay does not answer.
relay-fault-relay-credentials = The relay does not accept the credentials.
relay-fault-relay-quota = The relay's limit per user is reached.
relay-fault-relay-full = The relay is full.
relay-fault-relay-occupied = The relay has not yet freed an older allocation.
relay-fault-relay-forgot = The relay forgot the allocation.
relay-fault-relay-redirects = The relay sends us to another that cannot be used.
relay-fault-relay-without-udp = The relay does not carry UDP.
relay-fault-relay-forbids = The relay’s rules do not let you use it.
relay-fault-relay-refuses-friends = The relay’s rules forbid it to reach your friends’ addresses.
relay-fault-relay-bad-reply = The relay's reply makes no sense.
relay-fault-relay-refused = The relay refused with code { $number }.
relay-fault-relay-slow = The connection takes too long.
relay-fault-relay-stream = The connection to the relay failed: { $cause }.

# Why something failed (`Cause`): a part of a sentence, put in as `cause` wherever a fact has one. What the system or a
# library said of it, in its own words, is in the log.
cause-missing = it is not there
cause-not-allowed = the system does not allow it
cause-read-only = the disk can only be read
cause-disk-full = the disk is full
cause-in-use = another program uses it
cause-already-there = it is there already
cause-wrong-kind = it is a folder instead of a file, or a file instead of a folder
cause-out-of-memory = there is no memory left
cause-too-many-open = too many files and connections are open
cause-port-in-use = another program has the port
cause-no-such-address = this computer has no such address
cause-connection-refused = nothing listens there
cause-no-route = this computer’s network does not lead there
cause-connection-broken = the connection broke
cause-connection-closed = the other end closed the connection
cause-too-slow = no answer came in time
cause-not-supported = this system cannot do it
cause-no-address = the name has no address
cause-no-tls = the server answers without TLS; its address begins with ws://
cause-tls-closed = the other end closed the connection before it was encrypted; perhaps it has no TLS
cause-certificate-unknown = nobody whom this computer trusts vouches for the certificate
cause-certificate-expired = the certificate has expired
cause-certificate-early = the certificate is not valid yet
cause-certificate-of-other = the certificate is made out to another name
cause-certificate-bad = the certificate cannot be used
cause-tls-failed = the encryption (TLS) failed
cause-proxy-unreachable = the proxy { $proxy } cannot be reached; start it, or take it out of this system’s proxy settings (HTTPS_PROXY, ALL_PROXY)
cause-proxy-wants-password = the proxy { $proxy } wants a name and a password; put them into its address: HTTPS_PROXY=http://user:password@{ $proxy }
cause-proxy-forbids = the proxy { $proxy } does not lead there; whoever runs it has to allow this server and its port, or name the server in NO_PROXY
cause-proxy-fails = the proxy { $proxy } does not get there; look whether the address is right, and whether it may be reached without the proxy (NO_PROXY)
cause-no-proxy = what answers at { $proxy } is no proxy that LANrage can use; one that speaks HTTP (CONNECT) or SOCKS 5 is needed, named as http://… or socks5://…
cause-no-web-socket = what answers there speaks no WebSocket; a server with TLS has an address that begins with wss://
cause-too-large = the other end sent more than it may
cause-too-often = the other end sent more often than it may
cause-bad-message = what the other end sent makes no sense
cause-no-room = too much waits already
cause-not-json = it is not JSON from line { $line }, column { $column } on
cause-other-json = line { $line }, column { $column } says something else than expected
cause-bad-content = what stands there makes no sense
cause-empty = it is empty
cause-hash-unreadable = its hash cannot be read
cause-hash-differs = it is not as it was made: its hash is another
cause-database-locked = another program holds the database
cause-database-damaged = the database is damaged
cause-database-cut = the end of the database is missing
cause-database-foreign = it is no database of LANrage
cause-database-gone = the database was gone
cause-database-newer = a newer LANrage made the database (it has { $found }); update LANrage
cause-database-failed = the database says { $number }
cause-keyring-absent = there is no keyring that answers
cause-keyring-locked = the keyring is locked
cause-keyring-forgets = the keyring does not give back what was put into it
cause-keyring-failed = the keyring failed
cause-secret-missing = the keyring no longer has { $name }; unlock or restore it, or remove { $path } to do without
cause-secret-damaged = the stored key { $name } is damaged
cause-no-home = this account has no home folder; name a folder with --data-dir
cause-open-to-all = everybody on this computer may write there; name a folder of your own with --data-dir, or close this one (chmod o-w)
cause-bad-name = the name is not allowed
cause-bad-address = the address is not allowed
cause-bad-packet-size = the largest packet size is not allowed
cause-other-version = two parts of LANrage have different versions; install and start it again
cause-other-namespace = LANrage and its helper are in different networks of this computer
cause-exit-code = exit code { $number }
cause-killed = it was ended
cause-system = the system says { $number }
cause-other = LANrage’s log has the reason
cause-export-too-long = it has more than { $most_bytes } bytes
cause-no-export = it is JSON of something else
cause-export-newer = a newer LANrage made it (version { $version })
cause-game-ports = ports are written as udp 8303-8310 or tcp 25565
cause-game-program = a program is a file name without a folder
cause-game-too-many = there are too many entries or ports
cause-game-never-opened = one of the ports is for the computer itself, like remote login, and never a game's
cause-game-twice = there is a game { $slug } already
cause-game-no-export = it is no profile of a game
cause-game-malformed = line { $line }, column { $column } is not as in an export of games
cause-games-newer = a newer LANrage made it (version { $version })
cause-export-field = its field “{ $field }” is missing or not as it should be

# What a check of the database found: a part of a sentence.
database-faults =
    { $faults ->
        [one] 1 fault was found
       *[other] { $faults } faults were found
    }

# Why the control server cannot be reached (`ServerFault`): a part of a sentence. The fault is the argument `why`.
server-fault =
    { $why ->
        [unknown_host] the server's name cannot be found: { $why_cause }
        [unreachable] the server cannot be reached: { $why_cause }
        [timed_out] the server cannot be reached: no answer in time
        [sign_in] this network wants you to sign in first: open any page in your browser
        [http] what answers there is not a LANrage server (HTTP status { $why_status })
        [lost] the connection to the server was lost: { $why_cause }
        [ended] the server closed the connection
       *[silent] the server does not answer
        [refused] the server refused the connection: { server-refusal }
        [other_server] another server answers there: it has not the key of the one that is meant
        [not_a_server] what answers there is not a LANrage server
    }
server-refusal =
    { $why_refusal ->
        [control_bad_frame] the frame is not a message of this protocol
        [control_unknown_message] the server does not know this message
        [control_too_large] the frame is too large
        [control_protocol_version] client and server speak different protocol versions; update the older one
        [control_not_authenticated] say hello and prove who you are first
        [control_bad_signature] the signature is not of the identity that it names
        [control_wrong_server] the proof was made for another server
        [control_unsigned_leave] a member leaves by its own signature only
        [control_unknown_party] the server does not know this party
        [control_door_closed] the party's door does not open to this link
        [control_party_exists] this party already exists and has another host
        [control_not_a_member] not a member of this party
        [control_peer_away] this member is away
        [control_party_full] the party is full
        [control_too_many_parties] too many parties
        [control_access_needed] the server is private
        [control_access_wrong] the key is not the server's
        [control_banned] whoever runs it lets this device in no more
        [control_device_parties] this device has as many parties there as it may
        [control_address_parties] too many parties were made from this address
        [control_lease_taken] another member has this address
        [control_lease_fixed] a member keeps its address until it leaves
        [control_outside_subnet] the address is outside the party's network
        [control_stale_record] a newer record of this peer is known
        [control_rate_limited] too many messages; slow down
        [control_server_full] the server is full
        [control_replaced] this identity has connected from elsewhere
        [control_timed_out] the connection was silent or too slow
        [control_stopping] it is being restarted or serviced
        [control_internal] the server has a problem of its own; nothing was changed
       *[control_unknown] refused for a reason that this version does not know
    }

# Why packets were dropped (`DropReason`): what they were, or why; it stands in brackets behind their number.
drop-reason-malformed-datagram = damaged datagrams
drop-reason-oversized-datagram = datagrams that are too long
drop-reason-unknown-datagram = datagrams that are none of LANrage’s
drop-reason-unasked-stun = answers that nobody asked for
drop-reason-stun-flood = too many path checks at once
drop-reason-knock-flood = too many who knock at once
drop-reason-report-queue-full = more arrived than could be looked at
drop-reason-receive-failed = could not be received
drop-reason-no-party = there was no party
drop-reason-unknown-peer = from somebody who is not in the party
drop-reason-rate-limited = too many connection attempts at once
drop-reason-handshake-flood = too many connection attempts from one place
drop-reason-unauthenticated = not from whom it claims to be
drop-reason-stale-handshake = repeated connection attempts
drop-reason-no-session = for a connection that is over
drop-reason-replay = copies of what had arrived already
drop-reason-foreign-channel-data = relayed by somebody who is not our relay
drop-reason-malformed-channel-data = damaged on the way over the relay
drop-reason-unknown-channel = relayed for nobody
drop-reason-forward-limit = more than this device passes on for friends
drop-reason-relayed-stun = path checks over a relay
drop-reason-not-relayed = not by a relay, while addresses are hidden from friends
drop-reason-relay-queue-full = more came over the relay than could be handled
drop-reason-malformed-packet = damaged packets
drop-reason-ipv6 = IPv6, which a party does not carry
drop-reason-oversized-packet = packets that are too long
drop-reason-foreign-source = under an address of somebody else
drop-reason-foreign-destination = to an address that is not this computer’s
drop-reason-muted-broadcast = what friends whom you have muted send to everybody
drop-reason-household-search = searches for printers, names and devices of the home, which stay there
drop-reason-refused = what friends tried to begin and is not open to them
drop-reason-repeated-search = searches that a program sends by several network cards, once is enough
drop-reason-broadcast-storm = too much broadcast at once
drop-reason-no-device = the network adapter was not open
drop-reason-unknown-destination = to an address that nobody in the party has
drop-reason-own-destination = to this computer’s own address
drop-reason-reserved-protocol = of a kind that LANrage keeps for itself
drop-reason-malformed-offload = damaged by the network adapter
drop-reason-queue-delay = waited too long
drop-reason-queue-full = too many waited
drop-reason-pending-overflow = too many waited for the connection
drop-reason-path-mtu-exceeded = too large for the path; the program was told
drop-reason-device-refused = the network adapter did not take them
drop-reason-no-channel = the way over the relay was closed
drop-reason-relay-stream-full = the connection to the relay was full
drop-reason-no-socket = this computer has no such addresses (IPv4 or IPv6)
drop-reason-send-buffer-full = the system could not send as fast
drop-reason-datagram-too-big = too large for the network
drop-reason-send-failed = the system did not send them

# What a setting's value must be (`SettingRule`): a part of a sentence. The rule is the argument `rule`.
setting-rule =
    { $rule ->
       *[boolean] true or false
        [integer] a whole number from { $rule_min } to { $rule_max }
        [choice] one of { $rule_choices }
        [language] system, or a language’s tag such as en or de
        [name] 1 to { $rule_most_bytes } visible letters (é counts as 2, 字 as 3, 😀 as 4)
        [control_endpoint] an address like wss://play.example.org (ws:// where the server has no TLS), without user name or password
        [access_key] { $rule_least } to { $rule_most } letters, digits or signs without blanks, as whoever runs the server gave it to you
        [subnet] a private IPv4 network from /8 to /26, like 10.66.0.0/16
        [adapter_name] 1 to { $rule_most_letters } letters, digits, - or _
        [servers] at most { $rule_most } servers as host:port, separated by commas
        [web_addresses] at most { $rule_most } addresses that begin with https:// or http://, separated by commas
    }{ $or_empty ->
        [true] , or empty
       *[false] { "" }
    }

# What is missing or wrong (`Fault`, `AdapterFault`, `PeerRefusal`).
problem-log-not-written = The log cannot be written. [{ $cause }]
problem-not-kept = What changes now is not kept. [{ $cause }]
problem-sockets-failed = No datagrams arrive any more. [{ $cause }]
problem-clock-wrong = This computer's clock and the control server's differ by { $minutes } minutes.
problem-control-disconnected =
    No connection to { $server }: { server-fault }. { $in_party ->
        [true] Your party goes on; nobody new can join until it is back.
       *[false] Parties that you make now are yours alone until it is back.
    }
problem-bad-setting = A setting cannot be used: { $key } is { $value }, and must be { setting-rule }. Its default is used meanwhile.
problem-database-restored =
    LANrage's database was damaged. { $backup ->
        [none] There was no good backup, so settings start afresh.
       *[other] The backup { $backup } was restored.
    }{ $salvaged ->
        [0] { "" }
       *[other] { " " }{ $salvaged } newer entries could still be read and were kept.
    }{ $set_aside ->
        [none] { "" }
       *[other] { " " }The damaged files are kept in { $set_aside }.
    } [{ $cause }]
problem-secrets-in-files =
    { $not_moved ->
        [0] This system's keyring cannot be used, so your keys are in files that only your account can read.
       *[other] { $not_moved } of LANrage's keys could not be moved into the system's keyring and stay in files that only your account can read. [{ $cause }]
    }
problem-party-keys-missing = The party { $party } does not come back: its keys are not on this device. No backup has them, and the keyring has lost them.
problem-party-not-restored = The last party does not come back. [{ $cause }]
problem-adapter-permission =
    { $by ->
       *[system] LANrage is not allowed to create its network adapter.
        [away] This computer gives a network adapter to whoever sits at it, and LANrage runs in no such session.
        [forbidden] A rule of this computer does not allow you to create LANrage's network adapter.
        [no_polkit] This computer has nothing (polkit) that says who may create LANrage's network adapter.
        [polkit_silent] This computer's polkit does not answer whether you may create LANrage's network adapter.
    }
problem-adapter-helper =
    { $trouble ->
       *[off] LANrage's helper, which creates the network adapter, is not running.
        [refused] LANrage's helper refused to create the network adapter. [{ $cause }]
    }
problem-adapter-driver = This computer has no driver for virtual network adapters.
problem-adapter-name =
    { $trouble ->
       *[taken] The network adapter name { $name } and the ones after it are taken.
        [invalid] “{ $name }” cannot be the name of a network adapter.
    }
problem-adapter-address =
    { $trouble ->
       *[in_use] The address { $address } is already in use on this computer, by { $place }.
        [outside] The address { $address } is outside the party's network { $place }.
    }
problem-adapter-subnet = The party's network { $subnet } overlaps { $route }, which this computer reaches through { $interface }.
problem-adapter-resolver = The party's network { $subnet } holds { $address }, which this computer asks for the names of the internet.
problem-adapter-endpoint =
    The party's network { $subnet } holds { $address }, { $used_as ->
       *[gateway] the router of this computer's network.
        [control_server] the control server's address.
        [stun_server] the address of a server that helps to find friends.
        [relay] the address of a relay.
        [connection] which a program of this computer is connected to.
    }
problem-adapter-route = Traffic for { $route } could not be led into the network adapter. [{ $cause }]
problem-adapter-failed = The network adapter could not be set up. [{ $cause }]
problem-adapter-stripped =
    { $part ->
       *[address] Another program takes the address of LANrage's network adapter away.
        [routes] Another program takes the routes to the party's network away.
        [state] Another program switches LANrage's network adapter off.
        [packet_size] Another program changes the packet size of LANrage's network adapter.
    }
problem-adapter-bypassed = Packets for { $route } leave by { $interface } instead of LANrage's network adapter: routing rules of another program, often a VPN, come first.
problem-adapter-forbidden = This computer drops what is sent to { $route }: a route or rule of another program, often a VPN's kill switch, forbids it.
problem-adapter-blocked =
    { $way ->
       *[out] A firewall or a VPN's kill switch on this computer drops what your games send to friends.
        [in] A firewall or a VPN on this computer drops everything that friends send.
        [unasked] The firewall of this computer drops what friends send first, so they cannot join games that you host.
    }
problem-adapter-searches =
    { $trouble ->
       *[not_on_lan] Games look for servers in the party only, and no longer on this computer's own LAN: LANrage may not copy what they send there.
        [not_in_party] Friends hear no more of your games' searches: what copied them into the party has ended.
    }
problem-adapter-lost = The network device stopped working. [{ $cause }]
problem-peer-of-other-party = “{ $peer }” was not let in: their record belongs to another party, or was made for another invitation.
problem-peer-forged = “{ $peer }” was not let in: the record is not signed by the peer that it names.
problem-peer-not-invited = “{ $peer }” was not let in: the peer was not invited and does not know the party secret.
problem-peer-replayed = “{ $peer }” was not let in: the record is older than one already seen, so somebody replays it.
problem-peer-address = “{ $peer }” was not let in: the address { $address } already belongs to somebody else, or is outside the party's network.
problem-peer-removed = “{ $peer }” was not let in: the owner or a moderator has removed this player.
problem-peer-not-let-in = “{ $peer }” waits to be let in.
problem-peer-link = “{ $peer }” was not let in: the link has expired, is used up, or was revoked.
problem-party-full = “{ $peer }” was not let in: the party is full.

# What happened (`News`). Who was not let in, and what was refused, have the messages of `problem` and `refusal`.
notice-peer-joined = { $peer } is in the party.
notice-peer-left = { $peer } has left the party.
notice-connected = Connected to { $peer }.
notice-peer-away = { $peer } paused or closed LANrage.
notice-peer-back = { $peer } is back.
notice-peer-renamed = { $peer } is { $name } now.
notice-now-host = You are the host now.
notice-said = { $peer } wrote in the chat.
notice-asked-ready = { $peer } asks whether everybody is ready.
notice-everybody-ready = Everybody is ready.
notice-game-opened = { $peer } hosts { $game }.
notice-new-version = LANrage { $version } is there. You find it at the end of the settings.
notice-reached = { $peer } tried to reach port { $port } of this computer. It is closed to them.
notice-new-host = { $peer } is the host now.
notice-now-moderator = You are a moderator now: you may let players in, kick and ban.
notice-wants-in = { $peer } wants to join. Let them in, or refuse.
notice-removed = { $peer } was removed from the party.
notice-you-were-removed = You were removed from { $party }. Its owner or a moderator can let you in again.
notice-reconnected = Reconnected to { $peer } in { $seconds } s.
notice-moved-to-direct = Moved to a direct path to { $peer }.
notice-moved-to-relay = The direct path to { $peer } broke; going on through a relay.
notice-own-flood = { $port ->
    [0] A program on this computer sends more to the whole party than gets through; some of it is dropped, and other programs are not affected.
   *[other] A program on this computer (UDP port { $port }) sends more to the whole party than gets through; some of it is dropped, and other programs are not affected.
}
notice-peer-flood = { $port ->
    [0] A program of { $peer } sends more to the whole party than gets through; some of it is dropped, and other programs are not affected.
   *[other] A program of { $peer } (UDP port { $port }) sends more to the whole party than gets through; some of it is dropped, and other programs are not affected.
}
notice-party-is-local = The control server cannot be reached. Until it is back, friends come in only where your link leads straight to this computer.

# Why a command was refused (`CommandError`, `ServerRefusal`).
refusal-already-in-party = You are in a party already; leave it first.
refusal-not-in-party = You are not in a party.
refusal-no-control-server = The link does not say where anybody of the party can be reached. Ask for a new one, copied while your friend is connected to a network.
refusal-removed-from-party = You were removed from this party. Ask its owner to let you in again.
refusal-not-let-in = The owner of the party was asked to let you in, and has not done so. Tell your friend, and follow the link once more.
refusal-not-yours = Only the owner of the party may do that. Moderators may let players in, make and revoke limited links, kick and ban members, and pin a voice link.
refusal-no-game-there = Nobody hosts a game there any more.
refusal-bad-ports = Ports are written as 27960 or 27960-27969, at most { $most } of them.
refusal-port-never-opened = Port { $port } is for the computer itself, like remote login or shares, and is opened for nobody alone. Whom you trust with everything reaches it.
refusal-bad-game = Nothing is changed: { $cause }.
refusal-game-not-started = { $game } could not be started. Start it yourself, and type the address in where it asks for one.
refusal-nothing-said = There is nothing in it that can be shown.
refusal-said-too-much = That is more than the others can read. Wait a moment.
refusal-nobody-asks = Nobody is asking right now whether everybody is ready. You can ask yourself.
refusal-asked-too-often = You have just asked. Wait a moment before you ask again.
refusal-bad-voice-link = That is too long to pin. At most { $most } characters fit.
refusal-voice-link-is-another = Something else is pinned now. Look at it before you open it.
refusal-voice-link-not-opened = No program on this computer opens this link. Copy it instead.
refusal-unknown-peer = Nobody of that name is in the party or waits to be let in.
refusal-too-many-links = The party has { $most } limited links already. Revoke one first.
refusal-rulings-unheard = This device has not heard yet what was decided in the party while it was away. Try again in a moment, when a friend is connected.
refusal-nothing-to-undo = You have kicked or banned nobody in the last ten seconds. Whoever is out can be let in again.
refusal-unknown-link = The party has no limited link of this number.
refusal-bad-uses = A link can be good for 1 to { $most } players.
refusal-nobody-answers =
    { $because ->
       *[not_known] Nobody of the party answers. Ask whether your friend is in the party right now, and for a fresh link: addresses change. If that does not help, one of you can open the port in the router, or use a server.
        [udp_blocked] Nobody of the party answers, as your network lets no UDP through. Use another network, or a server.
        [one_symmetric] Nobody of the party answers, and one of your routers uses a new port for every destination: a third friend whom others reach, a port opened in one router, or a server helps. Ask also whether your friend is in the party right now.
        [both_symmetric] No way leads to the party, as your router and your friend’s both use a new port for every destination: a third friend whom others reach, a port opened in one router, or a server helps.
        [symmetric_and_strict] No way leads to the party, as one of your routers uses a new port for every destination and the other admits only known ports: a third friend whom others reach, a port opened in one router, or a server helps.
    }
refusal-no-address =
    { $why ->
        [taken] { $why_address } belongs to another peer.
        [outside] { $why_address } is outside the party's network.
       *[full] The party's network is full.
    }
refusal-control-unreachable = There is no connection to the party's server: { server-fault }. Try again later; if others cannot reach it either, its operator has to look after it.
refusal-other-server = Another server answers there than the one that the link means. Ask your friend for a new link, and do not join until you have it.
refusal-same-server = The party’s server is the one that this device knows; there is nothing to accept.
refusal-not-a-member = You are no member of this party any more; ask for a new link.
refusal-still-a-member = You are in this party now; leave it first.
refusal-keys-missing = You are a member of this party, but its keys are not on this device: no backup has them, and the keyring has lost them. Ask your friend for a new link.
refusal-keys-not-usable = The party's keys cannot be used. [{ $cause }]
refusal-cancelled = It was called off.
refusal-reply-not-a-link = This is not a reply to your party’s link; it should begin with lanrage://reply/.
refusal-reply-damaged = The reply is damaged; ask your friend to copy it once more, to its very end.
refusal-reply-version = The reply was made by a newer LANrage (format { $version }); update to take it.
refusal-reply-to-another = The reply is not to this party, or not from somebody who has its link. Enter the party that your friend means, or send your friend this one’s link.
refusal-reply-expired = The reply is of another day, or one of your clocks is wrong. Ask your friend for a new one.
refusal-reply-leads-nowhere = The reply names no address that you can reach from here. Ask your friend for a new one, copied when connected to the internet.
refusal-reply-while-hidden = You hide your address from friends, so LANrage cannot knock at theirs. Turn that setting off for it, or use a server.
refusal-unusual-network = The party takes the network { $network } on your computer, which LANrage never proposes. Ask your friend whether that is meant; if so, join and accept that network.
refusal-no-free-subnet = Every network that a party could use overlaps one of this computer's. Disconnect a VPN and try again.
refusal-bad-party-id = This is no party's id.
refusal-bad-name = A name is 1 to { $most_bytes } visible letters (é counts as 2, 字 as 3, 😀 as 4).
refusal-bad-server = A server address must be ws:// or wss:// with a host name, without user name or password.
refusal-bad-expiry = An invitation can be valid for 1 to { $most_hours } hours.
refusal-short-code = This is a short code; it says where it leads once you join.
refusal-code-mistyped = This code has a typo: a symbol is wrong, missing or too many. Compare it with your friend’s, symbol by symbol.
refusal-code-unknown = Nothing is behind this code. It may have run out: codes are good for 15 minutes. Ask your friend for a new one.
refusal-code-gone = This code has been used or taken back, or its 15 minutes are over. Ask your friend for a new one.
refusal-code-unanswered = Where the code leads could not be looked up: the address book of the BitTorrent network does not answer. Check your internet connection, or ask your friend for a link instead.
refusal-code-not-stored = The code could not be made: the address book of the BitTorrent network does not answer. Check your internet connection, or send a link instead.
refusal-codes-off =
    { $because ->
       *[no_store] Short codes need the public address book, which is off in the settings (“How friends find a party”). Turn it on, or use a link.
        [hidden] Short codes use the public address book, and you hide your address. Turn that setting off, or use a link.
    }
refusal-codes-too-often = You have tried several codes. Wait a minute before the next one.
refusal-too-many-codes = There are { $most } short codes for this party already. Take one back first, or wait until one is used.
refusal-invitation-too-long = The link is too long to be an invitation.
refusal-invitation-not-a-link = There is no invitation to a party in this. A link begins with lanrage://join/, or is a web address with /join# in it; a short code has 16 symbols.
refusal-invitation-damaged = The link is damaged; copy it once more, to its very end.
refusal-invitation-version = The link was made by a newer LANrage (format { $version }); update to open it.
refusal-invitation-expired = The invitation has expired; ask your friend for a new one.
refusal-invitation-used-up = The link is used up: as many have come by it as it is good for. Ask your friend for a new one.
refusal-invitation-revoked = The link was revoked. Ask your friend for a new one.
refusal-invitation-not-valid = The link is none of this party’s. Ask your friend for a new one.
refusal-bad-setting =
    Nothing was changed: { $key } is { $value }, and must be { setting-rule }.{ $others ->
        [none] { "" }
       *[other] { " " }The values of { $others } cannot be used either.
    }
refusal-unknown-setting = There is no setting { $key }.
refusal-not-found = There is no saved set { $name }.
refusal-unknown-favorite = There is no favourite { $name }.
refusal-not-an-export = This is not an export of LANrage's settings. [{ $cause }]
refusal-backup-exists = { $path } is there already; backups do not replace files.
refusal-not-a-backup = { $path } cannot be restored. [{ $cause }]
refusal-backup-without-hash = The file { $path }.sha256 is missing, so nobody knows whether the backup is as it was made. Put it beside the backup, or restore without it (in a terminal with --without-hash).
refusal-database-newer = The database was made by a newer LANrage (it has { $found }); update LANrage to use it.
refusal-database-damaged = The database is damaged; restart LANrage to restore it. [{ $cause }]
refusal-database-failed = The database failed. [{ $cause }]
refusal-disk-full = The disk is full; make room and try again.
refusal-data-not-writable = The data folder cannot be written. [{ $cause }]
refusal-file-not-written = { $path } cannot be written: { $cause }
refusal-file-not-read = { $path } cannot be read: { $cause }
refusal-bundle-not-written = The diagnostics could not be written. [{ $cause }]
refusal-version-not-told = Whether there is a newer version is not known. [{ $cause }]
refusal-version-not-signed = What is said of a newer version is not signed by LANrage's maker, so it does not count.
refusal-page-not-opened = Your browser does not open. The page is { $page }
refusal-bad-request = The request is malformed. [{ $cause }]
refusal-other-version = The LANrage that runs ({ $running }) and this program ({ $asking }) are of two versions. Close the one that runs and start it again.
refusal-stopped = LANrage is shutting down.
refusal-already-running = LANrage is already running. It runs in another window or terminal; use that one, or close it and start LANrage again.
refusal-data-dir = The data folder cannot be used. [{ $cause }]
refusal-identity = This device's identity cannot be read or kept. [{ $cause }]
refusal-database = The database cannot be used. [{ $cause }]
refusal-socket = UDP port { $port } cannot be opened. [{ $cause }]
refusal-clipboard = The text could not be copied. [{ $cause }]
refusal-log-not-read = The log cannot be read. [{ $cause }]
refusal-not-needed = On this system the installer sets up everything that the adapter needs. Install LANrage again.
refusal-helper-missing = LANrage's helper is not installed. Install LANrage with its package (.deb or .rpm) or the `setup` of its archive, or start it as root.
refusal-setup-declined = The set-up was not allowed. Try again when you like.
refusal-setup-failed =
    { $cause ->
        [none] Nobody could be asked for permission.
       *[other] The set-up failed.
    } Run `{ $command }` in a terminal.{ $cause ->
        [none] { "" }
       *[other] { " " }[{ $cause }]
    }
refusal-unexpected = { unexpected }
refusal-control-bad-frame = The frame is not a message of this protocol. Try again in a while.
refusal-control-unknown-message = The server does not know this message. Try again in a while.
refusal-control-too-large = The frame is too large. Try again in a while.
refusal-control-protocol-version = Client and server speak different protocol versions. Update LANrage.
refusal-control-not-authenticated = The server does not know yet who this device is. Try again in a while.
refusal-control-bad-signature = The signature is not of the identity that it names. Try again in a while.
refusal-control-wrong-server = The proof was made for another server. Try again in a while.
refusal-control-unsigned-leave = A session said that its player leaves the party, and the player has not signed that. Leave again; if it stays so, update LANrage.
refusal-control-unknown-party = The server does not know this party. Ask your friend whether the party still exists, and for a new link.
refusal-control-door-closed = Only who has the link to this party comes in here, and this one is not of it as it is now, or this LANrage is too old to show it. Update LANrage, or ask your friend for a new link.
refusal-control-party-exists = This party already exists and has another host. Try again in a while.
refusal-control-not-a-member = This device is not a member of this party. Try again in a while.
refusal-control-peer-away = This member is away. Try again in a while.
refusal-control-party-full = The party is full. Somebody has to leave first.
refusal-control-too-many-parties = There are too many parties. Try again in a while.
refusal-control-access-needed = This server is private: only who has its key makes parties there. Ask whoever runs it for the key, and enter it in the settings as “Key of the server”. A friend's link lets you in without it.
refusal-control-access-wrong = The key in the settings is not the one of this server. Ask whoever runs it for the key, and enter it again as “Key of the server”.
refusal-control-banned = Whoever runs this server lets this device in no more. Use another server, or ask them why.
refusal-control-device-parties = This device has as many parties on this server as it may. Leave one of them first.
refusal-control-address-parties = Too many parties were made from your internet connection in the last hour. Try again later, or use one that you have.
refusal-control-lease-taken = Another member has this address. Try again in a while.
refusal-control-lease-fixed = A member keeps its address until it leaves. Try again in a while.
refusal-control-outside-subnet = The address is outside the party's network. Try again in a while.
refusal-control-stale-record = A newer record of this peer is known. Set this computer's clock, and join again.
refusal-control-rate-limited = Too many messages at once. Try again in a while.
refusal-control-server-full = The server is full. Try again in a while.
refusal-control-replaced = This identity has connected from elsewhere. Try again in a while.
refusal-control-timed-out = The connection was silent or too slow. Try again in a while.
refusal-control-stopping = The server is stopping. Try again in a while.
refusal-control-internal = The server has a problem of its own; nothing was changed. Try again in a while.
refusal-control-unknown = Refused for a reason that this version does not know. Try again in a while.

# What the user can do (`Remedy`).
remedy-install-package = Install LANrage by its package (.deb or .rpm) or the `setup` of its archive, once: it brings a helper that does it. Or start LANrage as root (sudo).
remedy-start-with-sudo = Start LANrage with sudo.
remedy-run-as-administrator = Close LANrage and start it with “Run as administrator”.
remedy-start-helper = Start it with `{ $command }`, or install LANrage's package again.
remedy-set-up-helper = Let LANrage set it up once, or run `{ $command }`.
remedy-use-at-the-computer = Use LANrage in a session at the computer itself, or have its administrator put you on the list of the helper's users with `{ $command }`.
remedy-join-helper-users = Have the computer's administrator put you on the list of the helper's users with `{ $command }`.
remedy-reset-adapter-name = Set the name of the network adapter back to lanrage0 in the settings, or choose another up to lanrage99.
remedy-choose-adapter-name = Choose a name of 1 to 14 letters, digits, “-” or “_” in the settings.
remedy-load-driver = Load the driver with `{ $command }`. In a container, pass the device /dev/net/tun through.
remedy-restart-computer = Restart the computer; the driver is part of macOS.
remedy-install-driver = Install LANrage again: the file wintun.dll is missing beside the program.
remedy-free-adapter-name = Close other copies of LANrage, or delete an unused adapter with `{ $command }`.
remedy-close-other-copies = Close other copies of LANrage.
remedy-remove-adapters = Close other copies of LANrage, or remove unused adapters in the Device Manager.
remedy-close-other-copy = Close the other copy of LANrage that is in this party.
remedy-join-again = Leave the party and join it again.
remedy-disconnect-vpn = Disconnect the other network (often a VPN), or make the party with another network.
remedy-leave-adapter-alone = Keep the other program, such as a network manager or a VPN, from changing LANrage's adapter.
remedy-exempt-party = Let the other VPN leave out { $network } (“allow local network access” or “split tunnelling”), or disconnect it.
remedy-let-party-through = Let the firewall, or the VPN's kill switch, let packets of { $network } through on { $adapter }.
remedy-other-network = Ask the host to make the party with another network.
remedy-report-failure = Try again. If it fails again, restart the computer and report the message above.
remedy-adapter-reopens = It is opened again by itself.
remedy-make-room = Make room on the disk; it is tried again by itself.
remedy-make-writable = Make room on the disk, or make the data folder writable; it is tried again by itself.
remedy-start-again = Start LANrage again.
remedy-ask-for-link = Ask a friend in the party for a new link.
remedy-send-link-again = If this is a friend, send them the link again; if you know nobody of that name, somebody tampers with the control server.
remedy-set-clock = Let the system set its clock by itself; expiring links and renewed keys depend on it.
remedy-accept-server = Nothing was told to it, and the party goes on without. Ask the server's operator whether it was set up anew; only if so, accept it: `{ $command }`.
remedy-check-connection = It is tried again by itself. Check your internet connection.
remedy-check-server-address = Check the server’s address in the settings. It begins with wss:// where the server has TLS, and with ws:// where it has none.
remedy-check-certificate = Ask the server’s operator for a valid certificate. If others see nothing wrong with it, set this computer’s clock.
remedy-check-settings = Check your settings.
remedy-change-setting = Choose another value in the settings, or reset it.
remedy-change-settings = Choose other values in the settings, or reset them.
remedy-unlock-keyring = Unlock or install a keyring (GNOME Keyring, KWallet); LANrage moves its keys there by itself.
remedy-start-lanrage = Start LANrage and look again.
remedy-look-again = Wait a moment and look again.
remedy-enter-party = Enter a party and look again.
remedy-enter-party-and-wait = Enter a party, wait a moment and look again.
remedy-allow-games = If friends cannot see your game, run `{ $command }`.
remedy-allow-games-in-settings = If friends cannot see your game, allow the game in the system's firewall settings.
remedy-restart-lanrage = Restart LANrage.
remedy-restore-backup = Restart LANrage; it restores the newest good backup by itself.
remedy-ask-operator = It is tried again by itself. Check your internet connection; if others cannot reach it either, its operator has to start it.
remedy-allow-udp = Allow UDP to the internet in your router or company firewall; until then a relay carries everything.
remedy-name-servers = Set a control server or STUN servers that can be reached, and look again.
remedy-open-router = Switch on UPnP, NAT-PMP or PCP in your router, or ask your provider for an address of your own.
remedy-switch-on-port-mapping = Switch on the setting port_mapping if friends reach you only through relays.
remedy-map-ports = Switch on UPnP, NAT-PMP or PCP in your router if you can.
remedy-relays-are-retried = They are tried again by themselves. Check your internet connection.
remedy-match-relay-secret = Look whether this computer’s clock is right. If it is, whoever runs the relay has to give it the secret that the server has.
remedy-raise-relay-quota = Wait until the relay is used less, or ask whoever runs it to raise its limit for one user.
remedy-add-relay = It is tried again by itself. If it stays full, ask whoever runs the server for another relay, or for more room on this one.
remedy-change-relay-rules = Ask whoever runs the relay to look at its settings and its log.
remedy-let-relay-reach-friends = Ask whoever runs the relay to permit your friends’ addresses in its rules, or use a server that offers another relay.
remedy-use-server-with-relays = Use a control server that offers relays; without one, a few pairs of routers cannot meet.
remedy-look-again-with-friend = Look again when one is.
remedy-switch-off-tunnels = Look for another VPN or a tunnel below LANrage and switch it off; games go on with smaller packets.

# What the doctor looks at, and what depends on it (`Subject`).
check-adapter = Virtual network adapter
check-permission = Permission to open the adapter
check-control-server = Control server
check-store = Finding friends in the BitTorrent DHT
check-nat = Your router
check-port-mapping = Open port on the router
check-relay = Relays
check-mtu = Packet size
check-firewall = Firewall of this computer
check-clock = Clock of this computer
check-keyring = Keyring
check-database = Stored data
meaning-adapter = Games see your friends through this adapter.
meaning-permission = The system lets only privileged programs open an adapter; LANrage itself runs without privileges.
meaning-control-server = Friends find your party through it; a party that stands goes on without it.
meaning-store = Friends find you there without a server where the link’s addresses lead nowhere; who runs it sees your IP address, but nothing of the party.
meaning-nat = It decides whether friends are reached on a straight path or through a relay.
meaning-port-mapping = With one, friends behind difficult routers reach you on a straight path; most need none.
meaning-relay = A relay carries your packets, encrypted, where no straight path to a friend exists.
meaning-mtu = Larger packets than the path carries are cut into pieces or lost.
meaning-firewall = A firewall can keep your friends' games from reaching yours although all lines are good.
meaning-clock = Links that expire and keys that are renewed depend on it.
meaning-keyring = Your keys are kept there; without one they are in files that only your account can read.
meaning-database = Your settings and parties are kept there for the next start.

# What the doctor found (`Finding`). A fault of the engine has its message of `problem`.
finding-not-running = LANrage is not running, so this cannot be seen.
finding-adapter-open = { $name } is open, and packets pass it.
finding-adapter-tested = { $name } is open; whether packets pass it is being tested.
finding-adapter-opening = It is being opened.
finding-adapter-closed = It is opened when you enter a party.
finding-permission-used = LANrage has opened its adapter.
finding-permission-held = This program may open it itself.
finding-helper-works = LANrage's helper opens it.
finding-helper-is-off = LANrage's helper is installed and not switched on.
finding-permission-missing = This program may not open it, and LANrage's helper is not installed.
finding-no-driver = The system has no driver for adapters: /dev/net/tun is missing.
finding-permission-untold = The system tells only when an adapter is opened.
finding-server-connected =
    Connected to { $server }{ $proxy ->
        [none] .
       *[other] { " " }through the proxy { $proxy }.
    }
finding-server-dialled = { $server } is being dialled.
finding-server-disconnected =
    No connection to { $server }{ $proxy ->
        [none] : { server-fault }.
       *[other] { " " }through the proxy { $proxy }: { server-fault }.
    }
finding-server-not-used = None is used: your party's members find each other.
finding-server-not-set = None is set: friends find each other by the link, where one of them can be reached.
finding-server-answers =
    { $server } can be reached{ $proxy ->
        [none] .
       *[other] { " " }through the proxy { $proxy }.
    }
finding-server-silent = { $server } cannot be reached: { $cause }.
finding-store-not-used = Your party does without it.
finding-store-not-asked = It is asked when you enter a party that needs it.
finding-store =
    { $holders ->
        [none] This computer has left no note there yet.
        [one] One of its computers keeps the note that this one left there.
       *[other] { $holders } of its computers keep the note that this one left there.
    } { store-looked } { store-engine }
finding-store-silent = It does not answer here as it should. { store-looked } { store-engine }
store-looked =
    { $looked_s ->
        [none] It has not been looked there yet.
       *[other] The last look there ended { $looked_s } s ago.
    }
store-engine =
    { $engine ->
        [dht] It is asked directly.
       *[dht_and_relays] It is asked directly and through relays over HTTPS.
    }
finding-udp-blocked = Your network lets nothing but TCP through.
finding-router-not-measured = It has not been measured.
finding-router-not-measurable =
    { $summary ->
        [blocked] { nat-summary-blocked }
        [offline] { nat-summary-offline }
        [no_servers] { nat-summary-no-servers }
       *[measured] { nat-summary-measured }
    }
finding-router = { router-measured }
router-measured =
    { $mapping ->
        [no_translation] { mapping-no-translation }
        [endpoint_independent] { mapping-endpoint-independent }
        [not_port_dependent] { mapping-not-port-dependent }
        [address_dependent] { mapping-address-dependent }
        [address_and_port_dependent] { mapping-address-and-port-dependent }
       *[unknown] { mapping-unknown }
    } { $filtering ->
        [endpoint_independent] { filtering-endpoint-independent }
        [not_port_dependent] { filtering-not-port-dependent }
        [address_dependent] { filtering-address-dependent }
        [address_and_port_dependent] { filtering-address-and-port-dependent }
       *[unknown] { filtering-unknown }
    }
finding-port-open = The router has opened { $external }.
finding-port-searching = The router has not answered yet.
finding-port-not-wanted = The router is asked when you enter a party.
finding-port-switched-off = The setting says that the router is not asked.
finding-port-unavailable =
    { $fault ->
       *[no_router] { port-mapping-no-router }
        [not_offered] { port-mapping-not-offered }
        [no_address] { port-mapping-no-address }
        [second_router] { port-mapping-second-router }
        [refused] { port-mapping-refused }
    }
finding-relays =
    { $usable } of { $count } on offer; the nearest is { $nearest }{ $rtt_ms ->
        [none] .
       *[other] , { $rtt_ms } ms away.
    }
finding-relays-fail =
    None of { $count } can be used; { $nearest }: { $fault ->
       *[relay_silent] { relay-fault-relay-silent }
        [relay_credentials] { relay-fault-relay-credentials }
        [relay_quota] { relay-fault-relay-quota }
        [relay_full] { relay-fault-relay-full }
        [relay_occupied] { relay-fault-relay-occupied }
        [relay_forgot] { relay-fault-relay-forgot }
        [relay_redirects] { relay-fault-relay-redirects }
        [relay_without_udp] { relay-fault-relay-without-udp }
        [relay_forbids] { relay-fault-relay-forbids }
        [relay_refuses_friends] { relay-fault-relay-refuses-friends }
        [relay_bad_reply] { relay-fault-relay-bad-reply }
        [relay_refused] The relay refused with code { $fault_number }.
        [relay_slow] { relay-fault-relay-slow }
        [relay_stream] The connection to the relay failed: { $fault_cause }.
    }
finding-relays-refuse = The relays in use refuse to reach { $peer }, to whom there is no direct path.
finding-no-relays = None is known.
finding-no-relays-for-hiding = None can be used, and your friends are to be reached by relays alone (setting relay_only): nobody can be.
finding-packets-unmeasured = No friend is connected to measure it with.
finding-packets-small = The path to { $peer } carries packets of { $bytes } bytes only.
finding-packets-good = All paths carry packets of { $bytes } bytes.
finding-no-firewall = None that LANrage knows of is on.
finding-ufw = ufw is on; whether it lets games on { $adapter } through, only an administrator can see.
finding-firewalld = firewalld is on; whether it lets games on { $adapter } through depends on the adapter's zone.
finding-systems-firewall = The system's own firewall decides for each game.
finding-clock-agrees = It agrees with the control server's.
finding-clock-not-compared = There is no control server to compare it with now.
finding-keyring-works = The system's keyring works.
finding-keyring-fails = The system's keyring cannot be used. [{ $cause }]
finding-database-unreadable = It cannot be read. [{ $cause }]
finding-database-damaged = It is damaged: { database-faults }.
finding-settings-refused = Some settings cannot be used: { $settings }.
finding-database-good = It is good, and has { $kib } KiB.

## Window

product = LANrage
window-title = LANrage
window-title-party = { $party } – LANrage
unexpected = Something went wrong inside LANrage: { $detail }
loading = Starting…
loading-slow = This takes longer than usual. LANrage is still opening its data folder.

pages-label = Pages
pages-home = Home
pages-party = Party
pages-games = Games
pages-settings = Settings
pages-diagnostics = Diagnostics
pages-skip = Skip to the page

failed-heading = LANrage could not start
failed-already-running = LANrage is already running

player-label = Your name
player-shown = Friends see you as
player-change = Change
player-change-label = Change your name
player-save = Save
player-cancel = Cancel
refusal-no-player-name = Your friends need a name to recognise you by.

home-heading = One LAN, wherever you are
home-lead = Make a party and send the link, or open a link that a friend sent you.
home-in-party = You are in
home-to-party = Go to the party
home-other-pauses = Making or joining another party pauses { $party }; you keep your place in it.
home-pauses = { $party } is paused meanwhile; you keep your place in it.

first-heading = Before your first party
first-where = Where are your friends?
first-where-dht = On the internet
first-where-link = Only in this room
first-by-note = They find you by a sealed note in the BitTorrent DHT, with nothing to set up.
first-by-link = The link leads them straight to this computer.
first-by-server = Your friends and you meet through the server { $server }.
first-own-server = Use a server instead
first-adapter = Network for games:
first-adapter-looking = being looked at…
first-adapter-ready = ready. It opens with your first party.
first-told = Who learns what?
first-told-friends = Your friends
first-told-friends-what = your name, your addresses, and which games you play or host. Settings can hide the last two.
first-told-server = The server
first-told-server-what = who is in a party, by which name, from which address. It cannot read what you send.
first-told-note = Computers of the DHT
first-told-note-what = your IP address, and nothing of the party.
first-told-stun = STUN servers
first-told-stun-what = your IP address, to say how you are seen from outside: { $servers }

recent-heading = Recent parties
recent-favorites = Favourites
recent-empty = No parties yet. The ones you make or join are listed here, one click away.
recent-active = You are there now
recent-favorite = { $party } is a favourite
recent-keys-missing = Its keys are not on this device; ask for a new link
roster-last-here = Last here { $when }.
recent-hosted = You host it
recent-joined = You joined it
recent-with = with { $friends }
friends-and-more = { $friends } and { $more } more
recent-last-active = last there { $when }
recent-resume = Resume
recent-resume-name = Resume { $party }
recent-resume-busy = Resuming…
recent-forget = Forget
recent-forget-name = Forget { $party }
recent-forget-question = Forget { $party }? You need the link to come back.
recent-unlist-question = Take { $party } off this list?
recent-forget-busy = Forgetting…

settings-heading = Settings
settings-lead = They are kept on this device.
settings-find = Find a setting
settings-expert = Show settings for experts
settings-none-found = No setting has to do with “{ $text }”.
settings-server-asked = It is being asked…
settings-server-answers = It answers, and LANrage runs there.
settings-server-fault = No connection: { server-fault }.
settings-back = Back

setting-group-player = You
setting-group-party = Parties
setting-group-app = App
setting-group-network = Network
setting-group-data = Backups
setting-group-log = Log

setting-name-share-games = Show friends what I play
setting-name-shield = What friends reach of this computer
setting-name-player-name = Player name
setting-name-control-server = Control server
setting-name-server-key = Key of the server
setting-name-restore-last-party = Restore last party
setting-name-find-friends = How friends find a party
setting-name-udp-port = UDP port
setting-name-port-mapping = Port mapping
setting-name-relay-for-friends = Relay for friends
setting-name-relay-pair-kbits = Relayed between two friends
setting-name-relay-total-kbits = Relayed for all friends
setting-name-relay-only = Hide my addresses from friends
setting-name-send-twice = Send game packets twice on bad lines
setting-name-stun-servers = STUN servers
setting-name-dht-nodes = DHT nodes
setting-name-pkarr-relays = Relays into the DHT
setting-name-adapter-name = Adapter name
setting-name-default-subnet = Default subnet
setting-name-quality-excellent = Quality excellent
setting-name-quality-good = Quality good
setting-name-quality-fair = Quality fair
setting-name-quality-poor = Quality poor
setting-name-backup-daily = Backup daily
setting-name-backup-keep = Backup keep
setting-name-log-level = Log level
setting-name-log-file-mib = Log file
setting-name-log-files-kept = Log files kept
setting-name-autostart = Start with the computer
setting-name-notifications = Notifications
setting-name-sounds = Sounds
setting-name-check-updates = Look for new versions
setting-name-keep-in-tray = When the window is closed
setting-name-language = Language
setting-name-theme = Theme

setting-doc-share-games = Whether friends in the party are told which games you play and host: only they, inside the party, and never a server. What a game itself announces on the LAN, or its server answers to whoever asks, they see all the same.
setting-doc-shield = How much of this computer friends in the party reach: all (open), what your own programs listen on (guarded), games (games), or nothing that they begin themselves (closed). Remote login, shares and databases are reached by nobody but whom you trust with everything.
setting-doc-player-name = The name that friends see. Empty: the name of this computer's account.
setting-doc-control-server = The control server for new parties. Empty: friends find each other by the link, where one of them can be reached.
setting-doc-server-key = The key that a private server wants of whoever makes parties there; whoever runs it gives it to you. It is shown nowhere, and in no export or report.
setting-doc-restore-last-party = Whether the last party comes back by itself when LANrage starts.
setting-doc-find-friends = How friends find a party without a control server: by its link alone (link), or also by sealed notes in the BitTorrent DHT (dht), whose nodes see this device's IP address but nothing of the party.
setting-doc-udp-port = UDP port for all traffic between friends. 0: any free one.
setting-doc-port-mapping = Whether the router is asked to open the port for friends (PCP, NAT-PMP, UPnP).
setting-doc-relay-for-friends = Whether this device passes on what two friends send each other whose routers do not get along. It can read none of it, and its own traffic goes before.
setting-doc-relay-pair-kbits = Most that is passed on between two friends; a game takes 50 to 300.
setting-doc-relay-total-kbits = Most that is passed on for all friends together.
setting-doc-relay-only = Whether friends learn no address of this device: they are reached by relays alone, which makes the way longer. A control server and relays see addresses all the same, and the link of a party without a server names them.
setting-doc-send-twice = Whether packets of games are sent twice, by two ways, while a line loses some. The copies take 64 kB/s for each friend at most, often of a relay; on a connection that is paid for by what passes there are none.
setting-doc-stun-servers = STUN servers that tell this device how it looks from outside, where the control server offers too few. Empty: none but the control server's.
setting-doc-dht-nodes = Nodes by which this device comes into the BitTorrent DHT the first time; it remembers others. Empty: none but those.
setting-doc-pkarr-relays = Relays into the BitTorrent DHT, in pkarr's format, for networks that let it not pass; used with find_friends dht alone. They see what its nodes see. Empty: none.
setting-doc-adapter-name = Name of the virtual network device; if it is taken, its number is counted up. LANrage's helper (Linux) gives the names lanrage0 to lanrage99.
setting-doc-default-subnet = The network of new parties; another is proposed where it overlaps a network in use.
setting-doc-quality-excellent = Least rating of an excellent connection. The rating is the E-model's of ITU-T G.107: 93 is the best, delay, jitter and loss lower it.
setting-doc-quality-good = Least rating of a good connection.
setting-doc-quality-fair = Least rating of a fair connection.
setting-doc-quality-poor = Least rating of a poor connection; below it is bad.
setting-doc-backup-daily = Whether the database is backed up once a day.
setting-doc-backup-keep = How many daily backups are kept.
setting-doc-log-level = How much is logged; addresses are, from debug on.
setting-doc-log-file-mib = Size at which a new log file is begun.
setting-doc-log-files-kept = How many finished log files are kept.
setting-doc-autostart = Whether LANrage starts with the computer, in the tray.
setting-doc-notifications = Whether the system tells of friends who come and go and of connections that get worse, while the window is not in front.
setting-doc-sounds = Whether the window makes a short sound when a friend comes, writes in the chat, or asks whether everybody is ready.
setting-doc-check-updates = Whether LANrage looks once a day for a newer version of itself, where whoever built it has named an address for that. Nothing is installed.
setting-doc-keep-in-tray = What closing the window does while there is a party: ask, keep it in the tray, or quit.
setting-doc-language = The language of the app.
setting-doc-theme = The colours of the app.

setting-unit-points = points
setting-unit-backups = backups
setting-unit-files = files
setting-unit-mib = MiB

setting-choice-language-system = As the system
setting-choice-theme-system = As the system
setting-choice-theme-light = Light
setting-choice-theme-dark = Dark
setting-choice-find-friends-link = By its link alone
setting-choice-find-friends-dht = By its link, and by notes in the BitTorrent DHT
setting-choice-shield-open = Everything
setting-choice-shield-guarded = What my own programs listen on
setting-choice-shield-games = Games only
setting-choice-shield-closed = Nothing
setting-choice-keep-in-tray-ask = Ask
setting-choice-keep-in-tray-keep = Keep the party in the tray
setting-choice-keep-in-tray-quit = Quit
setting-choice-log-level-error = error
setting-choice-log-level-warn = warn
setting-choice-log-level-info = info
setting-choice-log-level-debug = debug
setting-choice-log-level-trace = trace

settings-on = On
settings-off = Off
settings-empty = empty
settings-by-default = Default: { $value }
settings-rule = Must be { setting-rule }.
settings-save = Save
settings-save-name = Save { $setting }
settings-cancel = Cancel
settings-cancel-name = Do not change { $setting }
settings-reset = Reset
settings-reset-name = Reset { $setting }
settings-saved = Saved.
settings-was-reset = Reset to its default.
settings-undo = Undo
settings-undo-name = Undo the change of { $setting }
settings-restart = Needs a restart
settings-restart-hint = Restart LANrage to apply this.
restart-now = Restart LANrage
restart-busy = Restarting…
restart-hint = Your party and your friends are back in a moment
settings-repair =
    { $settings ->
        [one] One setting cannot be used; its default is used meanwhile. Change or reset it below.
       *[other] { $settings } settings cannot be used; their defaults are used meanwhile. Change or reset them below.
    }
settings-fault = The stored value { $value } cannot be used: it must be { setting-rule }.
settings-reset-all = Reset all settings
settings-reset-all-question = Give every setting its default?
settings-reset-all-confirm = Reset all
settings-reset-all-busy = Resetting…
settings-keep = Keep them

favorites-heading = Favourite servers
favorites-use = Use
favorites-use-name = Use { $server }
favorites-in-use = in use
favorites-remove = Remove
favorites-remove-name = Remove { $server } from the favourites
favorites-keep-as = Keep this server as a favourite called
favorites-keep = Keep

data-heading = Data
data-size = Size
data-last-backup = Last backup
data-no-backup = none yet
data-back-up = Back up now
data-back-up-busy = Backing up…
data-backed-up = A backup was made.
data-check = Check
data-check-busy = Checking…
data-sound = The data is in order.
data-unsound = The data is damaged: { database-faults }; the log has them. Restore a backup.
data-backups =
    { $count ->
        [one] 1 backup
       *[other] { $count } backups
    }
data-restore = Restore
data-restore-name = Restore the backup of { $when }
data-restore-question = Go back to { $when }? What is stored now is backed up first.
data-restore-busy = Restoring…
data-restored = The backup is restored.
data-restored-after-restart = The backup is restored. Some of its settings take effect when LANrage starts again.
data-restored-without-keys = No backup has the keys of parties, and these are not on this device: { $parties }. Ask your friends for new links.
data-keep = Keep
data-choose = Restore from a file…
data-restore-file-name = Restore the backup { $path }
data-restore-file-question = Put what { $path } holds in place of everything stored now? What is stored now is backed up first.
data-restore-unproven = Restore it all the same
data-restore-unproven-question = Nobody knows whether { $path } is as it was made. Restore it all the same? What is stored now is backed up first.
data-undo = Undo
show-in-folder = Show in folder

transfer-heading = Export and import
transfer-lead = Your chosen settings, to keep or to take to another device.
transfer-save = Save to a file…
transfer-saved = Saved:
transfer-open = Import a file…
transfer-export = Show as text
transfer-exported = Exported settings
transfer-copy = Copy the export
transfer-label = Or paste an export
transfer-import = Import the text
transfer-busy = Importing…
refusal-no-export = Paste an export first.
transfer-imported = The settings are imported.
transfer-hide = Hide

make-heading = Make a party
make-lead = You get a link to send to your friends.
make-label = Party name
make-suggestion = { $player }’s party
make-suggestion-nameless = My party
make-submit = Make the party
make-busy = Making the party…
refusal-no-party-name = Give the party a name.

join-heading = Join with a link
join-lead = Paste the link that your friend sent you, or type the code that you were told.
join-label = Invitation link
join-placeholder = lanrage://… or ABCD-EFGH-JKMN-PQRS
join-submit = Join
join-submit-party = Join { $party }
join-busy = Joining…
refusal-no-link = Paste a link or type a code first.
join-preview = This link leads to
join-host = Host
join-members = Players
join-server = Server
join-expires = Valid until
join-network = Network
join-network-unusual = { $network } on your computer, which is out of the ordinary: what else you reach there leads to this party’s players. Join only if you know why.
join-no-server = none; the host’s device brings you together
join-unknown-host = unnamed ({ $id })

joining-heading = Joining { $party }
joining-by-server = The server { $server } is asked to let you in.
joining-by-link = Your friend is looked for where the link says.
joining-since = { $time } so far.
joining-cancel = Cancel
joining-code = Looking up the code
joining-code-lead = It is looked up in the public address book. This takes a few seconds.
join-unusual-anyway = Join all the same

reply-heading = Nobody answers yet
reply-lead = Is your friend in { $party } right now? Then send them this reply, by whatever way the link came. They paste it in their party under “Let a friend in”, and LANrage does the rest.
reply-label = Reply to your friend
reply-copy = Copy the reply
reply-waiting = Waiting for your friend, for half an hour. If they took the reply and you are still not in, ask for their link once more, and paste that one: it has their newest address.
reply-again = Try again, with a reply for your friend
reply-newer = Try this link too

let-in-heading = Let a friend in?
let-in-lead = You opened a reply to your party’s link. LANrage knocks at the address in it, so that your friend gets in. Do it only if a friend sent it to you.
let-in-show = Let a friend in who finds nobody
let-in-label = Their reply
let-in-hint = Your friend’s LANrage offers a reply to copy when nobody answers at your link. Paste it here.
let-in-placeholder = lanrage://reply/…
let-in-submit = Let in
let-in-busy = Knocking…
let-in-done = LANrage knocks at your friend’s router now. If they are not in within half a minute, copy your party’s link once more and send it: it has your newest address.
refusal-no-reply = Paste the reply first.
refusal-reply-outside = This is a reply to your party’s link. Enter that party, and paste it there under “{ let-in-show }”.

link-heading = Join this party?
link-lead = You opened an invitation link. Join only if you trust whoever sent it.
link-reading = Reading the link…
link-refused = This link cannot be used
link-join = Join
link-not-now = Not now
link-close = Close
link-already = You are in this party already.

close-heading = Keep the party running?
close-lead = You closed the window while in { $party }. LANrage can go on in the tray, so that your games stay connected.
close-lonely = You closed the window. LANrage can go on in the tray.
close-keep = Keep running
close-quit = Quit
close-remember = Do this every time

party-hosted = You host this party
party-joined = You joined this party
party-invite = Invite
party-invite-hide = Hide invitation
party-menu = More
party-approve = Ask me for each newcomer
party-lock = Let nobody new in
party-open = Let in everybody with the link
party-leave = Leave party
party-leave-question = Leave for good? Its keys are forgotten; you need the link to come back.
party-leave-confirm = Leave
party-leave-busy = Leaving…
party-pause = Pause
party-pause-hint = Go offline and keep your place in the party
party-pause-busy = Pausing…
party-stay = Stay

invite-heading = Invite friends
invite-lead-open = Anyone with this link can join, so send it only to friends.
invite-lead-ask = Whoever opens this link asks you to be let in.
invite-lead-closed = Nobody comes in by this link now: the party is closed.
invite-label = Invitation link
invite-copy = Copy link
invite-copy-message = Copy as message
invite-message =
    Join my LAN party “{ $party }”: { $link }
    No LANrage yet? I can send it to you. Install it, then open the link or paste this message into it.
invite-message-web =
    Join my LAN party “{ $party }”: { $link }
    No LANrage yet? That page says where to get it.
invite-share = Share
invite-share-text = Join my LAN party “{ $party }”
invite-show-qr = QR code
invite-hide-qr = Hide QR code
invite-qr = QR code of the invitation to { $party }
invite-qr-hint = Scan it with the device that is to join.
invite-expiry = Valid for
invite-uses = Lets in
invite-uses-any = anyone
invite-uses-one = one player
invite-uses-five = 5 players
invite-approval = Ask me each time
invite-guests = As guests, until they leave
invite-limit = Make a limited link
invite-make = Make link
invite-asks = A limited link lets in who comes by it. Whoever has another one has to ask you from then on; all who are here stay.
invite-made = The link above is limited. It stands under “Links in circulation”, where you can revoke it.
invite-own = Show the party’s own link
invite-expiry-hour = 1 hour
invite-expiry-day = 1 day
invite-expiry-week = 7 days
invite-expiry-never = ever
code-show = Short code
code-make = Make a code
code-lead = For a friend who hears you: 16 symbols that they type where others paste a link. A code lets one player in, within 15 minutes.
code-making = Making a code…
code-label = Short code
code-copy = Copy code
code-until = Good for one player, { $time } left.
code-back = Take back
code-back-of = Take back the code { $code }
invite-renewed = The link above is new. Links that you sent before stay valid.
invite-making = Making a new link…

copy-label = Copy
copy-done = Copied
copy-address = Copy the address of { $name }
copy-own-address = Copy your address
copy-public-address = Copy your public address

roster-forwarded = You relay for { $one } and { $other }: { $rate }
roster-heading = On this LAN
roster-count =
    { $here ->
        [1] only you
       *[other] { $here } here
    }
roster-away-count = { $count } away
roster-find = Find a friend
roster-none-found = Nobody here is called “{ $text }”.
roster-nat = Router
roster-host = host
role-guest = guest
role-member = member
role-moderator = moderator
role-acting-owner = acting host
role-owner = host

chat-heading = Chat
chat-empty = Everybody in the party reads what you write here, and so does whoever comes later. No server knows it.
chat-label = Write to everybody
chat-send = Send
chat-own = You
ready-ask = Everybody ready?
ready-ask-hint = Asks all who are here, with a notification on their computers.
ready-asks = { $name } asks: is everybody ready?
ready-asks-own = You asked whether everybody is ready.
ready-yes = Ready
ready-not-yet = Not yet
ready-count = { $ready } of { $all } ready
ready-everybody = Everybody is ready.
ready-time-is-up = Time is up: { $ready } of { $all } were ready.
readiness-waiting = no answer yet
readiness-not-yet = not yet
readiness-ready = ready
voice-heading = Voice chat
voice-label = Where you talk
voice-pin = Pin
voice-unpin = Take away
voice-keep = Cancel
voice-open = Open
voice-copy = Copy where you talk
voice-change = Change
voice-add = Pin a voice link
voice-add-hint = Everybody in the party sees it: for example a link to Discord, Mumble or TeamSpeak.
voice-by = Pinned by { $name }
games-heading = Games
games-hosts = { $peer } hosts { $game }
games-plays = { $peer } plays { $game }
games-you-host = You host { $game }
games-you-play = You play { $game }
games-none = Nobody plays a game that LANrage knows.
games-locked = with a password
games-announced = announced by the game itself
games-answers = its server answers
games-empty = Start a game and open it to the LAN. It appears here, and in your friends’ list of LAN games.
games-copy = Copy address
games-copy-of = Copy address of { $game } at { $peer }
games-join = Join
games-join-of = Join { $game } at { $peer }
games-join-busy = Starting…
why-heading = Why is it not seen?
why-see = Why do I not see it?
why-see-of = Why do I not see it? { $game } at { $peer }
why-seen = Why does { $peer } not see it?
why-seen-of = Why does { $peer } not see it? { $game }
why-busy = Looking at both computers…
why-lead = LANrage looks at both computers, and says what keeps a game from being seen.
why-friend = The friend who does not see it
why-game = Game
why-host = Who hosts it?
why-host-friend = { $peer }
why-host-you = Me
why-ask = Find out
why-again = Look again
why-close = Close
why-more = Then look at this
why-done = Done. Look again in a moment.
why-hint = What else to know
why-press = Do it: lanrage games why { $peer } { $game } --fix
game-origin-builtin = LANrage
game-origin-changed = changed by you
game-origin-mine = yours
game-origin-imported = imported
game-hidden = hidden from friends
known-games-heading = Games
known-games-lead = How LANrage knows a game, what it needs, and whether friends are told of it.
known-games-count =
    { $games ->
        [1] One game
       *[other] { $games } games
    }
known-games-search = Search
known-games-add = Add a game
known-games-name = Name
known-games-ports = Ports of a host
known-games-programs = Programs
known-games-discovery = List of games
known-games-programs-label = Programs, one a line: file names, or “java with” and a part of an argument
known-games-servers-label = Programs that only host, one a line
known-games-ports-label = Ports that a host listens on, one range a line: udp 8303-8310
known-games-save = Save
known-games-edit = Change
known-games-reset = Back to LANrage's own
known-games-forget = Forget
known-games-shown = Friends are told when you play or host it
known-games-let-through = Let its search through to the party, where friends let it too
known-games-bring = Friends' lists find it too when you host it on a port that they do not ask
known-games-transfer = Your games in a file
known-games-transfer-lead = The games that you have added or changed, for friends or another device.
terminal-games-imported =
    { $games ->
        [1] One game was imported.
       *[other] { $games } games were imported.
    }
shield-heading = What friends reach
shield-lead-open = Everything on this computer, remote login and shares too.
shield-lead-guarded = What your own programs listen on, games first. Remote login, shares and services of the system stay closed.
shield-lead-games = Only the games that LANrage knows and that run here.
shield-lead-closed = Nothing. Friends answer what you begin, and begin nothing themselves.
shield-blind = What listens cannot be seen on this system yet, so this goes by ports: remote login, shares and the like stay closed.
shield-level = Friends reach
shield-place = { $transport } { $ports }
shield-owner = by { $owner }
shield-tried-program = { $peer } tried to reach { $place } ({ $owner })
shield-tried = { $peer } tried to reach { $place }
shield-times =
    { $times ->
        [1] once
       *[other] { $times } times
    }
shield-allow = Open for { $peer }
shield-allow-of = Open for { $peer }: { $place }
shield-never = stays closed
shield-doors = What listens here
shield-no-doors = Nothing listens here that friends could reach.
shield-system = the system
shield-reached = friends reach it
shield-closed = closed to friends
shield-open-door = Open
shield-open-door-of = Open { $place } for friends
shield-close-door = Close
shield-close-door-of = Close { $place } to friends
shield-decided = Decided by you
shield-decided-open = { $place } is open for { $peer }
shield-decided-closed = { $place } is closed to { $peer }
shield-everybody = all friends
shield-forget = Forget
shield-forget-of = Forget what you decided of { $place }
shield-trust = Trust { $peer } with
trust-full = everything
trust-friend = what friends reach
trust-mute = nothing
terminal-head-place = place
terminal-head-owner = listens
terminal-head-reach = for friends
terminal-shield-level = Friends reach: { $level }.
roster-empty = No friends here yet.
roster-empty-hint = Send them the link. They appear here by themselves.
roster-address = Address
roster-details = Details
roster-details-of = Details of { $name }
roster-figure-rtt = Ping
roster-figure-jitter = Jitter
roster-figure-loss = Loss

rights-of = What you may do with { $name }
rights-kick = Kick
rights-kick-of = Kick { $name }
rights-kick-question = Kick { $name } out? Links that are in circulation only ask from then on, so that they do not come back by one. You can let them in again.
rights-kick-busy = Kicking …
rights-ban = Ban
rights-ban-of = Ban { $name }
rights-ban-question = Ban { $name } for good? A limited link that they came by is revoked. If they have the party’s own, new players have to ask you from then on.
rights-ban-busy = Banning …
rights-mute = Mute broadcasts
rights-unmute = Hear broadcasts again
rights-mute-hint = What their programs send to everybody does not reach your computer, in any party, until you hear them again. Their games are not found by themselves then.
rights-keep = Leave it
rights-moderator = Make moderator
rights-member = Make member
rights-no-moderator = No moderator any more
rights-host = Make host
rights-host-of = Make host: { $name }
rights-host-question = Give the party to { $name } for good?
rights-host-busy = Handing over …

who-heading = Who may come in
who-admission = May come in
admission-open = everybody with the link
admission-ask = only with a limited link, or whom one of us lets in
admission-closed = nobody
who-older-links = Links from before somebody was removed only ask now. Copy the link anew for friends who are to come in at once.
who-waits = { $name } wants to join
who-waits-by = { $name } wants to join, by link { $link }
who-let-in = Let in
who-let-in-of = Let in: { $name }
who-refuse = Refuse
who-refuse-of = Refuse { $name }
who-kicked = { $name } was kicked
who-banned = { $name } is banned
undo-removal = Undo
who-back = Let in again
who-back-of = Let in again: { $name }

links-heading = Links in circulation
links-of = Link { $serial }
links-by = Link { $serial } by { $name }
links-uses =
    { $left ->
        [none] good for any number of players
        [one] good for one more player
       *[other] good for { $left } more players
    }
links-until = until { $moment }
links-good = lets in
links-approval = asks each time
links-guests = for guests
links-came = Came in by it: { $names }
links-copy = Copy
links-copy-of = Copy link { $serial }
links-revoke = Revoke
links-revoke-of = Revoke link { $serial }
links-back = Take back
links-back-of = Take back that link { $serial } is revoked
link-fault-expired = expired
link-fault-used-up = used up
link-fault-revoked = revoked
link-fault-not-valid = not valid

you-heading = You
you-games = Games
you-nat = Router
you-server = Server

adapter-open = Ready to play
adapter-open-hint = Games reach your friends through “{ $name }”.
adapter-closed = Opening
adapter-closed-hint = The virtual network is being set up.
adapter-blocked = Games do not reach friends
adapter-blocked-hint = Something on this computer is in the way; above stands what.
adapter-unavailable = No virtual network
adapter-unavailable-hint = Until it opens, games cannot see your friends.

path-direct = Direct
path-relayed = Relayed
path-connecting = Finding a path
path-none = No path
sent-twice = What games send goes by a second way too, in case the first one loses it.
path-direct-in = Next try for a direct path in { $time }.
path-direct-now = Trying a direct path now…

quality-label = Line:
quality-excellent = Excellent
quality-good = Good
quality-fair = Fair
quality-poor = Poor
quality-bad = Bad
quality-lossy = { $grade } · { $loss } lost
quality-minute =
    Last minute: { $range }{ $lost_seconds ->
        [0] {""}
        [one] , 1 second without an answer
       *[other] , { $lost_seconds } seconds without an answer
    }

state-connecting = Connecting
state-connected = Connected
state-degraded = Unstable
state-reconnecting = Reconnecting
state-failed = Not reachable

away = Away

nat-open = No NAT
nat-full-cone = Full-cone NAT
nat-restricted-cone = Restricted NAT
nat-port-restricted-cone = Port-restricted NAT
nat-symmetric = Symmetric NAT
nat-unknown = NAT not measured

details-endpoint = Reached at
details-joined = Joined
details-range = Last minute
details-span = { $least } to { $most }
details-mtu = Largest packet
details-first-packet = First packet after
details-sent = Sent
details-received = Received
details-express = In the lane for games
details-express-packets = { $packets } packets
details-one-lane = nothing: this friend’s program has one lane for everything
details-amount = { $bytes } in { $packets } packets

control-local = No server
control-connecting = Connecting to server
control-connected = Server connected
control-disconnected = Server unreachable

problems-heading = Needs attention
severity-error = Problem
severity-warning = Warning
problems-more = What to do
problems-less = Less
problems-put-away = I know
problems-put-away-hint = Hide this until something else is the matter
problems-hidden =
    { $count ->
        [one] 1 hint is hidden.
       *[other] { $count } hints are hidden.
    }
problems-show = Show
problems-fix = What you can do:
problems-copy-command = Copy command
problems-announcement = { $server } says: { $text }
problems-alone = Friends beyond your own network may not get in.
problems-alone-fix = Open the UDP port of LANrage at your router, let a friend with another line make the party, or set a control server.
problems-open-settings = Open the settings
problems-accept-server = Accept this server
problems-accept-server-busy = Accepting…
problems-set-up = Set up once
problems-set-up-busy = Setting up…
problems-set-up-hint = Your system asks for an administrator’s password, once. Then LANrage needs no special rights again.
problems-retry-in = Next try in { $time }.
problems-retry-now = Trying now…
problems-udp-blocked = This network lets no UDP through. Friends are reached through relays, which is slower.
problems-udp-blocked-fix = Use another network, or ask whoever runs this one to allow UDP. It is checked again by itself.

notices = What happened

diagnostics-lead = Everything a party needs, looked at one by one.
diagnostics-run = Check again
diagnostics-running = Checking…
diagnostics-running-hint = Routers and relays are being asked. This takes a few seconds.
diagnostics-checks = Checks
diagnostics-summary =
    { $bad ->
        [0] { $warnings ->
            [0] { $good ->
                [0] Nothing could be checked.
               *[other] Everything is in order.
            }
            [one] One thing could be better.
           *[other] { $warnings } things could be better.
        }
        [one] One thing does not work.
       *[other] { $bad } things do not work.
    }
diagnostics-state-good = In order
diagnostics-state-warning = Could be better
diagnostics-state-bad = Does not work
diagnostics-state-unknown = Not known
diagnostics-export-heading = Report
diagnostics-export-lead = A file for whoever helps you: state and log without names, addresses and keys.
diagnostics-export-make = Export a report
diagnostics-export-busy = Writing the report…
diagnostics-export-done = The report was written to
diagnostics-export-copy = Copy path
diagnostics-log-heading = Live log
diagnostics-log-filter = Filter
diagnostics-log-filter-hint = word in a line
diagnostics-log-pause = Pause
diagnostics-log-resume = Continue
diagnostics-log-waiting =
    { $lines ->
        [one] 1 new line
       *[other] { $lines } new lines
    }
diagnostics-log-empty = Nothing is logged yet. New lines appear by themselves.
diagnostics-log-no-match = No line has this word in it.
diagnostics-log-count = { $shown } of { $all } lines
diagnostics-log-count-all =
    { $all ->
        [one] 1 line
       *[other] { $all } lines
    }

feed-heading = What happened
feed-empty = Nothing yet. Friends who come and go, and paths that change, are listed here.
feed-earlier = { $count } earlier

network-heading = Your network
network-not-measured = How this network treats your traffic is not known yet.
network-only-tcp = Your network lets no UDP through, so friends are reached through a relay.
network-udp-blocked = Blocked: nothing but TCP gets through.
network-details = Details
network-details-name = Details of your network
network-public-address = Public address
network-unknown-address = not known yet
network-udp = UDP
network-ports = Ports
network-admits = Who gets in
network-hairpin = Meeting at the router
network-hairpinning-yes = Two devices behind it can meet at its public address.
network-hairpinning-no = Two devices behind it cannot meet at its public address.
network-open-port = Open port
network-mapping-off = The settings say not to ask the router for one.
network-mapping-searching = The router is being asked.
network-mapping-open = The router opened { $address }.
network-mapping-unavailable = None. { $reason }
network-metered = Your connection is metered, so you pass nothing on for friends.
network-relays-heading = Relays
network-relays-none = No relays: friends must be reached directly.
network-relays-all-down =
    { $count ->
        [one] The only relay is out of order.
       *[other] All relays are out of order.
    }
network-relays-some-down =
    { $down } of { $count } relays { $down ->
        [one] is
       *[other] are
    } out of order; { $up ->
        [one] the other stands
       *[other] the others stand
    } in.
network-relays-sound =
    { $count ->
        [one] 1 relay is at hand.
       *[other] { $count } relays are at hand.
    }
network-relay-held = Ready
network-relay-offered = On offer
network-relay-down = Out of order
network-relay-load = { $percent } % busy

unit-milliseconds = { $value } ms
unit-seconds = { $value } s
unit-minutes = { $minutes } min { $seconds } s
unit-kbits = { $value } kbit/s
unit-mbits = { $value } Mbit/s
unit-percent = { $value } %
unit-deviation = ±{ $value }
unit-byte-count = { $value } bytes
unit-size-b = { $value } B
unit-size-kb = { $value } kB
unit-size-mb = { $value } MB
unit-size-gb = { $value } GB
unit-size-tb = { $value } TB

version-heading = Version
version-lead = LANrage tells of newer versions, and installs none: where it came from a package, your system does that.
version-look = Look for a newer one
version-looking = Looking…
version-open = Open its page
