import { databaseAssignment, FORMAT, resourceOf } from '../../../../../lib/commands/doctor/assignment.ts';
import { balancersOf } from '../../../../../lib/commands/doctor/balancer.ts';
import type { Examination } from '../../../../../lib/commands/doctor/examine-nodes.ts';
import type {
  CorosyncFacts,
  DatabaseFacts,
  Login,
  NodeFacts,
  ServerFacts,
  ServerSetting,
} from '../../../../../lib/commands/doctor/facts/facts.ts';
import type { Situation } from '../../../../../lib/commands/doctor/situation.ts';
import type { MonInstance } from '../../../../../lib/pacemaker/crm-mon.ts';
import { parseDefinition } from '../../../../../lib/pacemaker/definition.ts';
import { parsePrimitives } from '../../../../../lib/pacemaker/resources.ts';
import { parseHba } from '../../../../../lib/postgres/hba.ts';
import { type Fact, known } from '../../../../../lib/system/fact.ts';
import { cib, propertySet } from '../../pacemaker/cib-builder.ts';
import { snapshot } from '../status/builders.ts';

export const NODES = ['node1', 'node2', 'node3'] as const;

const numberOf = (node: string): string => /\d+$/.exec(node)?.[0] ?? '9';
export const addressOf = (node: string): string => `192.168.0.23${numberOf(node)}`;
export const macOf = (node: string): string => `02:00:00:00:00:0${numberOf(node)}`;
export const WRITE_VIP = '192.168.0.236';
export const GOOD_HBA = 'host replication replication 192.168.0.0/24 scram-sha-256';

const GOOD_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  full_page_writes: 'on',
  hot_standby: 'on',
  hot_standby_feedback: 'on',
  listen_addresses: '*',
  max_connections: '100',
  max_locks_per_transaction: '64',
  max_prepared_transactions: '0',
  max_replication_slots: '10',
  max_slot_wal_keep_size: '10240MB',
  max_wal_senders: '10',
  max_wal_size: '1024MB',
  max_worker_processes: '8',
  port: '5432',
  restart_after_crash: 'off',
  synchronous_commit: 'on',
  synchronous_standby_names: '"node2"',
  wal_keep_size: '256MB',
  wal_level: 'replica',
  wal_log_hints: 'on',
  wal_receiver_timeout: '5000ms',
  wal_retrieve_retry_interval: '500ms',
  wal_sender_timeout: '5000ms',
};

const settings = (values: Readonly<Record<string, string>>): Readonly<Record<string, ServerSetting>> =>
  Object.fromEntries(
    Object.entries({ ...GOOD_SETTINGS, ...values }).map(([name, value]) => [
      name,
      { value, file: '/data/postgresql.conf', line: 1, pendingRestart: false },
    ]),
  );

/** What a test changes of a node that is well. */
export interface NodeParts {
  readonly settings?: Readonly<Record<string, string>>;
  readonly server?: Partial<ServerFacts>;
  readonly stopped?: boolean;
  readonly database?: Partial<DatabaseFacts>;
  readonly hba?: string;
  readonly corosync?: Partial<CorosyncFacts>;
  readonly corosyncValues?: Readonly<Record<string, string>>;
  readonly facts?: Partial<NodeFacts>;
  readonly clockAheadMs?: number;
  /** In place of facts: why there are none. */
  readonly notExamined?: string;
}

export interface Parts {
  readonly nodes?: Readonly<Record<string, NodeParts>>;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly cloneMeta?: Readonly<Record<string, string>>;
  readonly operations?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly resources?: string;
  readonly constraints?: string;
  /** Besides the database and the write address. */
  readonly instances?: readonly MonInstance[];
  readonly status?: Parameters<typeof snapshot>[0];
  readonly situation?: Partial<Situation>;
}

const login = (node: string | null, as: Login['as']): Login => ({
  node,
  host: node === null ? WRITE_VIP : addressOf(node),
  as,
  result: { kind: 'in', lacks: [] },
});

export const refusal = (
  node: string | null,
  as: Login['as'],
  message: string,
  failure: 'auth' | 'refused' = 'auth',
): Login => ({ ...login(node, as), result: { kind: 'out', failure, message } });

const OPERATIONS =
  '<op id="a" name="monitor" interval="4s"/><op id="b" name="monitor" interval="3s" role="Promoted"/>';

function corosyncFacts(names: readonly string[], parts: NodeParts): CorosyncFacts {
  const list = names.flatMap((name, i) => [
    [`nodelist.node.${i}.name`, name],
    [`nodelist.node.${i}.ring0_addr`, addressOf(name)],
  ]);
  const values = { ...Object.fromEntries(list), 'totem.token': '3000', ...parts.corosyncValues };
  return {
    running: true,
    values: known(values),
    fileDigest: known('same'),
    deviceVotes: known({}),
    ...parts.corosync,
  };
}

function nodeFacts(node: string, names: readonly string[], parts: NodeParts): NodeFacts {
  const others = [null, ...names.filter((other) => other !== node)];
  const server: ServerFacts = {
    versionNumber: 150014,
    inRecovery: node !== 'node1',
    settings: settings(parts.settings ?? {}),
    slots: [],
    overrides: [],
    hbaErrors: [],
    ...parts.server,
  };
  const database: DatabaseFacts = {
    control: known({
      systemIdentifier: '7000000000000000001',
      state: 'in production',
      dataChecksums: false,
      walLogHints: true,
    }),
    server: parts.stopped ? { kind: 'stopped' } : { kind: 'answers', server },
    files: known({
      lines: Object.entries({ ...GOOD_SETTINGS, ...parts.settings })
        .filter(([name]) => name !== 'synchronous_standby_names')
        .map(([name, value], i) => ({ name, value, file: '/data/postgresql.conf', line: i + 1 })),
      problems: [],
      agentFile: '/tmp/rep_mode.conf',
    }),
    hba: known({ path: '/data/pg_hba.conf', lines: parseHba(parts.hba ?? GOOD_HBA) }),
    logins: others.flatMap((other) => [login(other, 'replication'), login(other, 'sql')]),
    spaces: (['data', 'WAL'] as const).map((holds) => ({
      holds,
      path: `/${holds}`,
      space: known({ freeBytes: 80e9, totalBytes: 100e9 }),
    })),
    ...parts.database,
  };
  const vip = { device: 'eth0', address: WRITE_VIP, prefixLength: 24, mac: macOf(node), loopback: false };
  return {
    format: FORMAT,
    hostName: node,
    clusterName: known(node),
    clock: { beganMs: 0, endedMs: 0 },
    versions: {
      pha: known('0.1.0'),
      build: known('abc'),
      nodejs: known('20.1.0'),
      pacemaker: known('2.1.5'),
      corosync: known('3.1.7'),
      postgresql: known('15.14'),
    },
    missingAgents: [],
    addresses: [
      { device: 'lo', address: '127.0.0.1', prefixLength: 8, mac: '00:00:00:00:00:00', loopback: true },
      { ...vip, address: addressOf(node) },
      ...(node === 'node1' ? [vip] : []),
    ],
    names: Object.fromEntries(names.map((name) => [name, [addressOf(name)]])),
    vips: [
      {
        address: WRITE_VIP,
        heldBy: node === 'node1' ? 'eth0' : null,
        answers: known(node === 'node1' ? [] : [macOf('node1')]),
      },
    ],
    corosync: corosyncFacts(names, parts),
    secrets: [
      {
        kind: 'passfile',
        path: '/home/.pgpass',
        found: known({ mode: 0o600, ownerUid: 100 }),
        wanted: { ownerName: 'postgres', ownerUid: 100 },
      },
      {
        kind: 'config.ini',
        path: '/etc/pha/config.ini',
        found: known(null),
        wanted: { ownerName: 'root', ownerUid: 0 },
      },
    ],
    database: known(database),
    balancers: [],
    arbiter: null,
    ...parts.facts,
  };
}

const meta = (id: string, pairs: Readonly<Record<string, string>>): string =>
  `<meta_attributes id="${id}">${Object.entries(pairs)
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('')}</meta_attributes>`;

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('the builder is wrong');
  return value;
};

const PROPERTIES = { 'stonith-enabled': 'true', 'transition-delay': '20ms' };

/** A cluster in which nothing is wrong but what the test says. Frozen, so that an accidental write fails. */
export function situation(parts: Parts = {}): Situation {
  const names = Object.keys(parts.nodes ?? {}).length > 0 ? Object.keys(parts.nodes ?? {}) : [...NODES];
  const parameters = {
    rep_mode: 'sync',
    master_ip: WRITE_VIP,
    repuser: 'replication',
    primary_conninfo_opt: 'passfile=/home/.pgpass',
    ...parts.parameters,
  };
  const nvpairs = Object.entries(parameters)
    .map(([name, value]) => `<nvpair id="p-${name}" name="${name}" value="${value}"/>`)
    .join('');
  const xml = cib({
    crmConfig: propertySet('o', { ...PROPERTIES, ...parts.options }),
    resources: `<clone id="msPostgresql">${meta('m', { promotable: 'true', notify: 'true', ...parts.cloneMeta })}
      <primitive id="pgsql" class="ocf" provider="pha" type="pgsql"><instance_attributes id="i">${nvpairs}</instance_attributes>
      <operations>${parts.operations ?? OPERATIONS}</operations></primitive></clone>
      <primitive id="vip-master" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="v"><nvpair id="v-ip" name="ip" value="${WRITE_VIP}"/></instance_attributes></primitive>
      ${parts.resources ?? '<primitive id="fence" class="stonith" type="fence_x"/>'}`,
    constraints: parts.constraints ?? '',
  });
  const parsed = parsePrimitives(xml);
  const definition = parseDefinition(xml);
  if (!parsed.ok || !definition.ok) throw new Error('the builder is wrong');
  const { view, mon } = snapshot({
    nodes: Object.fromEntries(
      names.map((name, i) => [name, { role: i === 0 ? ('promoted' as const) : ('unpromoted' as const) }]),
    ),
    options: { ...PROPERTIES, ...parts.options },
    ...parts.status,
  });
  const pgsql = must(parsed.primitives.find(({ id }) => id === 'pgsql'));
  const made = must(resourceOf(databaseAssignment(pgsql)));
  const at = { resource: 'vip-master', role: 'started', nodes: ['node1'] } as const;
  return Object.freeze({
    self: 'node1',
    cluster: {
      view,
      mon: {
        ...mon,
        instances: [
          ...mon.instances,
          { ...at, managed: true, blocked: false, failed: false },
          ...(parts.instances ?? []),
        ],
      },
      primitives: parsed.primitives,
      definition: definition.definition,
    },
    resource: { ...made, name: 'msPostgresql', promotable: true, meta: pgsql.meta },
    source: 'cluster',
    configProblems: [],
    configPath: '/etc/pha/config.ini',
    nodes: names,
    vips: [{ name: 'vip-master', address: WRITE_VIP, hasDevice: false }],
    balancers: balancersOf(parsed.primitives),
    examinations: new Map(
      names.map((node): [string, Fact<Examination>] => {
        const own = parts.nodes?.[node] ?? {};
        if (own.notExamined !== undefined) return [node, { known: false, reason: own.notExamined }];
        return [
          node,
          known({
            facts: nodeFacts(node, names, own),
            clock: { aheadMs: own.clockAheadMs ?? 0, errorMs: 100 },
          }),
        ];
      }),
    ),
    ...parts.situation,
  } satisfies Situation);
}
