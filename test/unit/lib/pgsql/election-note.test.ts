import fc from 'fast-check';
import t from 'tap';
import {
  electionRound,
  formatElectionNote,
  IDLE_ROUND,
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
      fc.constantFrom(IDLE_ROUND, electionRound('node2', RECORDED)),
      fc.integer({ min: 1, max: 0x7fffffff }),
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.option(fc.bigInt(0n, (1n << 64n) - 1n), { nil: undefined }),
      (round, timeline, end, primaryEnd) => {
        const note = {
          round,
          position: { timeline, lsn: lsnOf(end) },
          ...(primaryEnd === undefined ? {} : { primaryEnd: lsnOf(primaryEnd) }),
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
  const texts = new Map([
    ['node1', 'idle 2 0000000005000000 -'],
    ['node2', `${electionRound('node2', RECORDED)} 2 0000000005000000 -`],
    ['node3', 'idle 2 0000000005000000 -'],
    ['node4', 'idle 2'],
  ]);
  t.same([...notesOfRound(texts, IDLE_ROUND, (node) => node !== 'node3').keys()], ['node1']);
  t.same(notesOfRound(texts, IDLE_ROUND, () => true).get('node3'), {
    round: 'idle',
    position: { timeline: 2, lsn: lsn('0/5000000') },
  });
});
