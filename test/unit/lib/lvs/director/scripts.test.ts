import t from 'tap';
import { checkHost } from '../../../../../lib/lvs/director/scripts.ts';
import { deadlineIn } from '../../../../../lib/system/clock.ts';

const asked = (script: string, ms = 30_000) =>
  checkHost(['/bin/sh', '-c', script, 'sh'], 'db9', deadlineIn(ms));

t.test('what a check says of a server', async (t) => {
  t.same(await asked('test "$1" = db9'), { state: 'well' }, 'the host is the last word');
  t.same(await asked('echo f'), { state: 'ill', why: 'the check says f' });
  t.same(await asked('echo refused >&2; exit 2'), { state: 'ill', why: 'sh: exit code 2: refused' });
  t.same(
    await asked('sleep 30', 100),
    { state: 'late', why: 'sh: not finished in time' },
    'that is no answer',
  );
  t.match(await checkHost(['/no/such'], 'db9', deadlineIn(30_000)), { state: 'unknown' });
});
