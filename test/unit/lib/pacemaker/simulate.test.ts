import t from 'tap';
import { parseSimulation, withValue } from '../../../../lib/pacemaker/simulate.ts';

const answer = (actions: string, transition: string): string =>
  `<pacemaker-result><actions>${actions}</actions><transition>${transition}</transition><status code="0"/></pacemaker-result>`;

t.test('what Pacemaker 2.1.5 prints', async (t) => {
  t.same(
    parseSimulation(
      answer(
        `<rsc_action action="promote" resource="pgsql:0" role="Stopped" next-role="Promoted" dest="node1"/>
         <rsc_action action="start" resource="pgsql:1" node="node2"/>
         <rsc_action action="move" resource="vip" source="node1" dest="node2"/>`,
        `<rsc_action resource="pgsql" op="monitor" node="node3"/>
         <rsc_action resource="pgsql" op="monitor" node="node1" interval="3000"/>
         <pseudo_action task="ms_start_0"/>`,
      ),
    ),
    {
      known: true,
      value: {
        actions: [
          { action: 'promote', resource: 'pgsql', node: 'node1' },
          { action: 'start', resource: 'pgsql', node: 'node2' },
          { action: 'move', resource: 'vip', node: 'node2' },
        ],
        probes: ['pgsql'],
      },
    },
  );
});

t.test('anything else is not known', async (t) => {
  t.equal(parseSimulation('').known, false);
  t.equal(parseSimulation('<pacemaker-result><status code="1"/></pacemaker-result>').known, false);
});

t.test('one pair of a CIB with another value, and nothing else', async (t) => {
  const cib = '<nvpair id="a" name="m" value="true"/><nvpair name="n" value="true" id="ab"/>';
  t.equal(
    withValue(cib, 'a', 'false'),
    '<nvpair id="a" name="m" value="false"/><nvpair name="n" value="true" id="ab"/>',
  );
  t.equal(
    withValue(cib, 'ab', '$&'),
    '<nvpair id="a" name="m" value="true"/><nvpair name="n" value="$&#38;" id="ab"/>',
  );
});
