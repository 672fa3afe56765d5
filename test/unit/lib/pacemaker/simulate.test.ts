import t from 'tap';
import { parseGraph, withValue } from '../../../../lib/pacemaker/simulate.ts';

/** As Pacemaker 2.0.5, 2.1.5 and 3.0.0 write it, without what is not read. */
const graph = (...sets: readonly string[]): string =>
  `<transition_graph cluster-delay="60s" transition_id="0">${sets
    .map(
      (set, id) => `<synapse id="${id}"><action_set>${set}</action_set><inputs>${TRIGGER}</inputs></synapse>`,
    )
    .join('')}</transition_graph>`;

const TRIGGER =
  '<trigger><rsc_op id="8" operation="stop" operation_key="pgsql_stop_0" on_node="node9" on_node_uuid="9"/></trigger>';

const operation = (name: string, node: string, interval = 0, resource = 'pgsql'): string =>
  `<rsc_op id="1" operation="${name}" operation_key="${resource}_${name}_${interval}" on_node="${node}" on_node_uuid="1">
     <primitive id="${resource}" long-id="${resource}:0" class="ocf" provider="pha" type="pgsql"/><attributes/></rsc_op>`;

t.test('what Pacemaker would do, and what it would ask first', async (t) => {
  t.same(
    parseGraph(
      graph(
        operation('promote', 'node2'),
        operation('notify', 'node2'),
        operation('cancel', 'node2'),
        operation('start', 'node2', 0, 'vip'),
        operation('demote', 'node1'),
        operation('monitor', 'node3'),
        operation('monitor', 'node2', 3000),
        operation('stop', 'node1', 0, 'vip'),
        '<pseudo_event id="32" operation="demote" operation_key="msPostgresql_demote_0"/>',
        '<rsc_op id="2" operation="start" operation_key="clone:0_start_0" on_node="node4"><primitive id="clone:0"/></rsc_op>',
      ),
    ),
    {
      known: true,
      value: {
        actions: [
          { action: 'demote', resource: 'pgsql', node: 'node1' },
          { action: 'stop', resource: 'vip', node: 'node1' },
          { action: 'start', resource: 'vip', node: 'node2' },
          { action: 'start', resource: 'clone', node: 'node4' },
          { action: 'promote', resource: 'pgsql', node: 'node2' },
        ],
        probes: ['pgsql'],
      },
    },
  );
});

t.test('a cluster that stays as it is', async (t) => {
  t.same(parseGraph('<transition_graph transition_id="0"/>'), {
    known: true,
    value: { actions: [], probes: [] },
  });
});

t.test('anything else is not known', async (t) => {
  t.equal(parseGraph('').known, false);
  t.equal(parseGraph('<pacemaker-result><status code="1"/></pacemaker-result>').known, false);
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
