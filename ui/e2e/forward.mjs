// Makes a server on the loopback of one machine reachable from another, as a socket file: the network namespaces of
// machines keep their ports apart, the file system they share. Run by app.mjs on the machine of the server.
//
// Arguments: the socket file, and the ports that must listen before it is made; the first is the one it leads to.
import { renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';

import { listens, until } from './processes.mjs';

const [file = '', ...ports] = process.argv.slice(2);
for (const port of ports) await until(`port ${port}`, () => listens(Number(port)));

const server = createServer((client) => {
  const target = connect(Number(ports[0]), '127.0.0.1');
  for (const [from, to] of [[client, target], [target, client]]) {
    from?.pipe(to ?? client);
    // What breaks on one side ends on the other; whoever asked hears it from there.
    from?.on('error', () => to?.destroy());
  }
});
// It has its name only when it can be used.
server.listen(`${file}.new`, () => {
  renameSync(`${file}.new`, file);
});
