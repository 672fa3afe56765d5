/** A primary that is restarted in place twice has two elections of the same name. */
import t from 'tap';
import { decideStart } from '../../../../../lib/pgsql/decide/start.ts';
import { electionRound, formatElectionNote } from '../../../../../lib/pgsql/election-note.ts';
import { known } from '../../../../../lib/system/fact.ts';
import { aConfig, aSnapshot, kindsOf, lsn, RECORDED, stepOf, stopped } from '../builders.ts';

const ofItsLastElection = formatElectionNote({
  round: electionRound('node1', RECORDED),
  position: { timeline: 2, lsn: lsn('0/4100000') },
});

t.test('a note of before is withdrawn before PostgreSQL starts', async (t) => {
  const notes = new Map([['node1', ofItsLastElection]]);
  const decision = decideStart(aSnapshot({ server: stopped(), notes: known(notes) }), aConfig());
  t.equal(stepOf(decision, 'announce').note, undefined);
  t.same(kindsOf(decision), ['announce', 'configure', 'start']);
});

t.test('without one nothing is written; those of other nodes are theirs', async (t) => {
  const notes = new Map([['node2', ofItsLastElection]]);
  const decision = decideStart(aSnapshot({ server: stopped(), notes: known(notes) }), aConfig());
  t.same(kindsOf(decision), ['configure', 'start']);
});
