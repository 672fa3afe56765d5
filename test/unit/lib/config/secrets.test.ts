import t from 'tap';
import { isSecretName, secretIn } from '../../../../lib/config/index.ts';

t.test('what holds a password', async (t) => {
  const cases: readonly (readonly [text: string, found: string | undefined])[] = [
    ['password=x', 'password'],
    ['PGPASSWORD=x psql', 'PGPASSWORD'],
    ['ip=1 ipmi_password=x', 'ipmi_password'],
    ['host=a passwd = x', 'passwd'],
    ["psql 'host=a password=x'", 'password'],
    ['--repo1-cipher-pass=x', 'repo1-cipher-pass'],
    ['secret_key=x', 'secret_key'],
    ['psql --password secret', '--password'],
    ['psql postgres://u:secret@h/d', 'the URL'],
    ['psql postgres://u@h/d', undefined],
    ['psql --no-password -h x', undefined],
    ['passfile=/x PGPASSFILE=/x', undefined],
    ['password_script=/x identity_file=/x key_file=/x', undefined],
    ['password=', undefined],
    ["password=''", undefined],
    ['bypass=1 cp %f "%p"', undefined],
    ['port=5432 keepalives_idle=60', undefined],
  ];
  for (const [text, found] of cases) t.equal(secretIn(text), found, text);
  t.ok(isSecretName('token'));
  t.notOk(isSecretName('pgdata'));
});
