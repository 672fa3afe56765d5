import fc from 'fast-check';
import t from 'tap';
import {
  debugFileLine,
  exitReasonLine,
  facilityCode,
  fileLine,
  formatDate,
  logTag,
  oneLine,
  syslogLine,
} from '../../../heartbeat-ocf/log-lines.ts';

const when = new Date(2017, 0, 1, 0, 53, 8);
const entry = { severity: 'info', sentence: 'Changing pgsql-status on node1 : HS:async->PRI.' } as const;
const tag = logTag('pgsql', 'pgsql', 4711);

t.test('lines are those of ocf_log', async (t) => {
  const date = formatDate('%b %d %T ', when);
  t.equal(date, 'Jan 01 00:53:08 ');
  // ocf-shellfuncs: echo `hadate`" $HA_LOGTAG:    ${*}" and echo "$HA_LOGTAG:	"`hadate`"${*}"
  t.equal(
    fileLine(tag, date, entry),
    'Jan 01 00:53:08  pgsql(pgsql)[4711]:    INFO: Changing pgsql-status on node1 : HS:async->PRI.\n',
  );
  t.equal(
    debugFileLine(tag, date, { severity: 'debug', sentence: 'x' }),
    'pgsql(pgsql)[4711]:\tJan 01 00:53:08 DEBUG: x\n',
  );
  t.equal(syslogLine('daemon', entry), '<30>INFO: Changing pgsql-status on node1 : HS:async->PRI.\n');
  t.equal(syslogLine('local1', { severity: 'error', sentence: 'x' }), '<139>ERROR: x\n');
  t.equal(syslogLine('nonsense', { severity: 'warn', sentence: 'x' }), '<28>WARNING: x\n');
  t.equal(facilityCode('LOCAL7'), 23);
});

t.test('dates', async (t) => {
  t.equal(
    formatDate('%Y/%m/%d_%H:%M:%S %e %h %y %F %% %Q', when),
    '2017/01/01_00:53:08  1 Jan 17 2017-01-01 % %Q',
  );
});

t.test('exit reasons', async (t) => {
  t.equal(exitReasonLine(undefined, 'a\n  b\t\u0007c'), 'ocf-exit-reason:a b ?c\n');
  t.equal(exitReasonLine('why: ', 'a'), 'why: a\n');
  t.equal(exitReasonLine('', 'Grüße'), 'ocf-exit-reason:Gr??e\n');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (reason) =>
      /^ocf-exit-reason:[\u0020-\u007e]{0,1000}\n$/.test(exitReasonLine(undefined, reason)),
    ),
  );
});

t.test('a message is one line, whatever is in it', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = oneLine(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the property
      return !/[\u0000-\u001f\u007f-\u009f]/.test(line) && oneLine(line) === line;
    }),
  );
});
