import type { Frame } from '../cli/watch.ts';
import { statusJson } from './json.ts';
import type { Observation } from './observe.ts';
import { clusterLines, databaseLines } from './render.ts';
import { statusReport } from './report.ts';

/** What one look prints: to standard output, and what was wrong with the look itself to standard error. */
export interface StatusFrame extends Frame {
  readonly complaint: string;
}

/** Width of a text that goes into a file. */
const FILE_COLUMNS = 100;

/** One look as text, or as JSON. Pure. */
export function statusFrame(observation: Observation, format: 'text' | 'json' | 'json-line'): StatusFrame {
  if (!observation.ok) {
    const { crmMon, sentence, code } = observation;
    const lines = format === 'text' && crmMon.known ? crmMon.value.trimEnd().split('\n') : [];
    const fitted = () => [...lines, sentence];
    return { text: lines.map((line) => `${line}\n`).join(''), complaint: sentence, fitted, code };
  }
  const report = statusReport(observation.snapshot);
  if (format !== 'text') {
    const text = JSON.stringify(statusJson(report), null, format === 'json' ? 2 : 0);
    return { text: `${text}\n`, complaint: '', fitted: () => text.split('\n'), code: report.code };
  }
  const cluster = clusterLines(report, observation.crmMon);
  const text = [...cluster, '', ...databaseLines(report, FILE_COLUMNS)].map((line) => `${line}\n`).join('');
  const fitted: Frame['fitted'] = ({ columns, rows }) => {
    const database = databaseLines(report, columns);
    const all = [...cluster, '', ...database];
    // Where not everything fits, the database is what one watches.
    return all.length <= rows ? all : database;
  };
  return { text, complaint: '', fitted, code: report.code };
}
