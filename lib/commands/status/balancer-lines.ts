import { socketName } from '../../lvs/ipvs/table.ts';
import { type Column, renderTable } from '../cli/table.ts';
import { wrap } from '../cli/text.ts';
import type { BalancerRow, ServerRow } from './balancer-rows.ts';

const UNKNOWN = '-';

const COLUMNS: readonly Column<ServerRow>[] = [
  { title: 'SERVER', align: 'left', cell: ({ host }) => host },
  { title: 'ADDRESS', align: 'left', cell: ({ address }) => address ?? UNKNOWN },
  { title: 'STATE', align: 'left', cell: ({ state }) => state },
  { title: 'WEIGHT', align: 'right', cell: ({ address, weight }) => (address === null ? '' : `${weight}`) },
  {
    title: 'CONNECTIONS',
    align: 'right',
    cell: ({ address, connections }) => (address === null ? '' : `${connections ?? UNKNOWN}`),
  },
];

/** Room that a sentence needs beside the table; where there is less, it runs over the line's end. */
const LEAST = 24;

/** Who spreads reads, over which servers, and why each of them is as it is. */
export function balancerLines(balancer: BalancerRow, columns: number): readonly string[] {
  const { resource, director, scheduler, persistentSeconds, forward, servers } = balancer;
  const persistent = persistentSeconds === null ? '' : `, persistent ${persistentSeconds} s`;
  const how = scheduler === null ? '' : `, scheduler ${scheduler}${persistent}, forward ${forward}`;
  return [
    `Reads through ${serviceOf(balancer)}, ${resource} ${director === null ? 'has no director' : `on ${director}`}${how}:`,
    '',
    ...(servers.length === 0 ? ['  no servers are known'] : serverLines(servers, columns)),
  ];
}

const serviceOf = ({ vip, ports }: BalancerRow): string =>
  vip === null ? 'an address that is not known' : ports.map((port) => socketName(vip, port)).join(', ');

/** The reason stands beside each server, on as many lines as it takes. */
function serverLines(servers: readonly ServerRow[], columns: number): readonly string[] {
  const table = renderTable(COLUMNS, servers);
  const width = Math.max(...table.map((line) => line.length)) + 2;
  const room = Math.max(LEAST, columns - width - 2);
  return table.flatMap((line, index) => {
    const why = index === 0 ? ['WHY'] : wrap(servers[index - 1]?.why ?? '', room);
    return why.map((text, at) => `  ${(at === 0 ? line : '').padEnd(width)}${text}`.trimEnd());
  });
}
