import t from 'tap';
import { factOr, known, mapFact, unknown } from '../../../../lib/system/fact.ts';

t.test('an unknown fact keeps its reason and is never a value', async (t) => {
  t.same(
    mapFact(known(2), (n) => n * 2),
    known(4),
  );
  const nothing = unknown('node2 did not answer');
  t.equal(
    mapFact(nothing, () => 'called'),
    nothing,
  );
  t.equal(factOr(known(0), 7), 0);
  t.equal(factOr<number>(nothing, 7), 7);
});
