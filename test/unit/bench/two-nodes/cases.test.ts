import t from 'tap';
import { CASES, idOf } from '../../../../bench/two-nodes/cases.ts';

const ids = CASES.map(idOf);

t.test('each case has a name of its own', async (t) => {
  t.equal(new Set(ids).size, ids.length);
});

t.test('what the issue asks for', async (t) => {
  const cuts = ['P ↔ S', 'P → S', 'S → P', 'P ↔ A', 'P → A', 'A → P', 'S ↔ A', 'S → A', 'A → S'];
  for (const cut of cuts) t.ok(ids.includes(cut), cut);
  const linkOf = (cut: string): string => [...cut.replace(/ . /, '')].sort().join('');
  const pairs = cuts.flatMap((one, i) =>
    cuts.slice(i + 1).flatMap((other) => (linkOf(one) === linkOf(other) ? [] : [[one, other] as const])),
  );
  t.equal(pairs.length, 27);
  for (const [one, other] of pairs) {
    const begin = `${one} and ${other}; healed:`;
    t.ok(ids.includes(`${begin} ${one}, then ${other}`), `${begin} ${one} first`);
    t.ok(ids.includes(`${begin} ${other}, then ${one}`), `${begin} ${other} first`);
  }
});
