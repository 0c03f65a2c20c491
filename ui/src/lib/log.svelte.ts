import { followLog, onLog, toRefusal, type Unsubscribe } from './bridge';
import type { Refusal } from './refusal';

/** What is kept in sight; the file has the rest. */
const LINES_KEPT = 1_000;

/** One line of the log as shown. */
export interface LogLine {
  /** Tells it from another of the same words. */
  key: number;
  /** Time of day as the log has it; empty where the line has none. */
  time: string;
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace' | '';
  text: string;
}

const LEVELS: ReadonlySet<string> = new Set(['error', 'warn', 'info', 'debug', 'trace']);
const isLevel = (word: string): word is LogLine['level'] => LEVELS.has(word);

const words = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A line of the log: a JSON object as the engine writes it, or whatever else it is. */
export function readLine(line: string, key: number): LogLine {
  const bare = { key, time: '', level: '', text: line } as const;
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return bare;
  }
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return bare;
  const { timestamp, level, fields, target } = entry as Partial<Record<string, unknown>>;
  const named = typeof level === 'string' ? level.toLowerCase() : '';
  const { message, ...rest } = (typeof fields === 'object' && fields !== null ? fields : {}) as Record<string, unknown>;
  const details = Object.entries(rest).map(([name, value]) => `${name}=${words(value)}`);
  const said = [message === undefined ? '' : words(message), ...details, target === undefined ? '' : `(${words(target)})`];
  const text = said.filter((part) => part !== '').join(' ');
  // "2026-11-26T21:04:05.123456Z": the time of day, to the thousandth.
  const time = typeof timestamp === 'string' ? (/T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(timestamp)?.[1] ?? '') : '';
  return { key, time, level: isLevel(named) ? named : '', text: text === '' ? line : text };
}

/** The log as it grows, while somebody looks. */
export class Log {
  /** Oldest first. */
  lines = $state.raw<readonly LogLine[]>([]);
  failure = $state.raw<Refusal | null>(null);
  /** What came while it was held still. */
  waiting = $state.raw<readonly LogLine[]>([]);
  isPaused = $state(false);

  #unsubscribe: Unsubscribe | null = null;
  #key = 0;
  // A stop during a start wins.
  #generation = 0;

  /** Listens first and asks then; a line that comes in between may be in the answer as well. */
  async start(): Promise<void> {
    const mine = ++this.#generation;
    try {
      let early: string[] | null = [];
      const unsubscribe = await onLog((lines) => {
        if (early) early.push(...lines);
        else this.#add(lines);
      });
      if (mine !== this.#generation) {
        unsubscribe();
        return;
      }
      this.#unsubscribe = unsubscribe;
      const newest = await followLog(true);
      if (mine !== this.#generation) return;
      this.lines = [];
      this.waiting = [];
      this.#add([...newest, ...early.filter((line) => !newest.includes(line))]);
      early = null;
      this.failure = null;
    } catch (thrown) {
      if (mine === this.#generation) this.failure = toRefusal(thrown);
    }
  }

  stop(): void {
    this.#generation += 1;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    // Nobody is left who could be told of a refusal.
    followLog(false).catch(() => undefined);
  }

  togglePause(): void {
    this.isPaused = !this.isPaused;
    if (this.isPaused) return;
    this.lines = [...this.lines, ...this.waiting].slice(-LINES_KEPT);
    this.waiting = [];
  }

  #add(lines: readonly string[]): void {
    const read = lines.map((line) => readLine(line, this.#key++));
    if (this.isPaused) this.waiting = [...this.waiting, ...read].slice(-LINES_KEPT);
    else this.lines = [...this.lines, ...read].slice(-LINES_KEPT);
  }
}

/** The lines with a word in them, in small or capital letters. */
export function matching(lines: readonly LogLine[], word: string): readonly LogLine[] {
  const wanted = word.trim().toLowerCase();
  if (wanted === '') return lines;
  return lines.filter(({ level, text }) => `${level} ${text}`.toLowerCase().includes(wanted));
}
