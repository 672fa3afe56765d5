import t from 'tap';
import { type Step, sideBySide } from '../../../../lib/pgsql/steps.ts';

const publish: Step = { kind: 'publish', changes: [] };
const beside: Step = { kind: 'rewrite', alongside: true };

t.test('what is begun together', async (t) => {
  t.same(sideBySide([]), []);
  t.same(sideBySide([publish, publish]), [[publish], [publish]]);
  t.same(sideBySide([publish, beside, beside, publish, beside]), [
    [publish, beside, beside],
    [publish, beside],
  ]);
  t.same(sideBySide([beside, publish]), [[beside], [publish]], 'beside nothing');
});
