import t from 'tap';
import { inUnit, onOrOff } from '../../../../lib/postgres/units.ts';

t.test('inUnit', async (t) => {
  const rows = [
    ['5s', 'ms', 5000],
    ['5000ms', 'ms', 5000],
    ['5000', 'ms', 5000],
    ['1min', 's', 60],
    ['1GB', 'MB', 1024],
    ['-1MB', 'MB', -1],
    ['1.5GB', 'MB', 1536],
    [' 256 MB ', 'MB', 256],
    ['64', '', 64],
    ['64MB', '', undefined],
    ['5 parsecs', 'ms', undefined],
    ['', 'ms', undefined],
  ] as const;
  for (const [text, unit, wanted] of rows) t.equal(inUnit(text, unit), wanted, `${text} in ${unit}`);
});

t.test('onOrOff', async (t) => {
  for (const text of ['on', 'ON', 'true', 'tru', 't', 'yes', 'y', '1']) t.equal(onOrOff(text), 'on', text);
  for (const text of ['off', 'of', 'false', 'f', 'no', 'n', '0']) t.equal(onOrOff(text), 'off', text);
  for (const text of ['', 'o', '2', 'maybe']) t.equal(onOrOff(text), undefined, text);
});
