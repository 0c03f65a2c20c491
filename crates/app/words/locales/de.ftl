# Every sentence that LANrage says to people, in German.

## The language itself

language-name = Deutsch
decimal-separator = ,

## Tray and notifications

webview-missing =
    LANrage kann sein Fenster nicht zeigen: Auf diesem Computer fehlt die Microsoft Edge WebView2 Runtime.

    Installiere sie von https://go.microsoft.com/fwlink/p/?LinkId=2124703 und starte LANrage neu.
tray-open = LANrage öffnen
tray-quit = Beenden
tray-copy-invitation = Einladungslink kopieren
tray-copy-address = Adresse kopieren
tray-undo-kick = Hinauswurf von { $name } rückgängig machen
tray-undo-ban = Sperre von { $name } rückgängig machen
tray-pause = Party pausieren
tray-leave = Party verlassen
tray-leave-for-good = „{ $party }“ endgültig verlassen
tray-hand-over = Die Party für immer { $name } geben
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
news-away = { $friend } macht Pause oder hat LANrage geschlossen
news-back = { $friend } ist wieder da
news-restored = Die Verbindung zu { $friend } ist wieder gut
news-refused = Das ging nicht

## Terminal

terminal-created = Deine Party ist bereit, und du bist { $address } in ihr. Schick diesen Link deinen Freunden:
terminal-created-hint = Strg-C beendet sie für dich.
terminal-joined = Du bist in „{ $party }“ als { $address }. Strg-C verlässt sie.
terminal-reply = Aus „{ $party }“ antwortet noch niemand. Schick diese Antwort einem Freund, der in der Party ist; er ruft damit `lanrage reply` auf oder fügt sie im Fenster unter „Einen Freund hereinlassen“ ein:
terminal-reply-hint = Darauf wird eine halbe Stunde gewartet; auch ein neuerer Link von deinem Freund hilft. Strg-C bricht ab.
terminal-reply-taken = Erledigt: LANrage klopft zehn Minuten lang am Router deines Freundes. Ist er in einer halben Minute nicht da, gibt `lanrage invite` einen Link mit deinen neuesten Adressen für den Rückweg aus.
terminal-connected =
    { $peer } ({ $address }) ist nach { $time } ms { $way ->
        [direct] direkt verbunden
        [relayed] über ein Relay verbunden
       *[connecting] noch nicht verbunden
    }.
terminal-left = Du hast die Party verlassen.
terminal-left-at-once = Die Party wurde gleich wieder verlassen.
terminal-announcement = Der Server teilt mit: { $text }
terminal-announcement-over = Der Server teilt nichts mehr mit.
terminal-idle = Es gibt keine Party, die zurückkommen könnte; `lanrage create` oder `lanrage join` führt in eine.
terminal-stopped = LANrage ist beendet; die Party kommt mit ihm zurück.
terminal-friends-paused = Pausiert: „{ $party }“ mit { $friends }. `lanrage resume` bringt sie zurück.
terminal-friends-none = Du bist allein in der Party. `lanrage invite` zeigt einen Link für deine Freunde.
terminal-there-now = jetzt
terminal-ago = vor { $time }
terminal-hosts = hostet { $game }
terminal-ping-head = { $friend } ({ $address }): { $state }, { $way }
terminal-ping-no-answer = keine Antwort binnen zwei Sekunden
terminal-ping-sum = { $sent } gesendet, { $answered } beantwortet, { $lost } % verloren.
terminal-ping-times = Am schnellsten { $least }, im Mittel { $mean }, am langsamsten { $most }.
terminal-ping-silent = { $friend } hat nicht geantwortet. `lanrage friends` zeigt, ob jemand da ist, und `lanrage doctor`, was hier im Weg ist.
terminal-no-screen = Hier ist kein Bildschirm, auf dem ein Fenster sein könnte. Gib das in einem Terminal auf deinem Desktop ein; `lanrage status` und `lanrage friends` zeigen dasselbe hier.
terminal-no-window = Das Programm des Fensters (lanrage-desktop) liegt weder neben diesem noch dort, wo dein System seine Programme hat. Installiere LANrage mit seinem Paket oder dem `setup` seines Archivs; im Terminal geht alles auch ohne.
terminal-window-not-started = { $path } kann nicht gestartet werden. [{ $cause }]
terminal-window-ended = Das Programm des Fensters hat sich gleich beendet. Starte es für sich, lanrage-desktop, und es sagt, warum.
terminal-window-raised = Das Fenster ist vorn.
terminal-window-started = LANrages Fenster öffnet sich.
terminal-window-beside = Das Fenster öffnet sich, aber LANrage läuft schon ohne eines, in einem Terminal oder als Dienst, und behält die Party. Beende das zuerst (dort mit Strg-C, oder `systemctl --user stop lanrage`) und öffne das Fenster noch einmal.
terminal-no-code = Der Link ist zu lang für einen Code, den ein Telefon liest. Schick ihn als Text.
terminal-chat-empty = Noch hat niemand etwas gesagt. `lanrage chat hallo` sagt etwas.
terminal-ready-none = Gerade fragt niemand, ob alle bereit sind. `lanrage ready --ask` fragt.
terminal-voice = Sprachchat: { $text } (angeheftet von { $name })
terminal-voice-none = Kein Sprachlink ist angeheftet. Gastgeber und Moderatoren tun das mit `lanrage party voice LINK`.
terminal-done = Erledigt.
terminal-done-after-restart = Erledigt. Es gilt, sobald LANrage neu startet.
terminal-bundle-ready = { $path } kann verschickt werden.
terminal-database-good = Die Datenbank ist in Ordnung.
terminal-database-damaged = Die Datenbank ist beschädigt: { database-faults }. Starte LANrage neu, um sie wiederherzustellen.
terminal-database-size = Die Datenbank hat { $size }.
terminal-no-backups = Es gibt noch keine Sicherungen.
terminal-not-running = LANrage läuft nicht. Starte es zuerst, oder nenne seinen Ordner mit --data-dir.
terminal-no-answer = Das laufende LANrage hat nicht wie erwartet geantwortet: { $cause }
terminal-unwell = Etwas geht nicht; was zu tun ist, steht oben.
terminal-not-written = Das Terminal nimmt nicht an, was geschrieben wird. [{ $cause }]
terminal-not-read = { $path } ist nicht lesbar. [{ $cause }]
terminal-file-not-read = { $path } ist nicht lesbar. [{ $cause }]
terminal-input-not-read = Die Standardeingabe ist nicht lesbar. [{ $cause }]
terminal-path-not-unicode = Der Pfad ist kein Unicode.
terminal-what-to-do = Was du tun kannst: { $remedy }
terminal-check-good = gut
terminal-check-warning = Warnung
terminal-check-bad = schlecht
terminal-check-unknown = unklar
terminal-several-players = { $player } kann mehrere Spieler meinen; nenne einen mit seiner ID: { $ids }.
terminal-admission = Herein darf: { $admission }
terminal-link-asks = Wer keinen begrenzten Link hat, muss ab jetzt dich oder einen Moderator bitten, hereinzudürfen. Alle, die in der Party sind, bleiben.
terminal-code = { $code }
    Er lässt einen Spieler herein, { $minutes } Minuten lang. `lanrage party revoke { $serial }` nimmt ihn zurück.
terminal-code-looking = Der Code wird nachgeschlagen…
terminal-no-links = Es gibt keinen begrenzten Link. `lanrage invite --uses 1` macht einen.
terminal-unknown-game = Ein Spiel { $game } gibt es nicht; `lanrage games list` zeigt alle.
terminal-did-you-mean = Meinst du { $name }?
terminal-more-lines = { $lines ->
    [one] 1 Zeile mehr; ein höheres Fenster zeigt sie.
   *[other] { $lines } Zeilen mehr; ein höheres Fenster zeigt sie.
}
terminal-several-parties = { $party } kann mehrere Partys meinen; nenne eine mit ihrer ID: { $ids }.
terminal-unknown-party = Es gibt keine Party { $party }; `lanrage recent` zählt sie auf.
terminal-none-paused = Keine Party ist pausiert; `lanrage recent` zählt sie auf.
terminal-party-present = du bist darin
terminal-party-paused = pausiert
terminal-party-without-keys = Schlüssel fehlen
terminal-party-left = verlassen
terminal-set-active = aktiv
terminal-setting-refused = { $value }  (unbrauchbar; möglich: { setting-rule })
terminal-head-party = Party
terminal-head-player = Spieler
terminal-head-role = Rolle
terminal-head-state = Zustand
terminal-head-id = Kennung
terminal-head-name = Name
terminal-head-server = Server
terminal-head-set = Satz
terminal-head-settings = Einstellungen
terminal-head-setting = Einstellung
terminal-head-value = Wert
terminal-head-doc = was sie bewirkt
terminal-head-game = Spiel
terminal-head-programs = Programme
terminal-head-servers = Server
terminal-head-discovery = Liste der Spiele
terminal-head-launch = gestartet mit
terminal-head-origin = von
terminal-head-ports = Ports
terminal-head-with = mit
terminal-head-friend = Freund
terminal-head-address = Adresse
terminal-head-path = Weg
terminal-head-rtt = RTT
terminal-head-ping = Ping
terminal-head-plays = spielt
terminal-head-last-there = zuletzt da
terminal-head-link = Link
terminal-head-by = von
terminal-head-used = benutzt
terminal-head-left = gilt noch
terminal-head-came-in = hereingekommen
terminal-head-nat = NAT
terminal-head-answer = Antwort
terminal-status-none = Du bist in keiner Party.
terminal-status-party = { $party } ({ $subnet }): du bist { $player } als { $address }, { $nat }
terminal-status-server = Kontrollserver: { $state }
terminal-status-meeting = Freunde: { $state }
terminal-status-network = Netz: { $state }
terminal-status-relay = Relay: { $state }
terminal-status-adapter = Adapter: { $state }
terminal-status-forwarded = weitergeleitet für { $one } und { $other }: { $rate }
terminal-status-packets = Pakete: { $state }
terminal-status-announcement = Der Server teilt mit: { $state }
terminal-server-none = keiner
terminal-server-connecting = { $server }, wird verbunden
terminal-server-connected = { $server }, verbunden
terminal-port-open = Er hat { $address } für dich geöffnet.
terminal-not-measured = noch nicht gemessen
terminal-relay-away = { $time } ms entfernt
terminal-relay-ready = bereit
terminal-adapter-closed = geschlossen
terminal-lane-games = Spiele: die Hälfte binnen { $half } gesendet, 99 % binnen { $most }
terminal-lane-rest = das Übrige: die Hälfte binnen { $half } gesendet, 99 % binnen { $most }
terminal-dropped = { $packets } verworfen ({ $reason })
terminal-no-packets = noch keine

version-own = Das ist LANrage { $version }.
version-newer = Version { $version } ist da:
version-newest = Es gibt keine neuere Version.
version-untold = Wer es gebaut hat, hat dafür keine Adresse genannt, also fragt es niemanden nach neueren Versionen.

## Facts (from Rust)

# Wie es mit einem Freund steht (`Situation`).
situation-away = { $peer } ist weg: Pause, oder LANrage ist geschlossen. Verbunden wird bei der Rückkehr.
situation-left = { $peer } hat die Party verlassen.
situation-seeking = Ein Weg zu { $peer } wird gesucht.
situation-direct-on-lan = { losing }Direkt zu { $peer } in deinem eigenen Netz.
situation-direct = { losing }Direkt zu { $peer } über das Internet.
situation-relayed =
    { losing }Über { $relay ->
        [none] ein Relay
       *[other] { $relay }
    }, weil { $because ->
       *[not_yet] noch kein direkter Weg geantwortet hat
        [udp_blocked] dein Netz kein UDP durchlässt
        [both_symmetric] beide Router für jedes Ziel einen neuen Port nehmen
        [symmetric_and_strict] ein Router für jedes Ziel einen neuen Port nimmt und der andere nur bekannte Ports hereinlässt
        [symmetric_and_unknown] ein Router für jedes Ziel einen neuen Port nimmt und der andere noch nicht gemessen ist
    }{ $retry_in_s ->
        [none] .
        [0] ; ein direkter Weg wird gerade versucht.
       *[other] ; nächster direkter Versuch in { $retry_in_s } s.
    }
situation-reconnecting = Der Weg zu { $peer } ist verstummt; ein anderer wird gesucht.
situation-no-path =
    Kein Weg zu { $peer }: { $because ->
       *[no_answer] keine Antwort auf irgendeinem Weg, auch nicht über ein Relay
        [relays_refuse] kein direkter Weg hat geantwortet, und die Relays lehnen die Adressen ab
        [no_answer_no_relay] keine Antwort auf irgendeinem Weg
        [udp_blocked] dein Netz lässt kein UDP durch, und kein Relay steht bereit
        [both_symmetric] beide Router nehmen für jedes Ziel einen neuen Port, und kein Relay steht bereit: Es hilft ein dritter Freund, den andere erreichen, ein offener Port in einem der Router oder ein Server
        [symmetric_and_strict] ein Router nimmt für jedes Ziel einen neuen Port, der andere lässt nur bekannte Ports herein, und kein Relay steht bereit: Es hilft ein dritter Freund, den andere erreichen, ein offener Port in einem der Router oder ein Server
        [symmetric_and_unknown] ein Router nimmt für jedes Ziel einen neuen Port, der andere ist noch nicht gemessen, und kein Relay steht bereit
    }. Nächster Versuch in { $retry_in_s } s.

# Wie Freunde, die den Link haben, dieses Gerät finden (`Meeting`).
meeting-server = Der Server bringt dich und deine Freunde zusammen.
meeting-straight = Freunde kommen direkt zu diesem Computer.
meeting-store =
    { $holders ->
        [none] Ihr findet euch über einen versiegelten Zettel im BitTorrent-DHT, das gerade gefragt wird.
       *[other] Ihr findet euch über einen versiegelten Zettel im BitTorrent-DHT.
    } Dessen Computer sehen deine IP-Adresse, aber nichts von der Party.
meeting-link = Freunde kommen herein, wo der Link direkt zu diesem Computer führt: in deinem eigenen Netz, oder wenn der Router sie einlässt.
meeting-store-silent = Das BitTorrent-DHT antwortet hier nicht. Freunde kommen herein, wo der Link direkt zu diesem Computer führt: in deinem eigenen Netz, oder wenn der Router sie einlässt.
meeting-hidden = Dieser Computer sagt niemandem seine Adressen, also könnte nur ein Server Freunde zu ihm führen.

# Wer das Spiel ausrichten sollte (`HostHint`).
host-hint-you = Dich erreichen alle direkt: Richte das Spiel hier aus, dann spielt niemand über ein Relay.
host-hint-friend = { $peer } erreichen alle direkt: Lasst das Spiel dort laufen, dann spielt niemand über ein Relay.
certainty-unknown = nicht bekannt
certainty-likely = wahrscheinlich
certainty-certain = sicher
discovery-ask = Spieler fragen alle im LAN
discovery-announce = Server melden sich selbst
discovery-mdns = Multicast-DNS
discovery-address = keine: man gibt eine Adresse ein
discovery-relay = keine: alles läuft über Relays des Herstellers
hint-same-version = Alle brauchen dieselbe Version.
hint-same-mods = Alle brauchen dieselben Mods.
hint-first-adapter = Es sucht nur über den ersten Netzwerkadapter: Gib die Adresse ein.
hint-one-address = Sein Server lauscht vielleicht nur auf einer Adresse: Nenne ihm die der Party.
hint-few-ports = Seine Liste zeigt nur Server auf wenigen Ports; auf anderen tritt man über die Adresse bei.
hint-steam-invite = Es hat keinen LAN-Modus: Lade Freunde über Steam ein, ein virtuelles LAN wird nicht benutzt.
hint-needs-login = Es braucht auch im LAN die Anmeldung beim Hersteller.
hint-open-to-lan = Wer ausrichtet, öffnet die Welt mit „Im LAN öffnen“.
hint-host-first = Es ist nur zu sehen, solange der Ausrichter selbst mitspielt.
hint-direct-play = Windows braucht dafür die Funktion DirectPlay.
hint-ipx = Das Original spricht IPX: Es braucht einen Ersatz dafür, oder den CnCNet-Client.
hint-mesh = Alle, die spielen, müssen einander erreichen, nicht nur den Ausrichter.
hint-lan-server = Einem Server im Spiel muss man sagen, dass er im LAN ist (sv_lan 1).
hint-after-party = Starte das Spiel, nachdem du in der Party bist.

# Warum ein Spiel nicht zu sehen ist (`Verdict`), und was eine Schaltfläche dagegen tut (`Fix`).
verdict-not-connected = Du bist nicht mit { $peer } verbunden. Bis dahin ist nichts zu sehen.
verdict-relay-only = { $game } hat keinen LAN-Modus. Lade deine Freunde über Steam ein; LANrage braucht ihr dafür nicht.
verdict-no-adapter =
    { $is_own ->
        [true] Der Netzwerkadapter von LANrage funktioniert auf diesem Computer nicht. Bis dahin sehen Spiele niemanden.
       *[false] Der Netzwerkadapter von LANrage funktioniert auf dem Computer von { $peer } nicht. Bitte { $peer }, unter Diagnose nachzusehen.
    }
verdict-muted =
    { $is_own ->
        [true] Du hast stummgeschaltet, was Programme von { $peer } an alle senden. So werden Spiele nicht gefunden.
       *[false] { $peer } hat stummgeschaltet, was deine Programme an alle senden. Bitte { $peer }, das zurückzunehmen.
    }
verdict-not-answering = LANrage bei { $peer } antwortet nicht. Es ist eine ältere Version oder beschäftigt; bitte { $peer } um ein Update.
verdict-not-shared = { $peer } sagt niemandem, was dort gespielt wird. Daher lässt sich nicht sagen, was mit { $game } ist. Bitte { $peer }, „Freunden zeigen, was ich spiele“ kurz einzuschalten.
verdict-unseen =
    { $is_own ->
        [true] LANrage kann auf diesem Computer noch nicht nach Programmen sehen. Sieh selbst nach, ob { $game } ausgerichtet wird.
       *[false] LANrage kann auf dem Computer von { $peer } noch nicht nach Programmen sehen. Frag { $peer }, ob { $game } dort ausgerichtet wird.
    }
verdict-unknown-there = LANrage bei { $peer } kennt { $game } nicht. Exportiere deine Spiele, und lass sie { $peer } importieren.
verdict-not-running =
    { $is_own ->
        [true] { $game } läuft auf deinem Computer nicht. Starte es, und richte ein Spiel aus.
       *[false] { $game } läuft bei { $peer } nicht. Bitte { $peer }, es zu starten und ein Spiel auszurichten.
    }
verdict-port-taken =
    { $is_own ->
        [true] { $by ->
           [none] Ein anderes Programm
          *[other] { $by }
        } hat den Port, den { $game } braucht ({ $place }). Schließ es, und richte das Spiel neu aus.
       *[false] Ein anderes Programm bei { $peer } hat den Port, den { $game } braucht ({ $place }). Bitte { $peer }, es zu schließen und das Spiel neu auszurichten.
    }
verdict-loopback-only =
    { $is_own ->
        [true] { $game } lauscht nur für diesen Computer ({ $place }). Stell es auf alle Adressen ein, und richte es neu aus.
       *[false] { $game } bei { $peer } lauscht nur für den eigenen Computer ({ $place }). Bitte { $peer }, es auf alle Adressen einzustellen und neu auszurichten.
    }
verdict-wrong-address =
    { $is_own ->
        [true] { $game } lauscht auf der Adresse eines anderen Netzes ({ $place }). Stell seine Adresse auf { $address }, und richte es neu aus.
       *[false] { $game } bei { $peer } lauscht auf der Adresse eines anderen Netzes ({ $place }). Bitte { $peer }, seine Adresse auf { $address } zu stellen und es neu auszurichten.
    }
verdict-not-hosting =
    { $is_own ->
        [true] { $game } läuft, aber du richtest darin kein Spiel aus. Öffne eines für das LAN.
       *[false] { $game } läuft bei { $peer }, aber darin wird kein Spiel ausgerichtet. Bitte { $peer }, eines für das LAN zu öffnen.
    }
verdict-server-silent =
    { $is_own ->
        [true] Der Server von { $game } ({ $place }) antwortet nicht einmal auf diesem Computer. Starte ihn neu.
       *[false] Der Server von { $game } bei { $peer } ({ $place }) antwortet nicht einmal auf seinem eigenen Computer. Bitte { $peer }, ihn neu zu starten.
    }
verdict-shield-closed =
    { $is_own ->
        [true] Der Schutz hält { $game } ({ $place }) für { $peer } geschlossen.
       *[false] Der Schutz von { $peer } hält { $game } ({ $place }) für dich geschlossen. Bitte { $peer }, es zu öffnen: Die Karte „Was Freunde erreichen“ bietet das an.
    }
verdict-firewall-drops =
    { $is_own ->
        [true] Eine Firewall auf diesem Computer lässt { $peer } nicht zu { $game } ({ $place }).
       *[false] Eine Firewall auf dem Computer von { $peer } lässt dich nicht zu { $game } ({ $place }). Bitte { $peer }, Spiele durchzulassen.
    }
verdict-not-reached = { $game } ({ $place }) antwortet auf seinem eigenen Computer, aber nicht zwischen dir und { $peer }. Richtet es neu aus, und sucht nach einem Sicherheitsprogramm, das das Netz filtert.
verdict-other-port =
    { $is_own ->
        [true] Du richtest { $game } auf { $place } aus, und Listen fragen nur { $listed }. Nimm einen davon, lass LANrage die Suchen dorthin bringen, oder gib { $peer } deine Adresse.
       *[false] { $peer } richtet { $game } auf { $place } aus, und Listen fragen nur { $listed }. Tritt über die Adresse bei.
    }
verdict-answer-closed =
    { $is_own ->
        [true] { $game } bei { $peer } wollte deinem antworten, und dein Schutz ließ es nicht ({ $place }).
       *[false] Dein { $game } wollte dem von { $peer } antworten, und der Schutz dort ließ es nicht ({ $place }). Bitte { $peer }, das zu öffnen.
    }
verdict-searches-lost =
    { $is_own ->
        [true] Was Spiele wie { $game } senden, um andere zu finden, kommt von diesem Computer nicht ganz in die Party.
       *[false] Was Spiele wie { $game } senden, um andere zu finden, kommt vom Computer von { $peer } nicht ganz in die Party. Bitte { $peer }, unter Diagnose nachzusehen.
    }
verdict-started-before =
    { $is_own ->
        [true] { $game } lief schon, bevor du in die Party kamst, und sucht nur beim Start nach Netzen. Starte es neu.
       *[false] { $game } lief bei { $peer } schon vor der Party, und es sucht nur beim Start nach Netzen. Bitte { $peer }, es neu zu starten.
    }
verdict-first-adapter =
    { $address ->
        [none] { $game } sucht nur über den ersten Netzwerkadapter des Computers, und das kann ein anderer sein. Gib die Adresse ein.
       *[other] { $game } benutzt nur den ersten Netzwerkadapter des Computers. Das ist hier { $address } und nicht der der Party. Gib die Adresse ein, die in der Party steht.
    }
verdict-other-version = Du hast { $game } { $here }, und { $peer } hat { $there }. Ihr braucht dieselbe Version.
verdict-full = Das Spiel ist voll. { $game } zeigt es vielleicht erst, wenn jemand geht.
verdict-needs-login = { $game } braucht auch im LAN die Anmeldung beim Hersteller. Achtet darauf, dass ihr beide angemeldet seid.
verdict-direct-play = { $game } braucht DirectPlay. Schaltet es auf beiden Computern unter „Windows-Features aktivieren oder deaktivieren“, Legacykomponenten, ein.
verdict-ipx = { $game } spricht IPX, und das trägt kein Netz mehr. Nimm einen Ersatz dafür oder den CnCNet-Client.
verdict-by-address = { $game } hat keine Liste von Spielen im LAN. Gib die Adresse ein.
verdict-not-told = Deinen Freunden wird nicht gesagt, dass du { $game } ausrichtest, also zeigt LANrage es ihnen nicht.
verdict-firewall-may-drop =
    { $is_own ->
        [true] Mit dem Spiel ist alles in Ordnung. Hier ist eine Firewall an, und vielleicht verwirft sie, was { $peer } antwortet, wenn { $game } nach Spielen sucht.
       *[false] Mit dem Spiel ist alles in Ordnung. Auf dem Computer von { $peer } ist eine Firewall an, und vielleicht verwirft sie, was du antwortest, wenn { $game } nach Spielen sucht. Bitte { $peer }, Spiele durchzulassen.
    }
verdict-not-opened =
    { $is_own ->
        [true] { $game } ist bereit. Starte es hier, und sieh in seine Liste der LAN-Spiele: { $peer } richtet eines aus.
       *[false] Dein { $game } ist bereit, und { $peer } hat es noch nicht gestartet.
    }
verdict-nothing-found = LANrage sieht nichts, was im Weg steht. Öffne die Liste von { $game } noch einmal; bleibt sie leer, gib die Adresse ein, und vergleicht Versionen und Mods.
fix-open-port =
    { $is_tcp ->
        [true] TCP
       *[false] UDP
    }-Port { $port } für { $peer } öffnen
fix-let-games = Freunde zu Spielen lassen
fix-trust = { $peer } erreichen lassen, was Freunde erreichen
fix-hear = { $peer } wieder hören
fix-tell = Freunden zeigen, was ich spiele
fix-bring-searches = Suchen von Freunden zum Port von { $game } bringen
fix-start = { $game } starten
fix-join = { $game } auf { $address } beitreten
fix-copy-address = { $address } kopieren
fix-copy-bind = { $address } kopieren
fix-allow-games = Spiele durch die Firewall lassen
fix-examine = Diagnose öffnen

# Steht vor dem Satz über einen Weg, auf dem Pakete verloren gehen.
losing =
    { $loses_packets ->
        [true] Unterwegs gehen Pakete verloren.{" "}
       *[false] { "" }
    }

# Was ein Router tut (`NatSummary`, `MappingBehaviour`, `FilteringBehaviour`).
nat-summary-measured = Dein Router ist gemessen.
nat-summary-blocked = Nichts, was per UDP gesendet wurde, wurde beantwortet: Das Netz lässt keines durch, oder kein Server ist erreichbar.
nat-summary-offline = Dein Gerät hat kein Netz.
nat-summary-no-servers = Es gibt keinen Server, mit dem dein Router gemessen werden kann.
mapping-no-translation = Dein Gerät hat selbst eine öffentliche Adresse.
mapping-endpoint-independent = Dein Router nimmt für alle denselben Port, also finden Freunde ihn.
mapping-not-port-dependent = Dein Router nimmt anscheinend für alle denselben Port.
mapping-address-dependent = Dein Router nimmt für jedes Ziel einen neuen Port, also können Freunde ihn nicht erraten.
mapping-address-and-port-dependent = { mapping-address-dependent }
mapping-unknown = Wie dein Router Ports wählt, konnte nicht gemessen werden.
filtering-endpoint-independent = Auf einem offenen Port darf jeder antworten.
filtering-not-port-dependent = Herein darf, wem dein Gerät etwas geschickt hat, von jedem seiner Ports.
filtering-address-dependent = { filtering-not-port-dependent }
filtering-address-and-port-dependent = Herein darf nur genau, wem dein Gerät etwas geschickt hat.
filtering-unknown = Wen er hereinlässt, konnte nicht gemessen werden.
port-mapping-no-router = Es gibt keinen Router.
port-mapping-not-offered = Der Router öffnet keine Ports, oder darf es nicht.
port-mapping-no-address = Der Router sagt, dass er selbst keine öffentliche Adresse hat.
port-mapping-second-router = Der Router steht hinter einem anderen, oder dem deines Anbieters: ein Port von ihm ist von außen nicht erreichbar.
port-mapping-refused = Der Router weigert sich, einen Port zu öffnen.

# Warum ein Relay nicht dient (`RelayFault`).
relay-fault-relay-silent = Das Relay antwortet nicht.
relay-fault-relay-credentials = Das Relay nimmt die Zugangsdaten nicht an.
relay-fault-relay-quota = Die Grenze des Relays für einen Benutzer ist erreicht.
relay-fault-relay-full = Das Relay ist voll.
relay-fault-relay-occupied = Das Relay hat einen älteren Platz noch nicht freigegeben.
relay-fault-relay-forgot = Das Relay hat den Platz vergessen.
relay-fault-relay-redirects = Das Relay schickt uns zu einem anderen, das nicht zu gebrauchen ist.
relay-fault-relay-without-udp = Das Relay leitet kein UDP weiter.
relay-fault-relay-forbids = Die Regeln des Relays lassen dich nicht zu.
relay-fault-relay-refuses-friends = Die Regeln des Relays verbieten ihm die Adressen deiner Freunde.
relay-fault-relay-bad-reply = Die Antwort des Relays ergibt keinen Sinn.
relay-fault-relay-refused = Das Relay hat mit Code { $number } abgelehnt.
relay-fault-relay-slow = Die Verbindung dauert zu lange.
relay-fault-relay-stream = Die Verbindung zum Relay ist gescheitert: { $cause }.

# Warum etwas gescheitert ist (`Cause`): ein Teil eines Satzes, der als `cause` in jeden Sachverhalt kommt, der einen hat.
# Was das System oder eine Bibliothek davon sagte, steht mit deren eigenen Worten im Protokoll.
cause-missing = es ist nicht vorhanden
cause-not-allowed = das System erlaubt es nicht
cause-read-only = der Datenträger lässt sich nur lesen
cause-disk-full = der Datenträger ist voll
cause-in-use = ein anderes Programm benutzt es
cause-already-there = es ist schon vorhanden
cause-wrong-kind = es ist ein Ordner statt einer Datei oder eine Datei statt eines Ordners
cause-out-of-memory = der Speicher ist voll
cause-too-many-open = zu viele Dateien und Verbindungen sind offen
cause-port-in-use = ein anderes Programm hat den Port
cause-no-such-address = dieser Computer hat keine solche Adresse
cause-connection-refused = dort lauscht niemand
cause-no-route = das Netz dieses Computers führt nicht dorthin
cause-connection-broken = die Verbindung ist abgerissen
cause-connection-closed = die Gegenseite hat die Verbindung beendet
cause-too-slow = keine Antwort kam in der Zeit
cause-not-supported = dieses System kann das nicht
cause-no-address = der Name hat keine Adresse
cause-no-tls = der Server antwortet ohne TLS; seine Adresse beginnt mit ws://
cause-tls-closed = die Gegenseite hat die Verbindung beendet, bevor sie verschlüsselt war; vielleicht hat sie kein TLS
cause-certificate-unknown = niemand, dem dieser Computer vertraut, bürgt für das Zertifikat
cause-certificate-expired = das Zertifikat ist abgelaufen
cause-certificate-early = das Zertifikat gilt noch nicht
cause-certificate-of-other = das Zertifikat ist auf einen anderen Namen ausgestellt
cause-certificate-bad = das Zertifikat ist nicht zu brauchen
cause-tls-failed = die Verschlüsselung (TLS) ist gescheitert
cause-proxy-unreachable = der Proxy { $proxy } ist nicht erreichbar; starte ihn oder nimm ihn aus den Proxy-Einstellungen dieses Systems (HTTPS_PROXY, ALL_PROXY)
cause-proxy-wants-password = der Proxy { $proxy } verlangt Namen und Passwort; trage sie in seine Adresse ein: HTTPS_PROXY=http://name:passwort@{ $proxy }
cause-proxy-forbids = der Proxy { $proxy } führt nicht dorthin; wer ihn betreibt, muss diesen Server und seinen Port erlauben, oder du nennst den Server in NO_PROXY
cause-proxy-fails = der Proxy { $proxy } kommt nicht dorthin; sieh nach, ob die Adresse stimmt und ob sie ohne den Proxy erreichbar ist (NO_PROXY)
cause-no-proxy = was unter { $proxy } antwortet, ist kein Proxy, den LANrage benutzen kann; nötig ist einer, der HTTP (CONNECT) oder SOCKS 5 spricht, genannt als http://… oder socks5://…
cause-no-web-socket = was dort antwortet, spricht kein WebSocket; die Adresse eines Servers mit TLS beginnt mit wss://
cause-too-large = die Gegenseite hat mehr geschickt, als sie darf
cause-too-often = die Gegenseite hat öfter etwas geschickt, als sie darf
cause-bad-message = was die Gegenseite geschickt hat, ergibt keinen Sinn
cause-no-room = es wartet schon zu viel
cause-not-json = ab Zeile { $line }, Spalte { $column } ist es kein JSON
cause-other-json = in Zeile { $line }, Spalte { $column } steht etwas anderes als erwartet
cause-bad-content = was dort steht, ergibt keinen Sinn
cause-empty = es steht nichts darin
cause-hash-unreadable = die Prüfsumme dazu ist nicht lesbar
cause-hash-differs = es ist nicht mehr wie angelegt: Die Prüfsumme ist eine andere
cause-database-locked = ein anderes Programm hält die Datenbank fest
cause-database-damaged = die Datenbank ist beschädigt
cause-database-cut = das Ende der Datenbank fehlt
cause-database-foreign = es ist keine Datenbank von LANrage
cause-database-gone = die Datenbank war nicht mehr vorhanden
cause-database-newer = ein neueres LANrage hat die Datenbank angelegt (sie hat { $found }); aktualisiere LANrage
cause-database-failed = die Datenbank meldet { $number }
cause-keyring-absent = kein Schlüsselbund antwortet
cause-keyring-locked = der Schlüsselbund ist gesperrt
cause-keyring-forgets = der Schlüsselbund gibt nicht zurück, was er bekommen hat
cause-keyring-failed = der Schlüsselbund ist gescheitert
cause-secret-missing = im Schlüsselbund fehlt { $name }; entsperre ihn, stelle ihn wieder her oder entferne { $path }, um darauf zu verzichten
cause-secret-damaged = der abgelegte Schlüssel { $name } ist beschädigt
cause-no-home = dieses Konto hat keinen eigenen Ordner; nenne einen mit --data-dir
cause-open-to-all = alle Konten dieses Computers dürfen dort schreiben; nenne mit --data-dir einen eigenen Ordner oder schließe diesen (chmod o-w)
cause-bad-name = der Name ist nicht erlaubt
cause-bad-address = die Adresse ist nicht erlaubt
cause-bad-packet-size = die größte Paketlänge ist nicht erlaubt
cause-other-version = zwei Teile von LANrage haben verschiedene Versionen; installiere und starte es noch einmal
cause-other-namespace = LANrage und sein Helfer sind in verschiedenen Netzen dieses Computers
cause-exit-code = Rückgabewert { $number }
cause-killed = es wurde beendet
cause-system = das System meldet { $number }
cause-other = der Grund steht im Protokoll von LANrage
cause-export-too-long = er hat mehr als { $most_bytes } Bytes
cause-no-export = es ist JSON von etwas anderem
cause-export-newer = ein neueres LANrage hat ihn ausgegeben (Version { $version })
cause-game-ports = Ports schreibt man als udp 8303-8310 oder tcp 25565
cause-game-program = ein Programm ist ein Dateiname ohne Ordner
cause-game-too-many = es sind zu viele Einträge oder Ports
cause-game-never-opened = einer der Ports ist für den Computer selbst da, etwa zur Fernanmeldung, und nie der eines Spiels
cause-game-twice = das Spiel { $slug } gibt es schon
cause-game-no-export = es ist kein Profil eines Spiels
cause-game-malformed = Zeile { $line }, Spalte { $column } ist nicht wie in einem Export von Spielen
cause-games-newer = ein neueres LANrage hat ihn ausgegeben (Version { $version })
cause-export-field = das Feld „{ $field }“ fehlt oder ist nicht, wie es sein sollte

# Was eine Prüfung der Datenbank gefunden hat: ein Teil eines Satzes.
database-faults =
    { $faults ->
        [one] 1 Fehler wurde gefunden
       *[other] { $faults } Fehler wurden gefunden
    }

# Warum der Server nicht erreichbar ist (`ServerFault`): ein Teil eines Satzes. Der Grund ist das Argument `why`.
server-fault =
    { $why ->
        [unknown_host] der Name des Servers ist nicht zu finden: { $why_cause }
        [unreachable] der Server ist nicht erreichbar: { $why_cause }
        [timed_out] der Server ist nicht erreichbar: keine Antwort in der Zeit
        [sign_in] dieses Netz verlangt zuerst eine Anmeldung: öffne irgendeine Seite im Browser
        [http] was dort antwortet, ist kein Server von LANrage (HTTP-Status { $why_status })
        [lost] die Verbindung zum Server ist abgerissen: { $why_cause }
        [ended] der Server hat die Verbindung beendet
       *[silent] der Server antwortet nicht
        [refused] der Server hat die Verbindung abgelehnt: { server-refusal }
        [other_server] dort antwortet ein anderer Server: er hat nicht den Schlüssel des gemeinten
        [not_a_server] was dort antwortet, ist kein Server von LANrage
    }
server-refusal =
    { $why_refusal ->
        [control_bad_frame] die Nachricht gehört nicht zu diesem Protokoll
        [control_unknown_message] der Server kennt diese Nachricht nicht
        [control_too_large] die Nachricht ist zu groß
        [control_protocol_version] Programm und Server sprechen verschiedene Versionen; aktualisiere das ältere
        [control_not_authenticated] er weiß noch nicht, wer dieses Gerät ist
        [control_bad_signature] die Signatur ist nicht von dem, den sie nennt
        [control_wrong_server] der Beweis wurde für einen anderen Server gemacht
        [control_unsigned_leave] ein Mitglied geht nur mit seiner eigenen Unterschrift
        [control_unknown_party] der Server kennt diese Party nicht
        [control_door_closed] die Tür der Party öffnet sich diesem Link nicht
        [control_party_exists] diese Party gibt es schon, und sie hat einen anderen Gastgeber
        [control_not_a_member] kein Mitglied dieser Party
        [control_peer_away] dieses Mitglied ist nicht da
        [control_party_full] die Party ist voll
        [control_too_many_parties] zu viele Partys
        [control_access_needed] der Server ist privat
        [control_access_wrong] der Schlüssel ist nicht der des Servers
        [control_banned] sein Betreiber lässt dieses Gerät nicht mehr herein
        [control_device_parties] dieses Gerät hat dort so viele Partys, wie es haben darf
        [control_address_parties] von dieser Adresse wurden zu viele Partys gemacht
        [control_lease_taken] ein anderes Mitglied hat diese Adresse
        [control_lease_fixed] ein Mitglied behält seine Adresse, bis es geht
        [control_outside_subnet] die Adresse liegt außerhalb des Netzes der Party
        [control_stale_record] von diesem Gerät ist ein neuerer Eintrag bekannt
        [control_rate_limited] zu viele Nachrichten auf einmal
        [control_server_full] der Server ist voll
        [control_replaced] dieses Gerät hat sich von anderswo verbunden
        [control_timed_out] die Verbindung war still oder zu langsam
        [control_stopping] er wird gerade neu gestartet oder gewartet
        [control_internal] der Server hat selbst ein Problem; nichts ist geändert
       *[control_unknown] aus einem Grund, den diese Version nicht kennt
    }

# Warum Pakete verworfen wurden (`DropReason`): was sie waren, oder weshalb; es steht in Klammern hinter der Anzahl.
drop-reason-malformed-datagram = beschädigte Datagramme
drop-reason-oversized-datagram = zu lange Datagramme
drop-reason-unknown-datagram = Datagramme, die nicht von LANrage sind
drop-reason-unasked-stun = Antworten, nach denen niemand gefragt hat
drop-reason-stun-flood = zu viele Wegprüfungen auf einmal
drop-reason-knock-flood = zu viele auf einmal, die anklopfen
drop-reason-report-queue-full = mehr kam an, als angesehen werden konnte
drop-reason-receive-failed = nicht zu empfangen
drop-reason-no-party = es gab keine Party
drop-reason-unknown-peer = von jemandem, der nicht in der Party ist
drop-reason-rate-limited = zu viele Verbindungsversuche auf einmal
drop-reason-handshake-flood = zu viele Verbindungsversuche von einer Stelle
drop-reason-unauthenticated = nicht von dem, von dem es zu sein vorgibt
drop-reason-stale-handshake = wiederholte Verbindungsversuche
drop-reason-no-session = für eine Verbindung, die vorbei ist
drop-reason-replay = Kopien von schon Angekommenem
drop-reason-foreign-channel-data = weitergeleitet von jemandem, der nicht unser Relay ist
drop-reason-malformed-channel-data = auf dem Weg über das Relay beschädigt
drop-reason-unknown-channel = für niemanden weitergeleitet
drop-reason-forward-limit = mehr, als dieses Gerät für Freunde weiterleitet
drop-reason-relayed-stun = Wegprüfungen über ein Relay
drop-reason-not-relayed = nicht über ein Relay, während Adressen vor Freunden verborgen sind
drop-reason-relay-queue-full = über das Relay kam mehr, als zu bewältigen war
drop-reason-malformed-packet = beschädigte Pakete
drop-reason-ipv6 = IPv6, das eine Party nicht befördert
drop-reason-oversized-packet = zu lange Pakete
drop-reason-foreign-source = unter einer fremden Adresse
drop-reason-foreign-destination = an eine Adresse, die nicht die dieses Computers ist
drop-reason-muted-broadcast = was stumm geschaltete Freunde an alle senden
drop-reason-household-search = Suchen nach Druckern, Namen und Geräten des Haushalts, die dort bleiben
drop-reason-refused = was Freunde beginnen wollten und ihnen nicht offen steht
drop-reason-repeated-search = Suchen, die ein Programm über mehrere Netzwerkkarten sendet; einmal genügt
drop-reason-broadcast-storm = zu viel Broadcast auf einmal
drop-reason-no-device = der Netzwerkadapter war nicht offen
drop-reason-unknown-destination = an eine Adresse, die niemand in der Party hat
drop-reason-own-destination = an die eigene Adresse dieses Computers
drop-reason-reserved-protocol = von einer Art, die LANrage sich vorbehält
drop-reason-malformed-offload = vom Netzwerkadapter beschädigt
drop-reason-queue-delay = zu lange gewartet
drop-reason-queue-full = zu viele warteten
drop-reason-pending-overflow = zu viele warteten auf die Verbindung
drop-reason-path-mtu-exceeded = zu groß für den Weg; das Programm weiß es
drop-reason-device-refused = der Netzwerkadapter nahm sie nicht an
drop-reason-no-channel = der Weg über das Relay war geschlossen
drop-reason-relay-stream-full = die Verbindung zum Relay war voll
drop-reason-no-socket = dieser Computer hat keine solchen Adressen (IPv4 oder IPv6)
drop-reason-send-buffer-full = das System konnte nicht so schnell senden
drop-reason-datagram-too-big = zu groß für das Netz
drop-reason-send-failed = das System hat sie nicht gesendet

# Was der Wert einer Einstellung sein muss (`SettingRule`): Teil eines Satzes. Die Regel ist das Argument `rule`.
setting-rule =
    { $rule ->
       *[boolean] true oder false
        [integer] eine ganze Zahl von { $rule_min } bis { $rule_max }
        [choice] eines von { $rule_choices }
        [language] system, oder das Kürzel einer Sprache wie en oder de
        [name] 1 bis { $rule_most_bytes } sichtbare Zeichen (é zählt als 2, 字 als 3, 😀 als 4)
        [control_endpoint] eine Adresse wie wss://play.example.org (ws://, wenn der Server kein TLS hat), ohne Benutzer und Passwort
        [access_key] { $rule_least } bis { $rule_most } Buchstaben, Ziffern oder Zeichen ohne Leerzeichen, wie der Betreiber des Servers ihn dir gab
        [subnet] ein privates IPv4-Netz von /8 bis /26, wie 10.66.0.0/16
        [adapter_name] 1 bis { $rule_most_letters } Buchstaben, Ziffern, „-“ oder „_“
        [servers] höchstens { $rule_most } Server als Rechner:Port, durch Kommas getrennt
        [web_addresses] höchstens { $rule_most } Adressen, die mit https:// oder http:// beginnen, durch Kommas getrennt
    }{ $or_empty ->
        [true] , oder leer
       *[false] { "" }
    }

# Was fehlt oder nicht stimmt (`Fault`, `AdapterFault`, `PeerRefusal`).
problem-log-not-written = Das Protokoll kann nicht geschrieben werden. [{ $cause }]
problem-not-kept = Was sich jetzt ändert, wird nicht aufbewahrt. [{ $cause }]
problem-sockets-failed = Es kommen keine Pakete mehr an. [{ $cause }]
problem-clock-wrong = Die Uhren dieses Computers und des Servers gehen { $minutes } Minuten auseinander.
problem-control-disconnected =
    Keine Verbindung zu { $server }: { server-fault }. { $in_party ->
        [true] Deine Party geht weiter; neu beitreten kann niemand, bis er wieder da ist.
       *[false] Partys, die du jetzt machst, gehören dir allein, bis er wieder da ist.
    }
problem-bad-setting = Eine Einstellung ist unbrauchbar: { $key } ist { $value }; möglich: { setting-rule }. So lange gilt ihre Vorgabe.
problem-database-restored =
    Die Datenbank von LANrage war beschädigt. { $backup ->
        [none] Es gab keine gute Sicherung, also beginnen die Einstellungen von vorn.
       *[other] Die Sicherung { $backup } ist wiederhergestellt.
    }{ $salvaged ->
        [0] { "" }
       *[other] { " " }{ $salvaged } neuere Einträge waren noch lesbar und sind erhalten.
    }{ $set_aside ->
        [none] { "" }
       *[other] { " " }Die beschädigten Dateien liegen in { $set_aside }.
    } [{ $cause }]
problem-secrets-in-files =
    { $not_moved ->
        [0] Der Schlüsselbund dieses Systems ist nicht zu gebrauchen, also liegen deine Schlüssel in Dateien, die nur dein Konto lesen kann.
       *[other] { $not_moved } Schlüssel von LANrage ließen sich nicht in den Schlüsselbund des Systems bringen und bleiben in Dateien, die nur dein Konto lesen kann. [{ $cause }]
    }
problem-party-keys-missing = Die Party { $party } kommt nicht zurück: Ihre Schlüssel sind nicht auf diesem Gerät. Keine Sicherung enthält sie, und der Schlüsselbund hat sie verloren.
problem-party-not-restored = Die letzte Party kommt nicht zurück. [{ $cause }]
problem-adapter-permission =
    { $by ->
       *[system] LANrage darf seinen Netzwerkadapter nicht anlegen.
        [away] Dieser Computer gibt einen Netzwerkadapter dem, der an ihm sitzt, und LANrage läuft in keiner solchen Sitzung.
        [forbidden] Eine Regel dieses Computers erlaubt dir nicht, den Netzwerkadapter von LANrage anzulegen.
        [no_polkit] Dieser Computer hat nichts (Polkit), das sagt, wer den Netzwerkadapter von LANrage anlegen darf.
        [polkit_silent] Polkit antwortet auf diesem Computer nicht, ob du den Netzwerkadapter von LANrage anlegen darfst.
    }
problem-adapter-helper =
    { $trouble ->
       *[off] Der Helfer von LANrage, der den Netzwerkadapter anlegt, läuft nicht.
        [refused] Der Helfer von LANrage hat den Netzwerkadapter nicht angelegt. [{ $cause }]
    }
problem-adapter-driver = Dieser Computer hat keinen Treiber für virtuelle Netzwerkadapter.
problem-adapter-name =
    { $trouble ->
       *[taken] Der Name { $name } für den Netzwerkadapter und die danach sind vergeben.
        [invalid] „{ $name }“ kann kein Netzwerkadapter heißen.
    }
problem-adapter-address =
    { $trouble ->
       *[in_use] Die Adresse { $address } wird auf diesem Computer schon benutzt, von { $place }.
        [outside] Die Adresse { $address } liegt außerhalb des Netzes der Party { $place }.
    }
problem-adapter-subnet = Das Netz der Party { $subnet } überschneidet sich mit { $route }, das dieser Computer über { $interface } erreicht.
problem-adapter-resolver = Im Netz der Party { $subnet } liegt { $address }, und dort fragt dieser Computer nach den Namen des Internets.
problem-adapter-endpoint =
    Im Netz der Party { $subnet } liegt { $address }, { $used_as ->
       *[gateway] der Router des Netzes dieses Computers.
        [control_server] die Adresse des Kontrollservers.
        [stun_server] die Adresse eines Servers, der hilft, Freunde zu finden.
        [relay] die Adresse eines Relays.
        [connection] womit ein Programm dieses Computers verbunden ist.
    }
problem-adapter-route = Der Verkehr nach { $route } ließ sich nicht in den Netzwerkadapter leiten. [{ $cause }]
problem-adapter-failed = Der Netzwerkadapter ließ sich nicht einrichten. [{ $cause }]
problem-adapter-stripped =
    { $part ->
       *[address] Ein anderes Programm nimmt LANrages Netzwerkadapter die Adresse weg.
        [routes] Ein anderes Programm nimmt die Routen ins Netz der Party weg.
        [state] Ein anderes Programm schaltet LANrages Netzwerkadapter ab.
        [packet_size] Ein anderes Programm ändert die Paketgröße von LANrages Netzwerkadapter.
    }
problem-adapter-bypassed = Pakete an { $route } gehen über { $interface } statt über LANrages Netzwerkadapter hinaus: Routing-Regeln eines anderen Programms, oft eines VPN, kommen zuerst.
problem-adapter-forbidden = Dieser Computer verwirft, was an { $route } gesendet wird: Eine Route oder Regel eines anderen Programms, oft der Kill-Switch eines VPN, verbietet es.
problem-adapter-blocked =
    { $way ->
       *[out] Eine Firewall oder der Kill-Switch eines VPN auf diesem Computer verwirft, was deine Spiele an Freunde senden.
        [in] Eine Firewall oder ein VPN auf diesem Computer verwirft alles, was Freunde senden.
        [unasked] Die Firewall dieses Computers verwirft, was Freunde zuerst senden; so kommen sie nicht in Spiele, die du ausrichtest.
    }
problem-adapter-searches =
    { $trouble ->
       *[not_on_lan] Spiele suchen Server nur noch in der Party und nicht mehr im eigenen LAN dieses Computers: LANrage darf nicht kopieren, was sie dorthin senden.
        [not_in_party] Freunde hören die Suchen deiner Spiele nicht mehr: was sie in die Party kopiert hat, läuft nicht mehr.
    }
problem-adapter-lost = Der Netzwerkadapter arbeitet nicht mehr. [{ $cause }]
problem-peer-of-other-party = „{ $peer }“ wurde nicht hereingelassen: der Eintrag gehört zu einer anderen Party oder zu einer anderen Einladung.
problem-peer-forged = „{ $peer }“ wurde nicht hereingelassen: der Eintrag ist nicht von dem signiert, den er nennt.
problem-peer-not-invited = „{ $peer }“ wurde nicht hereingelassen: nicht eingeladen, das Geheimnis der Party ist dort nicht bekannt.
problem-peer-replayed = „{ $peer }“ wurde nicht hereingelassen: der Eintrag ist älter als ein schon gesehener, jemand spielt ihn wieder ein.
problem-peer-address = „{ $peer }“ wurde nicht hereingelassen: die Adresse { $address } gehört schon jemand anderem oder liegt außerhalb des Netzes der Party.
problem-peer-removed = „{ $peer }“ wurde nicht hereingelassen: der Gastgeber oder ein Moderator hat diesen Spieler entfernt.
problem-peer-not-let-in = „{ $peer }“ wartet darauf, hereingelassen zu werden.
problem-peer-link = „{ $peer }“ wurde nicht hereingelassen: Der Link ist abgelaufen, aufgebraucht oder widerrufen.
problem-party-full = „{ $peer }“ wurde nicht hereingelassen: die Party ist voll.

# Was geschehen ist (`News`). Wer nicht hereingelassen und was abgelehnt wurde, sagen `problem` und `refusal`.
notice-peer-joined = { $peer } ist in der Party.
notice-peer-left = { $peer } hat die Party verlassen.
notice-connected = Verbunden mit { $peer }.
notice-peer-away = { $peer } macht Pause oder hat LANrage geschlossen.
notice-peer-back = { $peer } ist wieder da.
notice-peer-renamed = { $peer } heißt jetzt { $name }.
notice-now-host = Du bist jetzt der Gastgeber.
notice-said = { $peer } hat im Chat geschrieben.
notice-asked-ready = { $peer } fragt, ob alle bereit sind.
notice-everybody-ready = Alle sind bereit.
notice-game-opened = { $peer } richtet { $game } aus.
notice-new-version = LANrage { $version } ist da. Du findest es am Ende der Einstellungen.
notice-reached = { $peer } wollte Port { $port } dieses Computers erreichen. Er ist dafür geschlossen.
notice-new-host = { $peer } ist jetzt der Gastgeber.
notice-now-moderator = Du bist jetzt Moderator: du darfst Spieler hereinlassen, hinauswerfen und sperren.
notice-wants-in = { $peer } möchte mitspielen. Lass sie herein, oder lehne ab.
notice-removed = { $peer } wurde aus der Party entfernt.
notice-you-were-removed = Du wurdest aus { $party } entfernt. Der Gastgeber oder ein Moderator kann dich wieder hereinlassen.
notice-reconnected = Wieder verbunden mit { $peer } nach { $seconds } s.
notice-moved-to-direct = Auf einen direkten Weg zu { $peer } gewechselt.
notice-moved-to-relay = Der direkte Weg zu { $peer } ist gerissen; es geht über ein Relay weiter.
notice-own-flood = { $port ->
    [0] Ein Programm auf diesem Computer sendet mehr an die ganze Party, als durchkommt; ein Teil davon fällt weg, andere Programme sind nicht betroffen.
   *[other] Ein Programm auf diesem Computer (UDP-Port { $port }) sendet mehr an die ganze Party, als durchkommt; ein Teil davon fällt weg, andere Programme sind nicht betroffen.
}
notice-peer-flood = { $port ->
    [0] Ein Programm von { $peer } sendet mehr an die ganze Party, als durchkommt; ein Teil davon fällt weg, andere Programme sind nicht betroffen.
   *[other] Ein Programm von { $peer } (UDP-Port { $port }) sendet mehr an die ganze Party, als durchkommt; ein Teil davon fällt weg, andere Programme sind nicht betroffen.
}
notice-party-is-local = Der Server ist nicht erreichbar. Bis er wieder da ist, kommen Freunde nur herein, wo dein Link geradewegs zu diesem Computer führt.

# Warum ein Befehl abgelehnt wurde (`CommandError`, `ServerRefusal`).
refusal-already-in-party = Du bist schon in einer Party; verlasse sie zuerst.
refusal-not-in-party = Du bist in keiner Party.
refusal-no-control-server = Der Link sagt nicht, wo jemand aus der Party zu erreichen ist. Bitte um einen neuen, der kopiert wird, während dein Freund mit einem Netz verbunden ist.
refusal-removed-from-party = Du wurdest aus dieser Party entfernt. Bitte den Gastgeber, dich wieder hereinzulassen.
refusal-not-let-in = Der Gastgeber der Party wurde gebeten, dich hereinzulassen, und hat es nicht getan. Sag deinem Freund Bescheid, und öffne den Link noch einmal.
refusal-not-yours = Das darf nur der Gastgeber der Party. Moderatoren dürfen Spieler hereinlassen, begrenzte Links machen und widerrufen, Mitglieder hinauswerfen und sperren, und einen Sprachlink anheften.
refusal-no-game-there = Dort richtet niemand mehr ein Spiel aus.
refusal-bad-ports = Ports schreibt man als 27960 oder 27960-27969, höchstens { $most } davon.
refusal-port-never-opened = Port { $port } gehört dem Computer selbst, wie Fernanmeldung oder Freigaben, und wird für niemanden einzeln geöffnet. Wem du alles anvertraust, der erreicht ihn.
refusal-bad-game = Es ist nichts geändert: { $cause }.
refusal-game-not-started = { $game } ließ sich nicht starten. Starte es selbst, und gib die Adresse dort ein, wo es nach einer fragt.
refusal-nothing-said = Darin ist nichts, das sich anzeigen lässt.
refusal-said-too-much = Das ist mehr, als die anderen lesen können. Warte einen Moment.
refusal-nobody-asks = Gerade fragt niemand, ob alle bereit sind. Du kannst selbst fragen.
refusal-asked-too-often = Du hast gerade erst gefragt. Warte einen Moment, bevor du wieder fragst.
refusal-bad-voice-link = Das ist zu lang zum Anheften. Höchstens { $most } Zeichen passen.
refusal-voice-link-is-another = Inzwischen ist etwas anderes angeheftet. Sieh es dir an, bevor du es öffnest.
refusal-voice-link-not-opened = Kein Programm auf diesem Computer öffnet diesen Link. Kopiere ihn stattdessen.
refusal-unknown-peer = So heißt niemand, der in der Party ist oder darauf wartet.
refusal-too-many-links = Die Party hat schon { $most } begrenzte Links. Widerrufe erst einen.
refusal-rulings-unheard = Dieses Gerät hat noch nicht erfahren, was in der Party entschieden wurde, während es weg war. Versuch es gleich noch einmal, sobald ein Freund verbunden ist.
refusal-nothing-to-undo = In den letzten zehn Sekunden hast du niemanden hinausgeworfen oder gesperrt. Wer draußen ist, kann wieder hereingelassen werden.
refusal-unknown-link = Einen begrenzten Link mit dieser Nummer hat die Party nicht.
refusal-bad-uses = Ein Link kann für 1 bis { $most } Spieler gelten.
refusal-nobody-answers =
    { $because ->
       *[not_known] Niemand aus der Party antwortet. Frag, ob dein Freund gerade in der Party ist, und bitte um einen frischen Link: Adressen ändern sich. Hilft das nicht, kann einer von euch den Port im Router öffnen, oder ihr nehmt einen Server.
        [udp_blocked] Niemand aus der Party antwortet, denn dein Netz lässt kein UDP durch. Nimm ein anderes Netz oder einen Server.
        [one_symmetric] Niemand aus der Party antwortet, und einer eurer Router nimmt für jedes Ziel einen neuen Port: Es hilft ein dritter Freund, den andere erreichen, ein offener Port in einem der Router oder ein Server. Frag auch, ob dein Freund gerade in der Party ist.
        [both_symmetric] Kein Weg führt in die Party, denn dein Router und der deines Freundes nehmen beide für jedes Ziel einen neuen Port: Es hilft ein dritter Freund, den andere erreichen, ein offener Port in einem der Router oder ein Server.
        [symmetric_and_strict] Kein Weg führt in die Party, denn einer eurer Router nimmt für jedes Ziel einen neuen Port, und der andere lässt nur bekannte Ports herein: Es hilft ein dritter Freund, den andere erreichen, ein offener Port in einem der Router oder ein Server.
    }
refusal-no-address =
    { $why ->
        [taken] { $why_address } gehört jemand anderem.
        [outside] { $why_address } liegt außerhalb des Netzes der Party.
       *[full] Das Netz der Party ist voll.
    }
refusal-control-unreachable = Keine Verbindung zum Server der Party: { server-fault }. Versuch es später noch einmal; erreichen auch andere ihn nicht, muss sein Betreiber nach ihm sehen.
refusal-other-server = Dort antwortet ein anderer Server als der, den der Link meint. Frag deinen Freund nach einem neuen Link, und tritt erst damit bei.
refusal-same-server = Der Server der Party ist der, den dieses Gerät kennt; es gibt nichts anzunehmen.
refusal-not-a-member = Du bist kein Mitglied dieser Party mehr; bitte um einen neuen Link.
refusal-still-a-member = Du bist gerade in dieser Party; verlasse sie zuerst.
refusal-keys-missing = Du bist Mitglied dieser Party, aber ihre Schlüssel sind nicht auf diesem Gerät: Keine Sicherung enthält sie, und der Schlüsselbund hat sie verloren. Bitte deinen Freund um einen neuen Link.
refusal-keys-not-usable = Die Schlüssel der Party lassen sich nicht benutzen. [{ $cause }]
refusal-cancelled = Es wurde abgebrochen.
refusal-reply-not-a-link = Das ist keine Antwort auf den Link deiner Party; sie müsste mit lanrage://reply/ anfangen.
refusal-reply-damaged = Die Antwort ist beschädigt; bitte deinen Freund, sie noch einmal ganz bis zum Ende zu kopieren.
refusal-reply-version = Die Antwort stammt von einem neueren LANrage (Format { $version }); aktualisiere, um sie anzunehmen.
refusal-reply-to-another = Die Antwort gilt nicht dieser Party, oder sie kommt von jemandem ohne deren Link. Geh in die Party, die dein Freund meint, oder schick ihm den Link zu dieser.
refusal-reply-expired = Die Antwort ist von einem anderen Tag, oder eine eurer Uhren geht falsch. Bitte deinen Freund um eine neue.
refusal-reply-leads-nowhere = Die Antwort nennt keine Adresse, die du von hier erreichst. Bitte deinen Freund um eine neue, kopiert mit Verbindung zum Internet.
refusal-reply-while-hidden = Du verbirgst deine Adresse vor Freunden, deshalb kann LANrage bei ihnen nicht anklopfen. Schalte das dafür aus, oder nehmt einen Server.
refusal-unusual-network = Die Party nimmt sich auf deinem Computer das Netz { $network }, das LANrage nie vorschlägt. Frag deinen Freund, ob das so gemeint ist; wenn ja, tritt bei und lass dieses Netz zu.
refusal-no-free-subnet = Jedes Netz, das eine Party haben könnte, überschneidet sich mit einem dieses Computers. Trenne ein VPN und versuch es noch einmal.
refusal-bad-party-id = Das ist keine Kennung einer Party.
refusal-bad-name = Ein Name hat 1 bis { $most_bytes } sichtbare Zeichen (é zählt als 2, 字 als 3, 😀 als 4).
refusal-bad-server = Die Adresse eines Servers ist ws:// oder wss:// mit Rechnernamen, ohne Benutzer und Passwort.
refusal-bad-expiry = Eine Einladung kann 1 bis { $most_hours } Stunden gelten.
refusal-short-code = Das ist ein Kurzcode; wohin er führt, sagt er beim Beitreten.
refusal-code-mistyped = Dieser Code hat einen Tippfehler: Ein Zeichen ist falsch, fehlt oder ist zu viel. Vergleiche ihn Zeichen für Zeichen mit dem deines Freundes.
refusal-code-unknown = Hinter diesem Code liegt nichts. Vielleicht ist er abgelaufen: Codes gelten 15 Minuten. Bitte deinen Freund um einen neuen.
refusal-code-gone = Dieser Code wurde schon benutzt oder zurückgenommen, oder seine 15 Minuten sind um. Bitte deinen Freund um einen neuen.
refusal-code-unanswered = Wohin der Code führt, ließ sich nicht nachschlagen: Das Adressbuch des BitTorrent-Netzes antwortet nicht. Prüfe deine Internetverbindung, oder bitte deinen Freund stattdessen um einen Link.
refusal-code-not-stored = Der Code ließ sich nicht machen: Das Adressbuch des BitTorrent-Netzes antwortet nicht. Prüfe deine Internetverbindung, oder schick stattdessen einen Link.
refusal-codes-off =
    { $because ->
       *[no_store] Kurzcodes brauchen das öffentliche Adressbuch, und das ist in den Einstellungen aus („Wie Freunde eine Party finden“). Schalte es ein, oder nimm einen Link.
        [hidden] Kurzcodes benutzen das öffentliche Adressbuch, und du verbirgst deine Adresse. Schalte diese Einstellung aus, oder nimm einen Link.
    }
refusal-codes-too-often = Du hast mehrere Codes versucht. Warte eine Minute bis zum nächsten.
refusal-too-many-codes = Für diese Party gibt es schon { $most } Kurzcodes. Nimm erst einen zurück, oder warte, bis einer benutzt ist.
refusal-invitation-too-long = Der Link ist zu lang für eine Einladung.
refusal-invitation-not-a-link = Darin ist keine Einladung zu einer Party. Ein Link beginnt mit lanrage://join/ oder ist eine Webadresse mit /join# darin; ein Kurzcode hat 16 Zeichen.
refusal-invitation-damaged = Der Link ist beschädigt; kopiere ihn noch einmal, bis ganz ans Ende.
refusal-invitation-version = Der Link stammt von einem neueren LANrage (Format { $version }); aktualisiere, um ihn zu öffnen.
refusal-invitation-expired = Die Einladung ist abgelaufen; bitte deinen Freund um eine neue.
refusal-invitation-used-up = Der Link ist aufgebraucht: So viele, wie er hereinlässt, sind damit gekommen. Bitte deinen Freund um einen neuen.
refusal-invitation-revoked = Der Link wurde widerrufen. Bitte deinen Freund um einen neuen.
refusal-invitation-not-valid = Der Link ist keiner dieser Party. Bitte deinen Freund um einen neuen.
refusal-bad-setting =
    Es ist nichts geändert: { $key } kann nicht { $value } sein. Möglich: { setting-rule }.{ $others ->
        [none] { "" }
       *[other] { " " }Auch die Werte von { $others } sind unbrauchbar.
    }
refusal-unknown-setting = Es gibt keine Einstellung { $key }.
refusal-not-found = Es gibt keine gespeicherte Auswahl { $name }.
refusal-unknown-favorite = Es gibt keinen Favoriten { $name }.
refusal-not-an-export = Dieser Text sind keine ausgegebenen Einstellungen. [{ $cause }]
refusal-backup-exists = { $path } gibt es schon; Sicherungen ersetzen keine Dateien.
refusal-not-a-backup = { $path } kann nicht wiederhergestellt werden. [{ $cause }]
refusal-backup-without-hash = Die Datei { $path }.sha256 fehlt, deshalb weiß niemand, ob die Sicherung noch so ist, wie sie gemacht wurde. Leg sie neben die Sicherung, oder stelle ohne sie wieder her (im Terminal mit --without-hash).
refusal-database-newer = Die Daten stammen von einem neueren LANrage (es hat { $found }); aktualisiere LANrage.
refusal-database-damaged = Die Daten sind beschädigt; starte LANrage neu, um sie wiederherzustellen. [{ $cause }]
refusal-database-failed = Die Datenbank ist gescheitert. [{ $cause }]
refusal-disk-full = Der Datenträger ist voll; schaffe Platz und versuch es noch einmal.
refusal-data-not-writable = In den Datenordner kann nicht geschrieben werden. [{ $cause }]
refusal-file-not-written = { $path } kann nicht geschrieben werden: { $cause }
refusal-file-not-read = { $path } kann nicht gelesen werden: { $cause }
refusal-bundle-not-written = Der Bericht konnte nicht geschrieben werden. [{ $cause }]
refusal-version-not-told = Ob es eine neuere Version gibt, ist nicht bekannt. [{ $cause }]
refusal-version-not-signed = Was über eine neuere Version gesagt wird, hat nicht unterschrieben, wer LANrage macht, und zählt nicht.
refusal-page-not-opened = Dein Browser öffnet sich nicht. Die Seite ist { $page }
refusal-bad-request = Die Anfrage ist fehlerhaft. [{ $cause }]
refusal-other-version = Das laufende LANrage ({ $running }) und dieses Programm ({ $asking }) sind zwei Versionen. Beende das laufende und starte es neu.
refusal-stopped = LANrage wird gerade beendet.
refusal-already-running = LANrage läuft bereits, in einem anderen Fenster oder Terminal. Benutze jenes, oder schließe es und starte LANrage neu.
refusal-data-dir = Der Datenordner ist nicht zu gebrauchen. [{ $cause }]
refusal-identity = Die Kennung dieses Geräts kann nicht gelesen oder aufbewahrt werden. [{ $cause }]
refusal-database = Die Daten sind nicht zu gebrauchen. [{ $cause }]
refusal-socket = Der UDP-Port { $port } kann nicht geöffnet werden. [{ $cause }]
refusal-clipboard = Der Text konnte nicht kopiert werden. [{ $cause }]
refusal-log-not-read = Das Protokoll kann nicht gelesen werden. [{ $cause }]
refusal-not-needed = Auf diesem System richtet der Installer alles ein, was der Adapter braucht. Installiere LANrage noch einmal.
refusal-helper-missing = Der Helfer von LANrage ist nicht installiert. Installiere LANrage mit seinem Paket (.deb oder .rpm) oder dem `setup` seines Archivs, oder starte es als root.
refusal-setup-declined = Die Einrichtung wurde nicht erlaubt. Versuch es noch einmal, wann du willst.
refusal-setup-failed =
    { $cause ->
        [none] Niemand konnte um Erlaubnis gefragt werden.
       *[other] Die Einrichtung ist gescheitert.
    } Führe `{ $command }` in einem Terminal aus.{ $cause ->
        [none] { "" }
       *[other] { " " }[{ $cause }]
    }
refusal-unexpected = { unexpected }
refusal-control-bad-frame = Die Nachricht gehört nicht zu diesem Protokoll. Versuch es später noch einmal.
refusal-control-unknown-message = Der Server kennt diese Nachricht nicht. Versuch es später noch einmal.
refusal-control-too-large = Die Nachricht ist zu groß. Versuch es später noch einmal.
refusal-control-protocol-version = Programm und Server sprechen verschiedene Versionen. Aktualisiere LANrage.
refusal-control-not-authenticated = Der Server weiß noch nicht, wer dieses Gerät ist. Versuch es später noch einmal.
refusal-control-bad-signature = Die Signatur ist nicht von dem, den sie nennt. Versuch es später noch einmal.
refusal-control-wrong-server = Der Beweis wurde für einen anderen Server gemacht. Versuch es später noch einmal.
refusal-control-unsigned-leave = Eine Sitzung sagte, dass ihr Spieler die Party verlässt, und der Spieler hat das nicht unterschrieben. Verlass sie noch einmal; bleibt es so, aktualisiere LANrage.
refusal-control-unknown-party = Der Server kennt diese Party nicht. Frag deinen Freund, ob es sie noch gibt, und nach einem neuen Link.
refusal-control-door-closed = Hier kommt nur herein, wer den Link zu dieser Party hat. Dieser gehört nicht zu ihr, wie sie jetzt ist, oder dieses LANrage ist zu alt, um ihn zu zeigen. Aktualisiere LANrage, oder frag deinen Freund nach einem neuen Link.
refusal-control-party-exists = Diese Party gibt es schon, und sie hat einen anderen Gastgeber. Versuch es später noch einmal.
refusal-control-not-a-member = Dieses Gerät ist kein Mitglied dieser Party. Versuch es später noch einmal.
refusal-control-peer-away = Dieses Mitglied ist nicht da. Versuch es später noch einmal.
refusal-control-party-full = Die Party ist voll. Erst muss jemand gehen.
refusal-control-too-many-parties = Es gibt zu viele Partys. Versuch es später noch einmal.
refusal-control-access-needed = Dieser Server ist privat: Nur wer seinen Schlüssel hat, macht dort Partys. Frag den Betreiber nach dem Schlüssel, und trag ihn in den Einstellungen als „Schlüssel des Servers“ ein. Mit dem Link eines Freundes kommst du ohne ihn hinein.
refusal-control-access-wrong = Der Schlüssel in den Einstellungen ist nicht der dieses Servers. Frag den Betreiber nach dem Schlüssel, und trag ihn noch einmal als „Schlüssel des Servers“ ein.
refusal-control-banned = Der Betreiber dieses Servers lässt dieses Gerät nicht mehr herein. Nimm einen anderen Server, oder frag ihn nach dem Grund.
refusal-control-device-parties = Dieses Gerät hat auf diesem Server so viele Partys, wie es haben darf. Verlass erst eine davon.
refusal-control-address-parties = Über deinen Internetanschluss wurden in der letzten Stunde zu viele Partys gemacht. Versuch es später noch einmal, oder nimm eine, die du hast.
refusal-control-lease-taken = Ein anderes Mitglied hat diese Adresse. Versuch es später noch einmal.
refusal-control-lease-fixed = Ein Mitglied behält seine Adresse, bis es geht. Versuch es später noch einmal.
refusal-control-outside-subnet = Die Adresse liegt außerhalb des Netzes der Party. Versuch es später noch einmal.
refusal-control-stale-record = Von diesem Gerät ist ein neuerer Eintrag bekannt. Stell die Uhr dieses Computers, und tritt noch einmal bei.
refusal-control-rate-limited = Zu viele Nachrichten auf einmal. Versuch es später noch einmal.
refusal-control-server-full = Der Server ist voll. Versuch es später noch einmal.
refusal-control-replaced = Dieses Gerät hat sich von anderswo verbunden. Versuch es später noch einmal.
refusal-control-timed-out = Die Verbindung war still oder zu langsam. Versuch es später noch einmal.
refusal-control-stopping = Der Server hört gerade auf. Versuch es später noch einmal.
refusal-control-internal = Der Server hat selbst ein Problem; nichts ist geändert. Versuch es später noch einmal.
refusal-control-unknown = Abgelehnt aus einem Grund, den diese Version nicht kennt. Versuch es später noch einmal.

# Was der Benutzer tun kann (`Remedy`).
remedy-install-package = Installiere LANrage einmal mit seinem Paket (.deb oder .rpm) oder dem `setup` seines Archivs: es bringt einen Helfer mit, der das tut. Oder starte LANrage als root (sudo).
remedy-start-with-sudo = Starte LANrage mit sudo.
remedy-run-as-administrator = Schließe LANrage und starte es mit „Als Administrator ausführen“.
remedy-start-helper = Starte ihn mit `{ $command }`, oder installiere das Paket von LANrage noch einmal.
remedy-set-up-helper = Lass LANrage ihn einmal einrichten, oder führe `{ $command }` aus.
remedy-use-at-the-computer = Benutze LANrage in einer Sitzung am Computer selbst, oder lass dich von dessen Verwalter mit `{ $command }` auf die Liste der Benutzer des Helfers setzen.
remedy-join-helper-users = Lass dich vom Verwalter des Computers mit `{ $command }` auf die Liste der Benutzer des Helfers setzen.
remedy-reset-adapter-name = Setze den Namen des Netzwerkadapters in den Einstellungen auf lanrage0 zurück, oder wähle einen anderen bis lanrage99.
remedy-choose-adapter-name = Wähle in den Einstellungen einen Namen aus 1 bis 14 Buchstaben, Ziffern, „-“ oder „_“.
remedy-load-driver = Lade den Treiber mit `{ $command }`. In einem Container reiche das Gerät /dev/net/tun durch.
remedy-restart-computer = Starte den Computer neu; der Treiber ist ein Teil von macOS.
remedy-install-driver = Installiere LANrage noch einmal: neben dem Programm fehlt die Datei wintun.dll.
remedy-free-adapter-name = Schließe andere Kopien von LANrage, oder lösche einen ungenutzten Adapter mit `{ $command }`.
remedy-close-other-copies = Schließe andere Kopien von LANrage.
remedy-remove-adapters = Schließe andere Kopien von LANrage, oder entferne ungenutzte Adapter im Geräte-Manager.
remedy-close-other-copy = Schließe die andere Kopie von LANrage, die in dieser Party ist.
remedy-join-again = Verlasse die Party und tritt ihr noch einmal bei.
remedy-disconnect-vpn = Trenne das andere Netz (oft ein VPN), oder mach die Party mit einem anderen Netz.
remedy-leave-adapter-alone = Halte das andere Programm, etwa eine Netzwerkverwaltung oder ein VPN, davon ab, LANrages Adapter zu verändern.
remedy-exempt-party = Lass das andere VPN { $network } auslassen („Zugriff auf lokales Netz“ oder „Split-Tunneling“), oder trenne es.
remedy-let-party-through = Lass die Firewall oder den Kill-Switch des VPN Pakete von { $network } an { $adapter } durch.
remedy-other-network = Bitte den Gastgeber, die Party mit einem anderen Netz zu machen.
remedy-report-failure = Versuch es noch einmal. Geht es wieder nicht, starte den Computer neu und melde, was oben steht.
remedy-adapter-reopens = Er wird von selbst wieder geöffnet.
remedy-make-room = Schaffe Platz auf dem Datenträger; es wird von selbst wieder versucht.
remedy-make-writable = Schaffe Platz auf dem Datenträger, oder mach den Datenordner beschreibbar; es wird von selbst wieder versucht.
remedy-start-again = Starte LANrage neu.
remedy-ask-for-link = Bitte einen Freund in der Party um einen neuen Link.
remedy-send-link-again = Ist das ein Freund, schick ihm den Link noch einmal; kennst du niemanden dieses Namens, manipuliert jemand den Server.
remedy-set-clock = Lass das System seine Uhr selbst stellen; ablaufende Links und erneuerte Schlüssel hängen davon ab.
remedy-accept-server = Ihm wurde nichts gesagt, und die Party geht ohne ihn weiter. Frag den Betreiber des Servers, ob er ihn neu eingerichtet hat; nur dann nimm ihn an: `{ $command }`.
remedy-check-connection = Es wird von selbst wieder versucht. Prüfe deine Internetverbindung.
remedy-check-server-address = Prüfe die Adresse des Servers in den Einstellungen. Sie beginnt mit wss://, wenn der Server TLS hat, und sonst mit ws://.
remedy-check-certificate = Bitte den Betreiber des Servers um ein gültiges Zertifikat. Wenn andere nichts daran auszusetzen haben, stelle die Uhr dieses Computers.
remedy-check-settings = Prüfe deine Einstellungen.
remedy-change-setting = Wähle in den Einstellungen einen anderen Wert, oder setze sie zurück.
remedy-change-settings = Wähle in den Einstellungen andere Werte, oder setze sie zurück.
remedy-unlock-keyring = Entsperre oder installiere einen Schlüsselbund (GNOME Keyring, KWallet); LANrage bringt seine Schlüssel von selbst dorthin.
remedy-start-lanrage = Starte LANrage und sieh noch einmal nach.
remedy-look-again = Warte einen Moment und sieh noch einmal nach.
remedy-enter-party = Geh in eine Party und sieh noch einmal nach.
remedy-enter-party-and-wait = Geh in eine Party, warte einen Moment und sieh noch einmal nach.
remedy-allow-games = Sehen Freunde dein Spiel nicht, führe `{ $command }` aus.
remedy-allow-games-in-settings = Sehen Freunde dein Spiel nicht, erlaube es in den Firewall-Einstellungen des Systems.
remedy-restart-lanrage = Starte LANrage neu.
remedy-restore-backup = Starte LANrage neu; es stellt die neueste gute Sicherung von selbst wieder her.
remedy-ask-operator = Es wird von selbst wieder versucht. Prüfe deine Internetverbindung; erreichen auch andere ihn nicht, muss sein Betreiber ihn starten.
remedy-allow-udp = Erlaube UDP ins Internet in deinem Router oder der Firewall der Firma; bis dahin geht alles über ein Relay.
remedy-name-servers = Nenne einen erreichbaren Server oder STUN-Server, und sieh noch einmal nach.
remedy-open-router = Schalte UPnP, NAT-PMP oder PCP in deinem Router ein, oder bitte deinen Anbieter um eine eigene Adresse.
remedy-switch-on-port-mapping = Schalte die Einstellung port_mapping ein, wenn Freunde dich nur über Relays erreichen.
remedy-map-ports = Schalte UPnP, NAT-PMP oder PCP in deinem Router ein, wenn du kannst.
remedy-relays-are-retried = Sie werden von selbst wieder versucht. Prüfe deine Internetverbindung.
remedy-match-relay-secret = Sieh nach, ob die Uhr dieses Computers stimmt. Wenn ja, muss der Betreiber des Relays diesem das Geheimnis geben, das auch der Server hat.
remedy-raise-relay-quota = Warte, bis das Relay weniger gebraucht wird, oder bitte seinen Betreiber um eine höhere Grenze für einen Benutzer.
remedy-add-relay = Es wird von selbst wieder versucht. Bleibt es voll, bitte den Betreiber des Servers um ein weiteres Relay oder um mehr Platz auf diesem.
remedy-change-relay-rules = Bitte den Betreiber des Relays, dessen Einstellungen und Protokoll anzusehen.
remedy-let-relay-reach-friends = Bitte den Betreiber des Relays, die Adressen deiner Freunde in dessen Regeln zu erlauben, oder benutze einen Server mit einem anderen Relay.
remedy-use-server-with-relays = Benutze einen Server, der Relays anbietet; ohne eines können sich wenige Paare von Routern nicht treffen.
remedy-look-again-with-friend = Sieh noch einmal nach, wenn einer verbunden ist.
remedy-switch-off-tunnels = Such ein anderes VPN oder einen Tunnel unter LANrage und schalte ihn aus; Spiele gehen mit kleineren Paketen weiter.

# Was geprüft wird, und was davon abhängt (`Subject`).
check-adapter = Netzwerkadapter
check-permission = Berechtigung
check-control-server = Server
check-store = Freunde finden im BitTorrent-DHT
check-nat = Router (NAT)
check-port-mapping = Offener Port
check-relay = Relays
check-mtu = Größtes Paket
check-firewall = Firewall
check-clock = Uhr
check-keyring = Schlüsselbund
check-database = Daten
meaning-adapter = Über diesen Adapter sehen Spiele deine Freunde.
meaning-permission = Das System lässt nur privilegierte Programme einen Adapter öffnen; LANrage selbst läuft ohne besondere Rechte.
meaning-control-server = Über ihn finden Freunde deine Party; eine Party, die steht, geht ohne ihn weiter.
meaning-store = Dort finden Freunde dich ohne Server, wo die Adressen im Link nirgends hinführen; wer es betreibt, sieht deine IP-Adresse, aber nichts von der Party.
meaning-nat = Er entscheidet, ob Freunde auf einem direkten Weg oder über ein Relay erreicht werden.
meaning-port-mapping = Mit einem erreichen dich Freunde hinter schwierigen Routern auf direktem Weg; die meisten brauchen keinen.
meaning-relay = Ein Relay trägt deine Pakete, verschlüsselt, wo es keinen direkten Weg zu einem Freund gibt.
meaning-mtu = Pakete, die größer sind, als der Weg trägt, werden zerteilt oder gehen verloren.
meaning-firewall = Eine Firewall kann die Spiele deiner Freunde von deinen fernhalten, obwohl alle Leitungen gut sind.
meaning-clock = Ablaufende Links und erneuerte Schlüssel hängen davon ab.
meaning-keyring = Dort liegen deine Schlüssel; ohne einen liegen sie in Dateien, die nur dein Konto lesen kann.
meaning-database = Dort liegen deine Einstellungen und Partys für den nächsten Start.

# Was die Prüfung ergab (`Finding`). Einen Fehler des laufenden Programms sagt `problem`.
finding-not-running = LANrage läuft nicht, also ist das nicht zu sehen.
finding-adapter-open = { $name } ist offen, und Pakete kommen hindurch.
finding-adapter-tested = { $name } ist offen; ob Pakete hindurchkommen, wird gerade geprüft.
finding-adapter-opening = Er wird gerade geöffnet.
finding-adapter-closed = Er wird geöffnet, wenn du in eine Party gehst.
finding-permission-used = LANrage hat seinen Adapter geöffnet.
finding-permission-held = Dieses Programm darf ihn selbst öffnen.
finding-helper-works = Der Helfer von LANrage öffnet ihn.
finding-helper-is-off = Der Helfer von LANrage ist installiert und nicht eingeschaltet.
finding-permission-missing = Dieses Programm darf ihn nicht öffnen, und der Helfer von LANrage ist nicht installiert.
finding-no-driver = Das System hat keinen Treiber für Adapter: /dev/net/tun fehlt.
finding-permission-untold = Das sagt das System erst, wenn ein Adapter geöffnet wird.
finding-server-connected =
    Verbunden mit { $server }{ $proxy ->
        [none] .
       *[other] { " " }über den Proxy { $proxy }.
    }
finding-server-dialled = { $server } wird gerade verbunden.
finding-server-disconnected =
    Keine Verbindung zu { $server }{ $proxy ->
        [none] : { server-fault }.
       *[other] { " " }über den Proxy { $proxy }: { server-fault }.
    }
finding-server-not-used = Keiner wird benutzt: die Mitglieder deiner Party finden einander.
finding-server-not-set = Keiner ist eingestellt: Freunde finden einander durch den Link, wo einer von ihnen zu erreichen ist.
finding-server-answers =
    { $server } ist{ $proxy ->
        [none] { " " }erreichbar.
       *[other] { " " }über den Proxy { $proxy } erreichbar.
    }
finding-server-silent = { $server } ist nicht erreichbar: { $cause }.
finding-store-not-used = Deine Party kommt ohne aus.
finding-store-not-asked = Es wird gefragt, wenn du in eine Party gehst, die es braucht.
finding-store =
    { $holders ->
        [none] Dieser Computer hat dort noch keine Notiz hinterlassen.
        [one] Einer seiner Computer bewahrt die Notiz auf, die dieser dort hinterlassen hat.
       *[other] { $holders } seiner Computer bewahren die Notiz auf, die dieser dort hinterlassen hat.
    } { store-looked } { store-engine }
finding-store-silent = Es antwortet hier nicht, wie es soll. { store-looked } { store-engine }
store-looked =
    { $looked_s ->
        [none] Dort wurde noch nicht nachgesehen.
       *[other] Das letzte Nachsehen dort war vor { $looked_s } s zu Ende.
    }
store-engine =
    { $engine ->
        [dht] Es wird direkt gefragt.
       *[dht_and_relays] Es wird direkt gefragt und über HTTPS-Relays.
    }
finding-udp-blocked = Dein Netz lässt nichts als TCP durch.
finding-router-not-measured = Er ist noch nicht gemessen.
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
finding-port-open = Der Router hat { $external } geöffnet.
finding-port-searching = Der Router hat noch nicht geantwortet.
finding-port-not-wanted = Der Router wird gefragt, wenn du in eine Party gehst.
finding-port-switched-off = Die Einstellung sagt, den Router nicht zu fragen.
finding-port-unavailable =
    { $fault ->
       *[no_router] { port-mapping-no-router }
        [not_offered] { port-mapping-not-offered }
        [no_address] { port-mapping-no-address }
        [second_router] { port-mapping-second-router }
        [refused] { port-mapping-refused }
    }
finding-relays =
    { $usable } von { $count } im Angebot; am nächsten ist { $nearest }{ $rtt_ms ->
        [none] .
       *[other] , { $rtt_ms } ms entfernt.
    }
finding-relays-fail =
    Keines von { $count } ist zu gebrauchen; { $nearest }: { $fault ->
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
        [relay_refused] Das Relay hat mit Code { $fault_number } abgelehnt.
        [relay_slow] { relay-fault-relay-slow }
        [relay_stream] Die Verbindung zum Relay ist gescheitert: { $fault_cause }.
    }
finding-relays-refuse = Die benutzten Relays lehnen { $peer } ab, und ein direkter Weg dorthin ist nicht gefunden.
finding-no-relays = Keines ist bekannt.
finding-no-relays-for-hiding = Keines ist benutzbar, und deine Freunde sollen nur über Relays erreicht werden (Einstellung relay_only): Niemand ist es.
finding-packets-unmeasured = Kein Freund ist verbunden, mit dem es zu messen wäre.
finding-packets-small = Der Weg zu { $peer } trägt nur Pakete von { $bytes } Byte.
finding-packets-good = Alle Wege tragen Pakete von { $bytes } Byte.
finding-no-firewall = Keine, die LANrage kennt, ist an.
finding-ufw = ufw ist an; ob es Spiele auf { $adapter } durchlässt, sieht nur ein Verwalter.
finding-firewalld = firewalld ist an; ob es Spiele auf { $adapter } durchlässt, hängt von der Zone des Adapters ab.
finding-systems-firewall = Die Firewall des Systems entscheidet über jedes Spiel.
finding-clock-agrees = Sie geht wie die des Servers.
finding-clock-not-compared = Jetzt ist kein Server da, mit dem sie zu vergleichen wäre.
finding-keyring-works = Der Schlüsselbund des Systems arbeitet.
finding-keyring-fails = Der Schlüsselbund des Systems ist nicht zu gebrauchen. [{ $cause }]
finding-database-unreadable = Sie können nicht gelesen werden. [{ $cause }]
finding-database-damaged = Sie sind beschädigt: { database-faults }.
finding-settings-refused = Manche Einstellungen sind unbrauchbar: { $settings }.
finding-database-good = Sie sind in Ordnung und haben { $kib } KiB.

## Window

product = LANrage
window-title = LANrage
window-title-party = { $party } – LANrage
unexpected = In LANrage ist etwas schiefgegangen: { $detail }
loading = LANrage startet…
loading-slow = Das dauert länger als sonst. LANrage öffnet noch seinen Datenordner.

pages-label = Seiten
pages-home = Start
pages-party = Party
pages-games = Spiele
pages-settings = Einstellungen
pages-diagnostics = Diagnose
pages-skip = Zum Inhalt springen

failed-heading = LANrage konnte nicht starten
failed-already-running = LANrage läuft bereits

player-label = Dein Name
player-shown = Freunde sehen dich als
player-change = Ändern
player-change-label = Deinen Namen ändern
player-save = Speichern
player-cancel = Abbrechen
refusal-no-player-name = Deine Freunde brauchen einen Namen, an dem sie dich erkennen.

home-heading = Ein LAN, wo immer ihr seid
home-lead = Mach eine Party und schick den Link, oder öffne einen Link, den dir ein Freund geschickt hat.
home-in-party = Du bist in
home-to-party = Zur Party
home-other-pauses = Machst du eine andere Party auf oder trittst ihr bei, pausiert { $party }; dein Platz bleibt dir.
home-pauses = { $party } pausiert so lange; dein Platz dort bleibt dir.

first-heading = Vor deiner ersten Party
first-where = Wo sind deine Freunde?
first-where-dht = Im Internet
first-where-link = Nur in diesem Raum
first-by-note = Sie finden dich über einen versiegelten Zettel im BitTorrent-DHT; einzurichten ist nichts.
first-by-link = Der Link führt sie direkt zu diesem Computer.
first-by-server = Du und deine Freunde treffen sich über den Server { $server }.
first-own-server = Lieber einen Server nehmen
first-adapter = Netzwerk für Spiele:
first-adapter-looking = wird geprüft…
first-adapter-ready = bereit. Es öffnet sich mit deiner ersten Party.
first-told = Wer erfährt was?
first-told-friends = Deine Freunde
first-told-friends-what = deinen Namen, deine Adressen und welche Spiele du spielst oder hostest. Die letzten beiden lassen sich in den Einstellungen verbergen.
first-told-server = Der Server
first-told-server-what = wer in einer Party ist, unter welchem Namen und von welcher Adresse aus. Was du sendest, kann er nicht lesen.
first-told-note = Computer des DHT
first-told-note-what = deine IP-Adresse, und nichts von der Party.
first-told-stun = STUN-Server
first-told-stun-what = deine IP-Adresse, um zu sagen, wie du von außen aussiehst: { $servers }

recent-heading = Letzte Partys
recent-favorites = Favoriten
recent-empty = Noch keine Partys. Die du machst oder denen du beitrittst, stehen hier, einen Klick entfernt.
recent-active = Du bist gerade dort
recent-favorite = { $party } ist ein Favorit
recent-keys-missing = Ihre Schlüssel sind nicht auf diesem Gerät; bitte um einen neuen Link
roster-last-here = Zuletzt hier: { $when }.
recent-hosted = Du bist Gastgeber
recent-joined = Beigetreten
recent-with = mit { $friends }
friends-and-more = { $friends } und { $more } weitere
recent-last-active = zuletzt dort { $when }
recent-resume = Fortsetzen
recent-resume-name = { $party } fortsetzen
recent-resume-busy = Wird fortgesetzt…
recent-forget = Vergessen
recent-forget-name = { $party } vergessen
recent-forget-question = { $party } vergessen? Zurück kommst du nur mit dem Link.
recent-unlist-question = { $party } aus der Liste nehmen?
recent-forget-busy = Wird vergessen…

settings-heading = Einstellungen
settings-lead = Sie liegen auf diesem Gerät.
settings-find = Einstellung suchen
settings-expert = Einstellungen für Experten zeigen
settings-none-found = Keine Einstellung hat mit „{ $text }“ zu tun.
settings-server-asked = Er wird gefragt…
settings-server-answers = Er antwortet, und LANrage läuft dort.
settings-server-fault = Keine Verbindung: { server-fault }.
settings-back = Zurück

setting-group-player = Du
setting-group-party = Partys
setting-group-app = App
setting-group-network = Netzwerk
setting-group-data = Sicherungen
setting-group-log = Protokoll

setting-name-share-games = Freunden zeigen, was ich spiele
setting-name-shield = Was Freunde von diesem Computer erreichen
setting-name-player-name = Dein Name
setting-name-control-server = Server
setting-name-server-key = Schlüssel des Servers
setting-name-restore-last-party = Letzte Party fortsetzen
setting-name-find-friends = Wie Freunde eine Party finden
setting-name-udp-port = UDP-Port
setting-name-port-mapping = Port am Router öffnen
setting-name-relay-for-friends = Für Freunde weiterleiten
setting-name-relay-pair-kbits = Zwischen zwei Freunden weitergeleitet
setting-name-relay-total-kbits = Für alle Freunde weitergeleitet
setting-name-relay-only = Meine Adressen vor Freunden verbergen
setting-name-send-twice = Spielpakete bei schlechter Leitung doppelt senden
setting-name-stun-servers = STUN-Server
setting-name-dht-nodes = DHT-Knoten
setting-name-pkarr-relays = Relays ins DHT
setting-name-adapter-name = Name des Netzwerkadapters
setting-name-default-subnet = Netz neuer Partys
setting-name-quality-excellent = Ausgezeichnet ab
setting-name-quality-good = Gut ab
setting-name-quality-fair = Mittel ab
setting-name-quality-poor = Schwach ab
setting-name-backup-daily = Täglich sichern
setting-name-backup-keep = Aufbewahrte Sicherungen
setting-name-log-level = Ausführlichkeit
setting-name-log-file-mib = Größe einer Protokolldatei
setting-name-log-files-kept = Aufbewahrte Protokolldateien
setting-name-autostart = Mit dem Computer starten
setting-name-notifications = Benachrichtigungen
setting-name-sounds = Töne
setting-name-check-updates = Nach neuen Versionen sehen
setting-name-keep-in-tray = Beim Schließen des Fensters
setting-name-language = Sprache
setting-name-theme = Farben

setting-doc-share-games = Ob Freunde in der Party erfahren, welche Spiele du spielst und ausrichtest: nur sie, innerhalb der Party, und nie ein Server. Was ein Spiel selbst im LAN ankündigt oder sein Server auf Fragen antwortet, sehen sie trotzdem.
setting-doc-shield = Wie viel von diesem Computer Freunde in der Party erreichen: alles (open), worauf deine eigenen Programme lauschen (guarded), Spiele (games), oder nichts, was sie selbst beginnen (closed). Fernanmeldung, Freigaben und Datenbanken erreicht niemand, außer wem du alles anvertraust.
setting-doc-player-name = Der Name, den Freunde sehen. Leer: der Name deines Benutzerkontos.
setting-doc-control-server = Der Server für neue Partys. Leer: Freunde finden einander durch den Link, wo einer von ihnen zu erreichen ist.
setting-doc-server-key = Der Schlüssel, den ein privater Server von dem will, der dort Partys macht; sein Betreiber gibt ihn dir. Er wird nirgends gezeigt und steht in keinem Export und keinem Bericht.
setting-doc-restore-last-party = Ob die letzte Party von selbst wiederkommt, wenn LANrage startet.
setting-doc-find-friends = Wie Freunde eine Party ohne Server finden: nur über ihren Link (link), oder auch über versiegelte Zettel im BitTorrent-DHT (dht), dessen Knoten die IP-Adresse dieses Geräts sehen, aber nichts von der Party.
setting-doc-udp-port = UDP-Port für alles zwischen Freunden. 0: ein freier.
setting-doc-port-mapping = Ob der Router gebeten wird, den Port für Freunde zu öffnen (PCP, NAT-PMP, UPnP).
setting-doc-relay-for-friends = Ob dieses Gerät weiterleitet, was zwei Freunde einander senden, deren Router sich nicht vertragen. Es kann nichts davon lesen, und sein eigener Verkehr geht vor.
setting-doc-relay-pair-kbits = Wie viel höchstens zwischen zwei Freunden weitergeleitet wird; ein Spiel braucht 50 bis 300.
setting-doc-relay-total-kbits = Wie viel höchstens für alle Freunde zusammen weitergeleitet wird.
setting-doc-relay-only = Ob Freunde keine Adresse dieses Geräts erfahren: Sie werden nur über Relays erreicht, was den Weg länger macht. Ein Server und Relays sehen Adressen trotzdem, und der Link einer Party ohne Server nennt sie.
setting-doc-send-twice = Ob Pakete von Spielen doppelt gesendet werden, über zwei Wege, solange eine Leitung welche verliert. Die Kopien kosten höchstens 64 kB/s je Freund, oft bei einem Relay; auf einer Verbindung, bei der zählt, was hindurchgeht, gibt es keine.
setting-doc-stun-servers = STUN-Server, die diesem Gerät sagen, wie es von außen aussieht, wenn der Server der Party zu wenige nennt. Leer: keine weiteren.
setting-doc-dht-nodes = Knoten, über die dieses Gerät das erste Mal in das BitTorrent-DHT kommt; es merkt sich weitere. Leer: nur diese.
setting-doc-pkarr-relays = Relays in das BitTorrent-DHT, im Format von pkarr, für Netze, die es nicht durchlassen; nur mit find_friends dht benutzt. Sie sehen, was dessen Knoten sehen. Leer: keine.
setting-doc-adapter-name = Name des virtuellen Netzwerkadapters; ist er vergeben, wird seine Nummer erhöht. LANrages Helfer (Linux) vergibt die Namen lanrage0 bis lanrage99.
setting-doc-default-subnet = Das Netz neuer Partys; überschneidet es sich mit einem vorhandenen, wird ein anderes genommen.
setting-doc-quality-excellent = Kleinste Bewertung einer ausgezeichneten Verbindung. Bewertet wird nach dem E-Modell (ITU-T G.107): 93 ist das Beste; Laufzeit, Schwankung und Verlust senken sie.
setting-doc-quality-good = Kleinste Bewertung einer guten Verbindung.
setting-doc-quality-fair = Kleinste Bewertung einer mittleren Verbindung.
setting-doc-quality-poor = Kleinste Bewertung einer schwachen Verbindung; darunter ist sie schlecht.
setting-doc-backup-daily = Ob die Daten einmal am Tag gesichert werden.
setting-doc-backup-keep = Wie viele tägliche Sicherungen aufbewahrt werden.
setting-doc-log-level = Wie viel protokolliert wird; Adressen erst ab debug.
setting-doc-log-file-mib = Ab dieser Größe wird eine neue Protokolldatei begonnen.
setting-doc-log-files-kept = Wie viele volle Protokolldateien aufbewahrt werden.
setting-doc-autostart = Ob LANrage im Infobereich startet, wenn du dich anmeldest.
setting-doc-notifications = Ob dein System meldet, wenn Freunde kommen und gehen und wenn eine Verbindung leidet.
setting-doc-sounds = Ob das Fenster einen kurzen Ton macht, wenn ein Freund kommt, im Chat schreibt oder fragt, ob alle bereit sind.
setting-doc-check-updates = Ob LANrage einmal am Tag nach einer neueren Version von sich sieht, wo die, die es gebaut haben, dafür eine Adresse genannt haben. Installiert wird nichts.
setting-doc-keep-in-tray = Was geschieht, wenn du das Fenster während einer Party schließt.
setting-doc-language = Die Sprache dieses Fensters.
setting-doc-theme = Helle oder dunkle Farben.

setting-unit-points = Punkte
setting-unit-backups = Sicherungen
setting-unit-files = Dateien
setting-unit-mib = MiB

setting-choice-language-system = Wie das System
setting-choice-theme-system = Wie das System
setting-choice-theme-light = Hell
setting-choice-theme-dark = Dunkel
setting-choice-find-friends-link = Nur über den Link
setting-choice-find-friends-dht = Über den Link und über Zettel im BitTorrent-DHT
setting-choice-shield-open = Alles
setting-choice-shield-guarded = Worauf meine eigenen Programme lauschen
setting-choice-shield-games = Nur Spiele
setting-choice-shield-closed = Nichts
setting-choice-keep-in-tray-ask = Fragen
setting-choice-keep-in-tray-keep = Party im Infobereich behalten
setting-choice-keep-in-tray-quit = Beenden
setting-choice-log-level-error = nur Fehler
setting-choice-log-level-warn = Warnungen
setting-choice-log-level-info = das Wichtige (info)
setting-choice-log-level-debug = viel, mit Adressen (debug)
setting-choice-log-level-trace = alles (trace)

settings-on = An
settings-off = Aus
settings-empty = leer
settings-by-default = Vorgabe: { $value }
settings-rule = Möglich: { setting-rule }.
settings-save = Speichern
settings-save-name = { $setting } speichern
settings-cancel = Abbrechen
settings-cancel-name = { $setting } nicht ändern
settings-reset = Zurücksetzen
settings-reset-name = { $setting } zurücksetzen
settings-saved = Gespeichert.
settings-was-reset = Auf die Vorgabe zurückgesetzt.
settings-undo = Rückgängig
settings-undo-name = Änderung von { $setting } rückgängig machen
settings-restart = Braucht Neustart
settings-restart-hint = Starte LANrage neu, damit das gilt.
restart-now = LANrage neu starten
restart-busy = Startet neu…
restart-hint = Deine Party und deine Freunde sind gleich wieder da
settings-repair =
    { $settings ->
        [one] Eine Einstellung ist unbrauchbar; so lange gilt ihre Vorgabe. Ändere sie unten oder setze sie zurück.
       *[other] { $settings } Einstellungen sind unbrauchbar; so lange gelten ihre Vorgaben. Ändere sie unten oder setze sie zurück.
    }
settings-fault = Der gespeicherte Wert { $value } ist unbrauchbar. Möglich: { setting-rule }.
settings-reset-all = Alle Einstellungen zurücksetzen
settings-reset-all-question = Jeder Einstellung ihre Vorgabe geben?
settings-reset-all-confirm = Alle zurücksetzen
settings-reset-all-busy = Wird zurückgesetzt…
settings-keep = Behalten

favorites-heading = Lieblingsserver
favorites-use = Benutzen
favorites-use-name = { $server } benutzen
favorites-in-use = in Gebrauch
favorites-remove = Entfernen
favorites-remove-name = { $server } aus den Lieblingsservern entfernen
favorites-keep-as = Diesen Server als Lieblingsserver behalten unter dem Namen
favorites-keep = Behalten

data-heading = Daten
data-size = Größe
data-last-backup = Letzte Sicherung
data-no-backup = noch keine
data-back-up = Jetzt sichern
data-back-up-busy = Wird gesichert…
data-backed-up = Eine Sicherung ist gemacht.
data-check = Prüfen
data-check-busy = Wird geprüft…
data-sound = Die Daten sind in Ordnung.
data-unsound = Die Daten sind beschädigt: { database-faults }; das Protokoll nennt sie. Stelle eine Sicherung wieder her.
data-backups =
    { $count ->
        [one] 1 Sicherung
       *[other] { $count } Sicherungen
    }
data-restore = Wiederherstellen
data-restore-name = Die Sicherung vom { $when } wiederherstellen
data-restore-question = Zurück zum { $when }? Was jetzt gespeichert ist, wird vorher gesichert.
data-restore-busy = Wird wiederhergestellt…
data-restored = Die Sicherung ist wiederhergestellt.
data-restored-after-restart = Die Sicherung ist wiederhergestellt. Einige ihrer Einstellungen gelten, wenn LANrage neu startet.
data-restored-without-keys = Keine Sicherung enthält die Schlüssel von Partys, und die von { $parties } sind nicht auf diesem Gerät. Bitte deine Freunde um neue Links.
data-keep = Behalten
data-choose = Aus einer Datei wiederherstellen…
data-restore-file-name = Die Sicherung { $path } wiederherstellen
data-restore-file-question = Alles, was jetzt gespeichert ist, durch den Inhalt von { $path } ersetzen? Was jetzt gespeichert ist, wird vorher gesichert.
data-restore-unproven = Trotzdem wiederherstellen
data-restore-unproven-question = Niemand weiß, ob { $path } noch so ist, wie es gemacht wurde. Trotzdem wiederherstellen? Was jetzt gespeichert ist, wird vorher gesichert.
data-undo = Rückgängig machen
show-in-folder = Im Ordner zeigen

transfer-heading = Ausgeben und einlesen
transfer-lead = Deine gewählten Einstellungen, zum Aufheben oder für ein anderes Gerät.
transfer-save = In eine Datei speichern…
transfer-saved = Gespeichert:
transfer-open = Eine Datei einlesen…
transfer-export = Als Text zeigen
transfer-exported = Ausgegebene Einstellungen
transfer-copy = Text kopieren
transfer-label = Oder füge einen ausgegebenen Text ein
transfer-import = Text einlesen
transfer-busy = Wird eingelesen…
refusal-no-export = Füge zuerst einen ausgegebenen Text ein.
transfer-imported = Die Einstellungen sind eingelesen.
transfer-hide = Verbergen

make-heading = Party machen
make-lead = Du bekommst einen Link, den du deinen Freunden schickst.
make-label = Name der Party
make-suggestion = Party von { $player }
make-suggestion-nameless = Meine Party
make-submit = Party machen
make-busy = Die Party wird gemacht…
refusal-no-party-name = Gib der Party einen Namen.

join-heading = Mit einem Link beitreten
join-lead = Füge den Link ein, den dir dein Freund geschickt hat, oder tippe den Code, den er dir gesagt hat.
join-label = Einladungslink
join-placeholder = lanrage://… oder ABCD-EFGH-JKMN-PQRS
join-submit = Beitreten
join-submit-party = { $party } beitreten
join-busy = Du trittst bei…
refusal-no-link = Füge zuerst einen Link ein, oder tippe einen Code.
join-preview = Dieser Link führt zu
join-host = Gastgeber
join-members = Spieler
join-server = Server
join-expires = Gültig bis
join-network = Netz
join-network-unusual = { $network } auf deinem Computer, und das ist ungewöhnlich: Was du dort sonst erreichst, führt zu den Spielern dieser Party. Tritt nur bei, wenn du weißt, warum.
join-no-server = keiner; das Gerät des Gastgebers bringt euch zusammen
join-unknown-host = ohne Namen ({ $id })

joining-heading = Du trittst { $party } bei
joining-by-server = Der Server { $server } wird gebeten, dich hereinzulassen.
joining-by-link = Dein Freund wird dort gesucht, wohin der Link führt.
joining-since = Seit { $time }.
joining-cancel = Abbrechen
joining-code = Der Code wird nachgeschlagen
joining-code-lead = Er wird im öffentlichen Adressbuch gesucht. Das dauert ein paar Sekunden.
join-unusual-anyway = Trotzdem beitreten

reply-heading = Noch antwortet niemand
reply-lead = Ist dein Freund gerade in { $party }? Dann schick ihm diese Antwort, auf demselben Weg, auf dem der Link kam. Er fügt sie in seiner Party unter „Einen Freund hereinlassen“ ein, und LANrage macht den Rest.
reply-label = Antwort an deinen Freund
reply-copy = Antwort kopieren
reply-waiting = Auf deinen Freund wird eine halbe Stunde gewartet. Hat er die Antwort angenommen und du bist noch nicht drin, dann bitte noch einmal um seinen Link und füge den ein: Er nennt seine neueste Adresse.
reply-again = Noch einmal, mit einer Antwort für deinen Freund
reply-newer = Auch diesen Link versuchen

let-in-heading = Einen Freund hereinlassen?
let-in-lead = Du hast eine Antwort auf den Link deiner Party geöffnet. LANrage klopft an der Adresse darin, damit dein Freund hereinkommt. Tu das nur, wenn ein Freund sie dir geschickt hat.
let-in-show = Einen Freund hereinlassen, der niemanden findet
let-in-label = Seine Antwort
let-in-hint = Antwortet niemand auf deinen Link, dann bietet LANrage deinem Freund eine Antwort zum Kopieren an. Füge sie hier ein.
let-in-placeholder = lanrage://reply/…
let-in-submit = Hereinlassen
let-in-busy = Es wird geklopft…
let-in-done = LANrage klopft jetzt am Router deines Freundes. Ist er in einer halben Minute nicht da, dann kopiere den Link deiner Party noch einmal und schick ihn: Er nennt deine neueste Adresse.
refusal-no-reply = Füge zuerst die Antwort ein.
refusal-reply-outside = Das ist eine Antwort auf den Link deiner Party. Geh in diese Party und füge sie dort unter „{ let-in-show }“ ein.

link-heading = Dieser Party beitreten?
link-lead = Du hast einen Einladungslink geöffnet. Tritt nur bei, wenn du dem traust, der ihn geschickt hat.
link-reading = Der Link wird gelesen…
link-refused = Dieser Link ist unbrauchbar
link-join = Beitreten
link-not-now = Jetzt nicht
link-close = Schließen
link-already = Du bist schon in dieser Party.

close-heading = Soll die Party weiterlaufen?
close-lead = Du hast das Fenster während { $party } geschlossen. LANrage kann im Infobereich weiterlaufen, damit deine Spiele verbunden bleiben.
close-lonely = Du hast das Fenster geschlossen. LANrage kann im Infobereich weiterlaufen.
close-keep = Weiterlaufen lassen
close-quit = Beenden
close-remember = Immer so machen

party-hosted = Du bist Gastgeber dieser Party
party-joined = Du bist dieser Party beigetreten
party-invite = Einladen
party-invite-hide = Einladung ausblenden
party-menu = Mehr
party-approve = Mich bei jedem Neuen fragen
party-lock = Niemand Neuen hereinlassen
party-open = Alle mit dem Link hereinlassen
party-leave = Party verlassen
party-leave-question = Endgültig verlassen? Ihre Schlüssel werden vergessen; zurück kommst du nur mit dem Link.
party-leave-confirm = Verlassen
party-leave-busy = Du verlässt die Party…
party-pause = Pause
party-pause-hint = Offline gehen und den Platz in der Party behalten
party-pause-busy = Wird angehalten…
party-stay = Bleiben

invite-heading = Freunde einladen
invite-lead-open = Wer diesen Link hat, kann beitreten; schick ihn nur Freunden.
invite-lead-ask = Wer diesen Link öffnet, bittet dich darum, hereinzudürfen.
invite-lead-closed = Mit diesem Link kommt gerade niemand herein: die Party ist geschlossen.
invite-label = Einladungslink
invite-copy = Link kopieren
invite-copy-message = Als Nachricht kopieren
invite-message =
    Komm in meine LAN-Party „{ $party }“: { $link }
    Noch kein LANrage? Ich kann es dir schicken. Installiere es, dann öffne den Link oder füge diese Nachricht dort ein.
invite-message-web =
    Komm in meine LAN-Party „{ $party }“: { $link }
    Noch kein LANrage? Auf dieser Seite steht, woher du es bekommst.
invite-share = Teilen
invite-share-text = Komm in meine LAN-Party „{ $party }“
invite-show-qr = QR-Code
invite-hide-qr = QR-Code verbergen
invite-qr = QR-Code der Einladung zu { $party }
invite-qr-hint = Scanne ihn mit dem Gerät, das beitreten soll.
invite-expiry = Gültig für
invite-uses = Lässt herein
invite-uses-any = alle
invite-uses-one = einen Spieler
invite-uses-five = 5 Spieler
invite-approval = Jedes Mal fragen
invite-guests = Als Gäste, bis sie gehen
invite-limit = Begrenzten Link machen
invite-make = Link machen
invite-asks = Ein begrenzter Link lässt herein, wer damit kommt. Wer einen anderen hat, muss dich ab dann bitten; alle, die hier sind, bleiben.
invite-made = Der Link oben ist begrenzt. Er steht unter „Links im Umlauf“, wo du ihn widerrufen kannst.
invite-own = Den eigenen Link der Party zeigen
invite-expiry-hour = 1 Stunde
invite-expiry-day = 1 Tag
invite-expiry-week = 7 Tage
invite-expiry-never = immer
code-show = Kurzcode
code-make = Code machen
code-lead = Für einen Freund, der dich hört: 16 Zeichen, die er dort tippt, wo andere einen Link einfügen. Ein Code lässt einen Spieler herein, 15 Minuten lang.
code-making = Der Code wird gemacht…
code-label = Kurzcode
code-copy = Code kopieren
code-until = Gilt für einen Spieler, noch { $time }.
code-back = Zurücknehmen
code-back-of = Den Code { $code } zurücknehmen
invite-renewed = Der Link oben ist neu. Früher verschickte Links gelten weiter.
invite-making = Ein neuer Link wird gemacht…

copy-label = Kopieren
copy-done = Kopiert
copy-address = Die Adresse von { $name } kopieren
copy-own-address = Deine Adresse kopieren
copy-public-address = Deine öffentliche Adresse kopieren

roster-forwarded = Du leitest für { $one } und { $other } weiter: { $rate }
roster-heading = In diesem LAN
roster-count =
    { $here ->
        [1] nur du
       *[other] { $here } da
    }
roster-away-count = { $count } nicht da
roster-find = Freund suchen
roster-none-found = Niemand hier heißt „{ $text }“.
roster-nat = Router
roster-host = Gastgeber
role-guest = Gast
role-member = Mitglied
role-moderator = Moderator
role-acting-owner = Gastgeber in Vertretung
role-owner = Gastgeber

chat-heading = Chat
chat-empty = Was du hier schreibst, lesen alle in der Party, und wer später kommt. Kein Server kennt es.
chat-label = An alle schreiben
chat-send = Senden
chat-own = Du
ready-ask = Alle bereit?
ready-ask-hint = Fragt alle, die da sind, mit einer Benachrichtigung auf ihren Computern.
ready-asks = { $name } fragt: Sind alle bereit?
ready-asks-own = Du hast gefragt, ob alle bereit sind.
ready-yes = Bereit
ready-not-yet = Noch nicht
ready-count = { $ready } von { $all } bereit
ready-everybody = Alle sind bereit.
ready-time-is-up = Die Zeit ist um: { $ready } von { $all } waren bereit.
readiness-waiting = noch keine Antwort
readiness-not-yet = noch nicht
readiness-ready = bereit
voice-heading = Sprachchat
voice-label = Wo ihr sprecht
voice-pin = Anheften
voice-unpin = Wegnehmen
voice-keep = Abbrechen
voice-open = Öffnen
voice-copy = Kopieren, wo ihr sprecht
voice-change = Ändern
voice-add = Sprachlink anheften
voice-add-hint = Alle in der Party sehen ihn: zum Beispiel einen Link zu Discord, Mumble oder TeamSpeak.
voice-by = Angeheftet von { $name }
games-heading = Spiele
games-hosts = { $peer } richtet { $game } aus
games-plays = { $peer } spielt { $game }
games-you-host = Du richtest { $game } aus
games-you-play = Du spielst { $game }
games-none = Niemand spielt ein Spiel, das LANrage kennt.
games-locked = mit Passwort
games-announced = vom Spiel selbst angekündigt
games-answers = sein Server antwortet
games-empty = Starte ein Spiel und öffne es fürs LAN. Es erscheint hier und bei deinen Freunden in der Liste der LAN-Spiele.
games-copy = Adresse kopieren
games-copy-of = Adresse kopieren: { $game } bei { $peer }
games-join = Mitspielen
games-join-of = Mitspielen: { $game } bei { $peer }
games-join-busy = Startet…
why-heading = Warum ist es nicht zu sehen?
why-see = Warum sehe ich es nicht?
why-see-of = Warum sehe ich es nicht? { $game } bei { $peer }
why-seen = Warum sieht { $peer } es nicht?
why-seen-of = Warum sieht { $peer } es nicht? { $game }
why-busy = Sieht auf beiden Computern nach…
why-lead = LANrage sieht auf beiden Computern nach und sagt, warum ein Spiel nicht zu sehen ist.
why-friend = Wer es nicht sieht
why-game = Spiel
why-host = Wer richtet es aus?
why-host-friend = { $peer }
why-host-you = Ich
why-ask = Nachsehen
why-again = Noch einmal
why-close = Schließen
why-more = Danach sieh hier nach
why-done = Erledigt. Sieh gleich noch einmal nach.
why-hint = Was man sonst wissen muss
why-press = Erledigen: lanrage games why { $peer } { $game } --fix
game-origin-builtin = LANrage
game-origin-changed = von dir geändert
game-origin-mine = von dir
game-origin-imported = importiert
game-hidden = vor Freunden verborgen
known-games-heading = Spiele
known-games-lead = Woran LANrage ein Spiel erkennt, was es braucht, und ob Freunde davon erfahren.
known-games-count =
    { $games ->
        [1] Ein Spiel
       *[other] { $games } Spiele
    }
known-games-search = Suchen
known-games-add = Spiel hinzufügen
known-games-name = Name
known-games-ports = Ports eines Servers
known-games-programs = Programme
known-games-discovery = Liste der Spiele
known-games-programs-label = Programme, je Zeile eines: Dateinamen, oder „java with“ und ein Teil eines Arguments
known-games-servers-label = Programme, die nur ausrichten, je Zeile eines
known-games-ports-label = Ports, auf denen ein Server lauscht, je Zeile ein Bereich: udp 8303-8310
known-games-save = Speichern
known-games-edit = Ändern
known-games-reset = Zurück zu LANrages eigenem
known-games-forget = Vergessen
known-games-shown = Freunde erfahren, wenn du es spielst oder ausrichtest
known-games-let-through = Seine Suche in die Party lassen, wo Freunde das auch tun
known-games-bring = Listen von Freunden finden es auch, wenn du es auf einem Port ausrichtest, den sie nicht fragen
known-games-transfer = Deine Spiele in einer Datei
known-games-transfer-lead = Die Spiele, die du hinzugefügt oder geändert hast, für Freunde oder ein anderes Gerät.
terminal-games-imported =
    { $games ->
        [1] Ein Spiel wurde importiert.
       *[other] { $games } Spiele wurden importiert.
    }
shield-heading = Was Freunde erreichen
shield-lead-open = Alles auf diesem Computer, auch Fernanmeldung und Freigaben.
shield-lead-guarded = Worauf deine eigenen Programme lauschen, Spiele zuerst. Fernanmeldung, Freigaben und Dienste des Systems bleiben zu.
shield-lead-games = Nur die Spiele, die LANrage kennt und die hier laufen.
shield-lead-closed = Nichts. Freunde antworten auf das, was du beginnst, und beginnen selbst nichts.
shield-blind = Was lauscht, ist auf diesem System noch nicht zu sehen; deshalb geht es nach Ports: Fernanmeldung, Freigaben und Ähnliches bleiben zu.
shield-level = Freunde erreichen
shield-place = { $transport } { $ports }
shield-owner = von { $owner }
shield-tried-program = { $peer } wollte { $place } ({ $owner }) erreichen
shield-tried = { $peer } wollte { $place } erreichen
shield-times =
    { $times ->
        [1] einmal
       *[other] { $times }-mal
    }
shield-allow = Für { $peer } öffnen
shield-allow-of = Für { $peer } öffnen: { $place }
shield-never = bleibt zu
shield-doors = Was hier lauscht
shield-no-doors = Hier lauscht nichts, was Freunde erreichen könnten.
shield-system = das System
shield-reached = Freunde erreichen es
shield-closed = für Freunde zu
shield-open-door = Öffnen
shield-open-door-of = { $place } für Freunde öffnen
shield-close-door = Schließen
shield-close-door-of = { $place } für Freunde schließen
shield-decided = Von dir entschieden
shield-decided-open = { $place } ist für { $peer } offen
shield-decided-closed = { $place } ist für { $peer } zu
shield-everybody = alle Freunde
shield-forget = Vergessen
shield-forget-of = Vergessen, was du über { $place } entschieden hast
shield-trust = { $peer } anvertrauen
trust-full = alles
trust-friend = was Freunde erreichen
trust-mute = nichts
terminal-head-place = Ort
terminal-head-owner = lauscht
terminal-head-reach = für Freunde
terminal-shield-level = Freunde erreichen: { $level }.
roster-empty = Noch keine Freunde hier.
roster-empty-hint = Schick ihnen den Link. Sie erscheinen hier von selbst.
roster-address = Adresse
roster-details = Einzelheiten
roster-details-of = Einzelheiten zu { $name }
roster-figure-rtt = Ping
roster-figure-jitter = Jitter
roster-figure-loss = Verlust

rights-of = Was du mit { $name } machen darfst
rights-kick = Hinauswerfen
rights-kick-of = { $name } hinauswerfen
rights-kick-question = { $name } hinauswerfen? Links, die im Umlauf sind, fragen von da an nur noch, damit sie nicht mit einem wiederkommen. Du kannst sie wieder hereinlassen.
rights-kick-busy = Wird hinausgeworfen …
rights-ban = Sperren
rights-ban-of = { $name } sperren
rights-ban-question = { $name } für immer sperren? Ein begrenzter Link, mit dem sie kamen, wird widerrufen. Haben sie den eigenen der Party, müssen neue Spieler dich von da an fragen.
rights-ban-busy = Wird gesperrt …
rights-mute = Rundrufe stumm schalten
rights-unmute = Rundrufe wieder hören
rights-mute-hint = Was ihre Programme an alle senden, erreicht deinen Computer in keiner Party, bis du sie wieder hörst. Ihre Spiele werden dann nicht von selbst gefunden.
rights-keep = Lassen
rights-moderator = Zum Moderator machen
rights-member = Zum Mitglied machen
rights-no-moderator = Nicht mehr Moderator
rights-host = Zum Gastgeber machen
rights-host-of = { $name } zum Gastgeber machen
rights-host-question = Die Party für immer { $name } geben?
rights-host-busy = Wird übergeben …

who-heading = Wer hereindarf
who-admission = Herein darf
admission-open = wer den Link hat
admission-ask = nur wer einen begrenzten Link hat oder hereingelassen wird
admission-closed = niemand
who-older-links = Links von vor dem Hinauswurf fragen nur noch. Kopiere den Link neu für Freunde, die gleich hereinkommen sollen.
who-waits = { $name } möchte mitspielen
who-waits-by = { $name } möchte mitspielen, mit Link { $link }
who-let-in = Hereinlassen
who-let-in-of = { $name } hereinlassen
who-refuse = Ablehnen
who-refuse-of = { $name } ablehnen
who-kicked = { $name } wurde hinausgeworfen
who-banned = { $name } ist gesperrt
undo-removal = Rückgängig
who-back = Wieder hereinlassen
who-back-of = { $name } wieder hereinlassen

links-heading = Links im Umlauf
links-of = Link { $serial }
links-by = Link { $serial } von { $name }
links-uses =
    { $left ->
        [none] für beliebig viele Spieler
        [one] noch für einen Spieler
       *[other] noch für { $left } Spieler
    }
links-until = bis { $moment }
links-good = lässt herein
links-approval = fragt jedes Mal
links-guests = für Gäste
links-came = Damit gekommen: { $names }
links-copy = Kopieren
links-copy-of = Kopieren: Link { $serial }
links-revoke = Widerrufen
links-revoke-of = Widerrufen: Link { $serial }
links-back = Zurücknehmen
links-back-of = Zurücknehmen: Link { $serial } gilt wieder
link-fault-expired = abgelaufen
link-fault-used-up = aufgebraucht
link-fault-revoked = widerrufen
link-fault-not-valid = ungültig

you-heading = Du
you-games = Spiele
you-nat = Router
you-server = Server

adapter-open = Spielbereit
adapter-open-hint = Spiele erreichen deine Freunde über „{ $name }“.
adapter-closed = Wird geöffnet
adapter-closed-hint = Das virtuelle Netz wird eingerichtet.
adapter-blocked = Spiele erreichen Freunde nicht
adapter-blocked-hint = Etwas auf diesem Computer ist im Weg; oben steht, was.
adapter-unavailable = Kein virtuelles Netz
adapter-unavailable-hint = Bis es offen ist, sehen Spiele deine Freunde nicht.

path-direct = Direkt
path-relayed = Über Relay
path-connecting = Weg wird gesucht
path-none = Kein Weg
sent-twice = Was Spiele senden, geht auch über einen zweiten Weg, falls der erste es verliert.
path-direct-in = Nächster Versuch für einen direkten Weg in { $time }.
path-direct-now = Ein direkter Weg wird versucht…

quality-label = Leitung:
quality-excellent = Ausgezeichnet
quality-good = Gut
quality-fair = Mittel
quality-poor = Schwach
quality-bad = Schlecht
quality-lossy = { $grade } · { $loss } verloren
quality-minute =
    Letzte Minute: { $range }{ $lost_seconds ->
        [0] {""}
        [one] , 1 Sekunde ohne Antwort
       *[other] , { $lost_seconds } Sekunden ohne Antwort
    }

state-connecting = Wird verbunden
state-connected = Verbunden
state-degraded = Unruhig
state-reconnecting = Wird neu verbunden
state-failed = Nicht erreichbar

away = Nicht da

nat-open = Kein NAT
nat-full-cone = Offenes NAT
nat-restricted-cone = NAT, adressbeschränkt
nat-port-restricted-cone = NAT, portbeschränkt
nat-symmetric = Symmetrisches NAT
nat-unknown = NAT nicht gemessen

details-endpoint = Erreicht über
details-joined = Beigetreten
details-range = Letzte Minute
details-span = { $least } bis { $most }
details-mtu = Größtes Paket
details-first-packet = Erstes Paket nach
details-sent = Gesendet
details-received = Empfangen
details-express = Auf der Spur für Spiele
details-express-packets = { $packets } Pakete
details-one-lane = nichts: Das Programm dieses Freundes hat nur eine Spur
details-amount = { $bytes } in { $packets } Paketen

control-local = Kein Server
control-connecting = Server wird verbunden
control-connected = Server verbunden
control-disconnected = Server unerreichbar

problems-heading = Zu beachten
severity-error = Problem
severity-warning = Warnung
problems-more = Was tun?
problems-less = Weniger
problems-put-away = Weiß ich
problems-put-away-hint = Ausblenden, bis etwas anderes ist
problems-hidden =
    { $count ->
        [one] 1 Hinweis ist ausgeblendet.
       *[other] { $count } Hinweise sind ausgeblendet.
    }
problems-show = Zeigen
problems-fix = Was du tun kannst:
problems-copy-command = Befehl kopieren
problems-announcement = { $server } teilt mit: { $text }
problems-alone = Freunde außerhalb deines eigenen Netzes kommen vielleicht nicht herein.
problems-alone-fix = Öffne den UDP-Port von LANrage am Router, lass einen Freund mit anderem Anschluss die Party machen, oder trag einen Server ein.
problems-open-settings = Einstellungen öffnen
problems-accept-server = Diesen Server annehmen
problems-accept-server-busy = Wird angenommen …
problems-set-up = Einmal einrichten
problems-set-up-busy = Wird eingerichtet…
problems-set-up-hint = Dein System fragt einmal nach dem Passwort eines Verwalters. Danach braucht LANrage nie wieder besondere Rechte.
problems-retry-in = Nächster Versuch in { $time }.
problems-retry-now = Wird gerade versucht…
problems-udp-blocked = Dieses Netz lässt kein UDP durch. Freunde werden über Relays erreicht, das ist langsamer.
problems-udp-blocked-fix = Nimm ein anderes Netz, oder bitte dessen Betreiber, UDP zu erlauben. Es wird von selbst wieder geprüft.

notices = Was geschehen ist

diagnostics-lead = Alles, was eine Party braucht, eins nach dem anderen angesehen.
diagnostics-run = Neu prüfen
diagnostics-running = Wird geprüft…
diagnostics-running-hint = Router und Relays werden gefragt. Das dauert ein paar Sekunden.
diagnostics-checks = Prüfungen
diagnostics-summary =
    { $bad ->
        [0] { $warnings ->
            [0] { $good ->
                [0] Nichts konnte geprüft werden.
               *[other] Alles ist in Ordnung.
            }
            [one] Eine Sache könnte besser sein.
           *[other] { $warnings } Sachen könnten besser sein.
        }
        [one] Eine Sache geht nicht.
       *[other] { $bad } Sachen gehen nicht.
    }
diagnostics-state-good = In Ordnung
diagnostics-state-warning = Könnte besser sein
diagnostics-state-bad = Geht nicht
diagnostics-state-unknown = Nicht bekannt
diagnostics-export-heading = Bericht
diagnostics-export-lead = Eine Datei für den, der dir hilft: Zustand und Protokoll ohne Namen, Adressen und Schlüssel.
diagnostics-export-make = Bericht ausgeben
diagnostics-export-busy = Der Bericht wird geschrieben…
diagnostics-export-done = Der Bericht liegt in
diagnostics-export-copy = Pfad kopieren
diagnostics-log-heading = Laufendes Protokoll
diagnostics-log-filter = Filter
diagnostics-log-filter-hint = Wort in einer Zeile
diagnostics-log-pause = Anhalten
diagnostics-log-resume = Weiter
diagnostics-log-waiting =
    { $lines ->
        [one] 1 neue Zeile
       *[other] { $lines } neue Zeilen
    }
diagnostics-log-empty = Noch ist nichts protokolliert. Neue Zeilen erscheinen von selbst.
diagnostics-log-no-match = In keiner Zeile steht dieses Wort.
diagnostics-log-count = { $shown } von { $all } Zeilen
diagnostics-log-count-all =
    { $all ->
        [one] 1 Zeile
       *[other] { $all } Zeilen
    }

feed-heading = Was geschehen ist
feed-empty = Noch nichts. Freunde, die kommen und gehen, und Wege, die sich ändern, stehen hier.
feed-earlier = { $count } frühere

network-heading = Dein Netz
network-not-measured = Wie dieses Netz deine Daten behandelt, ist noch nicht bekannt.
network-only-tcp = Dein Netz lässt kein UDP durch, also werden Freunde über ein Relay erreicht.
network-udp-blocked = Gesperrt: nur TCP kommt durch.
network-details = Einzelheiten
network-details-name = Einzelheiten zu deinem Netz
network-public-address = Öffentliche Adresse
network-unknown-address = noch nicht bekannt
network-udp = UDP
network-ports = Ports
network-admits = Wer hereinkommt
network-hairpin = Treffen am Router
network-hairpinning-yes = Zwei Geräte dahinter können sich an seiner öffentlichen Adresse treffen.
network-hairpinning-no = Zwei Geräte dahinter können sich an seiner öffentlichen Adresse nicht treffen.
network-open-port = Offener Port
network-mapping-off = Die Einstellungen sagen, den Router nicht darum zu bitten.
network-mapping-searching = Der Router wird gefragt.
network-mapping-open = Der Router hat { $address } geöffnet.
network-mapping-unavailable = Keiner. { $reason }
network-metered = Deine Verbindung kostet nach Verbrauch, darum leitest du nichts für Freunde weiter.
network-relays-heading = Relays
network-relays-none = Keine Relays: Freunde müssen direkt erreichbar sein.
network-relays-all-down =
    { $count ->
        [one] Das einzige Relay ist außer Betrieb.
       *[other] Alle Relays sind außer Betrieb.
    }
network-relays-some-down =
    { $down } von { $count } Relays { $down ->
        [one] ist
       *[other] sind
    } außer Betrieb; { $up ->
        [one] das andere springt
       *[other] die anderen springen
    } ein.
network-relays-sound =
    { $count ->
        [one] 1 Relay steht bereit.
       *[other] { $count } Relays stehen bereit.
    }
network-relay-held = Bereit
network-relay-offered = Im Angebot
network-relay-down = Außer Betrieb
network-relay-load = { $percent } % ausgelastet

unit-milliseconds = { $value } ms
unit-seconds = { $value } s
unit-minutes = { $minutes } min { $seconds } s
unit-kbits = { $value } kbit/s
unit-mbits = { $value } Mbit/s
unit-percent = { $value } %
unit-deviation = ±{ $value }
unit-byte-count = { $value } Byte
unit-size-b = { $value } B
unit-size-kb = { $value } kB
unit-size-mb = { $value } MB
unit-size-gb = { $value } GB
unit-size-tb = { $value } TB

version-heading = Version
version-lead = LANrage sagt, wenn es eine neuere Version gibt, und installiert keine: kam es aus einem Paket, tut das dein System.
version-look = Nach einer neueren sehen
version-looking = Sieht nach…
version-open = Ihre Seite öffnen
