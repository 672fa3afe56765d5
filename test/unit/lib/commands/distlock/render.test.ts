import t from 'tap';
import { describeState, renderReport, reportJson } from '../../../../../lib/commands/distlock/render.ts';

const state = { owner: 'node1', renewedAt: '2026-11-21T17:02:11.000001Z', ageMs: 2100, leaseMs: 9000 };

t.test('the lock in words', async (t) => {
  t.equal(describeState(state), 'node1 has it: renewed 2.1 s ago, 6.9 s left of 9 s');
  t.equal(describeState({ ...state, owner: '' }), 'nobody has it');
  t.equal(
    describeState({ ...state, ageMs: 309_000 }),
    'node1 had it, and the lease ended 5 min ago: it is to be had',
  );
  t.match(
    describeState({ ...state, ageMs: -3_600_000 }),
    /renewed in what is now the future of the arbiter, 60 min left/,
  );
});

const history = [
  { owner: 'node1', at: '2026-11-21T17:02:00.123456Z', ageMs: 13_000 },
  { owner: '', at: '2026-11-21T17:01:00.000000Z', ageMs: 73_000 },
];

t.test('who had it before', async (t) => {
  t.equal(
    renderReport('distlock:pg', { state, history }),
    `distlock:pg: node1 has it: renewed 2.1 s ago, 6.9 s left of 9 s

when                      ago  owner
2026-11-21 17:02:00 UTC  13 s  node1
2026-11-21 17:01:00 UTC  73 s  (released)
`,
  );
  t.match(renderReport('distlock:pg', { state, history: [] }), /No change of the owner is recorded/);
  t.same(reportJson('distlock:pg', { state, history }), {
    lock: 'distlock:pg',
    condition: 'held',
    owner: 'node1',
    renewedAt: '2026-11-21T17:02:11.000001Z',
    ageSeconds: 2.1,
    leaseSeconds: 9,
    remainingSeconds: 6.9,
    history: [
      { owner: 'node1', at: '2026-11-21T17:02:00.123456Z', ageSeconds: 13 },
      { owner: null, at: '2026-11-21T17:01:00.000000Z', ageSeconds: 73 },
    ],
  });
});
