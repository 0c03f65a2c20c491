# Every sentence that LANrage says to people, in German.

## The language itself

language-name = Deutsch
decimal-separator = ,

## Tray and notifications

tray-open = LANrage öffnen
tray-quit = Beenden
tray-copy-invitation = Einladungslink kopieren
tray-pause = Party pausieren
tray-leave = Party verlassen
tray-leave-for-good = „{ $party }“ endgültig verlassen
tray-parties = Wieder beitreten
tray-alone = Noch ist niemand sonst da
tray-others = und { $count } weitere
tray-connecting = verbindet…
tray-reconnecting = verbindet neu…
tray-unreachable = nicht erreichbar
tray-away = abwesend
tray-connected = verbunden
tray-no-party = LANrage – in keiner Party
news-joined = { $friend } ist beigetreten
news-left = { $friend } ist gegangen
news-degraded = Die Verbindung zu { $friend } ist schlecht
news-lost = Die Verbindung zu { $friend } ist unterbrochen
news-restored = Die Verbindung zu { $friend } ist wieder gut
news-refused = Das ging nicht

## Facts (from Rust)

## Window
