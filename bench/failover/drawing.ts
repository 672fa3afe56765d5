/** Writes against time around one fault, an agent below the other on one axis (pure). */
import type { Result } from './figures.ts';
import { BEFORE_MS, BUCKET_MS, GIVE_UP_MS, type Play } from './plays.ts';
import { LABELS, NAMES, secondsOf } from './words.ts';

export interface Shown {
  readonly play: Play;
  readonly result: Result;
}

const WIDTH = 960;
const LEFT = 120;
const RIGHT = 12;
const PLOT = 64;
const LANE = 15;
const GAP = 18;
/** of a character of the labels, about: no label is drawn where another may end */
const CHARACTER = 6.2;
/** The rest of a wait that leads nowhere tells nothing more. */
const LONGEST_AXIS_MS = 20_000;
const AFTER_MS = 1_500;

interface Label {
  readonly text: string;
  readonly x: number;
  readonly isFault: boolean;
}

interface PlacedLabel extends Label {
  readonly lane: number;
  readonly from: number;
}

/**
 * From the right to the left, each in the highest lane where it covers no other label, nor the line that leads down to
 * one. None goes beyond the edge.
 */
export const placeLabels = (labels: readonly Label[], rightEdge: number): PlacedLabel[] =>
  [...labels]
    .sort((left, right) => right.x - left.x)
    .reduce<PlacedLabel[]>((placed, label) => {
      const width = label.text.length * CHARACTER + 8;
      const from = Math.min(label.x, rightEdge - width);
      const isFree = (lane: number): boolean =>
        placed.every((other) => other.lane < lane || from + width <= Math.min(other.from, other.x));
      let lane = 0;
      while (!isFree(lane)) lane += 1;
      placed.push({ ...label, lane, from });
      return placed;
    }, []);

const axisEndMs = (shown: readonly Shown[]): number =>
  Math.min(LONGEST_AXIS_MS, Math.max(...shown.map(({ play }) => endOfGapMs(play))) + AFTER_MS);

/** The longest run of tenths without writes; of a run whose writes did not come back, all that follow the last. */
const gapOf = ({ writes, cameBack }: Play): readonly [fromMs: number, toMs: number] => {
  let [from, to] = [0, 0];
  let begin = 0;
  [...writes, 1].forEach((count, index) => {
    if (count === 0) return;
    if (index - begin > to - from) [from, to] = [begin, index];
    begin = index + 1;
  });
  if (!cameBack) return [writes.length * BUCKET_MS - BEFORE_MS, GIVE_UP_MS];
  return [from * BUCKET_MS - BEFORE_MS, to * BUCKET_MS - BEFORE_MS];
};

const endOfGapMs = (play: Play): number => gapOf(play)[1];

const number = (value: number): string => String(Number(value.toFixed(1)));

const steps = (
  writes: readonly number[],
  x: (ms: number) => number,
  y: (writes: number) => number,
): string => {
  const points = writes.flatMap((count, index) => {
    const fromMs = index * BUCKET_MS - BEFORE_MS;
    return [
      `${number(x(fromMs))},${number(y(count))}`,
      `${number(x(fromMs + BUCKET_MS))},${number(y(count))}`,
    ];
  });
  const last = writes.length * BUCKET_MS - BEFORE_MS;
  return [`${number(x(-BEFORE_MS))},${number(y(0))}`, ...points, `${number(x(last))},${number(y(0))}`].join(
    ' ',
  );
};

const agentRow = (
  { play, result }: Shown,
  top: number,
  scale: { readonly x: (ms: number) => number; readonly most: number; readonly endMs: number },
): { svg: string; height: number } => {
  const { x, most, endMs } = scale;
  const bottom = top + PLOT;
  const y = (count: number): number => bottom - (count / most) * PLOT;
  const [gapFrom, gapTo] = gapOf(play);
  const until = Math.min(gapTo, endMs);
  const marks = play.marks
    .filter(({ atMs }) => atMs <= endMs)
    .map(({ kind, atMs }) => ({ text: `${LABELS[kind]} ${secondsOf(atMs)}`, x: x(atMs), isFault: false }));
  const begin = { text: play.fault === 'switch' ? 'asked for 0' : 'fault 0', x: x(0), isFault: true };
  const labels = placeLabels([begin, ...marks], WIDTH - RIGHT);
  const lanes = 1 + Math.max(...labels.map(({ lane }) => lane));
  const drawn = labels.map(({ text, x: at, lane, from, isFault }) => {
    const base = bottom + 13 + lane * LANE;
    const line = `<line class="${isFault ? 'fault-line' : 'mark'}" x1="${number(at)}" x2="${number(at)}" y1="${top}" y2="${number(base - 9)}"/>`;
    return `${line}<text class="event${isFault ? ' fault' : ''}" x="${number(from + 3)}" y="${number(base)}">${text}</text>`;
  });
  const shownWrites = play.writes.slice(0, Math.ceil((endMs + BEFORE_MS) / BUCKET_MS));
  const median =
    result.neverBack * 2 > result.runs
      ? `not within ${GIVE_UP_MS / 1000} s`
      : `${secondsOf(play.outageMs)} s`;
  return {
    height: PLOT + lanes * LANE + GAP,
    svg: `<g><rect class="gap" x="${number(x(gapFrom))}" y="${top}" width="${number(Math.max(0, x(until) - x(gapFrom)))}" height="${PLOT}"/>
<polygon class="writes" points="${steps(shownWrites, x, y)}"/>
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/>
<text class="name" x="0" y="${top + 22}">${NAMES[play.agent]}</text><text x="0" y="${top + 40}">${median}</text><text class="small" x="0" y="${top + 56}">without writes</text>
<text class="small" x="${LEFT - 6}" y="${top + 9}" text-anchor="end">${most * (1000 / BUCKET_MS)}/s</text>
${drawn.join('\n')}</g>`,
  };
};

export const drawing = (shown: readonly Shown[]): string => {
  const endMs = axisEndMs(shown);
  const x = (ms: number): number => LEFT + ((ms + BEFORE_MS) / (endMs + BEFORE_MS)) * (WIDTH - LEFT - RIGHT);
  const most = Math.max(1, ...shown.flatMap(({ play }) => play.writes));
  let top = 4;
  const rows = shown.map((each) => {
    const { svg, height } = agentRow(each, top, { x, most, endMs });
    top += height;
    return svg;
  });
  const everyMs = endMs > 12_000 ? 2_000 : 1_000;
  const ticks = Array.from({ length: Math.floor((endMs + BEFORE_MS) / everyMs) + 1 }, (_, index) => {
    const atMs = index * everyMs - BEFORE_MS;
    const anchor = x(atMs) > WIDTH - RIGHT - 24 ? 'end' : 'middle';
    return `<line class="axis" x1="${number(x(atMs))}" x2="${number(x(atMs))}" y1="${top - 8}" y2="${top - 2}"/><text class="small" x="${number(x(atMs))}" y="${top + 10}" text-anchor="${anchor}">${atMs / 1000} s</text>`;
  });
  const height = top + 18;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Acknowledged writes a second against the time since the fault">
${rows.join('\n')}
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${top - 8}" y2="${top - 8}"/>
${ticks.join('')}
</svg>`;
};
