// Every word the window says, in German.
import type { Texts } from './en';

const seconds = (count: number) => (count === 1 ? '1 Sekunde' : `${count} Sekunden`);

export const de: Texts = {
  product: 'LANrage',
  windowTitle: (party) => (party === undefined ? 'LANrage' : `${party} – LANrage`),
  unexpected: (detail) => `In LANrage ist etwas schiefgegangen: ${detail}`,

  loading: 'LANrage startet…',
  loadingSlow: 'Das dauert länger als sonst. LANrage öffnet noch seinen Datenordner.',

  pages: {
    label: 'Seiten',
    home: 'Start',
    party: 'Party',
    settings: 'Einstellungen',
    diagnostics: 'Diagnose',
    skip: 'Zum Inhalt springen',
  },

  failed: {
    heading: 'LANrage konnte nicht starten',
    alreadyRunning: 'LANrage läuft bereits',
  },

  player: {
    label: 'Dein Name',
    shown: 'Freunde sehen dich als',
    change: 'Ändern',
    changeLabel: 'Deinen Namen ändern',
    save: 'Speichern',
    cancel: 'Abbrechen',
    empty: 'Deine Freunde brauchen einen Namen, an dem sie dich erkennen.',
  },

  home: {
    heading: 'Ein LAN, wo immer ihr seid',
    lead: 'Mach eine Party und schick den Link, oder öffne einen Link, den dir ein Freund geschickt hat.',
    inParty: 'Du bist in',
    toParty: 'Zur Party',
    pauses: (party) => `${party} pausiert so lange; dein Platz dort bleibt dir.`,
  },

  recent: {
    heading: 'Letzte Partys',
    favorites: 'Favoriten',
    empty: 'Noch keine Partys. Die du machst oder denen du beitrittst, stehen hier, einen Klick entfernt.',
    active: 'Du bist gerade dort',
    favorite: (party) => `${party} ist ein Favorit`,
    hosted: 'Von dir gemacht',
    joined: 'Beigetreten',
    lastActive: (when) => `zuletzt dort ${when}`,
    resume: 'Fortsetzen',
    resumeName: (party) => `${party} fortsetzen`,
    resumeBusy: 'Wird fortgesetzt…',
    forget: 'Vergessen',
    forgetName: (party) => `${party} vergessen`,
    forgetQuestion: (party, member) =>
      member ? `${party} vergessen? Zurück kommst du nur mit dem Link.` : `${party} aus der Liste nehmen?`,
    forgetBusy: 'Wird vergessen…',
  },

  settings: {
    heading: 'Einstellungen',
    lead: 'Sie liegen auf diesem Gerät.',
    back: 'Zurück',
    groups: {
      player: 'Du',
      party: 'Partys',
      app: 'App',
      network: 'Netzwerk',
      data: 'Sicherungen',
      log: 'Protokoll',
    },
    names: {
      player_name: 'Dein Name',
      control_server: 'Server',
      restore_last_party: 'Letzte Party fortsetzen',
      host_listens: 'Als Gastgeber erreichbar sein',
      local_listen_port: 'TCP-Port des Gastgebers',
      udp_port: 'UDP-Port',
      port_mapping: 'Port am Router öffnen',
      stun_servers: 'STUN-Server',
      adapter_name: 'Name des Netzwerkadapters',
      default_subnet: 'Netz neuer Partys',
      quality_excellent: 'Ausgezeichnet ab',
      quality_good: 'Gut ab',
      quality_fair: 'Mittel ab',
      quality_poor: 'Schwach ab',
      backup_daily: 'Täglich sichern',
      backup_keep: 'Aufbewahrte Sicherungen',
      log_level: 'Ausführlichkeit',
      log_file_mib: 'Größe einer Protokolldatei',
      log_files_kept: 'Aufbewahrte Protokolldateien',
      autostart: 'Mit dem Computer starten',
      notifications: 'Benachrichtigungen',
      keep_in_tray: 'Beim Schließen des Fensters',
      language: 'Sprache',
      theme: 'Farben',
    },
    docs: {
      player_name: 'Der Name, den Freunde sehen. Leer: der Name deines Benutzerkontos.',
      control_server: 'Der Server für neue Partys. Leer: Partys leben allein auf dem Gerät ihres Gastgebers.',
      restore_last_party: 'Ob die letzte Party von selbst wiederkommt, wenn LANrage startet.',
      host_listens:
        'Ob man einer Party ohne Server auch von außerhalb dieses Netzes beitreten kann: dieses Gerät nimmt Freunde an, und der Link nennt seine Adressen.',
      local_listen_port: 'TCP-Port, auf dem dieses Gerät als Gastgeber erreichbar ist. 0: ein freier.',
      udp_port: 'UDP-Port für alles zwischen Freunden. 0: ein freier.',
      port_mapping: 'Ob der Router gebeten wird, den Port für Freunde zu öffnen (PCP, NAT-PMP, UPnP).',
      stun_servers:
        'STUN-Server, die diesem Gerät sagen, wie es von außen aussieht, wenn der Server der Party zu wenige nennt. Leer: keine weiteren.',
      adapter_name: 'Name des virtuellen Netzwerkadapters; ist er vergeben, wird seine Nummer erhöht.',
      default_subnet: 'Das Netz neuer Partys; überschneidet es sich mit einem vorhandenen, wird ein anderes genommen.',
      quality_excellent:
        'Kleinste Bewertung einer ausgezeichneten Verbindung. Bewertet wird nach dem E-Modell (ITU-T G.107): 93 ist das Beste; Laufzeit, Schwankung und Verlust senken sie.',
      quality_good: 'Kleinste Bewertung einer guten Verbindung.',
      quality_fair: 'Kleinste Bewertung einer mittleren Verbindung.',
      quality_poor: 'Kleinste Bewertung einer schwachen Verbindung; darunter ist sie schlecht.',
      backup_daily: 'Ob die Daten einmal am Tag gesichert werden.',
      backup_keep: 'Wie viele tägliche Sicherungen aufbewahrt werden.',
      log_level: 'Wie viel protokolliert wird; Adressen erst ab debug.',
      log_file_mib: 'Ab dieser Größe wird eine neue Protokolldatei begonnen.',
      log_files_kept: 'Wie viele volle Protokolldateien aufbewahrt werden.',
      autostart: 'Ob LANrage im Infobereich startet, wenn du dich anmeldest.',
      notifications: 'Ob dein System meldet, wenn Freunde kommen und gehen und wenn eine Verbindung leidet.',
      keep_in_tray: 'Was geschieht, wenn du das Fenster während einer Party schließt.',
      language: 'Die Sprache dieses Fensters.',
      theme: 'Helle oder dunkle Farben.',
    },
    ruleOf: ({ kind, optional, rule }) => {
      const orEmpty = optional ? ', oder leer' : '';
      switch (kind.type) {
        case 'integer':
          return `eine ganze Zahl von ${kind.min} bis ${kind.max}${orEmpty}`;
        case 'name':
          return `ein sichtbarer Text von 1 bis 48 Byte${orEmpty}`;
        case 'control_endpoint':
          return `eine Adresse ws:// oder wss:// mit Rechnernamen, ohne Benutzer und Passwort${orEmpty}`;
        case 'subnet':
          return `ein privates Netz wie 10.66.0.0/16${orEmpty}`;
        case 'adapter_name':
          return `1 bis 14 Buchstaben, Ziffern, „-“ oder „_“${orEmpty}`;
        case 'stun_servers':
          return 'höchstens 8 Server als Rechner:Port, durch Kommas getrennt';
        default:
          return rule;
      }
    },
    units: { points: 'Punkte', backups: 'Sicherungen', files: 'Dateien' },
    choices: {
      'language/system': 'Wie das System',
      'language/en': 'English',
      'language/de': 'Deutsch',
      'theme/system': 'Wie das System',
      'theme/light': 'Hell',
      'theme/dark': 'Dunkel',
      'keep_in_tray/ask': 'Fragen',
      'keep_in_tray/keep': 'Party im Infobereich behalten',
      'keep_in_tray/quit': 'Beenden',
      'log_level/error': 'nur Fehler',
      'log_level/warn': 'Warnungen',
      'log_level/info': 'das Wichtige (info)',
      'log_level/debug': 'viel, mit Adressen (debug)',
      'log_level/trace': 'alles (trace)',
    },
    on: 'An',
    off: 'Aus',
    empty: 'leer',
    byDefault: (value) => `Vorgabe: ${value}`,
    rule: (rule) => `Möglich: ${rule}.`,
    save: 'Speichern',
    saveName: (setting) => `${setting} speichern`,
    cancel: 'Abbrechen',
    cancelName: (setting) => `${setting} nicht ändern`,
    reset: 'Zurücksetzen',
    resetName: (setting) => `${setting} zurücksetzen`,
    saved: 'Gespeichert.',
    wasReset: 'Auf die Vorgabe zurückgesetzt.',
    undo: 'Rückgängig',
    undoName: (setting) => `Änderung von ${setting} rückgängig machen`,
    restart: 'Braucht Neustart',
    restartHint: 'Starte LANrage neu, damit das gilt.',
    repair: (settings) =>
      settings === 1
        ? 'Eine Einstellung ist unbrauchbar; so lange gilt ihre Vorgabe. Ändere sie unten oder setze sie zurück.'
        : `${settings} Einstellungen sind unbrauchbar; so lange gelten ihre Vorgaben. Ändere sie unten oder setze sie zurück.`,
    fault: (value, rule) => `Der gespeicherte Wert ${value} ist unbrauchbar. Möglich: ${rule}.`,
    resetAll: 'Alle Einstellungen zurücksetzen',
    resetAllQuestion: 'Jeder Einstellung ihre Vorgabe geben?',
    resetAllConfirm: 'Alle zurücksetzen',
    resetAllBusy: 'Wird zurückgesetzt…',
    keep: 'Behalten',
  },

  favorites: {
    heading: 'Lieblingsserver',
    use: 'Benutzen',
    useName: (server) => `${server} benutzen`,
    inUse: 'in Gebrauch',
    remove: 'Entfernen',
    removeName: (server) => `${server} aus den Lieblingsservern entfernen`,
    keepAs: 'Diesen Server als Lieblingsserver behalten unter dem Namen',
    keep: 'Behalten',
  },

  data: {
    heading: 'Daten',
    size: 'Größe',
    lastBackup: 'Letzte Sicherung',
    noBackup: 'noch keine',
    backUp: 'Jetzt sichern',
    backUpBusy: 'Wird gesichert…',
    backedUp: 'Eine Sicherung ist gemacht.',
    check: 'Prüfen',
    checkBusy: 'Wird geprüft…',
    sound: 'Die Daten sind in Ordnung.',
    unsound: 'Die Daten sind beschädigt. Stelle eine Sicherung wieder her.',
    backups: (count) => (count === 1 ? '1 Sicherung' : `${count} Sicherungen`),
    restore: 'Wiederherstellen',
    restoreName: (when) => `Die Sicherung vom ${when} wiederherstellen`,
    restoreQuestion: (when) => `Zurück zum ${when}? Spätere Änderungen gehen verloren.`,
    restoreBusy: 'Wird wiederhergestellt…',
    restored: 'Die Sicherung ist wiederhergestellt. Starte LANrage neu, damit das gilt.',
    keep: 'Behalten',
  },

  transfer: {
    heading: 'Ausgeben und einlesen',
    lead: 'Deine gewählten Einstellungen als Text, zum Aufheben oder für ein anderes Gerät.',
    export: 'Einstellungen ausgeben',
    exported: 'Ausgegebene Einstellungen',
    copy: 'Text kopieren',
    label: 'Einzulesende Einstellungen',
    import: 'Einstellungen einlesen',
    busy: 'Wird eingelesen…',
    empty: 'Füge zuerst einen ausgegebenen Text ein.',
    imported: 'Die Einstellungen sind eingelesen.',
    hide: 'Verbergen',
  },

  make: {
    heading: 'Party machen',
    lead: 'Du bekommst einen Link, den du deinen Freunden schickst.',
    label: 'Name der Party',
    suggestion: (player) => (player === '' ? 'Meine Party' : `Party von ${player}`),
    submit: 'Party machen',
    busy: 'Die Party wird gemacht…',
    empty: 'Gib der Party einen Namen.',
  },

  join: {
    heading: 'Mit einem Link beitreten',
    lead: 'Füge den Link ein, den dir dein Freund geschickt hat.',
    label: 'Einladungslink',
    placeholder: 'lanrage://join/…',
    submit: (party) => (party === undefined ? 'Beitreten' : `${party} beitreten`),
    busy: 'Du trittst bei…',
    empty: 'Füge zuerst einen Link ein.',
    preview: 'Dieser Link führt zu',
    expired: 'Diese Einladung ist abgelaufen. Bitte deinen Freund um eine neue.',
    host: 'Gastgeber',
    members: 'Spieler',
    server: 'Server',
    expires: 'Gültig bis',
    noServer: 'keiner; das Gerät des Gastgebers bringt euch zusammen',
    unknownHost: (id) => `ohne Namen (${id})`,
  },

  link: {
    heading: 'Dieser Party beitreten?',
    lead: 'Du hast einen Einladungslink geöffnet. Tritt nur bei, wenn du dem traust, der ihn geschickt hat.',
    reading: 'Der Link wird gelesen…',
    refused: 'Dieser Link ist unbrauchbar',
    join: 'Beitreten',
    notNow: 'Jetzt nicht',
    close: 'Schließen',
    already: 'Du bist schon in dieser Party.',
  },

  close: {
    heading: 'Soll die Party weiterlaufen?',
    lead: (party) =>
      `Du hast das Fenster während ${party} geschlossen. LANrage kann im Infobereich weiterlaufen, damit deine Spiele verbunden bleiben.`,
    lonely: 'Du hast das Fenster geschlossen. LANrage kann im Infobereich weiterlaufen.',
    keep: 'Weiterlaufen lassen',
    quit: 'Beenden',
    remember: 'Immer so machen',
  },

  party: {
    hosted: 'Du hast diese Party gemacht',
    joined: 'Du bist dieser Party beigetreten',
    leave: 'Party verlassen',
    leaveQuestion: 'Endgültig verlassen? Ihre Schlüssel werden vergessen; zurück kommst du nur mit dem Link.',
    leaveConfirm: 'Verlassen',
    leaveBusy: 'Du verlässt die Party…',
    pause: 'Pause',
    pauseHint: 'Offline gehen und den Platz in der Party behalten',
    pauseBusy: 'Wird angehalten…',
    stay: 'Bleiben',
  },

  invite: {
    heading: 'Freunde einladen',
    lead: 'Wer diesen Link hat, kann beitreten; schick ihn nur Freunden.',
    label: 'Einladungslink',
    copy: 'Link kopieren',
    share: 'Teilen',
    shareText: (party) => `Komm in meine LAN-Party „${party}“`,
    showQr: 'QR-Code',
    hideQr: 'QR-Code verbergen',
    qr: (party) => `QR-Code der Einladung zu ${party}`,
    qrHint: 'Scanne ihn mit dem Gerät, das beitreten soll.',
    expiry: 'Gültig für',
    expiries: { hour: '1 Stunde', day: '1 Tag', week: '7 Tage', never: 'immer' },
    renewed: 'Der Link oben ist neu. Früher verschickte Links gelten weiter.',
    making: 'Ein neuer Link wird gemacht…',
  },

  copy: {
    label: 'Kopieren',
    done: 'Kopiert',
    address: (name) => `Die Adresse von ${name} kopieren`,
    ownAddress: 'Deine Adresse kopieren',
    publicAddress: 'Deine öffentliche Adresse kopieren',
  },

  roster: {
    heading: 'In diesem LAN',
    count: (players) => (players === 1 ? 'nur du' : `${players} Spieler`),
    you: 'du',
    host: 'Gastgeber',
    empty: 'Noch keine Freunde hier.',
    emptyHint: 'Schick ihnen den Link. Sie erscheinen hier von selbst.',
    aloneHint: 'Wer in deinem eigenen Netz ist, kann mit dem Link beitreten; alle anderen brauchen einen Server.',
    address: 'Adresse',
    details: 'Einzelheiten',
    detailsOf: (name) => `Einzelheiten zu ${name}`,
    figures: { rtt: 'Ping', jitter: 'Jitter', loss: 'Verlust' },
  },

  you: {
    heading: 'Du',
    games: 'Spiele',
    nat: 'Router',
    server: 'Server',
  },

  adapter: {
    open: 'Spielbereit',
    openHint: (name) => `Spiele erreichen deine Freunde über „${name}“.`,
    closed: 'Wird geöffnet',
    closedHint: 'Das virtuelle Netz wird eingerichtet.',
    unavailable: 'Kein virtuelles Netz',
    unavailableHint: 'Bis es offen ist, sehen Spiele deine Freunde nicht.',
  },

  path: {
    direct: 'Direkt',
    relayed: 'Über Relay',
    connecting: 'Weg wird gesucht',
    none: 'Kein Weg',
    directIn: (time) => `Nächster Versuch für einen direkten Weg in ${time}.`,
    directNow: 'Ein direkter Weg wird versucht…',
  },

  quality: {
    label: 'Leitung:',
    excellent: 'Ausgezeichnet',
    good: 'Gut',
    fair: 'Mittel',
    poor: 'Schwach',
    bad: 'Schlecht',
    lossy: (grade, loss) => `${grade} · ${loss} verloren`,
    minute: (least, most, lostSeconds) => {
      const range = least === most ? most : `${least} bis ${most}`;
      return `Letzte Minute: ${range}${lostSeconds === 0 ? '' : `, ${seconds(lostSeconds)} ohne Antwort`}`;
    },
  },

  state: {
    connecting: 'Wird verbunden',
    connected: 'Verbunden',
    degraded: 'Unruhig',
    reconnecting: 'Wird neu verbunden',
    failed: 'Nicht erreichbar',
    closed: 'Weg',
  },
  away: 'Nicht da',

  nat: {
    open: 'Kein NAT',
    full_cone: 'Offenes NAT',
    restricted_cone: 'NAT, adressbeschränkt',
    port_restricted_cone: 'NAT, portbeschränkt',
    symmetric: 'Symmetrisches NAT',
    unknown: 'NAT nicht gemessen',
  },

  details: {
    endpoint: 'Erreicht über',
    joined: 'Beigetreten',
    jitter: 'Jitter',
    loss: 'Verlust',
    range: 'Letzte Minute',
    span: (least, most) => (least === most ? most : `${least} bis ${most}`),
    mtu: 'Größtes Paket',
    firstPacket: 'Erstes Paket nach',
    sent: 'Gesendet',
    received: 'Empfangen',
    express: 'Auf der Spur für Spiele',
    expressPackets: (packets) => `${packets} Pakete`,
    oneLane: 'nichts: Das Programm dieses Freundes hat nur eine Spur',
    amount: (packets, bytes) => `${bytes} in ${packets} Paketen`,
  },

  control: {
    local: 'Kein Server',
    connecting: 'Server wird verbunden',
    connected: 'Server verbunden',
    disconnected: 'Server unerreichbar',
  },

  problems: {
    heading: 'Zu beachten',
    error: 'Problem',
    warning: 'Warnung',
    fix: 'Was du tun kannst:',
    copyCommand: 'Befehl kopieren',
    alone: 'Nur Spieler in deinem eigenen Netz können beitreten: diese Party hat keinen Server.',
    aloneFix: 'Trag in den Einstellungen den Server ein und mach die Party neu.',
    openSettings: 'Einstellungen öffnen',
    setUp: 'Einmal einrichten',
    setUpBusy: 'Wird eingerichtet…',
    setUpHint: 'Dein System fragt einmal nach dem Passwort eines Verwalters. Danach braucht LANrage nie wieder besondere Rechte.',
    controlFix: 'Nichts: die Party geht weiter, und LANrage versucht es weiter.',
    control: (server, reason) => `Der Server ${server} ist nicht erreichbar: ${reason}`,
    retryIn: (time) => `Nächster Versuch in ${time}.`,
    retryNow: 'Wird gerade versucht…',
    udpBlocked: 'Dieses Netz lässt kein UDP durch. Freunde werden über Relays erreicht, das ist langsamer.',
    udpBlockedFix:
      'Nimm ein anderes Netz, oder bitte dessen Betreiber, UDP zu erlauben. Es wird von selbst wieder geprüft.',
  },

  notices: 'Was geschehen ist',

  diagnostics: {
    lead: 'Alles, was eine Party braucht, eins nach dem anderen angesehen.',
    run: 'Neu prüfen',
    running: 'Wird geprüft…',
    runningHint: 'Router und Relays werden gefragt. Das dauert ein paar Sekunden.',
    checks: 'Prüfungen',
    summary: (good, warnings, bad) => {
      if (bad > 0) return bad === 1 ? 'Eine Sache geht nicht.' : `${bad} Sachen gehen nicht.`;
      if (warnings > 0) return warnings === 1 ? 'Eine Sache könnte besser sein.' : `${warnings} Sachen könnten besser sein.`;
      return good === 0 ? 'Nichts konnte geprüft werden.' : 'Alles ist in Ordnung.';
    },
    states: {
      good: 'In Ordnung',
      warning: 'Könnte besser sein',
      bad: 'Geht nicht',
      unknown: 'Nicht bekannt',
    },
    fix: 'Was du tun kannst:',
    export: {
      heading: 'Bericht',
      lead: 'Eine Datei für den, der dir hilft: Zustand und Protokoll ohne Namen, Adressen und Schlüssel.',
      make: 'Bericht ausgeben',
      busy: 'Der Bericht wird geschrieben…',
      done: 'Der Bericht liegt in',
      copy: 'Pfad kopieren',
    },
    log: {
      heading: 'Laufendes Protokoll',
      filter: 'Filter',
      filterHint: 'Wort in einer Zeile',
      pause: 'Anhalten',
      resume: 'Weiter',
      waiting: (lines) => (lines === 1 ? '1 neue Zeile' : `${lines} neue Zeilen`),
      empty: 'Noch ist nichts protokolliert. Neue Zeilen erscheinen von selbst.',
      noMatch: 'In keiner Zeile steht dieses Wort.',
      count: (shown, all) => (shown === all ? `${all} Zeilen` : `${shown} von ${all} Zeilen`),
    },
  },

  feed: {
    heading: 'Was geschehen ist',
    empty: 'Noch nichts. Freunde, die kommen und gehen, und Wege, die sich ändern, stehen hier.',
    earlier: (count) => `${count} frühere`,
  },

  network: {
    heading: 'Dein Netz',
    notMeasured: 'Wie dieses Netz deine Daten behandelt, ist noch nicht bekannt.',
    udpBlocked: 'Gesperrt: nur TCP kommt durch.',
    details: 'Einzelheiten',
    detailsName: 'Einzelheiten zu deinem Netz',
    publicAddress: 'Öffentliche Adresse',
    unknownAddress: 'noch nicht bekannt',
    udp: 'UDP',
    ports: 'Ports',
    admits: 'Wer hereinkommt',
    hairpin: 'Treffen am Router',
    hairpinning: {
      yes: 'Zwei Geräte dahinter können sich an seiner öffentlichen Adresse treffen.',
      no: 'Zwei Geräte dahinter können sich an seiner öffentlichen Adresse nicht treffen.',
    },
    openPort: 'Offener Port',
    mapping: {
      off: 'Die Einstellungen sagen, den Router nicht darum zu bitten.',
      searching: 'Der Router wird gefragt.',
      open: (address) => `Der Router hat ${address} geöffnet.`,
      unavailable: (reason) => `Keiner. ${reason}`,
    },
    relays: {
      heading: 'Relays',
      none: 'Keine Relays: Freunde müssen direkt erreichbar sein.',
      allDown: (count) => (count === 1 ? 'Das einzige Relay ist außer Betrieb.' : 'Alle Relays sind außer Betrieb.'),
      someDown: (down, count) =>
        `${down} von ${count} Relays ${down === 1 ? 'ist' : 'sind'} außer Betrieb; ${count - down === 1 ? 'das andere springt' : 'die anderen springen'} ein.`,
      sound: (count) => (count === 1 ? '1 Relay steht bereit.' : `${count} Relays stehen bereit.`),
    },
    relay: {
      held: 'Bereit',
      offered: 'Im Angebot',
      down: 'Außer Betrieb',
      load: (percent) => `${percent} % ausgelastet`,
    },
  },

  units: {
    milliseconds: (value) => `${value} ms`,
    seconds: (value) => `${value} s`,
    minutes: (minutes, rest) => `${minutes} min ${rest} s`,
    percent: (value) => `${value} %`,
    deviation: (value) => `±${value}`,
    byteCount: (value) => `${value} Byte`,
    bytes: ['B', 'kB', 'MB', 'GB', 'TB'],
  },

  said: {
    errors: {
      already_in_party: 'Du bist schon in einer Party; verlasse sie zuerst.',
      not_in_party: 'Du bist in keiner Party.',
      already_running: 'LANrage ist in einem anderen Fenster offen. Benutze jenes, oder schließe es und starte neu.',
      control_unreachable:
        'Der Server der Party ist nicht erreichbar. Prüfe deine Internetverbindung und versuch es noch einmal.',
      invitation_too_long: 'Der Link ist zu lang für eine Einladung.',
      invitation_not_a_link: 'Das ist kein Einladungslink von LANrage; er beginnt mit lanrage://join/.',
      invitation_damaged: 'Der Link ist beschädigt; kopiere ihn noch einmal, bis ganz ans Ende.',
      invitation_version: 'Der Link stammt von einem neueren LANrage; aktualisiere, um ihn zu öffnen.',
      invitation_control_endpoint: 'Die Serveradresse im Link ist unbrauchbar.',
      invitation_expired: 'Die Einladung ist abgelaufen; bitte deinen Freund um eine neue.',
      disk_full: 'Der Datenträger ist voll.',
      data_not_writable: 'In den Datenordner kann nicht geschrieben werden.',
      database_damaged: 'Die Daten sind beschädigt.',
      not_an_export: 'Dieser Text sind keine ausgegebenen Einstellungen.',
      not_a_backup: 'Diese Datei ist keine Sicherung.',
      bad_name: 'Ein Name besteht aus 1 bis 48 Byte sichtbarem Text.',
      party_full: 'Die Party ist voll.',
    },
    notices: {
      peer_joined: { from: /^(.+) is in the party\.$/, to: (name) => `${name} ist in der Party.` },
      peer_left: { from: /^(.+) has left the party\.$/, to: (name) => `${name} hat die Party verlassen.` },
      connected: { from: /^Connected to (.+)\.$/, to: (name) => `Verbunden mit ${name}.` },
      reconnected: {
        from: /^Reconnected to (.+) in ([\d.]+) s\.$/,
        to: (name, time) => `Wieder verbunden mit ${name} nach ${time.replace('.', ',')} s.`,
      },
      moved_to_direct: {
        from: /^Moved to a direct path to (.+)\.$/,
        to: (name) => `Auf einen direkten Weg zu ${name} gewechselt.`,
      },
      moved_to_relay: {
        from: /^The direct path to (.+) broke; going on through a relay\.$/,
        to: (name) => `Der direkte Weg zu ${name} ist gerissen; es geht über ein Relay weiter.`,
      },
      party_is_local: {
        from: /^/,
        to: () =>
          'Der Server ist nicht erreichbar. Die Party gehört vorerst dir allein; Freunde können beitreten, sobald er wieder da ist.',
      },
    },
    problems: {
      adapter_permission: {
        text: { from: /^/, to: () => 'LANrage darf seinen Netzwerkadapter nicht anlegen.' },
        fix: 'Richte den Helfer ein, oder starte LANrage als Verwalter.',
      },
      adapter_lost: { fix: 'Er wird von selbst wieder geöffnet.' },
      adapter_address: { fix: 'Schließe die andere Kopie von LANrage, die in dieser Party ist.' },
      adapter_subnet: { fix: 'Trenne das andere Netz (oft ein VPN), oder mach die Party mit einem anderen Netz.' },
      bad_setting: {
        text: { from: /^/, to: () => 'Eine Einstellung ist unbrauchbar; so lange gilt ihre Vorgabe.' },
        fix: 'Wähle in den Einstellungen einen anderen Wert, oder setze sie zurück.',
      },
      log_not_written: {
        text: { from: /^/, to: () => 'Das Protokoll kann nicht geschrieben werden.' },
        fix: 'Schaffe Platz auf dem Datenträger; es wird von selbst wieder versucht.',
      },
      not_kept: {
        text: { from: /^/, to: () => 'Was sich jetzt ändert, wird nicht aufbewahrt.' },
        fix: 'Schaffe Platz auf dem Datenträger, oder mach den Datenordner beschreibbar; es wird von selbst wieder versucht.',
      },
      sockets_failed: {
        text: { from: /^/, to: () => 'Es kommen keine Pakete mehr an.' },
        fix: 'Starte LANrage neu.',
      },
      clock_wrong: {
        text: {
          from: /differ by (\d+) minutes/,
          to: (minutes) => `Die Uhren dieses Computers und des Servers gehen ${minutes} Minuten auseinander.`,
        },
        fix: 'Lass das System seine Uhr selbst stellen; ablaufende Links und erneuerte Schlüssel hängen davon ab.',
      },
      control_disconnected: {
        text: {
          from: /^No connection to (\S+): .*?(Your party)?( goes on.*)?$/,
          to: (server, party) =>
            party === ''
              ? `Keine Verbindung zu ${server}. Partys, die du jetzt machst, gehören dir allein, bis er wieder da ist.`
              : `Keine Verbindung zu ${server}. Deine Party geht weiter; neu beitreten kann niemand, bis er wieder da ist.`,
        },
        fix: 'Es wird von selbst wieder versucht. Prüfe deine Internetverbindung.',
      },
    },
    checks: {
      adapter: 'Netzwerkadapter',
      permission: 'Berechtigung',
      control_server: 'Server',
      nat: 'Router (NAT)',
      port_mapping: 'Offener Port',
      relay: 'Relay',
      mtu: 'Größtes Paket',
      firewall: 'Firewall',
      clock: 'Uhr',
      keyring: 'Schlüsselbund',
      database: 'Daten',
    },
    sentences: [
      { from: /^Packets get lost on the way\. (.+)$/, to: (path) => `Unterwegs gehen Pakete verloren. ${path}` },
      {
        from: /^Relayed by (.+?) because (.+?)(?:; retrying direct in (\d+) s|; trying direct now)?\.$/,
        to: (relay, because) => `Über ${relay === 'a relay' ? 'ein Relay' : relay}, weil ${because}.`,
      },
      {
        from: /^No path to (.+): (.+)\. Next try in (\d+) s\.$/,
        to: (name, why, wait) => `Kein Weg zu ${name}: ${why}. Nächster Versuch in ${wait} s.`,
      },
      { from: /^(.+), and no relay is at hand$/, to: (why) => `${why}, und kein Relay steht bereit` },
      { from: /^Direct to (.+) on your own network\.$/, to: (name) => `Direkt zu ${name} in deinem eigenen Netz.` },
      { from: /^Direct to (.+) over the internet\.$/, to: (name) => `Direkt zu ${name} über das Internet.` },
      { from: /^Looking for a path to (.+)\.$/, to: (name) => `Ein Weg zu ${name} wird gesucht.` },
      {
        from: /^(.+) is not online; the connection begins when they return\.$/,
        to: (name) => `${name} ist nicht online; verbunden wird bei der Rückkehr.`,
      },
      {
        from: /^The path to (.+) went silent; looking for another\.$/,
        to: (name) => `Der Weg zu ${name} ist verstummt; ein anderer wird gesucht.`,
      },
      { from: /^(.+) has left\.$/, to: (name) => `${name} ist gegangen.` },
      {
        from: /^no answer came on any path, not even through a relay$/,
        to: () => 'keine Antwort auf irgendeinem Weg, auch nicht über ein Relay',
      },
      { from: /^no answer came on any path$/, to: () => 'keine Antwort auf irgendeinem Weg' },
      { from: /^they are not online$/, to: () => 'nicht online' },
      { from: /^no direct path has answered yet$/, to: () => 'noch kein direkter Weg geantwortet hat' },
      { from: /^your network lets no UDP through$/, to: () => 'dein Netz kein UDP durchlässt' },
      { from: /^both routers are symmetric$/, to: () => 'beide Router für jedes Ziel einen neuen Port nehmen' },
      {
        from: /^both routers use a new port for every destination$/,
        to: () => 'beide Router für jedes Ziel einen neuen Port nehmen',
      },
      {
        from: /^one router uses a new port for every destination, and the other admits only known ports$/,
        to: () => 'ein Router für jedes Ziel einen neuen Port nimmt und der andere nur bekannte Ports hereinlässt',
      },
      {
        from: /^one router uses a new port for every destination, and the other is not measured yet$/,
        to: () => 'ein Router für jedes Ziel einen neuen Port nimmt und der andere noch nicht gemessen ist',
      },
      {
        from: /^Your router keeps one port for everyone, so friends can find it\.$/,
        to: () => 'Dein Router nimmt für alle denselben Port, also finden Freunde ihn.',
      },
      {
        from: /^Your router seems to keep one port for everyone\.$/,
        to: () => 'Dein Router nimmt anscheinend für alle denselben Port.',
      },
      {
        from: /^Your router uses a new port for every destination, so friends cannot guess it\.$/,
        to: () => 'Dein Router nimmt für jedes Ziel einen neuen Port, also können Freunde ihn nicht erraten.',
      },
      { from: /^It lets anyone answer on an open port\.$/, to: () => 'Auf einem offenen Port darf jeder antworten.' },
      {
        from: /^It lets in those whom your device has sent something to, from any of their ports\.$/,
        to: () => 'Herein darf, wem dein Gerät etwas geschickt hat, von jedem seiner Ports.',
      },
      {
        from: /^It lets in only exactly those whom your device has sent something to\.$/,
        to: () => 'Herein darf nur genau, wem dein Gerät etwas geschickt hat.',
      },
      {
        from: /^Your network lets no UDP through, so friends are reached through a relay\.$/,
        to: () => 'Dein Netz lässt kein UDP durch, also werden Freunde über ein Relay erreicht.',
      },
    ],
  },
};
