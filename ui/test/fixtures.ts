export { FakeData, sampleSettings } from '../src/dev/data';
export { fakeBackend, send, type Call } from '../src/dev/backend';
export { open, party, peer, snapshot } from '../src/dev/scenes';
