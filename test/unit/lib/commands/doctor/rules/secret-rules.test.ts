import t from 'tap';
import { secretRules } from '../../../../../../lib/commands/doctor/rules/secret-rules.ts';
import { known } from '../../../../../../lib/system/fact.ts';
import type { Parts } from '../builders.ts';
import { checkRows, on3, type Row } from '../row.ts';

const secret = (kind: 'passfile' | 'config.ini' | 'sslkey', mode: number, ownerUid = 0): Parts =>
  on3({
    facts: {
      secrets: [
        {
          kind,
          path: '/secret',
          found: known({ mode, ownerUid }),
          wanted: { ownerName: 'postgres', ownerUid: 100 },
        },
      ],
    },
  });

const ROWS: readonly Row[] = [
  {
    id: 'passfile',
    when: 'others may read it',
    parts: secret('passfile', 0o644, 100),
    severity: 'error',
    nodes: ['node3'],
    sentence: /mode 0644/,
    fix: /chmod 600 \/secret/,
  },
  {
    id: 'passfile',
    when: 'it is somebody else’s',
    parts: secret('passfile', 0o600, 33),
    severity: 'error',
    nodes: ['node3'],
    sentence: /the id 33/,
  },
  {
    id: 'passfile',
    when: 'it is not there',
    parts: on3({
      facts: {
        secrets: [
          {
            kind: 'passfile',
            path: '/home/.pgpass',
            found: known(null),
            wanted: { ownerName: 'postgres', ownerUid: 100 },
          },
        ],
      },
    }),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /^\/home\/\.pgpass is not there on node3/,
  },
  {
    id: 'config-ini-mode',
    when: 'others may read it',
    parts: secret('config.ini', 0o640),
    severity: 'warning',
    nodes: ['node3'],
    sentence: /mode 0640/,
  },
  {
    id: 'sslkey',
    when: 'others may read it',
    parts: secret('sslkey', 0o644, 100),
    severity: 'error',
    nodes: ['node3'],
    sentence: /mode 0644/,
  },
  {
    id: 'password-in-cluster',
    when: 'primary_conninfo_opt holds the password',
    parts: { parameters: { primary_conninfo_opt: "password='s3cret'" } },
    severity: 'warning',
    sentence: /^primary_conninfo_opt of pgsql holds a password/,
  },
  {
    id: 'password-in-cluster',
    when: 'monitor_password is set',
    parts: { parameters: { monitor_user: 'm', monitor_password: 's3cret' } },
    severity: 'warning',
    sentence: /^monitor_password of pgsql/,
  },
  {
    id: 'password-in-cluster',
    when: "distlock_conninfo holds the arbiter's password",
    parts: { parameters: { distlock_conninfo: 'postgresql://locker:s3cret@node9/postgres' } },
    severity: 'warning',
    sentence: /^distlock_conninfo of pgsql holds a password/,
    fix: /\/root\/\.pgpass.* passfile=PATH/,
  },
  {
    id: 'password-in-cluster',
    when: 'the commands of the original hold it',
    parts: {
      parameters: {
        distlock_unlock_cmd: "distlock 'psql host=node9 password=s3cret' unlock pg @owner",
      },
    },
    severity: 'warning',
    sentence: /^distlock_unlock_cmd of pgsql holds a password/,
  },
];

checkRows(t, secretRules, ROWS);
