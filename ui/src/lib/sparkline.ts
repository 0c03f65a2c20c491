// A minute of round-trip times as what is drawn of it.

/** One sample a second, newest at the right edge. */
export const SAMPLES = 60;
/** The least round-trip time (milliseconds) at the top: a LAN's noise does not look like a mountain range. */
const LEAST_TOP_MS = 40;
/** How much higher than the slowest answer the drawing is: a steady line is no ceiling. */
const HEADROOM = 1.25;
/** Height of the mark of a lost second, as a share of the drawing's. */
const LOST_HEIGHT = 0.22;

export interface Sparkline {
  /** Milliseconds by second, as many as are drawn; `null` where there was no answer or nobody had asked yet. */
  times: readonly (number | null)[];
  /** Heights of the marks of lost seconds: a gap alone could be a second too early. */
  lost: readonly (number | null)[];
  /** Seconds with an answer between two without one: a line cannot show them. */
  lone: readonly number[];
  /** What the upper edge stands for (milliseconds). */
  topMs: number;
  /** The least and the greatest time (milliseconds). */
  leastMs: number;
  mostMs: number;
  lostSeconds: number;
}

/** `null` where there is nothing to draw: no second of the minute had an answer. */
export function sparkline(history: readonly (number | null)[]): Sparkline | null {
  const samples = history.slice(-SAMPLES);
  const answers = samples.filter((sample) => sample !== null);
  if (answers.length === 0) return null;
  const leastMs = Math.min(...answers);
  const mostMs = Math.max(...answers);
  const topMs = Math.max(mostMs * HEADROOM, LEAST_TOP_MS);
  const before = Array.from({ length: SAMPLES - samples.length }, () => null);
  const times = [...before, ...samples];
  const lost = [...before, ...samples.map((sample) => (sample === null ? topMs * LOST_HEIGHT : null))];
  const lone = times.flatMap((time, second) =>
    time !== null && (times[second - 1] ?? null) === null && (times[second + 1] ?? null) === null ? [second] : [],
  );
  return { times, lost, lone, topMs, leastMs, mostMs, lostSeconds: samples.length - answers.length };
}
