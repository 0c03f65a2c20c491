// The charting library, and the little that the window asks of it. It styles elements through their `style` object,
// which the content security policy admits, and never through attributes or style elements.
import './locale';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { SAMPLES, type Sparkline } from './sparkline';

const SECONDS = Array.from({ length: SAMPLES }, (_, second) => second);
const LINE_WIDTH = 1.5;

/** Colours of the current theme, by the names of the style sheet. */
const colour = (name: '--muted' | '--bad') => getComputedStyle(document.documentElement).getPropertyValue(name);

const onTheme = new Set<() => void>();
const theme = new MutationObserver(() => {
  for (const redraw of onTheme) redraw();
});

/** One minute drawn into an element, as long as it can be seen: a full party has 63 of them. */
export class Chart {
  readonly #element: HTMLElement;
  readonly #seen: IntersectionObserver;
  readonly #size: ResizeObserver;
  #plot: uPlot | null = null;
  #minute: Sparkline | null = null;
  #isSeen = false;
  readonly #redraw = () => {
    this.#plot?.redraw(false);
  };

  constructor(element: HTMLElement) {
    this.#element = element;
    this.#seen = new IntersectionObserver((entries) => {
      this.#isSeen = entries.at(-1)?.isIntersecting ?? false;
      this.#draw();
    });
    this.#seen.observe(element);
    this.#size = new ResizeObserver(() => {
      this.#plot?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    this.#size.observe(element);
    if (onTheme.size === 0) theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    onTheme.add(this.#redraw);
  }

  show(minute: Sparkline): void {
    this.#minute = minute;
    this.#draw();
  }

  destroy(): void {
    this.#seen.disconnect();
    this.#size.disconnect();
    onTheme.delete(this.#redraw);
    if (onTheme.size === 0) theme.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  #draw(): void {
    if (!this.#isSeen || this.#minute === null) return;
    const { times, lost } = this.#minute;
    const data: uPlot.AlignedData = [SECONDS, [...times], [...lost]];
    if (this.#plot) this.#plot.setData(data);
    else this.#plot = new uPlot(this.#options(), data, this.#element);
  }

  #options(): uPlot.Options {
    const bars = uPlot.paths.bars?.({ size: [0.7] });
    return {
      width: this.#element.clientWidth,
      height: this.#element.clientHeight,
      padding: [LINE_WIDTH, LINE_WIDTH, LINE_WIDTH, LINE_WIDTH],
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: {
        x: { time: false, range: [0, SAMPLES - 1] },
        y: { range: () => [0, this.#minute?.topMs ?? 1] },
      },
      series: [
        {},
        {
          stroke: () => colour('--muted'),
          width: LINE_WIDTH,
          points: { show: true, size: 2 * LINE_WIDTH, filter: () => [...(this.#minute?.lone ?? [])] },
        },
        {
          stroke: () => colour('--bad'),
          fill: () => colour('--bad'),
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars }),
        },
      ],
    };
  }
}
