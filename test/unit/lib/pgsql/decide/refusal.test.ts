import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import type { Decision } from '../../../../../lib/pgsql/decide/decision.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { decideNotify } from '../../../../../lib/pgsql/decide/notify.ts';
import { decidePromote } from '../../../../../lib/pgsql/decide/promote.ts';
import { LOOKS_TO_HEAR_OF_OTHERS } from '../../../../../lib/pgsql/decide/refusing-primary.ts';
import { decideDemote, decideStop } from '../../../../../lib/pgsql/decide/stop.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import type { ControlData } from '../../../../../lib/postgres/control-data.ts';
import type { SyncNames } from '../../../../../lib/postgres/sync-names.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aControlFile,
  aDisk,
  aLockView,
  aLostStandby,
  aNotification,
  aPrimary,
  aReceiver,
  aSender,
  aSnapshot,
  aStandby,
  codeOf,
  HELD,
  kindsOf,
  LOCK,
  lockFacts,
  lsn,
  NOTHING_ANNOUNCED,
  type NodeParts,
  published,
  REFUSAL,
  refusing,
  rulesOf,
  running,
  SILENT,
  stepOf,
  stopped,
} from '../builders.ts';

const all = (...nodes: string[]): SyncNames => ({ kind: 'all', nodes });
const controlled = (parts: Partial<ControlData>, standbySignal = false): Snapshot['disk'] =>
  aDisk({ control: known(aControlFile(parts)), standbySignal });
const primaryDisk = controlled({ state: 'in production' });
const standbyDisk = controlled({ state: 'in archive recovery' }, true);

/** This monitor is the nth in a row that is refused. */
const nth = (look: number): Memory => ({ ...EMPTY_MEMORY, refusals: look - 1 });
const SECOND = nth(2);
const LATE = nth(LOOKS_TO_HEAR_OF_OTHERS);

const monitor = (parts: Partial<Snapshot> = {}, config: Partial<PgsqlConfig> = {}): Decision =>
  decideMonitor(
    aSnapshot({ server: refusing(), disk: primaryDisk, memory: SECOND, ...parts }),
    aConfig(config),
  );
const nodes = (parts: Readonly<Record<string, NodeParts>>) => known(aClusterView({ nodes: parts }));

const TOLD = `28000 ${REFUSAL}`.slice(0, 100);
const SYNC = { status: 'HS:sync', score: '100', dataStatus: 'STREAMING|SYNC' };
const OFFLINE = { node2: { online: false, dataStatus: 'STREAMING|SYNC' } };
/** The same mistake is there. */
const REFUSES = { node2: { ...SYNC, status: 'HS:alone', score: '-INFINITY', refuses: TOLD } };

t.test('a primary that refuses the agent, while nobody else can take over', async (t) => {
  t.test('goes on, and says so at the second monitor', async (t) => {
    const first = monitor({ cluster: nodes(REFUSES), memory: EMPTY_MEMORY });
    t.equal(codeOf(first), OcfExit.RUNNING_PROMOTED);
    t.same(rulesOf(first), ['monitor.refuses-agent']);
    t.same(first.steps, []);
    const second = monitor({ cluster: nodes(REFUSES), memory: first.memory });
    t.equal(codeOf(second), OcfExit.RUNNING_PROMOTED);
    t.match(published(second), { 'node1 pgsql-refuses-agent': TOLD });
    const again = monitor({ cluster: nodes(REFUSES), memory: first.memory, round: 1 });
    t.equal(again.memory.refusals, 1, 'a second look of one monitor is none of its own');
  });
  t.test('vouches for nobody, and releases nobody', async (t) => {
    const decision = monitor({ cluster: nodes({ ...REFUSES, node3: SYNC }) });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
    t.same(kindsOf(decision), ['publish'], 'node3 can take over');
    const none = monitor({
      cluster: nodes({ ...REFUSES, node3: { ...SYNC, standby: true } }),
      memory: nth(9),
    });
    t.same(kindsOf(none), ['publish', 'record']);
    t.same(stepOf(none, 'record'), {
      kind: 'record',
      dataStatus: { node2: 'DISCONNECT', node3: 'DISCONNECT' },
    });
    t.same(published(none), {
      'node1 pgsql-refuses-agent': TOLD,
      'node3 master-pgsql': '-INFINITY',
    });
    const unmarked = {
      node1: { status: 'PRI', score: '1000', dataStatus: 'LATEST', refuses: TOLD },
      node2: { ...REFUSES.node2, dataStatus: 'DISCONNECT' },
    };
    t.same(monitor({ cluster: nodes(unmarked), memory: nth(9) }).steps, [], 'once');
    t.same(
      kindsOf(monitor({ cluster: nodes(REFUSES) }, { repMode: 'async' })),
      ['publish'],
      'no marks there',
    );
  });
  t.test('has the score of a primary where it is the recorded one', async (t) => {
    const lost = { ...REFUSES, node1: { dataStatus: 'LATEST' } };
    t.match(published(monitor({ cluster: nodes(lost) })), {
      'node1 pgsql-status': 'PRI',
      'node1 master-pgsql': '1000',
    });
    const tentative = aClusterView({ replInfo: 'node2|2|0000000005000000', nodes: lost });
    t.same(published(monitor({ cluster: known(tentative) })), { 'node1 pgsql-refuses-agent': TOLD });
  });
  t.test('marks anew when the file is right', async (t) => {
    const decision = monitor({
      server: running(aPrimary({ senders: [aSender('node2', { syncState: 'sync' })] })),
      cluster: nodes({
        node1: { status: 'PRI', score: '1000', dataStatus: 'LATEST', refuses: TOLD },
        node2: { status: 'HS:alone', score: '-INFINITY', dataStatus: 'DISCONNECT' },
        node3: { online: false, dataStatus: 'DISCONNECT' },
      }),
    });
    t.equal(decision.memory.refusals, undefined);
    t.ok('node1 pgsql-refuses-agent' in published(decision));
    t.equal(published(decision)['node1 pgsql-refuses-agent'], undefined);
    t.ok(kindsOf(decision).includes('configure') || decision.outcome.kind === 'again', 'it begins to mark');
  });
  t.test('is kept going for as long as it cannot be given up', async (t) => {
    const code = (cluster: Snapshot['cluster'], config: Partial<PgsqlConfig> = {}) =>
      codeOf(monitor({ cluster, memory: nth(99) }, config));
    const node2 = (parts: NodeParts) => nodes({ node2: { ...SYNC, ...parts } });
    const goesOn = OcfExit.RUNNING_PROMOTED;
    t.equal(code(nodes(REFUSES)), goesOn, 'it refuses, too');
    t.equal(code(nodes(OFFLINE)), goesOn);
    t.equal(code(node2({ dataStatus: 'STREAMING|POTENTIAL' })), goesOn, 'it may lack something');
    t.equal(code(node2({ status: 'STOP' })), goesOn);
    t.equal(code(node2({ score: '-INFINITY' })), goesOn);
    t.equal(code(node2({ standby: true })), goesOn, 'its node is in standby mode');
    t.equal(code(node2({ shutdown: '1795370000' })), goesOn, 'its node shuts down');
    t.equal(
      code(known(aClusterView({ haveQuorum: false }))),
      goesOn,
      'another may have been promoted already',
    );
    t.equal(code(unknown('cibadmin timed out')), goesOn);
    const connected = { node3: { status: 'HS:alone', score: '99', dataStatus: 'DISCONNECT' } };
    t.equal(code(nodes({ ...REFUSES, ...connected }), { repMode: 'async' }), goesOn);
  });
});

t.test('a primary that refuses the agent, while another node can take over', async (t) => {
  t.test('fails, once that one could have said that it refuses, too', async (t) => {
    let memory: Memory = EMPTY_MEMORY;
    for (let look = 1; look < LOOKS_TO_HEAR_OF_OTHERS; look++) {
      const decision = monitor({ memory });
      t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED, `monitor ${look}`);
      t.notOk(kindsOf(decision).includes('record'), 'it keeps its mark meanwhile');
      ({ memory } = decision);
    }
    const decision = monitor({ memory });
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED);
    t.same(rulesOf(decision), ['primary.refuses-agent']);
    t.match(decision.outcome, {
      exitReason: `PostgreSQL refuses the agent: ${REFUSAL}; node2 can take over`,
    });
    t.same(decision.steps, []);
  });
  t.test('with rep_mode=async one that streams', async (t) => {
    const node3 = { status: 'HS:async', score: '99', dataStatus: 'STREAMING|ASYNC' };
    const decision = monitor({ cluster: nodes({ ...REFUSES, node3 }), memory: LATE }, { repMode: 'async' });
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED);
  });
  t.test('fails also where it has lost that one: its mark says that it has everything', async (t) => {
    const decision = monitor({ cluster: nodes({ node2: { ...SYNC, status: 'HS:alone' } }), memory: LATE });
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED);
  });
  t.test('is alive and nothing else where it has no connection left', async (t) => {
    const server = refusing({ kind: 'too-many-clients', sqlState: '53300' });
    const decision = monitor({ server, memory: nth(99) });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
    t.same(rulesOf(decision), ['monitor.no-connection-left']);
    t.same(decision.steps, []);
  });
});

t.test('a refusal', async (t) => {
  t.test('is the word of the server alone', async (t) => {
    const server = refusing();
    if (server.state !== 'running' || server.answer.ok) throw new Error('it refuses');
    const { sqlState: _, ...failure } = server.answer.failure;
    const decision = monitor({ server: { ...server, answer: { ok: false, failure } } });
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED, 'a password file that cannot be read');
    for (const sqlState of ['28P01', '42501', '3D000'])
      t.equal(codeOf(monitor({ server: refusing({ sqlState }) })), OcfExit.RUNNING_PROMOTED, sqlState);
    const broken = refusing({ kind: 'sql', sqlState: 'XX001' });
    t.equal(codeOf(monitor({ server: broken })), OcfExit.FAILED_PROMOTED);
  });
  t.test(
    'is that of a primary by its control file, whatever signal file somebody has put there',
    async (t) => {
      t.equal(codeOf(monitor({ disk: { ...primaryDisk, standbySignal: true } })), OcfExit.RUNNING_PROMOTED);
      const unread = aDisk({ control: unknown('pg_controldata is not there') });
      t.equal(codeOf(monitor({ disk: unread })), OcfExit.RUNNING_PROMOTED);
      t.equal(codeOf(monitor({ disk: { ...unread, standbySignal: true } })), OcfExit.SUCCESS);
    },
  );
  t.test('is only told by a probe, and where the cluster cannot be asked', async (t) => {
    for (const decision of [
      monitor({ isProbe: true, cluster: unknown('a probe does not ask'), memory: nth(9) }),
      monitor({ cluster: unknown('cibadmin timed out'), memory: nth(9) }),
    ]) {
      t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
      t.same(decision.steps, []);
    }
  });
  t.test('is shown where nothing is published', async (t) => {
    for (const repMode of ['none', 'slave'] as const)
      t.match(monitor({ memory: EMPTY_MEMORY }, { repMode }).outcome, {
        code: OcfExit.SUCCESS,
        exitReason: `PostgreSQL runs, but refuses the agent: ${REFUSAL}`,
      });
  });
  t.test('of monitor_user is none of the agent', async (t) => {
    const healthy = aSnapshot().server;
    if (healthy.state !== 'running' || !healthy.answer.ok) throw new Error('it answers');
    const answer = { ...healthy.answer, monitorUserRefused: 'password authentication failed' };
    const decision = monitor({ server: { ...healthy, answer } });
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
    t.match(decision.reasons.at(-1), {
      rule: 'monitor.refuses-monitor-user',
      level: 'warn',
      because: /password authentication failed$/,
    });
    t.equal(published(decision)['node1 pgsql-refuses-agent'], undefined);
  });
  t.test('is published as one short line, and anew only with another SQLSTATE', async (t) => {
    const told = (message: string, refuses?: string) =>
      published(
        monitor({
          self: 'node2',
          server: refusing({ message }),
          disk: standbyDisk,
          cluster: nodes({ node2: refuses === undefined ? SYNC : { ...SYNC, refuses } }),
        }),
      )['node2 pgsql-refuses-agent'];
    t.equal(told('one\n\ttwo\u0007\u0085'), '28000 one  two  ');
    t.equal(told('x\u{1F418}'.repeat(99)), `28000 ${'x\u{1F418}'.repeat(47)}`);
    t.equal(told('a client at port 5', '28000 a client at port 4'), undefined, 'it stays');
    t.equal(told('no role', '28P01 wrong password'), '28000 no role');
  });
  t.test('objects to a promotion beside a primary', async (t) => {
    const announced = aNotification('pre', 'promote', {
      active: ['node1', 'node2'],
      unpromoted: ['node1', 'node2'],
      promote: ['node2'],
    });
    const objects = (disk: Snapshot['disk']) =>
      rulesOf(decideNotify(aSnapshot({ server: refusing(), disk, notify: announced, announced }), aConfig()));
    t.same(objects({ ...primaryDisk, standbySignal: true }), ['election.primary-objects']);
    t.same(objects(standbyDisk), ['notify.nothing']);
  });
});

t.test('a primary that refuses the agent, and that another one has superseded', async (t) => {
  const superseded = (
    node2: NodeParts,
    checkpointTimeline = 2,
    parts: { readonly usedTimeline?: number | string } = {},
  ) =>
    monitor({
      memory: EMPTY_MEMORY,
      disk: controlled({ state: 'in production', checkpointTimeline }),
      cluster: known(aClusterView({ replInfo: 'node2|2|0000000005000000', nodes: { node2 }, ...parts })),
    });
  t.test('stands down at once', async (t) => {
    const decision = superseded({ status: 'PRI', dataStatus: 'LATEST' });
    t.same(rulesOf(decision), ['primary.superseded']);
    t.equal(codeOf(decision), OcfExit.FAILED_PROMOTED);
    t.match(stepOf(decision, 'stop'), { first: 'immediate' });
  });
  t.test('not by a promotion that has not come to its end', async (t) => {
    t.equal(codeOf(superseded({ ...SYNC, status: 'HS:sync' })), OcfExit.RUNNING_PROMOTED);
  });
  t.test('not by an earlier one, which a restored configuration has brought back', async (t) => {
    const gone = { online: false, dataStatus: 'LATEST' };
    t.same(rulesOf(superseded(gone)), ['primary.superseded']);
    t.same(rulesOf(superseded(gone, 3)), ['monitor.refuses-agent'], 'its own timeline is a later one');
    t.same(rulesOf(superseded(gone, 3, { usedTimeline: 3 })), ['primary.superseded'], 'that was given up');
    t.same(rulesOf(superseded(gone, 3, { usedTimeline: 'x' })), ['primary.superseded'], 'unreadable');
    t.same(rulesOf(superseded({ ...gone, online: true }, 3)), ['primary.superseded'], 'it may be there');
    const stopped = { online: true, status: 'STOP', dataStatus: 'LATEST' };
    t.same(rulesOf(superseded(stopped, 3)), ['monitor.refuses-agent']);
    const unread = monitor({
      disk: aDisk({ control: unknown('pg_controldata is not there') }),
      cluster: known(aClusterView({ replInfo: 'node2|2|0000000005000000', nodes: { node2: gone } })),
    });
    t.same(rulesOf(unread), ['primary.superseded']);
  });
});

t.test('two nodes and an arbiter', async (t) => {
  const lockOf = (aloneOwner: string) =>
    lockFacts({
      question: {
        kind: 'renewed',
        answer: { ok: true, value: { acquired: HELD, aloneOwner, database: undefined } },
      },
      guard: { quitAtMs: 1_006_000, objection: undefined },
    });
  const decide = (parts: Partial<Snapshot>) =>
    monitor(
      { cluster: known(aLockView()), memory: LATE, lock: lockOf(''), ...parts },
      { lock: LOCK, nodeList: ['node1', 'node2'] },
    );
  t.test('it fails where the other one would get the lock', async (t) => {
    t.equal(codeOf(decide({})), OcfExit.FAILED_PROMOTED);
    t.equal(codeOf(decide({ lock: lockOf('node2') })), OcfExit.FAILED_PROMOTED);
  });
  t.test('nobody takes over by a mark that proves nothing, nor who does not reach the arbiter', async (t) => {
    const alone = decide({ lock: lockOf('node1') });
    t.equal(codeOf(alone), OcfExit.RUNNING_PROMOTED);
    t.equal(kindsOf(alone)[0], 'guard', 'the lease is renewed all the same');
    const silent = { node2: { ...SYNC, arbiter: 'silent|node1|1|x|2026-11-22T01:00:00Z' } };
    t.equal(codeOf(decide({ cluster: known(aLockView({ nodes: silent })) })), OcfExit.RUNNING_PROMOTED);
  });
  t.test('where the arbiter is silent, the guard ends PostgreSQL as ever', async (t) => {
    const lock = lockFacts({
      question: { kind: 'renewed', answer: SILENT },
      guard: { quitAtMs: 1_006_000, objection: undefined },
    });
    t.equal(codeOf(decide({ lock })), 'again', 'it is asked until then');
    const over = { ...lock, guard: { quitAtMs: 1_000_000, objection: undefined } };
    t.same(kindsOf(decide({ lock: over })), ['stop']);
    t.equal(codeOf(decide({ lock: over })), OcfExit.FAILED_PROMOTED);
  });
});

t.test('a standby that refuses the agent', async (t) => {
  const standby = { self: 'node2', server: refusing(), disk: standbyDisk };
  t.test('goes on, says at the second monitor that it does, and may not take over', async (t) => {
    for (const failure of [{}, { kind: 'too-many-clients', sqlState: '53300', message: 'sorry' }] as const) {
      const server = refusing(failure);
      const first = monitor({ ...standby, server, memory: EMPTY_MEMORY });
      t.equal(codeOf(first), OcfExit.SUCCESS);
      t.same(first.steps, []);
      const second = monitor({ ...standby, server, memory: first.memory });
      t.equal(codeOf(second), OcfExit.SUCCESS);
      t.same(published(second), {
        'node2 master-pgsql': '-INFINITY',
        'node2 pgsql-refuses-agent': 'message' in failure ? '53300 sorry' : TOLD,
        'node2 pgsql-status': 'HS:alone',
      });
    }
  });
  const refuses = REFUSES.node2;
  const primaryOf = (node2: NodeParts) => decideMonitor(aSnapshot({ cluster: nodes({ node2 }) }), aConfig());
  t.test('is replaced by one that can', async (t) => {
    const decision = primaryOf(refuses);
    t.same(stepOf(decision, 'configure').settings.syncNames, all('node2', 'node3'));
    t.equal(published(decision)['node2 master-pgsql'], undefined, 'its score is not given back');
  });
  t.test('is waited for where there is no other that is near', async (t) => {
    const decision = decideMonitor(
      aSnapshot({
        cluster: nodes({ node2: refuses, node3: { online: false, dataStatus: 'DISCONNECT' } }),
        server: running(aPrimary({ senders: [aSender('node2', { syncState: 'sync' })] })),
      }),
      aConfig(),
    );
    t.same(decision.steps, []);
    const far = aPrimary({
      senders: [aSender('node2', { syncState: 'sync' }), aSender('node3', { flushLsn: lsn('0/1000000') })],
    });
    t.same(
      decideMonitor(aSnapshot({ cluster: nodes({ node2: refuses }), server: running(far) }), aConfig()).steps,
      [],
    );
  });
  t.test('has its score back when the file is right again', async (t) => {
    const own = decideMonitor(
      aSnapshot({
        self: 'node2',
        server: running(aStandby({ receiver: aReceiver() })),
        disk: standbyDisk,
        cluster: nodes({ node2: refuses }),
        memory: nth(9),
      }),
      aConfig(),
    );
    t.same(published(own), { 'node2 pgsql-refuses-agent': undefined, 'node2 pgsql-status': 'HS:sync' });
    t.equal(own.memory.refusals, undefined);
    const { refuses: _, ...lets } = refuses;
    t.same(published(primaryOf(lets)), { 'node2 master-pgsql': '100' });
  });
  t.test('is not promoted, and says at once why', async (t) => {
    const promote = (server: Snapshot['server'], memory = EMPTY_MEMORY) =>
      decidePromote(
        aLostStandby({
          server,
          memory,
          announced: { ...NOTHING_ANNOUNCED, active: ['node2', 'node3'], promote: ['node2'] },
        }),
        aConfig(),
      );
    const decision = promote(refusing());
    t.equal(codeOf(decision), OcfExit.GENERIC);
    t.match(decision.outcome, { exitReason: /^not promoted: PostgreSQL refuses the agent: pg_hba/ });
    t.same(published(decision), {
      'node2 master-pgsql': '-INFINITY',
      'node2 pgsql-refuses-agent': TOLD,
    });
    const begun = promote(refusing(), { ...EMPTY_MEMORY, started: true });
    t.match(begun.outcome, { kind: 'again', waitingFor: 'PostgreSQL to accept connections' });
    t.same(begun.steps, [], 'it may be a primary already');
    const full = promote(refusing({ kind: 'too-many-clients', sqlState: '53300' }));
    t.match(full.outcome, { kind: 'again', atMost: { ms: 5000, code: OcfExit.GENERIC } });
  });
  t.test('is a demoted primary, too, once it has been started', async (t) => {
    const demote = (memory: Memory) =>
      decideDemote(aSnapshot({ server: refusing(), disk: standbyDisk, memory }), aConfig());
    t.same(kindsOf(demote(EMPTY_MEMORY)), ['stop'], 'for which it need not be asked');
    const started = demote({ ...EMPTY_MEMORY, started: true });
    t.equal(codeOf(started), OcfExit.SUCCESS);
    t.match(published(started), { 'node1 pgsql-status': 'HS:alone', 'node1 master-pgsql': '-INFINITY' });
  });
  t.test('refuses nobody when it is stopped', async (t) => {
    const decision = decideStop(
      aSnapshot({ self: 'node2', server: stopped(), cluster: nodes({ node2: refuses }) }),
      aConfig(),
    );
    t.same(published(decision), { 'node2 pgsql-status': 'STOP', 'node2 pgsql-refuses-agent': undefined });
  });
});
