// What the engine says in English, in German.
/** Sentences of the engine in another language: by code, and for those that name somebody by their pattern. */
export interface Said {
  errors: Partial<Record<string, string>>;
  notices: Partial<Record<string, Sentence>>;
  problems: Partial<Record<string, { text?: Sentence; fix: string }>>;
  checks: Partial<Record<string, string>>;
  sentences: readonly Sentence[];
}

/** A sentence of the engine as a pattern, and its translation from the pattern's groups. */
export interface Sentence {
  from: RegExp;
  to: (...groups: string[]) => string;
}

export const nothing: Said = { errors: {}, notices: {}, problems: {}, checks: {}, sentences: [] };

export const german: Said = {
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
  };
