/** The picture of docs/looks.md as SVG: lag against looks. The same figures give the same bytes. */
import { type Mark, parse, type Spec, View } from 'vega';
import { type Curve, meanOf } from './curves.ts';
import { KNOWN_JOBS, type Measured } from './measure.ts';
import type { Figures } from './schedules.ts';

/** GitHub's two kinds of themes. */
export const themes = ['light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Each readable on the background of GitHub's theme; the picture itself has none. Lines in the order of their series. */
const colours: Readonly<Record<Theme, { text: string; grid: string; lines: readonly string[] }>> = {
  light: {
    text: '#1f2328',
    grid: '#d1d9e0',
    lines: ['#59636e', '#eac54f', '#fb8f44', '#0969da', '#8250df', '#1a7f37'],
  },
  dark: { text: '#f0f6fc', grid: '#3d444d', lines: ['#9198a1', '#d29922', '#db6d28', '#4493f8', '#ab7df8', '#3fb950'] },
};

const WIDTH = 560;
const HEIGHT = 360;
/** What is drawn of the curves. */
const LOOKS = [1.5, 5.5] as const;
const LAG = [0, 8] as const;

interface Series {
  readonly name: string;
  readonly curve: Curve;
}

/** Draws what was measured of several seeds, in their mean, for `theme`. */
export function pictureOf(measured: readonly Measured[], theme: Theme): Promise<string> {
  const series: readonly Series[] = [
    { name: 'best one schedule for all', curve: meanCurve(measured.map(({ blind }) => blind)) },
    ...KNOWN_JOBS.map((jobs, index) => ({
      name: jobs === 0 ? 'planned, nothing known' : `planned, ${jobs} jobs known`,
      curve: meanCurve(measured.map(({ ours }) => ours[index]?.curve ?? [])),
    })),
    { name: 'best for each institution', curve: meanCurve(measured.map(({ optimum }) => optimum)) },
  ];
  const points = [
    { name: 'doubling, from 3 s', ...meanOf(measured.map(({ doubling }) => doubling)) },
    { name: 'without learning', ...meanOf(measured.map(({ today }) => today)) },
  ];
  return new View(parse(specOf(series, points, theme)), { renderer: 'none' }).toSVG();
}

/** Points that belong to the same price or limit. */
const meanCurve = (curves: readonly Curve[]): Curve =>
  (curves[0] ?? []).map((_, index) => meanOf(curves.flatMap((curve) => curve[index] ?? [])));

const isDrawn = ({ looks, lag }: Figures): boolean =>
  looks >= LOOKS[0] && looks <= LOOKS[1] && lag >= LAG[0] && lag <= LAG[1];

function specOf(series: readonly Series[], points: readonly (Figures & { name: string })[], theme: Theme): Spec {
  const { text, grid, lines } = colours[theme];
  const axis = { labelColor: text, titleColor: text, domainColor: grid, tickColor: grid, gridColor: grid, grid: true };
  const font = { labelFont: 'sans-serif', titleFont: 'sans-serif', labelFontSize: 12, titleFontSize: 12 };
  const at = { x: { scale: 'x', field: 'looks' }, y: { scale: 'y', field: 'lag' } };
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 8,
    autosize: 'pad',
    description: 'Seconds of lag against looks a refresh, by how looks are planned',
    data: [
      {
        name: 'lines',
        values: series.flatMap(({ name, curve }) => curve.filter(isDrawn).map((point) => ({ name, ...point }))),
      },
      { name: 'points', values: [...points] },
    ],
    scales: [
      { name: 'x', type: 'linear', zero: false, domain: [...LOOKS], range: 'width' },
      { name: 'y', type: 'linear', domain: [...LAG], range: 'height' },
      { name: 'colour', type: 'ordinal', domain: series.map(({ name }) => name), range: [...lines] },
    ],
    axes: [
      { ...axis, ...font, orient: 'bottom', scale: 'x', title: 'looks a refresh' },
      { ...axis, ...font, orient: 'left', scale: 'y', title: 'seconds of lag' },
    ],
    legends: [
      {
        ...font,
        stroke: 'colour',
        orient: 'right',
        symbolType: 'stroke',
        symbolStrokeWidth: 2,
        labelColor: text,
        labelLimit: 0,
      },
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'lines', groupby: 'name' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: {
              enter: { ...at, stroke: { scale: 'colour', field: 'name' }, strokeWidth: { value: 2 } },
            },
          },
        ],
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: { enter: { ...at, fill: { value: text }, size: { value: 50 } } },
      },
      nameOf({ ...at, fill: { value: text } }),
    ],
  };
}

/** A point's name, to its right. */
const nameOf = (at: Readonly<Record<string, object>>): Mark => ({
  type: 'text',
  from: { data: 'points' },
  encode: {
    enter: {
      ...at,
      dx: { value: 8 },
      dy: { value: 4 },
      font: { value: 'sans-serif' },
      fontSize: { value: 12 },
      text: { field: 'name' },
    },
  },
});
