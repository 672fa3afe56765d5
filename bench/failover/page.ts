/** The runs as one page for a browser and for paper, without anything from elsewhere (pure). */
import { drawing } from './drawing.ts';
import { type Ratio, type Result, typicalPlay } from './figures.ts';
import { type Contestant, FAULTS, type Fault, GIVE_UP_MS } from './plays.ts';
import type { Report } from './report.ts';
import { NAMES, secondsOf } from './words.ts';

const escapeHtml = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '',
  );

const WHO: Readonly<Record<Contestant, string>> = {
  pha: 'ocf:pha:pgsql, the agent of this project',
  heartbeat: 'ocf:heartbeat:pgsql of the package resource-agents',
  paf: 'ocf:heartbeat:pgsqlms of the package resource-agents-paf',
  floor:
    'an agent that only starts, stops and promotes: what the cluster needs whoever looks after PostgreSQL',
};

const TITLES: Readonly<Record<Fault, readonly [title: string, what: string]>> = {
  kill9: ['The database dies', 'kill -9 of the postmaster on the primary. Pacemaker looks every 3 seconds.'],
  cut: ['The primary loses its network', 'The link of its node is cut. The others notice that it is silent.'],
  poweroff: ['The primary loses its power', 'Its node ends at once, with all that runs on it.'],
  switch: [
    'A planned switch',
    'The synchronous standby is asked to take over, by the command of each agent.',
  ],
};

const timeOf = (ms: number): string => (ms >= GIVE_UP_MS ? `over ${GIVE_UP_MS / 1000}` : secondsOf(ms));

const ratioTo = (ratios: readonly Ratio[], { agent, fault }: Result, to: Contestant): string =>
  ratios.find((each) => each.agent === agent && each.fault === fault && each.to === to)?.ratio.toFixed(2) ??
  '–';

const row = (result: Result, ratios: readonly Ratio[], others: readonly Contestant[]): string => {
  const { agent, runs, medianMs, worstMs, lost } = result;
  const numbers = [
    ...[timeOf(medianMs), timeOf(worstMs), String(lost), String(runs)],
    ...others.map((to) => ratioTo(ratios, result, to)),
  ];
  return `<tr><th>${NAMES[agent]}</th>${numbers.map((text) => `<td>${text}</td>`).join('')}</tr>`;
};

const table = ({ results, ratios }: Report): string => {
  const others = [...new Set(results.map(({ agent }) => agent))];
  const heads = ['median, s', 'worst, s', 'rows lost', 'runs', ...others.map((to) => `to ${NAMES[to]}`)];
  const bodies = FAULTS.map((fault) => {
    const rows = results.filter((result) => result.fault === fault);
    if (rows.length === 0) return '';
    const title = `<tr class="title"><th colspan="${heads.length + 1}">${TITLES[fault][0]}</th></tr>`;
    return `<tbody>${title}\n${rows.map((result) => row(result, ratios, others)).join('\n')}</tbody>`;
  });
  return `<div class="scroll"><table>
<thead><tr><th></th>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead>
${bodies.join('\n')}
</table></div>`;
};

const section = ({ plays, results }: Report, fault: Fault): string => {
  const shown = results.flatMap((result) => {
    const play = result.fault === fault ? typicalPlay(plays, result.agent, fault) : undefined;
    return play === undefined ? [] : [{ play, result }];
  });
  if (shown.length === 0) return '';
  const [title, what] = TITLES[fault];
  return `<section><h2>${title}</h2><p>${what}</p>
<div class="scroll">${drawing(shown)}</div></section>`;
};

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566072; --line: #cfd6df; --paper: #fff; --writes: #2563c9; --gap: #fde3e1; --fault: #b3261e; --event: #3d4656; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3adbb; --line: #3c4654; --paper: #12161c; --writes: #6fa4f5; --gap: #4a2226; --fault: #ff8a80; --event: #c5cdd8; } }
@page { margin: 14mm; }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6em; line-height: 1.2; } h2 { font-size: 1.2em; margin: 2em 0 0; } p { margin: .3em 0 .8em; max-width: 48rem; }
.soft, dt { color: var(--soft); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1em 0; } th, td { padding: .15em .7em; text-align: right; white-space: nowrap; font-weight: normal; }
th:first-child { text-align: left; } thead th { color: var(--soft); border-bottom: 1px solid var(--line); } tr.title th { padding-top: .7em; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em; margin: .5em 0; } dd { margin: 0; }
svg { display: block; width: 100%; min-width: 44rem; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; } svg .small { font-size: 11.5px; fill: var(--soft); } svg .name { font-weight: 600; } svg .event { font-size: 11.5px; fill: var(--event); } svg .fault { fill: var(--fault); }
svg .axis { stroke: var(--line); } svg .writes { fill: var(--writes); } svg .gap { fill: var(--gap); } svg .mark { stroke: var(--event); stroke-width: 1; } svg .fault-line { stroke: var(--fault); stroke-width: 1.5; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --writes: #2563c9; --gap: #fde3e1; --fault: #b3261e; --event: #222; }
  body { margin: 0; max-width: none; font-size: 10pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; } section, table { break-inside: avoid; } .scroll { overflow: visible; } svg { min-width: 0; } }
`;

export const pageOf = (report: Report): string => {
  const { date, corosync, machine, loadAverage, results, failures } = report;
  const agents = [...new Set(results.map(({ agent }) => agent))];
  const runs = Math.max(0, ...results.map((result) => result.runs));
  const who = agents.map((agent) => `<dt>${NAMES[agent]}</dt><dd>${WHO[agent]}</dd>`).join('\n');
  const loads = loadAverage.map((load) => load.toFixed(1)).join(' before and ');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>How long writes stop when a primary fails</title>
<style>${STYLE}</style></head><body>
<h1>How long writes stop when a primary fails</h1>
<p>Three nodes with PostgreSQL, Pacemaker and Corosync, one primary, and commits that wait for a standby. A client on a machine of its own writes one row after the other
through the address that follows the primary, and connects again whenever it must. The figures are the longest time between two of its rows that were acknowledged.</p>
<dl>
${who}
</dl>
${table(report)}
<p class="soft">“to …”: the agent’s median divided by that agent’s. Rows lost: acknowledged to the client, and gone afterwards.</p>
<p>Below, the run with the median of each agent (of two in the middle, the longer one), from two seconds before the fault on: how many writes a second were acknowledged (blue), for how long none was (red), and what Pacemaker did meanwhile. Red up to the right edge goes on beyond it.</p>
${FAULTS.map((fault) => section(report, fault)).join('\n')}
<p class="soft">${escapeHtml(date.slice(0, 16).replace('T', ' '))} UTC; up to ${runs} ${runs === 1 ? 'run' : 'runs'} each, in turn; Corosync’s timing: ${corosync}; ${machine.cores} cores (${escapeHtml(machine.processor)}), load average ${loads} after.
${failures.length === 0 ? '' : `Not counted, as they did not come to their end: ${failures.length}.`}</p>
</body></html>
`;
};
