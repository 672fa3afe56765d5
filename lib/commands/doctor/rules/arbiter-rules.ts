import { judgeTimes, namedLock } from '../../../pgsql/lock/parameters.ts';
import { beforeInit } from '../../arbiter/before-init.ts';
import { WHEN_ALL_IS_WELL } from '../../arbiter/change-of-arbiter.ts';
import { enumerate } from '../../cli/text.ts';
import type { ArbiterFacts } from '../facts/facts.ts';
import { byValue, type Finding, finding, type Rule } from '../rule.ts';
import { databases, examined, type Situation } from '../situation.ts';
import { intervalsOf } from './intervals.ts';

const GROUP = 'Arbiter';

interface Asked {
  readonly node: string;
  readonly arbiter: ArbiterFacts;
}

interface Answered {
  readonly nodes: readonly string[];
  readonly where: string;
  readonly lock: string;
  readonly answer: Extract<ArbiterFacts['answer'], { kind: 'answers' }>;
}

const askedOf = (situation: Situation): readonly Asked[] =>
  examined(situation).flatMap(({ node, facts: { arbiter } }) =>
    arbiter === null ? [] : [{ node, arbiter }],
  );

/** What was answered, once, though every node has asked. */
const answeredOf = (situation: Situation): readonly Answered[] => {
  const answers = askedOf(situation).flatMap(({ node, arbiter: { where, lock, answer } }) =>
    answer.kind === 'answers' ? [{ node, value: { where, lock, answer } }] : [],
  );
  return byValue(answers, (value) => JSON.stringify(value)).map(({ value, nodes }) => ({ ...value, nodes }));
};

const ofAnswer =
  (find: (answered: Answered, situation: Situation) => readonly Finding[]): Rule['find'] =>
  (situation) => {
    const answered = answeredOf(situation);
    return answered.length === 0 ? undefined : answered.flatMap((each) => find(each, situation));
  };

/** Names another arbiter or another lock. */
const update = ({ resource }: Situation, parameter: string): string =>
  `distlock CONNINFO init LOCK for what is new, then pcs resource update ${resource?.id ?? 'pgsql'} ${parameter}; ${WHEN_ALL_IS_WELL}`;

/** The lock of two nodes, and the PostgreSQL that decides about it. */
export const arbiterRules: readonly Rule[] = [
  {
    id: 'arbiter-reached',
    group: GROUP,
    checks: 'every node reaches the arbiter and may use the lock',
    find: (situation) => {
      const asked = askedOf(situation);
      if (asked.length === 0) return undefined;
      const failures = asked.flatMap(({ node, arbiter: { answer } }) =>
        answer.kind === 'answers' || answer.kind === 'not-initialised'
          ? []
          : [{ node, value: answer.sentence }],
      );
      return byValue(failures).map(({ value, nodes }) =>
        finding(
          'error',
          nodes,
          `${enumerate(nodes)} cannot use the lock, and without it nobody is promoted: ${value}`,
        ),
      );
    },
  },
  {
    id: 'arbiter-initialised',
    group: GROUP,
    checks: 'the arbiter has the lock and the row beside it',
    find: (situation) => {
      const asked = askedOf(situation);
      if (asked.length === 0) return undefined;
      const wanting = asked.flatMap(({ node, arbiter: { where, lock, answer } }) => {
        if (answer.kind === 'not-initialised') return [{ node, value: answer.sentence, lock }];
        return answer.kind === 'answers' && !answer.hasRowAlone
          ? [{ node, value: `the arbiter ${where} has the lock ${lock}, but no row ${lock}#alone`, lock }]
          : [];
      });
      const lock = wanting[0]?.lock;
      const { cluster, resource } = situation;
      const first =
        cluster === undefined || resource === undefined ? '' : beforeInit({ ...cluster, resource });
      return byValue(wanting).map(({ value, nodes }) =>
        finding(
          'error',
          nodes,
          `${value}${first}`,
          `${first === '' ? '' : 'when the last primary is back: '}distlock CONNINFO init ${lock}`,
        ),
      );
    },
  },
  {
    id: 'arbiter-durable',
    group: GROUP,
    checks: 'the arbiter writes to its disk what it has promised, and takes writes',
    find: ofAnswer(({ nodes, where, answer: { fsync, inRecovery } }, situation) => [
      ...(inRecovery
        ? [
            finding(
              'error',
              nodes,
              `the arbiter ${where} is a standby and takes no writes; name the server that does`,
              update(situation, 'distlock_conninfo=CONNINFO'),
            ),
          ]
        : []),
      ...(fsync
        ? []
        : [
            finding(
              'error',
              nodes,
              `fsync is off on the arbiter ${where}: after a crash it may give a lock away that somebody has`,
              'on the arbiter: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();',
            ),
          ]),
    ]),
  },
  {
    id: 'arbiter-outside',
    group: GROUP,
    checks: 'the arbiter is none of the databases that it decides about',
    find: ofAnswer(({ where, answer: { systemIdentifier } }, situation) => {
      const same = databases(situation)
        .filter(
          ({ database: { control } }) => control.known && control.value.systemIdentifier === systemIdentifier,
        )
        .map(({ node }) => node);
      return same.length === 0
        ? []
        : [
            finding(
              'error',
              same,
              `the arbiter ${where} is the database of this cluster itself: with it the lock is lost, too; name a PostgreSQL on a third machine`,
              update(situation, 'distlock_conninfo=CONNINFO'),
            ),
          ];
    }),
  },
  {
    id: 'arbiter-same',
    group: GROUP,
    checks: 'every node asks the same arbiter',
    find: (situation) => {
      const answered = answeredOf(situation);
      if (answered.length === 0) return undefined;
      const identified = answered.flatMap(({ nodes, answer: { systemIdentifier: value } }) =>
        value === '' ? [] : nodes.map((node) => ({ node, value })),
      );
      const servers = byValue(identified);
      const whose = servers.map(
        ({ nodes, value }) => `${enumerate(nodes)} the one with the identifier ${value}`,
      );
      return servers.length < 2
        ? []
        : [
            finding(
              'error',
              servers.flatMap(({ nodes }) => nodes),
              `as the arbiter ${answered[0]?.where} the nodes reach different servers, each of which gives its node the lock: ${whose.join(', ')}; name one on a third machine by an address that is the same everywhere`,
              update(situation, 'distlock_conninfo=CONNINFO'),
            ),
          ];
    },
  },
  {
    id: 'arbiter-lock-own',
    group: GROUP,
    checks: 'the lock is of this cluster alone',
    find: ofAnswer(({ nodes, lock, answer: { owner } }, situation) =>
      owner === '' || situation.nodes.includes(owner) || situation.cluster?.view.nodes.has(owner) === true
        ? []
        : [
            finding(
              'error',
              nodes,
              `${owner} has the lock ${lock}, and is no node of this cluster: give each cluster a lock of its own`,
              update(situation, 'distlock_lockname=LOCK'),
            ),
          ],
    ),
  },
  {
    id: 'arbiter-lock-database',
    group: GROUP,
    checks: "the lock is of this cluster's database, and not of a cluster whose nodes have the same names",
    find: ofAnswer(({ nodes, lock, answer: { database } }, situation) => {
      if (database === null)
        return [
          finding(
            'warning',
            nodes,
            `the lock ${lock} has no row ${lock}#database: another cluster with the same names of nodes could use it, too, and nobody would notice`,
            `distlock CONNINFO init ${lock}`,
          ),
        ];
      const mine = databases(situation).flatMap(({ database: { control } }) =>
        control.known ? [control.value.systemIdentifier] : [],
      );
      return database === '' || mine.length === 0 || mine.includes(database)
        ? []
        : [
            finding(
              'error',
              nodes,
              `the lock ${lock} is of the database with the system identifier ${database}, and here it is ${mine[0]}: nobody is promoted here. Give each cluster a lock of its own; or, if that database was here before, as before pg_upgrade: distlock CONNINFO unlock ${lock}#database ${database}`,
              update(situation, 'distlock_lockname=LOCK'),
            ),
          ];
    }),
  },
  {
    id: 'arbiter-lease',
    group: GROUP,
    checks: 'the lease is long enough for the monitors',
    find: (situation) => {
      const { resource } = situation;
      const named = resource === undefined ? undefined : namedLock(resource.parameters);
      if (!named?.ok || named.value === undefined) return undefined;
      const { primaryMs, standbyMs } = intervalsOf(situation);
      return judgeTimes(named.value, { monitorMs: primaryMs, standbyMonitorMs: standbyMs }).map(
        ({ sentence, endsPrimary }) => finding(endsPrimary ? 'error' : 'warning', [], sentence),
      );
    },
  },
];
