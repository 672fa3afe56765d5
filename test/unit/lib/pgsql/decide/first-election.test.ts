import t from 'tap';
import { clusterFacts } from '../../../../../lib/pgsql/cluster-facts.ts';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { electWithoutPrimary, type FirstElection } from '../../../../../lib/pgsql/decide/first-election.ts';
import {
  type ElectionNote,
  electionRound,
  formatElectionNote,
} from '../../../../../lib/pgsql/election-note.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../../lib/pgsql/memory.ts';
import type { Disk } from '../../../../../lib/pgsql/snapshot.ts';
import { known } from '../../../../../lib/system/fact.ts';
import {
  aConfig,
  aDisk,
  aLostStandby,
  type ClusterParts,
  lsn,
  NAMES,
  REFUSAL,
  rulesOf,
  withoutPrimary,
} from '../builders.ts';

const note = (text: string, timeline = 2): ElectionNote => ({
  round: 'set by elect()',
  position: { timeline, lsn: lsn(text) },
});

interface Parts {
  readonly own?: ElectionNote;
  readonly others?: Readonly<Record<string, ElectionNote>>;
  readonly cluster?: ClusterParts;
  readonly config?: Partial<PgsqlConfig>;
  readonly memory?: Memory;
}

/** As node2 sees it. */
const elect = ({
  own = note('0/5000000'),
  others = {},
  cluster = {},
  config = {},
  memory = EMPTY_MEMORY,
}: Parts) => {
  const view = withoutPrimary(cluster);
  const facts = clusterFacts(view, NAMES);
  const round = electionRound('-', facts.replInfoText);
  const notes = new Map(
    Object.entries(others).map(([name, other]) => [name, formatElectionNote({ ...other, round })]),
  );
  return electWithoutPrimary(
    aLostStandby({ cluster: known(view), notes: known(notes) }),
    aConfig(config),
    facts,
    own,
    memory,
  );
};

/** After so many equal observations. */
const after = (count: number, parts: Parts): FirstElection => {
  let memory = parts.memory ?? EMPTY_MEMORY;
  for (let observation = 1; observation < count; observation++) memory = elect({ ...parts, memory }).memory;
  return elect({ ...parts, memory });
};

const elected = (result: FirstElection): (string | undefined)[] =>
  result.scores.map(({ node, value }) => `${node} ${value}`);

const FIRST: ClusterParts = { replInfo: null, nodes: { node1: {}, node2: {}, node3: {} } };

t.test('the first start of a cluster', async (t) => {
  const three = { node1: note('0/4000000'), node3: note('0/6000000') };
  t.test('elects by position as soon as all are there', async (t) => {
    const result = elect({ cluster: FIRST, others: three });
    t.same(rulesOf(result), ['election.newest']);
    t.same(elected(result), ['node3 100']);
    t.match(
      result.reasons[0]?.because,
      /node3 holds the newest data of node1, node2, node3: timeline 2, 0\/6000000/,
    );
  });
  t.test('but none that refuses its agent by now, which could not promote it', async (t) => {
    const cluster = { ...FIRST, nodes: { ...FIRST.nodes, node3: { refuses: REFUSAL } } };
    t.same(rulesOf(elect({ cluster, others: three })), ['election.wait']);
    t.same(elected(after(3, { cluster, others: three })), ['node2 100']);
  });
  t.test('every node comes to the same one: of equals the first of node_list', async (t) => {
    t.same(
      elected(elect({ cluster: FIRST, others: { node1: note('0/5000000'), node3: note('0/5000000') } })),
      ['node1 100'],
    );
  });
  t.test('waits for who is missing', async (t) => {
    const result = elect({ cluster: FIRST, others: { node3: note('0/6000000') } });
    t.same(rulesOf(result), ['election.wait']);
    t.match(result.reasons[0]?.because, /waiting for the position of node1 \(observation 1 of 3\)/);
    t.same(result.scores, []);
  });
  t.test('but for xlog_check_count equal observations only', async (t) => {
    const parts = { cluster: FIRST, others: { node3: note('0/6000000') } };
    t.same(rulesOf(after(2, parts)), ['election.wait']);
    t.same(elected(after(3, parts)), ['node3 100']);
  });
  t.test('a change begins the count anew', async (t) => {
    const { memory } = after(2, { cluster: FIRST, others: { node3: note('0/6000000') } });
    t.same(rulesOf(elect({ cluster: FIRST, others: { node3: note('0/6000008') }, memory })), [
      'election.wait',
    ]);
  });
  t.test('compares as numbers', async (t) => {
    const own = note('0/F000000');
    t.same(
      elected(elect({ cluster: FIRST, own, others: { node1: note('0/10000000'), node3: note('0/1') } })),
      ['node1 100'],
    );
  });
});

t.test('the recorded primary goes on', async (t) => {
  const result = elect({ cluster: { replInfo: 'node2|1|0000000004000000' } });
  t.same(rulesOf(result), ['election.recorded']);
  t.same(elected(result), ['node2 1000']);
});

t.test('while it may come back, the others wait', async (t) => {
  for (const repMode of ['sync', 'async'] as const)
    t.same(rulesOf(after(2, { config: { repMode } })), ['election.wait'], repMode);
});

t.test('sync: a node that holds everything takes its place', async (t) => {
  t.same(rulesOf(after(3, {})), ['election.sync']);
  t.same(elected(after(3, {})), ['node2 100']);
});

t.test('sync: no other does', async (t) => {
  const result = after(5, { cluster: { nodes: { node2: { dataStatus: 'STREAMING|ASYNC' } } } });
  t.same(rulesOf(result), ['election.not-eligible']);
  t.same(result.scores, []);
  t.match(
    result.reasons[0]?.because,
    /node1 is offline, and this node is STREAMING\|ASYNC.*cls_reset_master node2/,
  );
});

t.test('async: the newest of those that can be seen', async (t) => {
  const config: Partial<PgsqlConfig> = { repMode: 'async' };
  t.same(elected(after(3, { config, others: { node3: note('0/6000000') } })), ['node3 100']);
  t.same(
    elected(after(3, { config, others: { node1: note('0/6000000') } })),
    ['node2 100'],
    'not of the offline',
  );
});

t.test('async: nobody who never followed the recorded primary', async (t) => {
  const config: Partial<PgsqlConfig> = { repMode: 'async' };
  const result = after(3, { config, own: note('0/4000000', 1) });
  t.same(rulesOf(result), ['election.not-eligible']);
  t.match(result.reasons[0]?.because, /node1 has been promoted, and none of node2 has followed it/);
  t.same(elected(after(3, { config, own: note('0/9000000', 1), others: { node3: note('0/4000001') } })), [
    'node3 100',
  ]);
});

t.test('a record that is not understood is not taken for a first start', async (t) => {
  const result = after(5, { cluster: { replInfo: 'node1|x' } });
  t.same(rulesOf(result), ['election.record-unreadable']);
  t.same(result.scores, []);
});

/** As the recorded primary, node1, sees it after so many observations. */
const asRecorded = (disk: Partial<Disk>, looks = 0, nodes: ClusterParts['nodes'] = {}): FirstElection => {
  const view = withoutPrimary({ nodes: { node1: { status: 'PRI', dataStatus: 'LATEST' }, ...nodes } });
  return electWithoutPrimary(
    aLostStandby({ self: 'node1', cluster: known(view), disk: aDisk(disk) }),
    aConfig({ checkCount: 3 }),
    clusterFacts(view, NAMES),
    note('0/5000000'),
    { ...EMPTY_MEMORY, withoutPrimary: { count: looks, seen: '' } },
  );
};

t.test(
  'the recorded primary goes on, but not where its disk is full and another has everything',
  async (t) => {
    t.same(elected(asRecorded({ walRoom: known(1024 ** 3) })), ['node1 1000']);
    const full = asRecorded({ walRoom: known(0), spareSegment: known(false) });
    t.same(elected(full), ['node1 -INFINITY']);
    t.same(rulesOf(full), ['election.no-room']);
    const ahead = asRecorded({ walRoom: known(0), spareSegment: known(true) });
    t.same(rulesOf(ahead), ['election.recorded'], 'it runs well with the segments made ahead');
  },
);

t.test('a full disk is left only as long as the other may still be promoted', async (t) => {
  const full = { walRoom: known(0), spareSegment: known(false) };
  const offline = { node2: { online: false, dataStatus: 'STREAMING|SYNC' } };
  const table: readonly (readonly [number, ClusterParts['nodes'], string, string])[] = [
    [0, {}, 'node1 -INFINITY', 'election.no-room'],
    [4, {}, 'node1 -INFINITY', 'election.no-room'],
    [5, {}, 'node1 1000', 'election.no-successor'],
    [60, {}, 'node1 1000', 'election.no-successor'],
    [0, offline, 'node1 1000', 'election.recorded'],
  ];
  for (const [looks, nodes, score, rule] of table) {
    const election = asRecorded(full, looks, nodes);
    t.same(elected(election), [score], `after ${looks}`);
    t.same(rulesOf(election), [rule], `after ${looks}`);
    t.equal(election.memory.withoutPrimary.count, looks + 1, 'this one is counted');
  }
  t.match(
    asRecorded(full, 5).reasons[0]?.because,
    /no room for WAL here .*, but node2 was not promoted in 5 observ/,
  );
});
