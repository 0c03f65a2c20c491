# Every sentence that LANrage says to people, in English. Another language is one more file here, with the same messages.

## The language itself

# How the language calls itself, for the list of languages.
language-name = English
decimal-separator = .

## Tray and notifications

tray-open = Open LANrage
tray-quit = Quit
tray-copy-invitation = Copy invitation link
tray-pause = Pause party
tray-leave = Leave party
tray-leave-for-good = Leave “{ $party }” for good
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
news-restored = The connection to { $friend } is good again
news-refused = That did not work

## Facts (from Rust)

## Window
