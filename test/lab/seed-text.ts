/**
 * What the seed (shared/seeds/001) prints, and how a newer crm_mon says the same. Names, times and positions differ from
 * run to run; lvsdr's lines are not here, since these clusters have none.
 */
import type { Test } from 'tap';

/** `cls_status` after the set-up. */
export const HEALTHY = `
Stack: corosync
Current DC: node1 (version 1.1.15-11.el7_3.2-e174ec8) - partition with quorum
Online: [ node1 node2 node3 ]
Full list of resources:
 vip-master (ocf::heartbeat:IPaddr2):   Started node1
 vip-slave  (ocf::heartbeat:IPaddr2):   Started node2
 Master/Slave Set: msPostgresql [pgsql]
     Masters: [ node1 ]
     Slaves: [ node2 node3 ]
Node Attributes:
* Node node1:
    + master-pgsql                      : 1000
    + pgsql-data-status                 : LATEST
    + pgsql-master-baseline             : 00000000050001B0
    + pgsql-status                      : PRI
* Node node2:
    + master-pgsql                      : 100
    + pgsql-data-status                 : STREAMING|SYNC
    + pgsql-status                      : HS:sync
* Node node3:
    + master-pgsql                      : -INFINITY
    + pgsql-data-status                 : STREAMING|ASYNC
    + pgsql-status                      : HS:async
Migration Summary:
pgsql_REPL_INFO:node1|1|00000000050001B0
`;

/** After the primary, node1, has lost its network. */
export const FAILED_OVER = `
Stack: corosync
Current DC: node2 (version 1.1.15-11.el7_3.2-e174ec8) - partition with quorum
Online: [ node2 node3 ]
OFFLINE: [ node1 ]
Full list of resources:
 vip-master (ocf::heartbeat:IPaddr2):   Started node2
 vip-slave  (ocf::heartbeat:IPaddr2):   Started node3
 Master/Slave Set: msPostgresql [pgsql]
     Masters: [ node2 ]
     Slaves: [ node3 ]
     Stopped: [ node1 ]
Node Attributes:
* Node node2:
    + master-pgsql                      : 1000
    + pgsql-data-status                 : LATEST
    + pgsql-master-baseline             : 00000000050008E0
    + pgsql-status                      : PRI
* Node node3:
    + master-pgsql                      : 100
    + pgsql-data-status                 : STREAMING|SYNC
    + pgsql-status                      : HS:sync
Migration Summary:
pgsql_REPL_INFO:node2|2|00000000050008E0
`;

/** After node1 has its network again, and has diverged. */
export const DIVERGED = `
Stack: corosync
Current DC: node2 (version 1.1.15-11.el7_3.2-e174ec8) - partition with quorum
Online: [ node1 node2 node3 ]
Full list of resources:
 vip-master (ocf::heartbeat:IPaddr2):   Started node2
 vip-slave  (ocf::heartbeat:IPaddr2):   Started node3
 Master/Slave Set: msPostgresql [pgsql]
     Masters: [ node2 ]
     Slaves: [ node3 ]
     Stopped: [ node1 ]
Node Attributes:
* Node node1:
    + master-pgsql                      : -INFINITY
    + pgsql-data-status                 : DISCONNECT
    + pgsql-status                      : STOP
* Node node2:
    + master-pgsql                      : 1000
    + pgsql-data-status                 : LATEST
    + pgsql-master-baseline             : 00000000050008E0
    + pgsql-status                      : PRI
* Node node3:
    + master-pgsql                      : 100
    + pgsql-data-status                 : STREAMING|SYNC
    + pgsql-status                      : HS:sync
Migration Summary:
* Node node1:
   pgsql: migration-threshold=3 fail-count=1000000 last-failure='Wed Jan 11 01:36:08 2017'
Failed Actions:
* pgsql_start_0 on node1 'unknown error' (1): call=278, status=complete, exitreason='The master's timeline forked off current database system timeline 2 before latest checkpoint location 0000000005000B80, REPL_INF',
pgsql_REPL_INFO:node2|2|00000000050008E0
`;

/** After cls_repair_by_pg_rewind on node1. */
export const REPAIRED = `
Stack: corosync
Current DC: node2 (version 1.1.15-11.el7_3.2-e174ec8) - partition with quorum
Online: [ node1 node2 node3 ]
Full list of resources:
 vip-master (ocf::heartbeat:IPaddr2):   Started node2
 vip-slave  (ocf::heartbeat:IPaddr2):   Started node3
 Master/Slave Set: msPostgresql [pgsql]
     Masters: [ node2 ]
     Slaves: [ node1 node3 ]
Node Attributes:
* Node node1:
    + master-pgsql                      : -INFINITY
    + pgsql-data-status                 : STREAMING|ASYNC
    + pgsql-status                      : HS:async
* Node node2:
    + master-pgsql                      : 1000
    + pgsql-data-status                 : LATEST
    + pgsql-master-baseline             : 00000000050008E0
    + pgsql-status                      : PRI
* Node node3:
    + master-pgsql                      : 100
    + pgsql-data-status                 : STREAMING|SYNC
    + pgsql-status                      : HS:sync
Migration Summary:
pgsql_REPL_INFO:node2|2|00000000050008E0
`;

/** In the words of Pacemaker 2.1, without what differs from run to run. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [/^\s*[*+]?\s*/, ''],
  [/\s+/g, ' '],
  [/ ?:(?= |$)/g, ':'],
  [/ $/, ''],
  [/^Master\/Slave Set: (.*)$/, 'Clone Set: $1 (promotable):'],
  [/^Masters:/, 'Promoted:'],
  [/^Slaves:/, 'Unpromoted:'],
  [/^Full list of resources:/, 'Full List of Resources:'],
  [/^Failed Actions:/, 'Failed Resource Actions:'],
  [/^Node (node\d:)$/, 'Node: $1'],
  [/ocf::/, 'ocf:'],
  [/^Current DC: \S+ \(version [^)]*\)/, 'Current DC: NODE (version VERSION)'],
  [/\b[0-9A-F]{16}\b/g, 'POSITION'],
  [/\|\d+\|POSITION$/, '|TIMELINE|POSITION'],
  [/last-failure='[^']*'/, "last-failure='TIME'"],
  // 1.1: pgsql_start_0 on node1 'unknown error' (1): …; 2.1: pgsql start on node1 returned 'error' (reason) at …
  [
    /^pgsql(?:_start_0| start) on (\S+) (?:'unknown error'|returned 'error'|'error').*$/,
    'pgsql start on $1: error',
  ],
];

const sortedNames = (line: string): string =>
  line.replace(/\[ (.*) \]/, (_, names: string) => `[ ${names.split(' ').sort().join(' ')} ]`);

/** From the names of this run to the seed's. */
type Rename = Readonly<Record<string, string>>;

/**
 * The lines of `cls_status`, each with the node that it is about: `Node: node1: pgsql-status: PRI`.
 */
export const statusLines = (output: string, rename: Rename = {}): readonly string[] => {
  let node = '';
  return output.split('\n').flatMap((text) => {
    const named = text.replace(/\bnode\d\b/g, (name) => rename[name] ?? name);
    const line = sortedNames(REWORDED.reduce((before, [from, to]) => before.replace(from, to), named));
    if (line === '') return [];
    if (/^Node: \S+:$/.test(line)) {
      node = line;
      return [];
    }
    // What follows a node's heading is indented further than the headings of sections.
    if (!/^\s+[*+ ]/.test(text) || /^(Clone Set|vip-)/.test(line)) node = '';
    return [node === '' ? line : `${node} ${line}`];
  });
};

/** What cls_repair_by_pg_rewind prints; pg_rewind's own lines are those of the installed version. */
export const REPAIR = `
connected to server
servers diverged at WAL position 0/50008E0 on timeline 2
rewinding from last common checkpoint at 0/5000838 on timeline 2
reading source file list
reading target file list
reading WAL in target
need to copy 99 MB (total source directory size is 117 MB)
102359/102359 kB (100%) copied
creating backup label and updating control file
syncing target data directory
Done!
pg_rewind complete!
wait for recovery complete
slave recovery of node1 successed
`;

/** The lines of cls_repair_by_pg_rewind without figures; pg_rewind says `location` since PostgreSQL 10. */
export const repairLines = (output: string, rename: Rename = {}): readonly string[] =>
  output
    .replace(/\bnode\d\b/g, (name) => rename[name] ?? name)
    .replace(/\b[0-9A-F]+\/[0-9A-F]+\b/g, 'LSN')
    .replace(/\b\d+\b/g, 'N')
    .replace(/ WAL position /g, ' WAL location ')
    .split('\n')
    .filter((line) => line !== '');

/**
 * What a newer crm_mon says beside that, and what is told of some nodes and not of others: where a standby was promoted
 * once, and the positions of the last election.
 */
const ADDED: readonly RegExp[] = [
  /^(Status of pacemakerd|Cluster Summary|Last updated|Last change|Node List):?/,
  /^\d+ (nodes|resource instances) configured/,
  /^Node: \S+: pgsql-(master-baseline|xlog-loc|election):/,
];

const isHeading = (line: string): boolean => /^[A-Z][A-Za-z ]+:$/.test(line);

/** What the seed prints, and nothing else, in its order; that of the resources is the order of their definition. */
export const sameLines = (t: Test, status: string, rename: Rename, seed: string): void => {
  const expected = statusLines(seed);
  const [end = ''] = expected.slice(-1);
  const whole = statusLines(status, rename);
  const actual = whole.slice(0, whole.indexOf(end) + 1);
  const title = `as the seed prints it:\n${status}`;
  t.same(
    expected.filter((line) => !actual.includes(line)),
    [],
    `nothing is missing: ${title}`,
  );
  t.same(
    actual.filter((line) => !expected.includes(line) && !ADDED.some((added) => added.test(line))),
    [],
    `nothing else is there: ${title}`,
  );
  t.same(
    actual.filter((line) => isHeading(line) && expected.includes(line)),
    expected.filter(isHeading),
    `the sections are in its order: ${title}`,
  );
};
