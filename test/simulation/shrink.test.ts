import t from 'tap';
import { shrink } from './shrink.ts';

const list = Array.from({ length: 20 }, (_, index) => index);

t.test('what is not needed is left out', async (t) => {
  t.same(
    shrink(list, (some) => some.includes(3) && some.includes(17)),
    [3, 17],
  );
  t.same(
    shrink(list, (some) => some.includes(5)),
    [5],
  );
});

t.test('nothing is left where nothing is needed', async (t) => {
  t.same(
    shrink(list, () => true),
    [],
  );
});

t.test('all is kept where all is needed', async (t) => {
  t.same(
    shrink(list, (some) => some.length === list.length),
    list,
  );
});
