import t from 'tap';
import { standbyList } from '../../../../../lib/commands/active-slaves/standbys.ts';

const SELF = { in_recovery: false, name: null, state: null };
const sender = (name: string, state: string | null = 'streaming') => ({ in_recovery: null, name, state });

t.test('who streams, each once, by name', async (t) => {
  t.same(
    standbyList([
      SELF,
      sender('node3'),
      sender('192.168.0.234'),
      sender('node3'),
      sender('node2', 'catchup'),
    ]),
    { ok: true, names: ['192.168.0.234', 'node3'], notices: [] },
  );
  t.match(standbyList([SELF]), { ok: true, names: [] });
});

t.test('what nobody can read from is left out', async (t) => {
  const list = standbyList([SELF, sender('pg_receivewal'), sender('pg_basebackup', 'backup'), sender('a b')]);
  t.match(list, { ok: true, names: [], notices: [/"a b"/] });
});

t.test('not a primary, or not allowed to see', async (t) => {
  t.match(standbyList([{ ...SELF, in_recovery: true }]), { ok: false, code: 10, sentence: /write VIP/ });
  t.match(standbyList([]), { ok: false, code: 10 });
  t.match(standbyList([SELF, sender('node2', null)]), { ok: false, code: 1, sentence: /pg_monitor/ });
});
