export { FakeData, sampleSettings } from '../src/dev/data';
export { fakeBackend, send, type Call } from '../src/dev/backend';
export { limited, network, notices, open, party, peer, relay, scenes, snapshot } from '../src/dev/scenes';
