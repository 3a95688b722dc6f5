/** The picture of a day's starts, as SVG. The same day gives the same bytes. */
import { parse, type Spec, View } from 'vega';
import type { Day } from './play-day.ts';

/** GitHub's two kinds of themes. */
export const themes = ['light', 'dark'] as const;

type Theme = (typeof themes)[number];

/** Each readable on the background of GitHub's theme; the picture itself has none. */
const colours: Readonly<
  Record<Theme, { text: string; grid: string; starts: string; outage: string; ceiling: string }>
> = {
  light: { text: '#1f2328', grid: '#d1d9e0', starts: '#0969da', outage: '#eac54f', ceiling: '#cf222e' },
  dark: { text: '#f0f6fc', grid: '#3d444d', starts: '#4493f8', outage: '#9e6a03', ceiling: '#f85149' },
};

const WIDTH = 760;
const HEIGHT = 240;

/** Draws `day` for `theme`. */
export const pictureOf = (day: Day, theme: Theme): Promise<string> =>
  new View(parse(specOf(day, theme)), { renderer: 'none' }).toSVG();

function specOf({ startsPerMinute, startsPerSecond, outage, hours }: Day, theme: Theme): Spec {
  const { text, grid, starts, outage: outageColour, ceiling } = colours[theme];
  const [from, to] = [outage.from * 60, outage.to * 60];
  const most = startsPerSecond * 60;
  const words = { font: { value: 'sans-serif' }, fontSize: { value: 12 }, fill: { value: text } };
  const axis = { labelColor: text, titleColor: text, domainColor: grid, tickColor: grid, gridColor: grid };
  const font = { labelFont: 'sans-serif', titleFont: 'sans-serif', labelFontSize: 12, titleFontSize: 12 };
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 8,
    autosize: 'pad',
    description: 'Starts per minute over a day in which the schedule stands still for a while',
    data: [{ name: 'minutes', values: startsPerMinute.map((count, minute) => ({ minute, count })) }],
    scales: [
      { name: 'x', type: 'linear', domain: [0, hours * 60], range: 'width' },
      { name: 'y', type: 'linear', domain: [0, most * 1.15], range: 'height' },
    ],
    axes: [
      {
        ...{ ...axis, ...font, orient: 'bottom', scale: 'x', title: 'hour of the day (UTC)' },
        values: Array.from({ length: Math.floor(hours / 3) + 1 }, (_, index) => index * 180),
        encode: { labels: { update: { text: { signal: "format(datum.value / 60, '02') + ':00'" } } } },
      },
      { ...axis, ...font, orient: 'left', scale: 'y', title: 'starts per minute', grid: true, tickCount: 5 },
    ],
    marks: [
      {
        type: 'rect',
        encode: {
          enter: {
            x: { scale: 'x', value: from },
            x2: { scale: 'x', value: to },
            y: { value: 0 },
            y2: { value: HEIGHT },
            fill: { value: outageColour },
            fillOpacity: { value: 0.35 },
          },
        },
      },
      {
        type: 'line',
        from: { data: 'minutes' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'minute' },
            y: { scale: 'y', field: 'count' },
            stroke: { value: starts },
            strokeWidth: { value: 1 },
          },
        },
      },
      {
        type: 'rule',
        encode: {
          enter: {
            x: { value: 0 },
            x2: { value: WIDTH },
            y: { scale: 'y', value: most },
            stroke: { value: ceiling },
            strokeDash: { value: [6, 4] },
          },
        },
      },
      {
        type: 'text',
        encode: {
          enter: {
            ...words,
            x: { value: WIDTH - 4 },
            y: { scale: 'y', value: most, offset: -6 },
            align: { value: 'right' },
            text: { value: `ceiling: ${startsPerSecond} starts a second` },
          },
        },
      },
      {
        type: 'text',
        encode: {
          enter: {
            ...words,
            x: { scale: 'x', value: (from + to) / 2 },
            y: { value: HEIGHT / 2 },
            align: { value: 'center' },
            text: { value: 'no ticks' },
          },
        },
      },
    ],
  };
}
