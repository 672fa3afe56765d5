import t from 'tap';
import { isRecorded, judgeConfirmation, untilEnough } from '../../../../lib/pgsql/confirm.ts';
import type { StepArguments } from '../../../../lib/pgsql/steps.ts';
import { aClusterView, type ClusterParts, lsn, NAMES } from './builders.ts';

const wanted = (parts: Partial<StepArguments['confirm']>): StepArguments['confirm'] => ({
  dataStatus: {},
  notSync: [],
  ...parts,
});
const recorded = (parts: Partial<StepArguments['confirm']>, cluster?: ClusterParts) =>
  isRecorded(aClusterView(cluster), NAMES, wanted(parts));

t.test('what a copy of the CIB must say', async (t) => {
  t.ok(recorded({ dataStatus: { node3: 'STREAMING|ASYNC' } }));
  t.notOk(recorded({ dataStatus: { node3: 'DISCONNECT' } }));
  t.notOk(recorded({ notSync: ['node2'] }));
  t.ok(recorded({ notSync: ['node3'] }));
  t.ok(recorded({ notSync: ['stranger'] }), 'a node that is not there is not marked');
  t.notOk(recorded({ dataStatus: { stranger: 'LATEST' } }));
});

t.test('REPL_INFO is compared to the last character', async (t) => {
  const replInfo = { node: 'node1', timeline: 1, end: lsn('0/4000000') };
  t.ok(recorded({ replInfo }));
  t.notOk(recorded({ replInfo: { ...replInfo, end: lsn('0/4000001') } }));
  t.notOk(recorded({ replInfo }, { replInfo: null }));
});

t.test('that REPL_INFO is empty can be wanted, too', async (t) => {
  const says = (replInfoText: string, cluster?: ClusterParts) =>
    isRecorded(aClusterView(cluster), NAMES, { ...wanted({}), replInfoText });
  t.ok(says('', { replInfo: null }));
  t.notOk(says(''));
  t.ok(says('node1|1|0000000004000000'));
  t.notOk(says('node1|1|0000000004000000', { replInfo: null }));
});

t.test('a majority of all nodes, not of those that answer', async (t) => {
  t.same(judgeConfirmation(3, ['a', 'b'], ['c']), { ok: true });
  t.match(judgeConfirmation(3, ['a'], ['b', 'c']), {
    ok: false,
    reason: 'recorded on a only, not on b, c: 2 of 3 nodes must have it before commits may go on',
  });
  t.equal(judgeConfirmation(2, ['a'], ['b']).ok, false, 'half is none');
  t.equal(judgeConfirmation(4, ['a', 'b'], ['c', 'd']).ok, false);
  t.equal(judgeConfirmation(5, ['a', 'b', 'c'], []).ok, true);
  t.equal(judgeConfirmation(1, ['a'], []).ok, true);
});

t.test('no more are asked than are needed, as long as they answer', async (t) => {
  const answers: Record<string, boolean | undefined> = { yes: true, also: true, third: true, no: false };
  const asking = async (peers: readonly string[], needed: number) => {
    const asked: string[] = [];
    const confirmed = await untilEnough(
      peers,
      needed,
      async (peer) => {
        asked.push(peer);
        return answers[peer] ?? new Promise<boolean>(() => {});
      },
      5,
    );
    return { asked, confirmed };
  };
  t.same(await asking(['yes', 'also'], 1), { asked: ['yes'], confirmed: ['yes'] });
  t.same(await asking(['no', 'yes', 'also'], 1), { asked: ['no', 'yes'], confirmed: ['yes'] });
  t.same(await asking(['silent', 'yes', 'also'], 1), {
    asked: ['silent', 'yes', 'also'],
    confirmed: ['yes'],
  });
  t.same(await asking(['yes', 'no'], 2), { asked: ['yes', 'no'], confirmed: ['yes'] });
  t.same(await asking(['yes', 'also', 'third', 'no'], 2), {
    asked: ['yes', 'also'],
    confirmed: ['yes', 'also'],
  });
  t.same(await asking([], 1), { asked: [], confirmed: [] });
  t.same(await asking(['yes'], 0), { asked: [], confirmed: [] });
});
