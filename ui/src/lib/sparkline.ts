// A minute of round-trip times as the path of a small drawing.

/** Size of the drawing in its own units; the page stretches it. */
export const WIDTH = 120;
export const HEIGHT = 24;

/** One sample a second, newest at the right edge. */
const SAMPLES = 60;
const STEP = WIDTH / (SAMPLES - 1);
/** Kept free above and below, so that the stroke is not cut. */
const MARGIN = 2;
/** The least round-trip time (milliseconds) at the top: a LAN's noise does not look like a mountain range. */
const LEAST_TOP_MS = 40;
/** How much higher than the slowest answer the drawing is: a steady line is no ceiling. */
const HEADROOM = 1.25;

export interface Sparkline {
  /** Path data of the times; lost seconds are gaps. */
  line: string;
  /** Path data of a short mark on the ground for each lost second: a gap alone could be a second too early. */
  lost: string;
  /** The least and the greatest time (milliseconds). */
  leastMs: number;
  mostMs: number;
  lostSeconds: number;
}

/** `null` where there is nothing to draw: no second of the minute had an answer. */
export function sparkline(history: readonly (number | null)[]): Sparkline | null {
  const samples = history.slice(-SAMPLES);
  const times = samples.filter((sample) => sample !== null);
  if (times.length === 0) return null;
  const leastMs = Math.min(...times);
  const mostMs = Math.max(...times);
  const top = Math.max(mostMs * HEADROOM, LEAST_TOP_MS);
  const round = (value: number) => Math.round(value * 10) / 10;
  const x = (index: number) => round(WIDTH - (samples.length - 1 - index) * STEP);
  const y = (ms: number) => round(HEIGHT - MARGIN - (ms / top) * (HEIGHT - 2 * MARGIN));

  let line = '';
  let lost = '';
  let isPenDown = false;
  samples.forEach((sample, index) => {
    if (sample === null) {
      lost += `M${x(index)} ${HEIGHT}v-5`;
    } else if (isPenDown) {
      line += `L${x(index)} ${y(sample)}`;
    } else {
      // A line of no length is drawn as a dot, so that a lone answer between two gaps is seen.
      line += `M${x(index)} ${y(sample)}h0`;
    }
    isPenDown = sample !== null;
  });
  return { line, lost, leastMs, mostMs, lostSeconds: samples.length - times.length };
}
