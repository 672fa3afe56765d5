import { type CallEnvironment, OcfExit, type ParameterProblem } from '../../heartbeat-ocf/index.ts';
import { parseConninfo } from '../postgres/conninfo.ts';
import { namedLock, objectionsToTimes, objectionToUnlock, parameterOf } from './lock/parameters.ts';
import type { PgsqlParameters } from './params.ts';
import { slotName } from './replication.ts';

/** NAMEDATALEN - 1, the longest name of a slot. */
const SLOT_NAME_MAX = 63;

/** What the agent itself puts into primary_conninfo. */
const OWN_KEYWORDS = ['host', 'hostaddr', 'port', 'user', 'application_name', 'service'];

export const objectionToSlotPrefix = (value: string): string | undefined =>
  /^[a-z0-9_]+$/.test(value)
    ? undefined
    : 'may only have lower case letters, digits and underscores; change it';

/** The value may hold a password, so that it is never repeated. */
export const objectionToConninfoOptions = (value: string): string | undefined => {
  const parsed = parseConninfo(value);
  if (!parsed.ok) return `is no list of keyword=value (${parsed.reason}); correct it`;
  const own = OWN_KEYWORDS.find((keyword) => parsed.value.has(keyword));
  return own === undefined ? undefined : `sets ${own}, which the agent decides; remove it`;
};

const wrong = (parameter: keyof PgsqlParameters, sentence: string): ParameterProblem => ({
  parameter,
  code: OcfExit.CONFIGURED,
  sentence,
});

type Rule = (values: PgsqlParameters, call: CallEnvironment) => readonly ParameterProblem[];

const masterIp: Rule = ({ rep_mode, master_ip }) =>
  rep_mode !== 'none' && master_ip === ''
    ? [wrong('master_ip', `master_ip is missing; rep_mode ${rep_mode} needs the primary's address`)]
    : [];

/** Only calls of the cluster tell what kind of clone the resource is. */
const cloneKind: Rule = ({ rep_mode }, { promotable }) => {
  if (promotable === undefined) return [];
  const replicates = rep_mode === 'async' || rep_mode === 'sync';
  if (replicates === promotable) return [];
  return replicates
    ? [
        wrong(
          'rep_mode',
          `rep_mode ${rep_mode} needs a promotable clone; create the resource with "promotable"`,
        ),
      ]
    : [
        wrong(
          'rep_mode',
          `rep_mode ${rep_mode} has no promotion; use async or sync, or a resource that is not promotable`,
        ),
      ];
};

const enoughForSync: Rule = ({ rep_mode, node_list, external_standby_node_list }) =>
  rep_mode === 'sync' && node_list.length === 1 && external_standby_node_list.length === 0
    ? [wrong('node_list', `node_list is "${node_list[0]}" alone; rep_mode sync needs at least two nodes`)]
    : [];

const apart: Rule = ({ node_list, external_standby_node_list }) => {
  const both = external_standby_node_list.find((name) => node_list.includes(name));
  return both === undefined
    ? []
    : [
        wrong(
          'external_standby_node_list',
          `external_standby_node_list has ${both}, which is in node_list; remove it from one`,
        ),
      ];
};

/** Pacemaker compares names of nodes without regard to case. Probes, which run on every node, tolerate this. */
const ownNode: Rule = ({ rep_mode, node_list }, { node }) => {
  if (rep_mode === 'none' || node_list.length === 0 || node === undefined) return [];
  if (node_list.some((name) => name.toLowerCase() === node.toLowerCase())) return [];
  // of this node, not of the whole cluster
  return [
    {
      parameter: 'node_list',
      code: OcfExit.ARGS,
      sentence: `node_list does not have ${node}; add it, or ban the resource from this node`,
    },
  ];
};

const slots: Rule = ({ replication_slot_name: prefix, node_list }, { node }) => {
  if (prefix === '') return [];
  const nodes = node_list.length > 0 ? node_list : node === undefined ? [] : [node];
  const named = nodes.map((name) => ({ name, slot: slotName(prefix, name) }));
  const long = named.find(({ slot }) => slot.length > SLOT_NAME_MAX);
  if (long !== undefined) {
    return [
      wrong(
        'replication_slot_name',
        `the slot name ${long.slot} is longer than ${SLOT_NAME_MAX} characters; shorten replication_slot_name`,
      ),
    ];
  }
  const twin = named.find(({ slot }, index) => named.findIndex((other) => other.slot === slot) < index);
  return twin === undefined
    ? []
    : [wrong('node_list', `two nodes of node_list would share the slot ${twin.slot}; rename one of them`)];
};

const passwordNeedsUser: Rule = ({ monitor_user, monitor_password }) =>
  monitor_password !== '' && monitor_user === ''
    ? [wrong('monitor_user', 'monitor_user is missing though monitor_password is set; set it')]
    : [];

const ownTmpdir: Rule = ({ pgdata, tmpdir }) =>
  withSlash(tmpdir) === withSlash(pgdata)
    ? [wrong('tmpdir', `tmpdir is "${tmpdir}", the data directory; give it a directory of its own`)]
    : [];

/** Of the monitor of a primary: what the templates have, and the agent advises. */
const MONITOR_MS = 3_000;

const lock: Rule = (values) => {
  if (!values.enable_distlock) return [];
  if (values.rep_mode !== 'async' && values.rep_mode !== 'sync')
    return [
      wrong(
        'enable_distlock',
        `enable_distlock is for rep_mode sync and async; remove it with rep_mode ${values.rep_mode}`,
      ),
    ];
  const named = namedLock(values);
  if (!named.ok) return [wrong(parameterOf(values), named.reason)];
  const nodes = values.node_list.length;
  if (nodes > 2)
    return [
      wrong(
        'enable_distlock',
        `enable_distlock is for two nodes, and node_list has ${nodes}: a majority of them decides; remove it`,
      ),
    ];
  if (named.value === undefined || named.value.leaseMs >= 2 * MONITOR_MS) return [];
  const parameter = values.distlock_conninfo === '' ? 'distlock_lock_cmd' : 'distlock_lease_seconds';
  return objectionsToTimes(named.value, MONITOR_MS).map((sentence) => wrong(parameter, sentence));
};

const quorumDevice: Rule = (values) => {
  if (!values.quorum_device) return [];
  const nodes = values.node_list.length;
  return [
    ...(values.enable_distlock
      ? [
          wrong(
            'quorum_device',
            'quorum_device and enable_distlock are both true: one of them decides between two nodes; set one of them to false',
          ),
        ]
      : []),
    ...(nodes > 2
      ? [
          wrong(
            'quorum_device',
            `quorum_device is for two nodes, and node_list has ${nodes}: a majority of them decides; remove it`,
          ),
        ]
      : []),
  ];
};

const withSlash = (path: string): string => `${path.replace(/\/+/g, '/').replace(/\/$/, '')}/`;

const RULES: readonly Rule[] = [
  masterIp,
  cloneKind,
  enoughForSync,
  apart,
  ownNode,
  slots,
  passwordNeedsUser,
  ownTmpdir,
  lock,
  quorumDevice,
];

/** What is wrong with parameters that are each well-formed. Pure. */
export const checkParameters: Rule = (values, call) => RULES.flatMap((rule) => rule(values, call));

const listNotice = ({ distlock_lockservice_deadcheck_nodelist: nodes }: PgsqlParameters) =>
  nodes.length === 0
    ? []
    : [
        `distlock_lockservice_deadcheck_nodelist has ${nodes.join(' and ')}: when the arbiter is silent, a failing ssh there ends the primary; empty is better, since the standby is heard anyway`,
      ];

/** What works and yet deserves a word to the administrator. Pure. */
export const parameterNotices = (values: PgsqlParameters, call: CallEnvironment): readonly string[] => {
  const notices: string[] = [];
  if (values.restart_on_promote) {
    notices.push('restart_on_promote is ignored; a returning primary keeps its timeline without it');
  }
  if ((values.rep_mode === 'async' || values.rep_mode === 'sync') && call.notify === false) {
    notices.push(
      'the clone has notify=false; set the meta attribute notify=true, else no election is held when the primary is lost',
    );
  }
  const named = namedLock(values);
  if (named.ok && named.value !== undefined)
    notices.push(...objectionsToTimes(named.value, call.intervalMs || MONITOR_MS), ...listNotice(values));
  const unlock = objectionToUnlock(values);
  if (unlock !== undefined) notices.push(unlock);
  if (withSlash(values.tmpdir).startsWith(withSlash(values.pgdata))) {
    notices.push(`tmpdir "${values.tmpdir}" is below the data directory; rebuilding a standby overwrites it`);
  }
  if (values.max_lag_on_failover > 0 && values.rep_mode !== 'async') {
    notices.push(`max_lag_on_failover has no effect in rep_mode ${values.rep_mode}`);
  }
  return notices;
};
