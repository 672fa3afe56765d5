import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { decideMonitor } from '../../../../../lib/pgsql/decide/monitor.ts';
import { EMPTY_MEMORY } from '../../../../../lib/pgsql/memory.ts';
import type { Snapshot } from '../../../../../lib/pgsql/snapshot.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import {
  aClusterView,
  aConfig,
  aPrimary,
  aReceiver,
  aSnapshot,
  aStandby,
  type ClusterParts,
  codeOf,
  kindsOf,
  LOCK,
  lsn,
  type NodeParts,
  published,
  RECORDED,
  rulesOf,
  running,
} from '../builders.ts';

/** The controller of node1 has ended and is back: its attributes are gone, PostgreSQL has run on. */
const FORGOTTEN: NodeParts = { dataStatus: 'LATEST' };
const aftermath = (parts: ClusterParts = {}) =>
  known(aClusterView({ ...parts, nodes: { node1: FORGOTTEN, ...parts.nodes } }));

const probe = (parts: Partial<Snapshot> = {}, config: Partial<PgsqlConfig> = {}) =>
  decideMonitor(aSnapshot({ isProbe: true, cluster: aftermath(), ...parts }), aConfig(config));

t.test('a primary of record whose score is gone keeps its place', async (t) => {
  const decision = probe();
  t.same(rulesOf(decision), ['probe.keeps-place']);
  t.same(kindsOf(decision), ['publish', 'rewrite']);
  t.same(published(decision), { 'node1 master-pgsql': '1000', 'node1 pgsql-status': 'PRI' });
  t.match(
    decision.outcome,
    { kind: 'again', atMost: { code: OcfExit.RUNNING_PROMOTED } },
    'Pacemaker plans by what the cluster has when the probe ends',
  );
  const later = probe({ round: 1 });
  t.same(later.steps, [], 'once');
  t.equal(codeOf(later), 'again');
  t.equal(codeOf(probe({}, { repMode: 'async' })), 'again', 'with rep_mode=async, too');
});

t.test('it ends when the cluster has the score', async (t) => {
  const decision = probe({ round: 2, cluster: known(aClusterView()) });
  t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED);
  t.same(decision.steps, []);
});

t.test('what the last monitor had to publish does not make it write everything twice', async (t) => {
  const unpublished = ['master-pgsql of node1 = 1000'];
  t.same(kindsOf(probe({ memory: { ...EMPTY_MEMORY, unpublished } })), ['publish', 'rewrite']);
});

t.test('who may not be primary gets nothing', async (t) => {
  const nothing = (what: string, decision: ReturnType<typeof probe>) => {
    t.equal(codeOf(decision), OcfExit.RUNNING_PROMOTED, what);
    t.same(decision.steps, [], what);
  };
  nothing('another one is recorded', probe({ cluster: aftermath({ replInfo: 'node2|2|0000000005000000' }) }));
  nothing('nobody is recorded', probe({ cluster: aftermath({ replInfo: null }) }));
  nothing('the record cannot be read', probe({ cluster: aftermath({ usedTimeline: 'two' }) }));
  nothing('it is not on the timeline of that record', probe({ server: running(aPrimary({ timeline: 3 })) }));
  nothing(
    'its promotion has not come to its end',
    probe({ cluster: aftermath({ nodes: { node1: { dataStatus: 'DISCONNECT' } } }) }),
  );
  nothing(
    'another one says that it is primary',
    probe({ cluster: aftermath({ nodes: { node2: { status: 'PRI' } } }) }),
  );
  nothing('there is no quorum', probe({ cluster: aftermath({ haveQuorum: false }) }));
  nothing(
    'the cluster has it that it may not',
    probe({ cluster: aftermath({ nodes: { node1: { ...FORGOTTEN, score: '-INFINITY' } } }) }),
  );
  nothing('the cluster cannot be asked', probe({ cluster: unknown('cibadmin timed out') }));
  nothing('an arbiter has the lock, which a probe does not renew', probe({}, { lock: LOCK }));
});

t.test('a standby gets nothing, whatever is recorded', async (t) => {
  const server = running(aStandby({ receiver: aReceiver({ latestEndLsn: lsn('0/5000100') }) }));
  const decision = probe({ server, cluster: aftermath({ replInfo: RECORDED }) });
  t.equal(codeOf(decision), OcfExit.SUCCESS);
  t.same(decision.steps, []);
});
