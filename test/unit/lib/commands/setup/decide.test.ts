import t from 'tap';
import { changesBetween } from '../../../../../lib/commands/setup/changes.ts';
import { decideSetup } from '../../../../../lib/commands/setup/decide.ts';
import { configurationOf, type Merged, merged } from '../../../../../lib/commands/setup/merge.ts';
import type { SetupSnapshot } from '../../../../../lib/commands/setup/snapshot.ts';
import { parseXml, type XmlElement } from '../../../../../lib/pacemaker/xml.ts';
import { configOf } from '../../config/builders.ts';
import { cib, propertySet } from '../../pacemaker/cib-builder.ts';
import { type SnapshotParts, STOPPED, snapshot } from '../status/builders.ts';

const tree = (resources: string, crmConfig = ''): XmlElement => {
  const parsed = parseXml(cib({ resources, crmConfig }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.root;
};

const primitive = (id: string, type: string, pairs: Readonly<Record<string, string>> = {}): string =>
  `<primitive id="${id}" class="ocf" provider="pha" type="${type}"><instance_attributes id="${id}-i">${Object.entries(
    pairs,
  )
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('')}</instance_attributes></primitive>`;
const database = (pairs: Readonly<Record<string, string>> = {}, meta = ''): string =>
  `<clone id="msPostgresql">${primitive('pgsql', 'pgsql', pairs)}<meta_attributes id="m">${meta}</meta_attributes></clone>`;
const FENCE = '<primitive id="fence1" class="stonith" type="fence_x"/>';

interface Parts extends SnapshotParts {
  readonly before?: XmlElement;
  readonly definition?: XmlElement;
  readonly setup?: Partial<SetupSnapshot>;
}

const NEW_CLUSTER = { node1: STOPPED, node2: STOPPED, node3: STOPPED } as const;

const decide = ({ before = tree(''), definition = tree(database()), setup, ...parts }: Parts = {}) => {
  const { self, view, mon, resource } = snapshot({ nodes: NEW_CLUSTER, replInfo: undefined, ...parts });
  const result: Merged = merged(before, definition);
  const [old, now] = [configurationOf(before), result.configuration];
  return decideSetup({
    cluster: { self, view, mon, primitives: [] },
    config: configOf({ RESOURCE_LIST: 'msPostgresql' }),
    definitionFile: '/etc/pha/config.pcs',
    configFile: '/etc/pha/config.ini',
    before: old,
    after: now,
    merged: result,
    changes: changesBetween(old, now),
    database: resource,
    servers: [],
    takenAddresses: [],
    backupFile: '/b.xml',
    ...setup,
  });
};

const stepsOf = (parts?: Parts): readonly string[] => {
  const verdict = decide(parts);
  return verdict.kind === 'plan' ? verdict.plan.steps.map(({ kind }) => kind) : [verdict.kind];
};
const warningsOf = (parts?: Parts): readonly string[] => {
  const verdict = decide(parts);
  return verdict.kind === 'plan' ? verdict.plan.warnings : [verdict.kind];
};

t.test('a new cluster', async (t) => {
  t.same(stepsOf(), ['back-up', 'load', 'wait']);
  const verdict = decide();
  t.match(verdict.kind === 'plan' && verdict.plan.purpose, /resource pgsql is new \(ocf:pha:pgsql\)/);
});

t.test('nothing is loaded that is there already', async (t) => {
  t.match(decide({ before: tree(database()) }), { kind: 'nothing-to-do', sentence: /has the definition of/ });
});

t.test('what is switched off is not waited for', async (t) => {
  const off = '<nvpair id="t" name="target-role" value="Stopped"/>';
  t.same(stepsOf({ before: tree(database({}, off)), definition: tree(database({ a: 'b' })) }), [
    'back-up',
    'load',
  ]);
});

t.test('refusals', async (t) => {
  const primary = (...nodes: readonly string[]): Partial<SetupSnapshot> => ({
    servers: nodes.map((node) => ({ node, state: 'primary' })),
  });
  const cases: readonly (readonly [parts: Parts, code: number, sentence: RegExp])[] = [
    [{ quorum: false }, 102, /without quorum/],
    [
      { nodes: { node1: STOPPED } },
      10,
      /config\.ini, line 8: the cluster has no node node2 \(it has node1\);[^\n]*\n.*, line 9: [^\n]* node3 /,
    ],
    [{ setup: { takenAddresses: ['192.168.0.236 answers already'] } }, 10, /answers already/],
    [
      { before: tree(primitive('old', 'IPaddr2', { ip: '1' })), definition: tree(database({ ip: '1' })) },
      10,
      /the cluster's resource old has ip 1, as pgsql of the definition; remove one of them/,
    ],
    [
      { before: tree(FENCE), definition: tree(database(), propertySet('o', { 'stonith-enabled': 'false' })) },
      10,
      /turns fencing off .* fences with fence1/,
    ],
    [
      { setup: { master: 'node9' } },
      100,
      /node9 is no node of config\.ini; name one of node1, node2 and node3/,
    ],
    [
      { nodes: { ...NEW_CLUSTER, node2: { ...STOPPED, online: false } }, setup: { master: 'node2' } },
      10,
      /node2 is offline/,
    ],
    [
      { replInfo: 'node1|1|00000000050001B0', setup: { master: 'node2' } },
      10,
      /has recorded node1 as the primary.* run cls_reset_master node2/,
    ],
    [
      { nodes: { ...NEW_CLUSTER, node1: { role: 'promoted' } }, setup: { master: 'node2' } },
      10,
      /node1 is the primary; .* cls_online_switch node2/,
    ],
    [{ setup: primary('node1', 'node3') }, 10, /runs as a primary on node1 and node3; stop it where/],
    [
      { setup: { ...primary('node1'), master: 'node2' } },
      10,
      /runs as a primary on node1, and node2 is to be it/,
    ],
  ];
  for (const [parts, code, sentence] of cases) {
    const verdict = decide(parts);
    t.match(verdict, { kind: 'refused', code, sentence }, String(sentence));
  }
  const both = decide({ quorum: false, setup: { takenAddresses: ['x answers already'] } });
  t.match(both, { sentence: /without quorum[\s\S]*x answers already/ }, 'all at once');
});

t.test('a primary that was started by hand is taken over', async (t) => {
  const servers = [{ node: 'node1', state: 'primary' }] as const;
  t.same(stepsOf({ setup: { servers } }), ['back-up', 'adopt', 'load', 'wait']);
  t.same(stepsOf({ setup: { servers, master: 'node1' } }), ['back-up', 'adopt', 'load', 'wait']);
});

t.test('a server that cannot be asked may be the primary', async (t) => {
  const unknown = { node: 'node3', state: 'unknown', why: 'no entry in pg_hba.conf' } as const;
  const refused = { node: 'node2', state: 'refused', why: 'ECONNREFUSED' } as const;
  const primary = { node: 'node1', state: 'primary' } as const;
  const of = (master: string | undefined, ...servers: SetupSnapshot['servers']): Parts => ({
    setup: { servers, ...(master === undefined ? {} : { master }) },
  });
  t.match(decide(of(undefined, refused, unknown)), {
    kind: 'refused',
    code: 10,
    sentence:
      /on node2 cannot be seen from here \(ECONNREFUSED\); .* \(cls_setup node2\), or run cls_setup on node2\n.*node3/,
  });
  const offline = { nodes: { ...NEW_CLUSTER, node2: { ...STOPPED, online: false } } };
  t.same(stepsOf({ ...of(undefined, refused), ...offline }), ['back-up', 'load', 'wait'], 'not if offline');
  t.same(stepsOf(of('node2', refused)), ['back-up', 'load', 'wait'], 'one is named');
  t.same(stepsOf(of('node3', unknown)), ['back-up', 'adopt', 'load', 'wait'], 'it is named, and may run');
  t.same(
    stepsOf({ ...of(undefined, refused), replInfo: 'node1|1|00000000050001B0' }),
    ['back-up', 'load', 'wait'],
    'the cluster has a record',
  );
  const seen = of(undefined, primary, unknown);
  t.same(stepsOf(seen), ['back-up', 'adopt', 'load', 'wait'], 'one was seen');
  t.match(warningsOf(seen), [/on node3 could not be asked \(no entry in pg_hba\.conf\)/]);
});

t.test('what the operator should know', async (t) => {
  const running = {
    before: tree(database({ pgport: '5432' })),
    definition: tree(database({ pgport: '5433' })),
  };
  t.match(warningsOf({ ...running, nodes: { ...NEW_CLUSTER, node1: { role: 'promoted' } } }), [
    /Pacemaker restarts pgsql, whose parameters change/,
  ]);
  t.same(warningsOf(running), [], 'not where it does not run');
  t.match(warningsOf({ nodes: { ...NEW_CLUSTER, web1: STOPPED } }), [
    /the cluster has web1, which config\.ini/,
  ]);
  t.match(warningsOf({ before: tree(primitive('web', 'x')) }), [/stay as they are: web/]);
  const group = `<group id="g">${database()}</group>`;
  t.match(warningsOf({ before: tree(group) }), [/^resource g is removed from the cluster: the definition/]);
  t.match(warningsOf({ definition: tree(database(), propertySet('o', { 'stonith-enabled': 'false' })) }), [
    /there is no fencing/,
  ]);
  const config = configOf({ RESOURCE_LIST: '"msPostgres vip-master"' });
  t.match(warningsOf({ setup: { config } }), [
    /^config\.ini, line \d+: RESOURCE_LIST names msPostgres, which the cluster does not have$/,
    /RESOURCE_LIST names vip-master, which/,
    /RESOURCE_LIST does not name the database \(msPostgresql\), so it is not used/,
  ]);
});
