import fc from 'fast-check';
import t from 'tap';
import {
  ensureInclude,
  MANAGED_SETTINGS,
  removeInclude,
  withoutSettings,
} from '../../../../lib/postgres/settings.ts';

const PATH = '/var/lib/pgsql/tmp/rep_mode.conf';
const LINE = `include '${PATH}' # added by pgsql RA`;

t.test('the include becomes the last line', async (t) => {
  t.equal(ensureInclude('port = 5432\n', PATH), `port = 5432\n${LINE}\n`);
  t.equal(ensureInclude('port = 5432', PATH), `port = 5432\n${LINE}\n`);
  t.equal(ensureInclude('', PATH), `${LINE}\n`);
  t.equal(ensureInclude(`#${LINE}\n`, PATH), `#${LINE}\n${LINE}\n`, 'a comment is not an include');
  t.equal(ensureInclude(`include '${PATH}.old'\n`, PATH), `include '${PATH}.old'\n${LINE}\n`);
});

t.test('it stays where it is the last setting', async (t) => {
  t.equal(ensureInclude(`port = 5432\n${LINE}\n`, PATH), undefined);
  t.equal(ensureInclude(`port = 5432\n${LINE}\n\n# the end\n`, PATH), undefined);
  t.equal(ensureInclude(`INCLUDE_IF_EXISTS = '${PATH}'`, PATH), undefined);
});

t.test('it is moved where settings follow that would beat it, and doubles are removed', async (t) => {
  t.equal(
    ensureInclude(`${LINE}\nsynchronous_standby_names = ''\n`, PATH),
    `synchronous_standby_names = ''\n${LINE}\n`,
  );
  t.equal(ensureInclude(`${LINE}\nport = 1\n${LINE}\n`, PATH), `port = 1\n${LINE}\n`);
});

const config = fc
  .array(fc.oneof(fc.string(), fc.constant(LINE), fc.constant('port = 1'), fc.constant('')), { maxLength: 8 })
  .map((lines) => lines.join('\n'));

t.test('once is enough, and removing brings back what was there', async () => {
  fc.assert(
    fc.property(config, fc.string({ minLength: 1, unit: 'binary' }), (text, path) => {
      const ensured = ensureInclude(text, path) ?? text;
      if (ensureInclude(ensured, path) !== undefined) return false;
      const removed = removeInclude(ensured, path);
      return removed !== undefined && removeInclude(removed, path) === undefined;
    }),
  );
});

t.test('withoutSettings', async (t) => {
  const text =
    "# Do not edit\nPrimary_ConnInfo = 'host=a'\nwork_mem = '4MB'\nsynchronous_standby_names = '*'\n";
  t.same(withoutSettings(text, MANAGED_SETTINGS), {
    text: "# Do not edit\nwork_mem = '4MB'\n",
    removed: ['primary_conninfo', 'synchronous_standby_names'],
  });
  t.same(withoutSettings('', ['a']), { text: '', removed: [] });
});
