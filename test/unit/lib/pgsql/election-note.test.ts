import fc from 'fast-check';
import t from 'tap';
import {
  electionRound,
  formatElectionNote,
  monitorRound,
  notesAfter,
  notesOfRound,
  parseElectionNote,
} from '../../../../lib/pgsql/election-note.ts';
import { lsnOf } from '../../../../lib/postgres/lsn.ts';
import { lsn, RECORDED } from './builders.ts';

t.test('a round is named by the candidate and the promotion before', async (t) => {
  t.equal(electionRound('node2', RECORDED), 'node2@node1|1|0000000004000000');
  t.equal(electionRound('node2', undefined), 'node2@first');
});

t.test('a note is read as it was written', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(electionRound('-', undefined), electionRound('node2', RECORDED)),
      fc.integer({ min: 1, max: 0x7fffffff }),
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.option(fc.bigInt(0n, (1n << 64n) - 1n), { nil: undefined }),
      fc.constantFrom({}, { isPrimary: true as const }, { isSealed: true as const }),
      (round, timeline, end, primaryEnd, said) => {
        const note = {
          round,
          position: { timeline, lsn: lsnOf(end) },
          ...(primaryEnd === undefined ? {} : { primaryEnd: lsnOf(primaryEnd) }),
          ...said,
        };
        t.same(parseElectionNote(formatElectionNote(note)), note);
      },
    ),
  );
});

t.test('anything else is no note', async (t) => {
  for (const text of [
    '',
    'idle',
    'idle 2 0000000005000000',
    'idle 0 0000000005000000 -',
    'idle 02 0000000005000000 -',
    'idle 2 0/5000000 -',
    'idle 2 0000000005000000 0/6000000',
    'idle 2 0000000005000000 - -',
    ' 2 0000000005000000 -',
  ])
    t.equal(parseElectionNote(text), undefined, text);
});

t.test('notes of another round, of an offline node, or that are none, count for nothing', async (t) => {
  const round = electionRound('node2', RECORDED);
  const texts = new Map([
    ['node1', `${round} 2 0000000005000000 -`],
    ['node2', `${electionRound('node9', RECORDED)} 2 0000000005000000 -`],
    ['node3', `${round} 2 0000000005000000 -`],
    ['node4', `${round} 2`],
  ]);
  t.same([...notesOfRound(texts, round, (node) => node !== 'node3').keys()], ['node1']);
  t.same(notesOfRound(texts, round, () => true).get('node3'), {
    round,
    position: { timeline: 2, lsn: lsn('0/5000000') },
  });
});

t.test('monitors elect by all notes that are about the same record', async (t) => {
  const texts = new Map([
    ['node1', `${electionRound('-', RECORDED)} 2 0000000005000000 -`],
    ['node2', `${electionRound('node1', RECORDED)} 2 0000000005000000 -`],
    ['node3', `${electionRound('-', 'node9|1|0000000000000001')} 2 0000000005000000 -`],
  ]);
  t.same([...notesAfter(texts, RECORDED, () => true).keys()], ['node1', 'node2']);
  t.same([...notesAfter(texts, RECORDED, (node) => node === 'node2').keys()], ['node2']);
});

t.test(
  'a monitor between the announcement of a promotion and the promotion does not replace the note',
  async (t) => {
    const announced = electionRound('node1', RECORDED);
    t.equal(monitorRound(`${announced} 2 0000000005000000 -`, RECORDED), announced);
    t.equal(monitorRound(undefined, RECORDED), electionRound('-', RECORDED));
    t.equal(
      monitorRound(`${announced} 2 0000000005000000 -`, 'node1|2|0000000005000000'),
      electionRound('-', 'node1|2|0000000005000000'),
      'that promotion is over',
    );
  },
);
