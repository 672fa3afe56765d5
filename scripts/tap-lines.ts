/**
 * Reads the Test Anything Protocol (version 14, as tap 21 writes it) line by line. Pure.
 *
 * What counts as one test is a `t.test()` that has no further tests in it, or an assertion outside of any; so the
 * numbers do not depend on how many assertions a property makes.
 */

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface TestResult {
  /** names from the outermost test inward */
  readonly path: readonly string[];
  readonly verdict: Verdict;
  /** why it was skipped; '' when nothing was said */
  readonly reason: string;
  /** undefined for an assertion outside of any test */
  readonly timeMs: number | undefined;
  /** TAP lines of the failure, without indentation */
  readonly details: readonly string[];
}

export interface TapReader {
  readonly line: (text: string) => void;
}

export interface TapListener {
  readonly started: (path: readonly string[]) => void;
  readonly ended: (result: TestResult) => void;
}

interface Frame {
  readonly name: string;
  hasTests: boolean;
  hasFailure: boolean;
  assertions: number;
  readonly skips: { readonly name: string; readonly reason: string }[];
  readonly details: string[];
}

interface Point {
  readonly ok: boolean;
  readonly name: string;
  readonly skip: string | undefined;
  readonly timeMs: number | undefined;
}

const INDENT = 4;
const POINT =
  /^(not )?ok\b *\d*(?: - )?((?:[^\\#]|\\.|#(?! (?:time=|SKIP|TODO)))*?)(?: # (SKIP|TODO|time=\S*)(?: (.*))?)?(?: \{)?$/i;

const unescapeTap = (text: string): string => text.replace(/\\([\s\S])/g, '$1').trim();

const parseTime = (directive: string): number | undefined => {
  const [, value, unit] = /^time=([0-9.]+)(ms|s)$/.exec(directive) ?? [];
  return value === undefined ? undefined : Number(value) * (unit === 's' ? 1000 : 1);
};

const parsePoint = (text: string): Point | undefined => {
  const match = POINT.exec(text);
  if (match === null) return undefined;
  const [, not, name = '', directive = '', rest = ''] = match;
  const skipped = /^(SKIP|TODO)$/i.test(directive);
  return {
    ok: not === undefined,
    name: unescapeTap(name),
    skip: skipped ? rest.trim() : undefined,
    timeMs: parseTime(directive),
  };
};

const newFrame = (name: string): Frame => ({
  name,
  hasTests: false,
  hasFailure: false,
  assertions: 0,
  skips: [],
  details: [],
});

export const tapReader = (listener: TapListener): TapReader => {
  /** the open tests; one at depth n has its assertions at depth n + 1 */
  const open: Frame[] = [];
  /** receives the YAML block after a failed assertion */
  let failing: string[] | undefined;
  let bareFailure: { name: string; details: string[] } | undefined;
  let lastTest = '';

  const path = (...more: string[]): string[] => [...open.map((frame) => frame.name), ...more];
  const report = (names: readonly string[], verdict: Verdict, extra: Partial<TestResult> = {}): void =>
    listener.ended({ path: names, verdict, reason: '', timeMs: undefined, details: [], ...extra });

  const flushBare = (): void => {
    if (bareFailure !== undefined) report([bareFailure.name], 'failed', { details: bareFailure.details });
    bareFailure = undefined;
  };

  const close = (point: Point): void => {
    const frame = open.pop();
    if (frame === undefined) return;
    const { timeMs } = point;
    const names = path(frame.name);
    const parent = open.at(-1);
    if (parent !== undefined) {
      parent.hasTests = true;
      parent.hasFailure ||= !point.ok;
    }
    lastTest = frame.name;
    if (frame.hasTests) {
      for (const skip of frame.skips) report([...names, skip.name], 'skipped', { reason: skip.reason });
      // such as an assertion beside the tests, a wrong plan or a timeout
      if (!point.ok && (frame.details.length > 0 || !frame.hasFailure)) {
        report(names, 'failed', { details: frame.details, timeMs });
      }
      return;
    }
    const [skip] = frame.skips;
    const allSkipped = skip !== undefined && frame.skips.length === frame.assertions;
    if (!point.ok) report(names, 'failed', { details: frame.details, timeMs });
    else if (point.skip !== undefined) report(names, 'skipped', { reason: point.skip });
    else if (allSkipped) report(names, 'skipped', { reason: skip.reason || skip.name });
    else report(names, 'passed', { timeMs });
  };

  const assertion = (point: Point, text: string): void => {
    const frame = open.at(-1);
    if (frame === undefined) {
      // tap repeats a test that ran out of time
      if (!point.ok && point.name === lastTest) return;
      if (point.ok)
        report([point.name], point.skip === undefined ? 'passed' : 'skipped', { reason: point.skip ?? '' });
      else {
        bareFailure = { name: point.name, details: [text] };
        failing = bareFailure.details;
      }
      return;
    }
    frame.assertions += 1;
    if (!point.ok) {
      frame.details.push(text);
      failing = frame.details;
    } else if (point.skip !== undefined) {
      frame.skips.push({ name: point.name, reason: point.skip });
    }
  };

  const line = (raw: string): void => {
    const text = raw.trimStart();
    const depth = (raw.length - text.length) / INDENT;
    if (failing !== undefined) {
      // the block is indented by two more than its assertion
      if (depth % 1 !== 0 || /^\s*$/.test(raw) || depth > open.length) {
        failing.push(raw.slice(open.length * INDENT));
        if (text === '...' && depth === open.length + 0.5) failing = undefined;
        return;
      }
      failing = undefined;
    }
    if (depth > open.length) return;
    const subtest = /^# Subtest: (.*)$/.exec(text);
    if (subtest !== null && depth === open.length) {
      flushBare();
      open.push(newFrame(unescapeTap(subtest[1] ?? '')));
      listener.started(path());
      return;
    }
    const point = parsePoint(text);
    if (point === undefined) return;
    flushBare();
    if (depth === open.length - 1) close(point);
    else if (depth === open.length) assertion(point, text);
    if (depth === 0 && bareFailure === undefined) failing = undefined;
  };

  return {
    line: (raw) => {
      line(raw);
      if (failing === undefined) flushBare();
    },
  };
};
