import t from 'tap';
import type { Held } from '../../../../../lib/distlock/arbiter.ts';
import { clusterFacts } from '../../../../../lib/pgsql/cluster-facts.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { LOOKS_TO_BECOME_FIT, UNWATCHED_MINUTES } from '../../../../../lib/pgsql/decide/hand-over.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { decidePrimary } from '../../../../../lib/pgsql/decide/primary.ts';
import type { LockFacts } from '../../../../../lib/pgsql/lock/facts.ts';
import { EMPTY_MEMORY, type Memory, parseMemory, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import type { PrimaryState } from '../../../../../lib/postgres/server-state.ts';
import { known } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aDisk,
  aPrimary,
  aSender,
  aSnapshot,
  HEALTHY,
  HELD,
  kindsOf,
  LOCK,
  lockFacts,
  lsn,
  NAMES,
  type NodeParts,
  published,
  RECORDED,
  REFUSAL,
  rulesOf,
  running,
  SILENT,
  stepOf,
} from '../builders.ts';

interface Parts {
  readonly nodes?: Readonly<Record<string, NodeParts>>;
  readonly state?: PrimaryState;
  readonly config?: Partial<PgsqlConfig>;
  readonly memory?: Memory;
  readonly haveQuorum?: boolean;
  readonly leaving?: readonly string[];
  readonly lock?: LockFacts;
}

/** The primary looked for a switch a moment ago. */
const WATCHING: Memory = { ...EMPTY_MEMORY, watchedMinute: 16 };

const decide = ({
  nodes = {},
  state = aPrimary(),
  config = {},
  memory = WATCHING,
  haveQuorum = true,
  leaving = [],
  lock,
}: Parts) => {
  const view = aClusterView({
    haveQuorum,
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([name, parts]) => [name, { ...HEALTHY[name], ...parts }]),
    ),
  });
  const names = state.settings.synchronousStandbyNames;
  return decidePrimary(
    aSnapshot({
      cluster: known(view),
      server: running(state),
      memory,
      disk: aDisk(names === undefined ? {} : { syncNames: known(names) }),
      ...(lock === undefined ? {} : { lock }),
    }),
    aConfig({ ...config, ...(lock === undefined ? {} : { lock: LOCK }) }),
    clusterFacts(view, NAMES),
    state,
    leaving,
  );
};

const NAMED: NodeParts = { switchFrom: RECORDED };

t.test(
  'the synchronous standby gets the highest score at once, and the attribute goes with it',
  async (t) => {
    const decision = decide({ nodes: { node2: NAMED } });
    t.equal(decision.reasons[0].rule, 'switch.hand-over');
    t.same(
      decision.steps,
      [
        { kind: 'publish', changes: [{ node: 'node2', name: NAMES.switchFrom, value: undefined }] },
        { kind: 'publish', changes: [{ node: 'node2', name: NAMES.score, value: '2000' }] },
      ],
      'the attribute first: Pacemaker ends this monitor as soon as it sees the score',
    );
  },
);

t.test('what was not acted upon is taken back by the next monitor', async (t) => {
  const decision = decide({ nodes: { node2: { score: '2000' } } });
  t.equal(decision.reasons[0].rule, 'switch.not-promoted');
  t.same(published(decision), { 'node2 master-pgsql': '100' });
});

t.test('another standby becomes the synchronous one first', async (t) => {
  const first = decide({ nodes: { node3: NAMED } });
  t.same(rulesOf(first).slice(0, 2), ['switch.wait', 'sync.wait-for']);
  t.same(stepOf(first, 'configure').settings.syncNames, { kind: 'all', nodes: ['node2', 'node3'] });
  t.same(published(first), {}, 'no score yet');

  const both = aPrimary({
    names: { kind: 'all', nodes: ['node2', 'node3'] },
    senders: [aSender('node2', { syncState: 'sync' }), aSender('node3', { syncState: 'sync' })],
  });
  const marked = { node3: { ...NAMED, dataStatus: 'STREAMING|SYNC' } };
  const release = decide({ nodes: marked, state: both });
  t.same(rulesOf(release).slice(0, 2), ['switch.hand-over', 'sync.release']);
  t.same(kindsOf(release), ['publish', 'record', 'confirm', 'configure', 'reload', 'publish', 'publish']);
  t.same(published(release), {
    'node2 master-pgsql': '-INFINITY',
    'node3 master-pgsql': '2000',
    'node3 pgsql-switch-from': undefined,
  });
});

t.test('who cannot take over without loss or a long wait is not handed over to', async (t) => {
  const far = aSender('node2', { syncState: 'sync', flushLsn: lsn('0/1000000') });
  const table: readonly (readonly [string, Parts, RegExp])[] = [
    ['no quorum', { haveQuorum: false }, /no quorum/],
    ['being stopped', { leaving: ['node2'] }, /is being stopped/],
    ['not connected', { state: aPrimary({ senders: [aSender('node3')] }) }, /does not stream/],
    ['refusing its agent', { nodes: { node2: { ...NAMED, refuses: REFUSAL } } }, /refuses its agent/],
    ['far behind', { state: aPrimary({ senders: [far] }) }, /67108864 bytes behind/],
    [
      'far behind, async',
      { state: aPrimary({ senders: [far] }), config: { repMode: 'async' } },
      /bytes behind/,
    ],
    ['not marked', { nodes: { node2: { ...NAMED, dataStatus: 'STREAMING|POTENTIAL' } } }, /do not wait/],
  ];
  for (const [name, parts, sentence] of table) {
    const decision = decide({ nodes: { node2: NAMED }, ...parts });
    const why = decision.reasons.find(({ rule }) => rule === 'switch.wait');
    t.match(why?.because, sentence, name);
    t.not(published(decision)['node2 master-pgsql'], '2000', name);
    t.notOk(
      'node2 pgsql-switch-from' in published(decision),
      `${name}: the attribute stays for the next look`,
    );
  }
});

t.test('with rep_mode=async a standby that streams is handed over to', async (t) => {
  const decision = decide({
    nodes: { node3: NAMED },
    config: { repMode: 'async' },
    state: aPrimary({ names: { kind: 'none' } }),
  });
  t.equal(published(decision)['node3 master-pgsql'], '2000');
});

t.test('with an arbiter, only to one that will get the lock', async (t) => {
  const lock = (parts: Partial<Held> = {}) =>
    lockFacts({
      question: {
        kind: 'renewed',
        answer: { ok: true, value: { acquired: HELD, aloneOwner: '', database: '', ...parts } },
      },
    });
  const named = { node2: { ...NAMED, arbiter: 'reached' } };
  t.equal(rulesOf(decide({ nodes: named, lock: lock() }))[0], 'switch.hand-over');
  const silent = lockFacts({ question: { kind: 'renewed', answer: SILENT } });
  const cases = [
    [{ nodes: named, lock: silent }, /cannot be handed over: no answer/],
    [{ nodes: named, lock: lockFacts({}) }, /the arbiter was not asked/],
    [
      { nodes: { node2: { ...NAMED, arbiter: `silent|${RECORDED}|2026-11-22T01:00:00Z` } }, lock: lock() },
      /node2 does not reach the arbiter/,
    ],
    [{ nodes: named, lock: lock({ aloneOwner: 'node1' }) }, /commits do not wait for node2 alone yet/],
  ] as const;
  for (const [parts, because] of cases) {
    const decision = decide(parts);
    const found = decision.reasons.find(({ rule }) => rule === 'switch.wait');
    t.match(found?.because, because);
    t.not(published(decision)['node2 master-pgsql'], '2000');
  }
});

t.test('after so many looks it is given up', async (t) => {
  const state = aPrimary({ senders: [aSender('node3')] });
  let memory: Memory = WATCHING;
  for (let look = 1; look <= LOOKS_TO_BECOME_FIT; look++) {
    const decision = decide({ nodes: { node2: NAMED }, state, memory });
    t.equal(decision.reasons[0].rule, 'switch.wait');
    memory = parseMemory(serializeMemory(decision.memory));
    t.same(memory.switchLooks, { node: 'node2', looks: look });
  }
  const last = decide({ nodes: { node2: NAMED }, state, memory });
  t.equal(last.reasons[0].rule, 'switch.given-up');
  t.ok('node2 pgsql-switch-from' in published(last), 'the attribute is removed');
  t.equal(last.memory.switchLooks, undefined);
});

t.test('an attribute about another primary, or on this node, means nothing and is removed', async (t) => {
  const decision = decide({
    nodes: { node1: { switchFrom: RECORDED }, node2: { switchFrom: 'node3|1|0000000003000000' } },
  });
  t.same(rulesOf(decision), ['sync.steady']);
  t.same(published(decision), { 'node1 pgsql-switch-from': undefined, 'node2 pgsql-switch-from': undefined });
});

t.test('of two that were named one after the other, one takes over', async (t) => {
  const decision = decide({ nodes: { node2: NAMED, node3: NAMED } });
  t.same(published(decision), {
    'node2 master-pgsql': '2000',
    'node2 pgsql-switch-from': undefined,
    'node3 pgsql-switch-from': undefined,
  });
});

t.test('not in the first monitor after parameters were reloaded', async (t) => {
  const view = aClusterView({ nodes: { node2: { ...HEALTHY.node2, ...NAMED } } });
  const monitor = (memory: Memory, round = 0) =>
    decideMonitor(aSnapshot({ cluster: known(view), memory, round }), aConfig());
  const reloaded = parseMemory(serializeMemory({ ...WATCHING, monitorsSinceReload: 0 }));
  const first = monitor(reloaded);
  t.equal(first.reasons[0].rule, 'switch.wait');
  t.equal(monitor(first.memory, 1).reasons[0].rule, 'switch.wait', 'nor in its further looks');
  const second = monitor(parseMemory(serializeMemory(first.memory)));
  t.equal(second.reasons[0].rule, 'switch.hand-over');
  t.equal(second.memory.monitorsSinceReload, undefined);
});

t.test('one that was asked for while nobody looked is withdrawn', async (t) => {
  for (const memory of [EMPTY_MEMORY, { ...EMPTY_MEMORY, watchedMinute: 16 - UNWATCHED_MINUTES - 1 }]) {
    const decision = decide({ nodes: { node2: NAMED }, memory });
    t.equal(decision.reasons[0].rule, 'switch.stale');
    t.same(published(decision), { 'node2 pgsql-switch-from': undefined });
    t.equal(
      decision.memory.watchedMinute,
      memory.watchedMinute,
      'until it is gone, it stays one that nobody watched',
    );
  }
  const late = decide({
    nodes: { node2: NAMED },
    memory: { ...EMPTY_MEMORY, watchedMinute: 16 - UNWATCHED_MINUTES },
  });
  t.equal(late.reasons[0].rule, 'switch.hand-over');
});
