import t from 'tap';
import { parseArpAnswers } from '../../../../../../lib/commands/doctor/facts/network.ts';
import { parseServerFacts } from '../../../../../../lib/commands/doctor/facts/server.ts';
import { versionIn } from '../../../../../../lib/commands/doctor/facts/software.ts';

t.test('the hardware addresses that arping heard', async (t) => {
  t.strictSame(
    parseArpAnswers(`ARPING 192.168.0.236 from 0.0.0.0 eth0
Unicast reply from 192.168.0.236 [02:70:68:61:00:C8]  0.535ms
Unicast reply from 192.168.0.236 [02:70:68:61:00:c8]  0.540ms
Sent 1 probes (1 broadcast(s))`),
    ['02:70:68:61:00:c8'],
  );
  t.strictSame(parseArpAnswers('Received 0 response(s)'), []);
});

t.test('versions as programs print them', async (t) => {
  const rows = [
    ['Pacemaker 2.1.5\nWritten by Andrew Beekhof', '2.1.5'],
    ["Corosync Cluster Engine, version '3.1.7'", '3.1.7'],
    ['pg_ctl (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)', '15.14'],
    ['pg_ctl (PostgreSQL) 9.6.24', '9.6.24'],
    ['pg_ctl (PostgreSQL) 19devel', undefined],
    ['pg_ctl (PostgreSQL) 18', '18'],
  ] as const;
  for (const [text, wanted] of rows) t.equal(versionIn(text), wanted, text);
});

t.test('empty sets of rows come as null', async (t) => {
  const facts = parseServerFacts(
    '{"versionNumber":150014,"inRecovery":false,"settings":null,"slots":null,"overrides":null,"hbaErrors":null}',
  );
  t.strictSame(facts, {
    versionNumber: 150014,
    inRecovery: false,
    settings: {},
    slots: [],
    overrides: [],
    hbaErrors: [],
  });
});
