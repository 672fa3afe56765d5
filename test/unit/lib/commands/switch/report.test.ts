import t from 'tap';
import {
  endingInJson,
  reportText,
  type SwitchReport,
  switchReport,
} from '../../../../../lib/commands/switch/report.ts';
import { fakeTerminal } from '../cli/fake-terminal.ts';

const CHANGE = { primary: 'node1', successor: 'node2', replInfo: 'x', becomesSynchronous: false } as const;

t.test('what a switch prints', async (t) => {
  const measured = switchReport(CHANGE, 1834.6);
  t.strictSame(measured, { primary: 'node2', before: 'node1', writesStoppedMs: 1835 });
  t.match(
    reportText(measured, '192.0.2.1'),
    /^node2 is the primary; node1 was it before\.\nWrites were stopped for 1\.8[34] s \(192\.0\.2\.1 was asked/,
  );
  const unmeasured = switchReport(CHANGE, 'it did not answer before');
  t.match(unmeasured, { writesStoppedMs: null, notMeasured: 'it did not answer before' });
  t.match(reportText(unmeasured, ''), /could not be measured: it did not answer before\.$/);
});

t.test('--json: one object, whatever comes of it', async (t) => {
  const end = async (run: Parameters<typeof endingInJson<SwitchReport>>[2]) => {
    const terminal = fakeTerminal();
    const code = await endingInJson('cls_online_switch', terminal, run);
    return [code, JSON.parse(terminal.written()), terminal.complaints()] as const;
  };
  t.strictSame(
    await end(async ({ out, err }, report) => {
      err('wait until node2 is primary\n');
      report(switchReport(CHANGE, 1834.6));
      out('node2 is the primary\n');
      return 0;
    }),
    [
      0,
      {
        code: 0,
        meaning: 'done, all is well',
        ...switchReport(CHANGE, 1834.6),
        messages: ['node2 is the primary'],
      },
      'wait until node2 is primary\n',
    ],
  );
  t.strictSame(
    await end(async ({ err }) => {
      err('cls_online_switch: node2 is offline\n');
      return 10;
    }),
    [
      10,
      { code: 10, meaning: 'no primary, or not in a state to do this', messages: ['node2 is offline'] },
      'cls_online_switch: node2 is offline\n',
    ],
    'a refusal',
  );
});
