import t from 'tap';
import type { DeviceSnapshot } from '../../../../../lib/commands/status/observe-device.ts';
import { statusReport } from '../../../../../lib/commands/status/report.ts';
import { deviceRules } from '../../../../../lib/commands/status/rules/device-rules.ts';
import type { DeviceVotes } from '../../../../../lib/pacemaker/quorum-device.ts';
import { known, unknown } from '../../../../../lib/system/fact.ts';
import { type NodeParts, OFFLINE, PRIMARY, STOPPED, SYNC, snapshot } from './builders.ts';

const BOTH: DeviceVotes = { node1: 'votes', node2: 'votes' };
const device = (votes: DeviceVotes, actsAloneInMs: number | undefined = 0): DeviceSnapshot => ({
  votes: known(votes),
  actsAloneInMs: known(actsAloneInMs),
});
const PAIR = { node1: PRIMARY, node2: SYNC };
const seen = (
  asked: DeviceSnapshot,
  nodes: Readonly<Record<string, NodeParts>> = PAIR,
  parts: Parameters<typeof snapshot>[0] = {},
) => snapshot({ nodes, parameters: { quorum_device: 'true' }, device: asked, ...parts });
const LEFT = { node1: OFFLINE, node2: SYNC };
const alone = (actsAloneInMs: number | undefined) =>
  seen({ votes: known({ node2: 'votes' }), actsAloneInMs: known(actsAloneInMs) }, LEFT, { self: 'node2' });

const CASES: readonly (readonly [string, ReturnType<typeof snapshot>, string | undefined, RegExp])[] = [
  ['all is well', seen(device(BOTH, undefined)), undefined, /^$/],
  ['no quorum device is asked for', snapshot({ nodes: PAIR }), undefined, /^$/],
  [
    'corosync-qnetd is down',
    seen(device({ node1: 'silent', node2: 'silent' })),
    'device-silent',
    /^the quorum device does not vote for node1 and node2: if a node is lost now, nobody takes over, and commits wait\. Bring/,
  ],
  [
    'one does not reach it',
    seen(device({ node1: 'votes', node2: 'silent' })),
    'device-silent',
    /does not vote for node2: if the other node is lost now, node2 does not take over/,
  ],
  [
    'the other one has the vote',
    seen(device({ node1: 'silent' }), { node1: STOPPED, node2: OFFLINE }, { quorum: false }),
    'device-silent',
    /does not vote for node1: either the other node has its vote, or/,
  ],
  [
    'the daemon does not run',
    seen(device({ node1: 'absent', node2: 'votes' })),
    'device-silent',
    /^corosync-qdevice does not run on node1/,
  ],
  ['there is none', seen(device({})), 'device-silent', /Corosync has no quorum device/],
  [
    'Corosync does not answer',
    seen({ votes: unknown('corosync-quorumtool timed out'), actsAloneInMs: unknown('timed out') }),
    'device-silent',
    /is unknown: corosync-quorumtool timed out/,
  ],
  [
    'a standby that waits until it may take over',
    alone(8_200),
    'device-alone',
    /^node2 goes on without node1 in 9 s, if it keeps quorum/,
  ],
  [
    'one that was without quorum meanwhile',
    alone(undefined),
    'device-alone',
    /^node2 does not go on without node1: .* Start node1\.$/,
  ],
  [
    'a primary whose commits wait for nobody',
    seen(device({ node1: 'votes' }, 5_000), { node1: PRIMARY, node2: OFFLINE }),
    undefined,
    /^$/,
  ],
];

t.test('what is wrong with the quorum device', async (t) => {
  const ids = deviceRules.map(({ id }) => id);
  for (const [name, snapshotOf, id, sentence] of CASES) {
    const found = statusReport(snapshotOf).problems.filter((problem) => ids.includes(problem.id));
    t.strictSame(
      found.map((problem) => problem.id),
      id === undefined ? [] : [id],
      name,
    );
    t.match(found[0]?.sentence ?? '', sentence, name);
  }
});

t.test('who would not be promoted, whoever names it, is not to be named', async (t) => {
  const commandOf = (actsAloneInMs: number | undefined) => {
    const left = { node1: OFFLINE, node2: { ...SYNC, score: '-INFINITY' } };
    const asked = { votes: known({ node2: 'votes' as const }), actsAloneInMs: known(actsAloneInMs) };
    const { problems } = statusReport(seen(asked, left, { self: 'node2' }));
    return problems.find(({ id }) => id === 'no-primary')?.command;
  };
  t.equal(commandOf(undefined), undefined);
  t.equal(commandOf(0), 'cls_reset_master NODE');
});

t.test('whom it votes for', async (t) => {
  t.match(JSON.stringify(statusReport(seen(device(BOTH))).deviceVotes), '"node2":"votes"');
  t.equal(statusReport(snapshot()).deviceVotes, null);
});
