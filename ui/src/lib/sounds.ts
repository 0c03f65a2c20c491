// Short sounds for what happens, where the settings say so. They are made here, of two or three notes each, and are no files.

/** Between two sounds at least (ms): many friends at once are one. */
const PAUSE_MS = 1_500;
/** How long a note lasts, and how loud it is (1 is as loud as can be). */
const NOTE_S = 0.11;
const LOUDNESS = 0.09;

/** Which notes (Hz) stand for what happened; for everything else there are none. */
const NOTES: ReadonlyMap<string, readonly number[]> = new Map([
  ['peer_joined', [587, 740]],
  ['peer_back', [587, 740]],
  ['said', [659]],
  ['asked_ready', [523, 784]],
  ['everybody_ready', [523, 659, 784]],
]);

/** What is heard when sounds are turned on. */
const SAMPLE = 'asked_ready';

export class Sounds {
  #isOn: boolean | null = null;
  #context: AudioContext | null = null;
  #playedMs = -Infinity;

  /** What the settings say. Whoever turns sounds on hears one. */
  set(isOn: boolean): void {
    const wasOff = this.#isOn === false;
    this.#isOn = isOn;
    if (isOn && wasOff) this.hear({ code: SAMPLE });
    if (!isOn) void this.#close();
  }

  /** Something happened. */
  hear({ code }: { code: string }): void {
    const notes = NOTES.get(code);
    const nowMs = performance.now();
    if (this.#isOn !== true || notes === undefined || nowMs - this.#playedMs < PAUSE_MS) return;
    this.#playedMs = nowMs;
    // Where the system has no sound, the window goes on without.
    void this.#play(notes).catch(() => undefined);
  }

  async #play(notes: readonly number[]): Promise<void> {
    const context = (this.#context ??= new AudioContext());
    // A window in which nothing was pressed yet may not sound.
    if (context.state === 'suspended') await context.resume();
    notes.forEach((frequency, at) => {
      const from = context.currentTime + at * NOTE_S;
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(LOUDNESS, from);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 2 * NOTE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(from + 2 * NOTE_S);
    });
  }

  async #close(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    await context?.close();
  }
}
